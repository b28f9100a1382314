"""A case with what the cost model counts of it, and the form of what a tool counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod

from cosearch.cost.asic import AccessCounts, ArrayNest, ArrayStructure, Place, access_counts, nest_of, structure_of
from cosearch.hardware import RELEVANT, Dim, Operand
from cosearch.numerics import Scalar
from cosearch.validate.access.cases import AccessCase
from cosearch.workload import Layer

ToolCounts = dict[tuple[Place, Operand], dict[str, int]]
"""Counts of a tool by level and operand, under the tool's own names."""


@dataclass(frozen=True)
class Counted:
    """A mapped layer and its access counts, in ints."""

    case: AccessCase

    @property
    def layer(self) -> Layer:
        """The layer."""
        return self.case.layer

    @cached_property
    def nest(self) -> ArrayNest:
        """Its loops."""
        return nest_of(self.case.layer, self.case.mapping)

    @cached_property
    def structure(self) -> ArrayStructure:
        """What the array keeps where."""
        return structure_of(self.case.array, loads_weights=True)

    @cached_property
    def counts(self) -> AccessCounts:
        """The model's counts."""
        return access_counts(self.nest, self.structure)

    @property
    def cycles(self) -> int:
        """Iterations of all temporal loops."""
        return int(self.counts.compute_cycles)

    @property
    def macs(self) -> int:
        """Multiply-accumulates."""
        return int(self.counts.compute_cycles * self.counts.elements)

    def kept(self, operand: Operand) -> tuple[Place, ...]:
        """Places that keep an operand, from the inside out."""
        return self.structure.places(operand)[1:]

    def inner(self, operand: Operand, place: Place) -> Place:
        """The place inside of one."""
        places = self.structure.places(operand)
        return places[places.index(place) - 1]

    def reads(self, operand: Operand, place: Place) -> int:
        """Words of I or W that leave a place inwards, those that several elements want counted once."""
        return int(self.counts.flow(operand, place).outer_words)

    def fills(self, operand: Operand, place: Place) -> int:
        """Words written to a place from outside; of O, sums that leave it."""
        return 0 if place == "dram" else int(self.counts.fills(operand, place))

    def updates(self, place: Place) -> int:
        """Sums that reach a place from inside."""
        return int(self.counts.flow("O", place).outer_words)

    def started(self, place: Place) -> int:
        """Sums of which the first update finds nothing to add to."""
        return int(self.counts.flow("O", place).distinct)

    def extents(self, place: Place) -> dict[Dim, int]:
        """Loops inside the tiles of registers or buffer."""
        return whole(self.nest.registers if place == "registers" else self.nest.in_buffer)

    def elements(self, dim: Dim) -> int:
        """Elements along a loop."""
        return int(self.nest.rows[dim] * self.nest.columns[dim])

    def input_elements(self) -> int:
        """Elements that differ in a loop that chooses other inputs."""
        return prod(self.elements(dim) for dim in RELEVANT["I"])

    def stride(self, dim: Dim) -> int:
        """Input pixels of one step of a loop."""
        return {"OY": self.layer.stride_y, "OX": self.layer.stride_x}.get(dim, 1)

    def instances(self, place: Place) -> int:
        """Memories at a place."""
        return int(self.counts.elements) if place == "registers" else 1


def whole(extents: Mapping[Dim, Scalar]) -> dict[Dim, int]:
    """Extents as ints."""
    return {dim: int(extent) for dim, extent in extents.items()}
