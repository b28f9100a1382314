"""The designs of one chunk class: every combination of its choices."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from cosearch.accelerate.allocation import ChunkClass
from cosearch.accelerate.arrays import BoolArray, IntArray
from cosearch.accelerate.space import ChunkSpace
from cosearch.cost import CapacityGrid, ChunkShape, chunk_resources
from cosearch.errors import HardwareError
from cosearch.hardware import PACKED_BITS, Capacity, Chunk, ChunkKind, DramPort, FabricRules, Unroll
from cosearch.workload import Layer

UNBOUNDED_BITS = 1 << 60
"""More than the weights of any network: what a chunk that streams its weights can hold."""

URAM_BITS: dict[Literal["I", "W", "O"], int] = {"I": 1, "W": 2, "O": 4}
"""The bit of each buffer in `ChunkDesigns.uram`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkDesigns:
    """Designs of one class as columns of numbers; all arrays are [designs].

    Attributes:
        lanes, reduction, columns, fused_pixels, kernel_columns: Unrollings of K, C, OX, OY*OX and FX.
        resident, partial_sums, lut_multipliers: 0 or 1.
        uram: A bit for each buffer that is UltraRAM: 1 for I, 2 for W, 4 for O.
    """

    lanes: IntArray
    reduction: IntArray
    columns: IntArray
    fused_pixels: IntArray
    kernel_columns: IntArray
    capacity_i_bits: IntArray
    capacity_w_bits: IntArray
    capacity_o_bits: IntArray
    read_slots: IntArray
    write_slots: IntArray
    resident: IntArray
    partial_sums: IntArray
    products_per_dsp: IntArray
    lut_multipliers: IntArray
    uram: IntArray

    def __len__(self) -> int:
        return len(self.lanes)

    def take(self, rows: IntArray) -> "ChunkDesigns":
        """The designs of some rows."""
        return ChunkDesigns(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    @staticmethod
    def stack(parts: "list[ChunkDesigns]") -> "ChunkDesigns":
        """One after another."""
        return ChunkDesigns(
            **{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(ChunkDesigns)}
        )

    @property
    def weight_limit_bits(self) -> IntArray:
        """Bits of weights a design can hold: its W buffer where they are resident, else unbounded. [designs]."""
        return np.where(self.resident > 0, self.capacity_w_bits, UNBOUNDED_BITS)

    def resident_bits(self, layers: Sequence[Layer], width_bits: int) -> IntArray:
        """What each layer takes of a W buffer with resident weights, in whole rows; else 0. [designs, layers]."""
        bits = np.zeros((len(self), len(layers)), np.int64)
        if not self.resident.any():
            return bits
        for column, layer in enumerate(layers):
            if not layer.has_weights:
                continue
            groups, lanes = (1, layer.G) if layer.is_depthwise else (layer.G, layer.K)
            kernel = layer.FY * -(-layer.FX // self.kernel_columns) * self.kernel_columns
            rows = -(-lanes // self.lanes) * -(-layer.C // self.reduction) * groups
            bits[:, column] = rows * self.lanes * self.reduction * kernel * width_bits
        return bits * (self.resident[:, None] > 0)

    def chunk(self, row: int, chunk_class: ChunkClass) -> Chunk:
        """One design as a record."""
        return Chunk(
            kind=chunk_class.kind,
            weight_bits=chunk_class.width_bits,
            activation_bits=chunk_class.width_bits,
            unroll=Unroll(
                K=int(self.lanes[row]),
                C=int(self.reduction[row]),
                OX=int(self.columns[row]),
                OYOX=int(self.fused_pixels[row]),
                FX=int(self.kernel_columns[row]),
            ),
            capacity_bits=Capacity(
                I=int(self.capacity_i_bits[row]),
                W=int(self.capacity_w_bits[row]),
                O=int(self.capacity_o_bits[row]),
            ),
            read_slots=int(self.read_slots[row]),
            write_slots=int(self.write_slots[row]),
            resident_weights=bool(self.resident[row]),
            partial_sums=bool(self.partial_sums[row]),
            products_per_dsp=2 if self.products_per_dsp[row] == 2 else 1,
            lut_multipliers=bool(self.lut_multipliers[row]),
            uram=tuple(operand for operand, bit in URAM_BITS.items() if self.uram[row] & bit),
            activation_table=chunk_class.activation_table,
            max_channels=chunk_class.max_channels,
            output_bits=chunk_class.output_bits,
        )


@dataclass(frozen=True, slots=True)
class Build:
    """What a chunk's multipliers and buffers are made of; its cycles do not depend on that."""

    products_per_dsp: int
    lut_multipliers: bool
    uram: str

    @staticmethod
    def choices(chunk_class: ChunkClass, space: ChunkSpace, fabric: FabricRules) -> "list[Build]":
        """Those of a space that some chunk of a class can have.

        Raises:
            HardwareError: if there is none.
        """
        packs = chunk_class.width_bits <= PACKED_BITS
        found = [
            Build(products, lut, uram)
            for products, lut, uram in product(space.products_per_dsp, space.lut_multipliers, space.uram)
            if not (products == 2 and (lut or not packs)) and not (uram and fabric.uram is None)
        ]
        if not found:
            raise HardwareError(
                f"no {chunk_class} can be built of what the declared space offers on {fabric.family}; "
                'offer products_per_dsp: 1, or uram: ""'
            )
        return found

    def fits(self, designs: ChunkDesigns, kind: ChunkKind) -> BoolArray:
        """Which designs can be built so: two products a slice need an operand that is shared, as `Chunk` says."""
        if self.products_per_dsp == 1:
            return np.ones(len(designs), np.bool_)
        pixels = designs.columns * designs.fused_pixels
        shared = designs.lanes * pixels if kind is ChunkKind.STANDARD else pixels
        return shared % 2 == 0

    def apply(self, designs: ChunkDesigns) -> ChunkDesigns:
        """The designs, built so."""
        same = np.ones(len(designs), np.int64)
        return replace(
            designs,
            products_per_dsp=same * self.products_per_dsp,
            lut_multipliers=same * int(self.lut_multipliers),
            uram=same * sum(bit for operand, bit in URAM_BITS.items() if operand in self.uram),
        )


@dataclass(frozen=True, slots=True)
class Grid:
    """Choices of a class that share where weights stay and how sums are kept, in the order of `cost.cycle_table`."""

    unrolls: tuple[Unroll, ...]
    slots: tuple[tuple[int, int], ...]
    capacities: CapacityGrid
    resident: bool
    partial_sums: bool

    @staticmethod
    def of(kind: ChunkKind, space: ChunkSpace, *, resident: bool, partial_sums: bool, port: DramPort) -> "Grid":
        """The choices of a kind that the port has slots for."""
        depthwise = kind is ChunkKind.DEPTHWISE
        lanes = space.depthwise_lanes if depthwise else space.lanes
        arrays = product(
            lanes, (1,) if depthwise else space.reductions, space.columns, space.fused_pixels, space.kernel_columns
        )
        sizes = space.capacity_bits
        return Grid(
            unrolls=tuple(Unroll(K=k, C=c, OX=x, OYOX=p, FX=f) for k, c, x, p, f in arrays if x == 1 or p == 1),
            slots=tuple((r, w) for r in space.read_slots for w in space.write_slots if r + w <= port.total_slots),
            capacities=CapacityGrid(I=sizes.I, W=sizes.W_resident if resident else sizes.W, O=sizes.O),
            resident=resident,
            partial_sums=partial_sums,
        )

    def designs(self) -> ChunkDesigns:
        """All combinations, flattened from [unrolls, slots, I, W, O], of DSP slices and block RAM."""
        sizes = self.capacities
        shape = (len(self.unrolls), len(self.slots), len(sizes.I), len(sizes.W), len(sizes.O))
        unroll, slot, i, w, o = (index.ravel() for index in np.indices(shape))
        reads_writes = np.array(self.slots, np.int64).reshape(-1, 2)[slot]
        arrays = np.array([(u.K, u.C, u.OX, u.OYOX, u.FX) for u in self.unrolls], np.int64).reshape(-1, 5)[unroll]
        none = np.zeros(len(unroll), np.int64)
        return ChunkDesigns(
            lanes=arrays[:, 0].copy(),
            reduction=arrays[:, 1].copy(),
            columns=arrays[:, 2].copy(),
            fused_pixels=arrays[:, 3].copy(),
            kernel_columns=arrays[:, 4].copy(),
            capacity_i_bits=np.array(sizes.I, np.int64)[i],
            capacity_w_bits=np.array(sizes.W, np.int64)[w],
            capacity_o_bits=np.array(sizes.O, np.int64)[o],
            read_slots=reads_writes[:, 0].copy(),
            write_slots=reads_writes[:, 1].copy(),
            resident=none + int(self.resident),
            partial_sums=none + int(self.partial_sums),
            products_per_dsp=none + 1,
            lut_multipliers=none,
            uram=none,
        )


def design_resources(
    designs: ChunkDesigns, chunk_class: ChunkClass, grid: Grid, build: Build, *, port: DramPort, fabric: FabricRules
) -> IntArray:
    """Resources of all designs of one grid, in its order, built alike. [designs, resources].

    Slots of the port take nothing else, so what is left is priced for the first of them.
    """
    sizes = grid.capacities
    counts = (len(grid.unrolls), len(grid.slots), len(sizes.I) * len(sizes.W) * len(sizes.O))
    first = np.arange(len(designs)).reshape(counts)[:, :1].ravel()
    rest = _without_slots(designs.take(first), chunk_class, grid, build, port=port, fabric=fabric)
    resources = np.empty((*counts, rest.shape[1] + 1), np.int64)
    resources[..., :-1] = rest.reshape(counts[0], 1, counts[2], -1)
    resources[..., -1] = (designs.read_slots + designs.write_slots).reshape(counts)
    return resources.reshape(len(designs), -1)


def _without_slots(
    designs: ChunkDesigns, chunk_class: ChunkClass, grid: Grid, build: Build, *, port: DramPort, fabric: FabricRules
) -> IntArray:
    """All resources but the last. [designs, resources - 1]."""
    shape = ChunkShape(
        kind=chunk_class.kind,
        weight_bits=chunk_class.width_bits,
        activation_bits=chunk_class.width_bits,
        unroll_K=torch.from_numpy(designs.lanes),
        unroll_C=torch.from_numpy(designs.reduction),
        unroll_pixels=torch.from_numpy(designs.columns * designs.fused_pixels),
        unroll_FX=torch.from_numpy(designs.kernel_columns),
        capacity_i_bits=torch.from_numpy(designs.capacity_i_bits),
        capacity_w_bits=torch.from_numpy(designs.capacity_w_bits),
        capacity_o_bits=torch.from_numpy(designs.capacity_o_bits),
        resident_weights=grid.resident,
        partial_sums=grid.partial_sums,
        products_per_dsp=build.products_per_dsp,
        lut_multipliers=build.lut_multipliers,
        uram=tuple(build.uram),
        activation_table=chunk_class.activation_table,
        max_channels=chunk_class.max_channels,
        output_bits=chunk_class.output_bits,
    )
    priced = chunk_resources(shape, port.beat_bits, fabric)
    like = torch.from_numpy(designs.lanes)
    parts: list[Tensor] = [
        torch.as_tensor(part).expand_as(like) for part in (priced.dsp, priced.bram18, priced.uram, priced.lut)
    ]
    return torch.stack(parts, dim=1).numpy()
