"""The design table: cycles of every chunk design on every layer shape, computed once for all networks of a space."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from cosearch.accelerate.allocation import ChunkClass, allocate
from cosearch.accelerate.arrays import NEVER_CYCLES, RESOURCES, BoolArray, FloatArray, IntArray
from cosearch.accelerate.designs import Build, ChunkDesigns, Grid, design_resources
from cosearch.accelerate.dominance import nondominated
from cosearch.accelerate.space import AcceleratorSpace
from cosearch.cost import UNREACHABLE, cycle_table
from cosearch.errors import HardwareError
from cosearch.hardware import DramPort, FabricRules, Platform, load_fabric
from cosearch.workload import Layer, Workload

ShapeKey = tuple[int | str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClassTable:
    """One chunk class: its designs, less those that another beats for every network.

    Attributes:
        first_column: Where the class's columns start among those of the whole table.
        shapes: Column of each layer shape, within the class.
        cycles: [designs, columns], contiguous by column; `NEVER_CYCLES` where no tiling fits the buffers.
        resources: [designs, resources], in the order of `RESOURCES`.
        resident_bits: [designs, columns], what a layer takes of a W buffer that holds all weights of the chunk; 0
            where weights are streamed.
        num_declared: Designs of the declared space, before any was dropped.
    """

    chunk_class: ChunkClass
    first_column: int
    shapes: dict[ShapeKey, int]
    designs: ChunkDesigns
    cycles: IntArray
    resources: IntArray
    resident_bits: IntArray
    num_declared: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Demand:
    """What a network asks of a table. Counts may be fractions: expectations over many networks.

    Attributes:
        counts: Layers on each column, [columns] over all classes.
        weights: Weights that each class holds, [classes].
        is_chain: Whether every layer reads the one before it, so that its latency is the sum of its layers' cycles.
    """

    counts: FloatArray
    weights: FloatArray
    is_chain: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DesignTable:
    """Cycles and resources of all chunk designs worth having, for a set of layer shapes on a platform at a clock.

    Attributes:
        budget: Of each resource in `RESOURCES`, what the platform leaves to a design.
    """

    classes: tuple[ClassTable, ...]
    space: AcceleratorSpace
    platform: str
    port: DramPort
    clock_hertz: float
    budget: IntArray

    @staticmethod
    def build(
        layers: Iterable[Layer],
        space: AcceleratorSpace,
        platform: Platform,
        clock_hertz: float,
        *,
        prune: bool = True,
    ) -> "DesignTable":
        """Price the declared space for every layer that may occur.

        Args:
            layers: Layers of all networks to be priced; equal shapes are priced once.
            space: The declared space.
            platform: What it is built on; its budget bounds every design.
            clock_hertz: The accelerator clock.
            prune: Whether designs that another one matches or beats in everything are dropped. Optima are the same;
                engines that sample are compared on the whole space.

        Raises:
            HardwareError: if a layer is wider than every width, fits no design, or no design fits the platform.
        """
        port = platform.port(clock_hertz)
        limits = platform.budget()
        budget = np.array([limits.get(name, port.total_slots) for name in RESOURCES], np.int64)
        fabric = load_fabric(platform.family)
        classes: list[ClassTable] = []
        first_column = 0
        for chunk_class, share in allocate(list(layers), space):
            builder = _ClassBuilder(chunk_class, share, space, port, budget, fabric, platform.name, prune)
            classes.append(builder.build(first_column))
            first_column += len(classes[-1].shapes)
        return DesignTable(
            classes=tuple(classes),
            space=space,
            platform=platform.name,
            port=port,
            clock_hertz=clock_hertz,
            budget=budget,
        )

    @property
    def num_columns(self) -> int:
        """Layer shapes over all classes."""
        return sum(len(entry.shapes) for entry in self.classes)

    def place(self, layer: Layer) -> tuple[int, int]:
        """The class a layer runs on and its column among those of the whole table.

        Raises:
            HardwareError: if the table was built without this shape.
        """
        key = layer.shape_key()
        for index, entry in enumerate(self.classes):
            column = entry.shapes.get(key)
            if column is not None:
                return index, entry.first_column + column
        raise HardwareError("the design table has no such shape; build it with this layer").at(layer.name)

    def column_of(self, layer: Layer) -> int:
        """The column of a layer's shape among those of the whole table; see `place`."""
        return self.place(layer)[1]

    def demand_of(self, workload: Workload) -> Demand:
        """Column counts of a network.

        Raises:
            HardwareError: if the table was built without one of its shapes.
        """
        counts = np.zeros(self.num_columns)
        weights = np.zeros(len(self.classes))
        for layer in workload.layers:
            index, column = self.place(layer)
            counts[column] += 1
            weights[index] += layer.num_weights
        return Demand(counts=counts, weights=weights, is_chain=_is_chain(workload))

    def cycles_of(self, demand: Demand | Workload) -> list[FloatArray]:
        """Cycles of every design for a network, one vector [designs] a class; all zeros where it has no layers.

        Infinite for a design that cannot hold a tile of some layer, or the resident weights; else, with whole counts,
        whole numbers.
        """
        if isinstance(demand, Workload):
            demand = self.demand_of(demand)
        vectors: list[FloatArray] = []
        for entry in self.classes:
            share = demand.counts[entry.first_column : entry.first_column + len(entry.shapes)]
            total = np.zeros(len(entry.designs))
            never = np.zeros(len(entry.designs), np.bool_)
            held = np.zeros(len(entry.designs))
            for column in np.flatnonzero(share):
                total += entry.cycles[:, column] * share[column]
                held += entry.resident_bits[:, column] * share[column]
                never |= entry.cycles[:, column] >= NEVER_CYCLES
            total[never | (held > entry.designs.weight_limit_bits)] = np.inf
            vectors.append(total)
        return vectors


