"""Cycles of layers on chunks of every unrolling, slot count and capacity, from one pass over the tilings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import TypeVar

import torch
from torch import Tensor

from cosearch.cost.shape import LayerShape, shape_of, stack_shapes
from cosearch.cost.tilings import Tilings, candidate_tilings
from cosearch.cost.timing import LayerTiming, layer_cycles, rates_of, time_layer
from cosearch.cost.work import ChunkRates, TileSizes
from cosearch.errors import HardwareError, MappingError
from cosearch.hardware import (
    ACCUMULATOR_BITS,
    Chunk,
    ChunkKind,
    DramPort,
    Mapping,
    Unroll,
)
from cosearch.hardware.mapping import LoopOrder
from cosearch.workload import Layer

R = TypeVar("R", LayerShape, TileSizes)

_SIZES = ("M", "C", "OY", "OX")

_MAX_ELEMENTS = 1 << 15

UNREACHABLE = 1 << 50
"""Cycles where no tiling fits, or where the layer may not run on the chunk; a sum of a network's stays exact."""


@dataclass(frozen=True, slots=True)
class CapacityGrid:
    """Bits of one bank that each buffer may have, increasing."""

    I: tuple[int, ...]  # noqa: E741  operands are called I, W and O everywhere
    W: tuple[int, ...]
    O: tuple[int, ...]  # noqa: E741

    def __post_init__(self) -> None:
        for name in "IWO":
            values: tuple[int, ...] = getattr(self, name)
            if not values or values[0] < 1 or any(a >= b for a, b in pairwise(values)):
                raise HardwareError(f"capacities {name}={values} must be positive and increase; sort them")


def may_run(layer: Layer, kind: ChunkKind, weight_bits: int, activation_bits: int) -> bool:
    """Whether a chunk of a kind and widths may run a layer, whatever its buffers."""
    kinds = (ChunkKind.DEPTHWISE, ChunkKind.BOTH) if layer.is_depthwise else (ChunkKind.STANDARD, ChunkKind.BOTH)
    fits = layer.weight_bits <= weight_bits and layer.input_bits <= activation_bits
    return kind in kinds and fits and layer.N == 1


def cycle_table(
    layers: Sequence[Layer],
    *,
    kind: ChunkKind,
    weight_bits: int,
    activation_bits: int,
    unrolls: Sequence[Unroll],
    capacities: CapacityGrid,
    slots: Sequence[tuple[int, int]],
    resident_weights: bool,
    port: DramPort,
) -> Tensor:
    """Least closed-form cycles of each layer over its candidate tilings, for every chunk of a grid.

    A tiling's cycles do not depend on the capacities, only whether it fits does. So every tiling is priced once, goes
    to the least cell of the grid that holds it, and a running minimum along I, W and O fills the rest.

    Args:
        layers: Layers of equal shape are priced once.
        kind: Of the chunk.
        weight_bits: Width of the chunk's weights.
        activation_bits: Width of its inputs.
        unrolls: Unrollings.
        capacities: Bits of one bank.
        slots: Pairs of read slots and write slots.
        resident_weights: Whether weights never move; the W buffer then holds no tile.
        port: The DRAM port.

    Returns:
        int64 of shape [unrolls, slots, I, W, O, layers]; `UNREACHABLE` where nothing fits.
    """
    table = torch.full(
        (len(unrolls), len(slots), len(capacities.I), len(capacities.W), len(capacities.O), len(layers)),
        UNREACHABLE,
        dtype=torch.int64,
    )
    rates = ChunkRates(
        unroll_K=_column([unroll.K for unroll in unrolls], 0),
        unroll_C=_column([unroll.C for unroll in unrolls], 0),
        read_slots=_column([read for read, _ in slots], 1),
        write_slots=_column([write for _, write in slots], 1),
        resident_weights=resident_weights,
    )
    bits = (activation_bits, weight_bits)
    distinct: dict[tuple[int, ...], Layer] = {}
    for layer in layers:
        if may_run(layer, kind, *bits):
            distinct.setdefault(layer.shape_key(), layer)
    cells = _least_cycles(list(distinct.values()), rates, capacities, bits, port)
    column = {key: cells[:, :, index] for index, key in enumerate(distinct)}
    for index, layer in enumerate(layers):
        if layer.shape_key() in column:
            table[..., index] = column[layer.shape_key()]
    return table


def best_mapping(layer: Layer, chunk: Chunk, port: DramPort) -> tuple[Mapping, LayerTiming]:
    """The candidate tiling with the least closed-form cycles that fits a chunk; the first of equals.

    Raises:
        MappingError: if the layer may not run on the chunk, or no tiling fits its buffers.
    """
    if not may_run(layer, chunk.kind, chunk.weight_bits, chunk.activation_bits):
        raise MappingError(
            f"{layer.weight_bits}-bit weights and {layer.input_bits}-bit inputs"
            f"{' of a depthwise layer' if layer.is_depthwise else ''} do not run on a {chunk.kind} chunk of "
            f"{chunk.weight_bits} and {chunk.activation_bits} bits; give it another chunk"
        ).at(layer.name)
    capacity = chunk.capacity_bits
    grid = CapacityGrid(I=(capacity.I,), W=(capacity.W,), O=(capacity.O,))
    best: tuple[int, Mapping] | None = None
    for tilings in candidate_tilings(layer, port.beat_bits):
        fits = _cells(tilings, grid, (chunk.activation_bits, chunk.weight_bits), chunk.resident_weights) == 0
        cycles = torch.as_tensor(
            layer_cycles(shape_of(layer), tilings.sizes, tilings.loop_order, rates_of(chunk), port)
        )
        priced = torch.where(fits, cycles, UNREACHABLE).tolist()
        index = min(range(len(priced)), key=priced.__getitem__)
        if priced[index] < (best[0] if best else UNREACHABLE):
            best = priced[index], tilings.mapping(layer, index)
    if best is None:
        raise MappingError(
            f"no tiling fits banks of {capacity.I} (I), {capacity.W} (W) and {capacity.O} (O) bits; enlarge them"
        ).at(layer.name)
    return best[1], time_layer(layer, best[1], chunk, port)


