"""The design table: cycles of every chunk design on every layer shape, computed once for all networks of a space."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from cosearch.accelerate.allocation import allocate
from cosearch.accelerate.arrays import NEVER_CYCLES, RESOURCES, FloatArray, IntArray
from cosearch.accelerate.class_builder import ClassBuilder
from cosearch.accelerate.class_table import ClassTable
from cosearch.accelerate.space import AcceleratorSpace
from cosearch.errors import HardwareError
from cosearch.hardware import DramPort, Platform, load_fabric
from cosearch.workload import Layer, Workload


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
        static_watts: Of the platform.
        is_pruned: Whether designs were dropped that another one matches or beats.
        minds_energy: Whether none was dropped that takes less energy or moves less.
    """

    classes: tuple[ClassTable, ...]
    space: AcceleratorSpace
    platform: str
    port: DramPort
    clock_hertz: float
    budget: IntArray
    static_watts: float = 0.0
    is_pruned: bool = False
    minds_energy: bool = True

    @staticmethod
    def build(
        layers: Iterable[Layer],
        space: AcceleratorSpace,
        platform: Platform,
        clock_hertz: float,
        *,
        prune: bool = True,
        with_energy: bool = False,
    ) -> "DesignTable":
        """Price the declared space for every layer that may occur.

        Args:
            layers: Layers of all networks to be priced; equal shapes are priced once.
            space: The declared space.
            platform: What it is built on; its budget bounds every design.
            clock_hertz: The accelerator clock.
            prune: Whether designs that another one matches or beats in everything are dropped. Optima are the same;
                engines that sample are compared on the whole space.
            with_energy: Whether a design that takes less energy or moves less is not dropped either, so that these
                can be bounded and optimised; a table from which none is dropped can do that anyway.

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
            builder = ClassBuilder(chunk_class, share, space, port, budget, fabric, platform.name, prune, with_energy)
            classes.append(builder.build(first_column))
            first_column += len(classes[-1].shapes)
        return DesignTable(
            classes=tuple(classes),
            space=space,
            platform=platform.name,
            port=port,
            clock_hertz=clock_hertz,
            budget=budget,
            static_watts=platform.static_watts,
            is_pruned=prune,
            minds_energy=with_energy or not prune,
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

    def moves_of(self, demand: Demand) -> list[tuple[FloatArray, FloatArray]]:
        """Dynamic joules and DRAM bits of every design for a network, two vectors [designs] a class.

        Zeros for a class without layers; no numbers of note where `cycles_of` is infinite.

        Raises:
            HardwareError: if a table was made without energies.
        """
        found: list[tuple[FloatArray, FloatArray]] = []
        for entry in self.classes:
            share = demand.counts[entry.first_column : entry.first_column + len(entry.shapes)]
            energy, bits = np.zeros(len(entry.designs)), np.zeros(len(entry.designs))
            columns = np.flatnonzero(share)
            if len(columns):
                if entry.mapped is None:
                    raise HardwareError(f"the table has no energies of its {entry.chunk_class}; build it from layers")
                moves = entry.mapped.moves
                for column in columns:
                    energy += moves.energy_joules[:, column] * share[column]
                    bits += moves.dram_bits[:, column] * share[column]
            found.append((energy, bits))
        return found


def _is_chain(workload: Workload) -> bool:
    """Whether each layer reads the one before it, as its input or as what it adds or scales by."""
    pairs = zip(workload.layers, workload.layers[1:], strict=False)
    return all(before.name in workload.reads(layer) for before, layer in pairs)
