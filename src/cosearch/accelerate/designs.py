"""The designs of one chunk class: every combination of its choices."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from cosearch.accelerate.allocation import ChunkClass
from cosearch.accelerate.arrays import IntArray
from cosearch.accelerate.space import ChunkSpace
from cosearch.cost import CapacityGrid, ChunkShape, chunk_resources
from cosearch.hardware import Capacity, Chunk, ChunkKind, DramPort, FabricRules, Unroll
from cosearch.workload import Layer

UNBOUNDED_BITS = 1 << 60
"""More than the weights of any network: what a chunk that streams its weights can hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkDesigns:
    """Designs of one class as columns of numbers; all arrays are [designs]."""

    lanes: IntArray
    reduction: IntArray
    capacity_i_bits: IntArray
    capacity_w_bits: IntArray
    capacity_o_bits: IntArray
    read_slots: IntArray
    write_slots: IntArray
    resident: IntArray

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
        for column, layer in enumerate(layers):
            if not layer.has_weights:
                continue
            groups, lanes = (1, layer.G) if layer.is_depthwise else (layer.G, layer.K)
            rows = -(-lanes // self.lanes) * -(-layer.C // self.reduction) * (groups * layer.FY * layer.FX)
            bits[:, column] = rows * self.lanes * self.reduction * width_bits
        return bits * (self.resident[:, None] > 0)

    def chunk(self, row: int, chunk_class: ChunkClass) -> Chunk:
        """One design as a record."""
        return Chunk(
            kind=chunk_class.kind,
            weight_bits=chunk_class.width_bits,
            activation_bits=chunk_class.width_bits,
            unroll=Unroll(K=int(self.lanes[row]), C=int(self.reduction[row])),
            capacity_bits=Capacity(
                I=int(self.capacity_i_bits[row]),
                W=int(self.capacity_w_bits[row]),
                O=int(self.capacity_o_bits[row]),
            ),
            read_slots=int(self.read_slots[row]),
            write_slots=int(self.write_slots[row]),
            resident_weights=bool(self.resident[row]),
            max_channels=chunk_class.max_channels,
            output_bits=chunk_class.output_bits,
        )


@dataclass(frozen=True, slots=True)
class Grid:
    """Choices of one class with weights all resident or all streamed, in the order of `cost.cycle_table`."""

    unrolls: tuple[Unroll, ...]
    slots: tuple[tuple[int, int], ...]
    capacities: CapacityGrid
    resident: bool

    @staticmethod
    def of(kind: ChunkKind, space: ChunkSpace, *, resident: bool, port: DramPort) -> "Grid":
        """The choices of a kind that the port has slots for."""
        depthwise = kind is ChunkKind.DEPTHWISE
        lanes = space.depthwise_lanes if depthwise else space.lanes
        sizes = space.capacity_bits
        return Grid(
            unrolls=tuple(Unroll(K=k, C=c) for k in lanes for c in ((1,) if depthwise else space.reductions)),
            slots=tuple((r, w) for r in space.read_slots for w in space.write_slots if r + w <= port.total_slots),
            capacities=CapacityGrid(I=sizes.I, W=sizes.W_resident if resident else sizes.W, O=sizes.O),
            resident=resident,
        )

    def designs(self) -> ChunkDesigns:
        """All combinations, flattened from [unrolls, slots, I, W, O]."""
        sizes = self.capacities
        shape = (len(self.unrolls), len(self.slots), len(sizes.I), len(sizes.W), len(sizes.O))
        unroll, slot, i, w, o = (index.ravel() for index in np.indices(shape))
        reads_writes = np.array(self.slots, np.int64).reshape(-1, 2)[slot]
        return ChunkDesigns(
            lanes=np.array([u.K for u in self.unrolls], np.int64)[unroll],
            reduction=np.array([u.C for u in self.unrolls], np.int64)[unroll],
            capacity_i_bits=np.array(sizes.I, np.int64)[i],
            capacity_w_bits=np.array(sizes.W, np.int64)[w],
            capacity_o_bits=np.array(sizes.O, np.int64)[o],
            read_slots=reads_writes[:, 0].copy(),
            write_slots=reads_writes[:, 1].copy(),
            resident=np.full(unroll.shape, int(self.resident), np.int64),
        )


def design_resources(
    designs: ChunkDesigns, chunk_class: ChunkClass, *, resident: bool, port: DramPort, fabric: FabricRules
) -> IntArray:
    """Resources of designs whose weights are all resident or all streamed. [designs, resources]."""
    shape = ChunkShape(
        kind=chunk_class.kind,
        weight_bits=chunk_class.width_bits,
        activation_bits=chunk_class.width_bits,
        unroll_K=torch.from_numpy(designs.lanes),
        unroll_C=torch.from_numpy(designs.reduction),
        capacity_i_bits=torch.from_numpy(designs.capacity_i_bits),
        capacity_w_bits=torch.from_numpy(designs.capacity_w_bits),
        capacity_o_bits=torch.from_numpy(designs.capacity_o_bits),
        resident_weights=resident,
        max_channels=chunk_class.max_channels,
        output_bits=chunk_class.output_bits,
    )
    priced = chunk_resources(shape, port.beat_bits, fabric)
    like = torch.from_numpy(designs.lanes)
    parts: list[Tensor] = [
        torch.as_tensor(part).expand_as(like) for part in (priced.dsp, priced.bram18, priced.uram, priced.lut)
    ]
    parts.append(torch.from_numpy(designs.read_slots + designs.write_slots))
    return torch.stack(parts, dim=1).numpy()