def _least_cycles(
    layers: list[Layer], rates: ChunkRates, grid: CapacityGrid, bits: tuple[int, int], port: DramPort
) -> Tensor:
    """Least cycles of distinct layers: [unrolls, slots, layers, I, W, O]."""
    shape = (len(grid.I), len(grid.W), len(grid.O))
    num_cells = shape[0] * shape[1] * shape[2]
    lead = torch.broadcast_shapes(*(torch.as_tensor(t).shape for t in (rates.unroll_K, rates.read_slots)))[:2]
    least = torch.full((*lead, len(layers) * num_cells), UNREACHABLE, dtype=torch.int64)
    for batch in _batches(layers, rates, grid, bits, port):
        for part in batch.parts(_MAX_ELEMENTS // (lead[0] * lead[1])):
            cycles = layer_cycles(part.shape, part.sizes, part.loop_order, rates, port)
            cycles = torch.as_tensor(cycles).to(torch.int64).expand(*lead, -1)
            least.scatter_reduce_(-1, part.target.expand_as(cycles), cycles, "amin")
    return _running_minimum(least.reshape(*lead, len(layers), *shape))


@dataclass(frozen=True, slots=True)
class _Batch:
    """Tilings of layers of one form that cut the same loops: one formula prices all.

    Attributes:
        target: The flat cell of each tiling among those of all layers.
    """

    shape: LayerShape
    sizes: TileSizes
    loop_order: LoopOrder
    target: Tensor

    def parts(self, num: int) -> Iterator["_Batch"]:
        """Pieces of at most a number of tilings, so that intermediate results stay in the cache."""
        for start in range(0, len(self.target), num):
            piece = slice(start, start + num)
            yield _Batch(_sliced(self.shape, piece), _sliced(self.sizes, piece), self.loop_order, self.target[piece])


def _batches(
    layers: list[Layer], rates: ChunkRates, grid: CapacityGrid, bits: tuple[int, int], port: DramPort
) -> Iterator[_Batch]:
    """All candidate tilings that fit the largest buffers."""
    num_cells = len(grid.I) * len(grid.W) * len(grid.O)
    groups: dict[tuple[tuple[bool, bool, bool], LoopOrder, int], list[tuple[int, TileSizes, Tensor]]] = {}
    for index, layer in enumerate(layers):
        for tilings in candidate_tilings(layer, port.beat_bits):
            cells = _cells(tilings, grid, bits, rates.resident_weights)
            kept = cells < num_cells
            for cut in tilings.cut[kept].unique().tolist():
                chosen = kept & (tilings.cut == cut)
                key = (shape_of(layer).form, tilings.loop_order, cut)
                target = index * num_cells + cells[chosen]
                groups.setdefault(key, []).append((index, _sliced(tilings.sizes, chosen), target))
    for (_, loop_order, _), members in groups.items():
        repeats = torch.tensor([len(target) for _, _, target in members])
        shape = stack_shapes([layers[index] for index, _, _ in members], repeats)
        sizes = {name: torch.cat([getattr(part, name) for _, part, _ in members]) for name in _SIZES}
        yield _Batch(shape, TileSizes(**sizes), loop_order, torch.cat([target for _, _, target in members]))


def _sliced(record: R, index: slice | Tensor) -> R:
    """Some of the entries of a record's tensors."""
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return replace(record, **{name: value[index] for name, value in values.items() if isinstance(value, Tensor)})


def _cells(tilings: Tilings, grid: CapacityGrid, bits: tuple[int, int], resident: bool) -> Tensor:
    """The least cell of the grid that holds each tiling, flat; beyond the last where none does."""
    index_I = _first_fit(tilings.words_I * bits[0], grid.I)
    index_W = torch.zeros_like(index_I) if resident else _first_fit(tilings.words_W * bits[1], grid.W)
    index_O = _first_fit(tilings.words_O * ACCUMULATOR_BITS, grid.O)
    flat = (index_I * len(grid.W) + index_W) * len(grid.O) + index_O
    outside = (index_I == len(grid.I)) | (index_W == len(grid.W)) | (index_O == len(grid.O))
    return torch.where(outside, len(grid.I) * len(grid.W) * len(grid.O), flat)


def _first_fit(need: Tensor, bounds: tuple[int, ...]) -> Tensor:
    return torch.searchsorted(torch.tensor(bounds), need)


def _running_minimum(cells: Tensor) -> Tensor:
    for dim in (-3, -2, -1):
        slices = cells.unbind(dim)
        running = [slices[0]]
        for values in slices[1:]:
            running.append(torch.minimum(running[-1], values))
        cells = torch.stack(running, dim)
    return cells


def _column(values: list[int], dim: int) -> Tensor:
    """Values along one of the leading dimensions [unrolls, slots, tilings]."""
    tensor = torch.tensor(values, dtype=torch.int64)
    return tensor.reshape(-1, 1, 1) if dim == 0 else tensor.reshape(1, -1, 1)
