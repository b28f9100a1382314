"""What decides which formulas price a layer on an array: the same for all of a batch."""

from dataclasses import dataclass
from typing import Literal

from cosearch.hardware import OPERANDS, ArrayAccelerator, Operand, Storage
from cosearch.workload import Layer

Place = Literal["element", "registers", "buffer", "dram"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayStructure:
    """What an array keeps where, and what its network can do.

    Attributes:
        loads_weights: Whether the layer has a W operand.
        in_registers, in_buffer: Operands that are kept there.
        streamed_registers, streamed_buffer: Operands whose words come and go one by one.
        waits_for_registers, waits_for_buffer: Operands that do not move while their last words are in use.
        shared_rows, shared_columns: Operands that one word, or one sum, serves along that axis.
    """

    loads_weights: bool
    in_registers: frozenset[Operand]
    in_buffer: frozenset[Operand]
    streamed_registers: frozenset[Operand]
    streamed_buffer: frozenset[Operand]
    waits_for_registers: frozenset[Operand]
    waits_for_buffer: frozenset[Operand]
    shared_rows: frozenset[Operand]
    shared_columns: frozenset[Operand]

    @property
    def operands(self) -> tuple[Operand, ...]:
        """Operands that the layer has."""
        return tuple(operand for operand in OPERANDS if operand != "W" or self.loads_weights)

    def places(self, operand: Operand) -> tuple[Place, ...]:
        """Where an operand's words pass, from a processing element to DRAM."""
        inner: tuple[Place, ...] = ("registers",) if operand in self.in_registers else ()
        outer: tuple[Place, ...] = ("buffer",) if operand in self.in_buffer else ()
        return ("element", *inner, *outer, "dram")

    def streams(self, operand: Operand, place: Place) -> bool:
        """Whether an operand's words come and go one by one at a place."""
        return operand in (self.streamed_registers if place == "registers" else self.streamed_buffer)


def structure_of(array: ArrayAccelerator, *, loads_weights: bool) -> ArrayStructure:
    """The structure of an array for layers with or without weights."""
    network = array.network
    sums: frozenset[Operand] = frozenset({"O"})
    none: frozenset[Operand] = frozenset()
    return ArrayStructure(
        loads_weights=loads_weights,
        in_registers=frozenset(array.registers.keeps),
        in_buffer=frozenset(array.buffer.keeps),
        streamed_registers=frozenset(array.registers.streamed),
        streamed_buffer=frozenset(array.buffer.streamed),
        waits_for_registers=_waiting(array.registers),
        waits_for_buffer=_waiting(array.buffer),
        shared_rows=frozenset(network.multicast_rows) | (sums if network.reduces_rows else none),
        shared_columns=frozenset(network.multicast_columns) | (sums if network.reduces_columns else none),
    )


def loads_weights(layer: Layer) -> bool:
    """Whether a layer has a W operand: weights of its own, or the scale of a `multiply`."""
    return layer.op in ("convolution", "multiply")


def _waiting(storage: Storage) -> frozenset[Operand]:
    return frozenset(operand for operand in OPERANDS if not storage.overlaps(operand))
