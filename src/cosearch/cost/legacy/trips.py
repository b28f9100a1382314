"""The predictor of the public TRIPS (Auto-NBA) code, for comparison only.

It is reproduced with its flaws: quotients are not rounded up, the stride is never read, the halo is understated,
weight memory is not counted in most modes and the memory behind the chip does not exist. docs/deviations.md says what
`cosearch.cost` does instead.
"""

from dataclasses import dataclass, fields

import torch
from jaxtyping import Float, Int
from torch import Tensor

from cosearch.errors import HardwareError, WorkloadError

_BANK_BITS = 18000
"""Of one BRAM bank, as that code counts them."""

_FULL_BITS = 16
"""Words of so many bits move, or are multiplied, one a cycle; narrower ones in proportion."""

_Batch = Float[Tensor, "designs layers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TripsLayers:
    """Layers as the predictor sees them: square kernels and maps, any stride.

    Attributes:
        K, C: Output and input channels; C of a depthwise layer is 1.
        H: Output rows, as many as columns.
        F: Rows of the kernel, as many as columns.
        bits: Of weights and activations alike.

    Raises:
        WorkloadError: if a size is below 1.
    """

    K: Int[Tensor, " layers"]
    C: Int[Tensor, " layers"]
    H: Int[Tensor, " layers"]
    F: Int[Tensor, " layers"]
    bits: Int[Tensor, " layers"]

    def __post_init__(self) -> None:
        for field in fields(self):
            if bool((getattr(self, field.name) < 1).any()):
                raise WorkloadError(f"{field.name} of a layer is below 1; it must be at least 1")

    def __len__(self) -> int:
        return len(self.K)

    def row(self, name: str) -> Float[Tensor, " layers"]:
        """One attribute as exact floats."""
        return getattr(self, name).to(torch.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class TripsChunks:
    """Designs of one chunk. Tile and unrolling of a dimension come from one list of the space, unrolling <= tile.

    Attributes:
        depthwise: Whether they run depthwise layers; then C is 1 in tiles and unrollings.
        mode: Dataflow: 0 unrolls K, 1 unrolls K and C (depthwise: output rows), 2 unrolls output rows.
        tile, unroll: OY, OX, K and C of each design.

    Raises:
        HardwareError: if a mode does not exist, a size is below 1, or an unrolling exceeds its tile.
    """

    depthwise: bool
    mode: Int[Tensor, " designs"]
    tile: Int[Tensor, "designs 4"]
    unroll: Int[Tensor, "designs 4"]

    def __post_init__(self) -> None:
        modes = 2 if self.depthwise else 3
        if bool(((self.mode < 0) | (self.mode >= modes)).any()):
            raise HardwareError(f"compute mode outside 0 to {modes - 1}; take one of them")
        if bool((self.unroll < 1).any()) or bool((self.unroll > self.tile).any()):
            raise HardwareError("an unrolling is below 1 or exceeds its tile; keep 1 <= unroll <= tile")

    def __len__(self) -> int:
        return len(self.mode)


def trips_cycles(chunks: TripsChunks, layers: TripsLayers) -> _Batch:
    """Cycles of every layer on every design of a chunk.

    Source: the public Auto-NBA code (MIT, 2022), by its formulas.
    """
    c, half = _Columns(chunks), layers.row("bits") / _FULL_BITS
    K, C, H, F = (layers.row(name) for name in ("K", "C", "H", "F"))
    load_input, load_weight = _loads(chunks, c, layers)
    if chunks.depthwise:
        by_rows, lanes = c.mode == 1, torch.where(c.mode == 1, c.uOY, c.uK)
        compute = c.tOY * c.tOX * c.tK * F * F / lanes
    else:
        by_rows = c.mode == 2
        lanes = torch.where(by_rows, c.uOY, c.uK)
        compute = c.tOY * c.tOX * c.tK * c.tC * F * F / (lanes * torch.where(c.mode == 1, c.uC, 1.0))
    stored = c.tK * c.tOY * c.tOX
    store = ((stored / _clip(lanes)).ceil() + stored / lanes) * half
    step = torch.maximum(compute, load_input * half) + load_weight * half
    tiles = H / c.tOX * (H / c.tOY) * (K / c.tK)
    return tiles * (store + step * (1.0 if chunks.depthwise else C / c.tC))


def trips_dsp(chunks: TripsChunks, bits: int) -> Float[Tensor, " designs"]:
    """DSP slices of every design at a width; fractions of one are kept, as in that code."""
    oy, _, k, c = chunks.unroll.to(torch.float64).unbind(dim=1)
    if chunks.depthwise:
        multipliers = torch.where(chunks.mode == 1, oy, k)
    else:
        multipliers = torch.where(chunks.mode == 2, oy, torch.where(chunks.mode == 1, k * c, k))
    return multipliers * (bits / _FULL_BITS)


def trips_bram_banks(chunks: TripsChunks, layers: TripsLayers) -> _Batch:
    """BRAM banks that every layer needs of every design; a chunk has the most of its layers."""
    c, bits, F = _Columns(chunks), layers.row("bits"), layers.row("F")
    iy, ix = _edge(c.uOY, c.tOY, F), _edge(c.uOX, c.tOX, F)
    lanes, channels = (c.uK, c.tK) if chunks.depthwise else (c.uC, c.tC)
    outputs = c.tOY * c.tOX * c.tK
    by_channel = 2 * _banks(lanes, iy * ix * channels / lanes * bits) + _banks(c.uK, outputs / c.uK * bits)
    by_row = (
        2 * _banks(iy, ix * c.tC * bits)
        + _banks(c.uOY, c.tOX * c.tK * bits)
        + _banks(F, F * c.tK * (1.0 if chunks.depthwise else c.tC) * bits)
    )
    return torch.where(c.mode == (1 if chunks.depthwise else 2), by_row, by_channel)


class _Columns:
    """A batch of designs as exact floats, [designs, 1]: t is a tile, u an unrolling."""

    def __init__(self, chunks: TripsChunks) -> None:
        self.mode = chunks.mode[:, None]
        self.tOY, self.tOX, self.tK, self.tC = chunks.tile.to(torch.float64)[:, :, None].unbind(dim=1)
        self.uOY, self.uOX, self.uK, self.uC = chunks.unroll.to(torch.float64)[:, :, None].unbind(dim=1)


def _loads(chunks: TripsChunks, c: _Columns, layers: TripsLayers) -> tuple[Tensor, Tensor]:
    """Words in which one input tile and one weight tile are read, before they are scaled by their width."""
    F = layers.row("F")
    iy, ix = _edge(c.uOY, c.tOY, F), _edge(c.uOX, c.tOX, F)
    if chunks.depthwise:
        inputs = (c.tK * ix * iy / _clip(c.uK)).ceil()
        weights = torch.where(c.mode == 0, (c.tK * F * F / _clip(c.uK)).ceil(), c.tK * F)
        return inputs, weights
    by_rows = c.mode == 2
    inputs = (c.tC * ix * iy / torch.where(by_rows, _clip(iy), _clip(c.uC))).ceil()
    weights = torch.where(by_rows, c.tK * c.tC * F, (c.tK * c.tC * F * F / _clip(c.uK)).ceil())
    return inputs, weights


def _edge(unroll: Tensor, tile: Tensor, kernel: Tensor) -> Tensor:
    """Edge of an input tile; the stride is not read."""
    return torch.maximum(unroll + kernel - 1, tile)


def _clip(ports: Tensor) -> Tensor:
    """Words a buffer moves in a cycle: from 2 to 4."""
    return ports.clamp(2.0, 4.0)


def _banks(num: Tensor, bits: Tensor) -> Tensor:
    return num * (bits / _BANK_BITS).ceil()