@dataclass(frozen=True, slots=True)
class _ClassBuilder:
    chunk_class: ChunkClass
    layers: Sequence[Layer]
    space: AcceleratorSpace
    port: DramPort
    budget: IntArray
    fabric: FabricRules
    platform: str
    prune: bool

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
        designs = ChunkDesigns.stack([part[0] for part in parts])
        cycles = np.concatenate([part[1] for part in parts])
        resources = np.concatenate([part[2] for part in parts])
        self._check(distinct, cycles)
        useful = np.flatnonzero((cycles < NEVER_CYCLES).any(axis=1))
        held = designs.resident_bits(distinct, self.chunk_class.width_bits)
        features = [resources, -designs.weight_limit_bits[:, None], cycles]
        if held.any():
            features.append(held)
        best = useful[nondominated(np.concatenate(features, axis=1)[useful])] if self.prune else useful
        return ClassTable(
            chunk_class=self.chunk_class,
            first_column=first_column,
            shapes=shapes,
            designs=designs.take(best),
            cycles=np.asfortranarray(cycles[best]),
            resources=np.ascontiguousarray(resources[best]),
            resident_bits=np.asfortranarray(held[best]),
            num_declared=sum(part[3] for part in parts),
        )

    def _priced(self, layers: list[Layer], grid: Grid) -> tuple[ChunkDesigns, IntArray, IntArray, int]:
        """Designs that fit the platform, their cycles, their resources, and how many were declared.

        What a chunk is built of does not change its cycles, so those are priced once for all builds.
        """
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
        cycles = self._cycles(layers, grid, fits)
        places = np.cumsum(fits) - 1
        return (
            ChunkDesigns.stack([part for part, _, _ in built]),
            np.concatenate([cycles[places[kept]] for _, _, kept in built]),
            np.concatenate([resources for _, resources, _ in built]),
            num_declared,
        )

    def _cycles(self, layers: list[Layer], grid: Grid, fits: BoolArray) -> IntArray:
        """Cycles of the designs of a grid that fit. [designs, layers]."""
        by_unroll = fits.reshape(len(grid.unrolls), -1)
        unrolls = np.flatnonzero(by_unroll.any(axis=1))
        if not len(unrolls):
            return np.zeros((0, len(layers)), np.int64)
        table = cycle_table(
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
        cycles = table.reshape(-1, len(layers)).numpy()[by_unroll[unrolls].ravel()]
        return np.where(cycles >= UNREACHABLE, NEVER_CYCLES, cycles)

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


def _is_chain(workload: Workload) -> bool:
    """Whether each layer reads the one before it, as its input or as what it adds or scales by."""
    pairs = zip(workload.layers, workload.layers[1:], strict=False)
    return all(before.name in workload.reads(layer) for before, layer in pairs)
