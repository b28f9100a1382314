"""Prices the designs of one chunk class, and drops what is never best."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from cosearch.accelerate.allocation import ChunkClass
from cosearch.accelerate.arrays import NEVER_CYCLES, BoolArray, IntArray
from cosearch.accelerate.class_table import ClassTable, ShapeKey
from cosearch.accelerate.designs import Build, ChunkDesigns, Grid, design_resources
from cosearch.accelerate.dominance import nondominated
from cosearch.accelerate.moves import MappedDesigns, TilingArray
from cosearch.accelerate.space import AcceleratorSpace
from cosearch.cost import UNREACHABLE, mapping_table
from cosearch.errors import HardwareError
from cosearch.hardware import DramPort, FabricRules
from cosearch.workload import Layer


@dataclass(frozen=True, slots=True)
class _Priced:
    """Designs that fit the platform, [designs] of everything, and how many were declared."""

    designs: ChunkDesigns
    cycles: IntArray
    tilings: TilingArray
    resources: IntArray
    num_declared: int


@dataclass(frozen=True, slots=True)
class ClassBuilder:
    """Enumerates and prices the designs of one class.

    Attributes:
        budget: Of each resource in `RESOURCES`, what the platform leaves to a design.
        platform: Its name.
        prune: Whether designs that another one matches or beats in everything are dropped.
        with_energy: Whether energy and traffic count among everything.
    """

    chunk_class: ChunkClass
    layers: Sequence[Layer]
    space: AcceleratorSpace
    port: DramPort
    budget: IntArray
    fabric: FabricRules
    platform: str
    prune: bool
    with_energy: bool

    def build(self, first_column: int) -> ClassTable:
        """Enumerate, price, and drop what is never best."""
        shapes: dict[ShapeKey, int] = {}
        distinct: list[Layer] = []
        for layer in self.layers:
            if shapes.setdefault(layer.shape_key(), len(shapes)) == len(distinct):
                distinct.append(layer)
        chunk = self.space.chunk
        parts = [
            self._priced(distinct, Grid.of(self.chunk_class.kind, chunk, resident=r, partial_sums=p, port=self.port))
            for r, p in product(chunk.resident_weights, chunk.partial_sums)
        ]
        designs = ChunkDesigns.stack([part.designs for part in parts])
        cycles = np.concatenate([part.cycles for part in parts])
        resources = np.concatenate([part.resources for part in parts])
        self._check(distinct, cycles)
        held = designs.resident_bits(distinct, self.chunk_class.width_bits)
        mapped = MappedDesigns(
            layers=tuple(distinct),
            tilings=np.concatenate([part.tilings for part in parts]),
            designs=designs,
            chunk_class=self.chunk_class,
            port=self.port,
            rules=self.fabric.energy,
        )
        kept = np.flatnonzero((cycles < NEVER_CYCLES).any(axis=1))
        if self.prune:
            limits = -designs.weight_limit_bits[:, None]
            kept = kept[self._best([resources, limits, cycles, held], mapped, kept)]
        return ClassTable(
            chunk_class=self.chunk_class,
            first_column=first_column,
            shapes=shapes,
            designs=designs.take(kept),
            cycles=np.asfortranarray(cycles[kept]),
            resources=np.ascontiguousarray(resources[kept]),
            resident_bits=np.asfortranarray(held[kept]),
            num_declared=sum(part.num_declared for part in parts),
            mapped=mapped.take(kept),
        )

    def _best(self, features: list[IntArray], mapped: MappedDesigns, rows: IntArray) -> IntArray:
        """Which of some designs no other one matches or beats, now and for every network."""
        parts = [feature[rows] for feature in features if feature.any()]
        if self.with_energy:
            moves = mapped.moves
            ranks = [np.unique(column, return_inverse=True)[1] for column in moves.energy_joules[rows].T]
            parts += [np.stack(ranks, axis=1).astype(np.int64), moves.dram_bits[rows]]
        return nondominated(np.concatenate(parts, axis=1))

    def _priced(self, layers: list[Layer], grid: Grid) -> _Priced:
        """Price a grid; what a chunk is built of does not change its cycles, so those are the same for all builds."""
        designs = grid.designs()
        num_declared = 0
        built: list[tuple[ChunkDesigns, IntArray, IntArray]] = []
        for build in Build.choices(self.chunk_class, self.space.chunk, self.fabric):
            can = build.fits(designs, self.chunk_class.kind)
            num_declared += int(can.sum())
            resources = design_resources(designs, self.chunk_class, grid, build, port=self.port, fabric=self.fabric)
            kept = np.flatnonzero(can & np.all(resources <= self.budget, axis=1))
            built.append((build.apply(designs.take(kept)), resources[kept], kept))
        fits = np.zeros(len(designs), np.bool_)
        fits[np.concatenate([kept for _, _, kept in built])] = True
        cycles, tilings = self._mapped(layers, grid, fits)
        places = np.cumsum(fits) - 1
        return _Priced(
            ChunkDesigns.stack([part for part, _, _ in built]),
            np.concatenate([cycles[places[kept]] for _, _, kept in built]),
            np.concatenate([tilings[places[kept]] for _, _, kept in built]),
            np.concatenate([resources for _, resources, _ in built]),
            num_declared,
        )

    def _mapped(self, layers: list[Layer], grid: Grid, fits: BoolArray) -> tuple[IntArray, TilingArray]:
        """Cycles and tilings of the designs of a grid that fit. [designs, layers]."""
        by_unroll = fits.reshape(len(grid.unrolls), -1)
        unrolls = np.flatnonzero(by_unroll.any(axis=1))
        if not len(unrolls):
            return np.zeros((0, len(layers)), np.int64), np.zeros((0, len(layers)), np.int16)
        tables = mapping_table(
            layers,
            kind=self.chunk_class.kind,
            weight_bits=self.chunk_class.width_bits,
            activation_bits=self.chunk_class.width_bits,
            unrolls=[grid.unrolls[u] for u in unrolls],
            capacities=grid.capacities,
            slots=grid.slots,
            resident_weights=grid.resident,
            partial_sums=grid.partial_sums,
            port=self.port,
        )
        kept = by_unroll[unrolls].ravel()
        cycles, tilings = (table.reshape(-1, len(layers)).numpy()[kept] for table in tables)
        return np.where(cycles >= UNREACHABLE, NEVER_CYCLES, cycles), tilings.astype(np.int16)

    def _check(self, layers: list[Layer], cycles: IntArray) -> None:
        """Refuse a space in which some layer could never run."""
        if not len(cycles):
            raise HardwareError(
                f"no design of a {self.chunk_class} in the declared space fits the budget of {self.platform}; "
                "offer fewer lanes or smaller capacities"
            )
        never = np.flatnonzero(np.all(cycles >= NEVER_CYCLES, axis=0))
        if len(never):
            raise HardwareError(
                f"no {self.chunk_class} in the declared space holds a tile of it; offer larger capacities"
            ).at(layers[int(never[0])].name)
