"""An array of processing elements with registers, a global buffer and DRAM. Sizes in bits, rates in bits a cycle."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from cosearch.errors import HardwareError
from cosearch.hardware.array.loops import OPERANDS, Operand
from cosearch.records import Record, find_file, load_yaml, parse_record, shipped_files

Positive = Annotated[int, Field(ge=1)]

_ALL: tuple[Operand, ...] = OPERANDS


class Storage(Record):
    """The registers of each processing element, or the global buffer.

    Attributes:
        capacity_bits: Of one memory that all operands share, or of each operand's own.
        width_bits: Of a memory word; it holds floor(width / bits) operand words, wider words take several.
        banks: Equal parts of each memory, of which an access wakes one.
        keeps: Operands that are stored here; the others pass by.
        double_buffered: Operands with room for two tiles: the next one comes while this one is used.
        streamed: Operands whose words come and go one by one while others are used. An input window that moves along
            a row is then filled by what is new in it. An operand that is neither waits for its transfers.
    """

    capacity_bits: Positive | dict[Operand, Positive]
    width_bits: Positive
    banks: Positive = 1
    keeps: tuple[Operand, ...] = _ALL
    double_buffered: tuple[Operand, ...] = ()
    streamed: tuple[Operand, ...] = ()

    @model_validator(mode="after")
    def _keeps_what_it_moves(self) -> "Storage":
        for name in ("double_buffered", "streamed"):
            strange = [operand for operand in getattr(self, name) if operand not in self.keeps]
            if strange:
                raise ValueError(
                    f"{name} names {strange[0]}, which is not kept here; add it to keeps or leave it out"
                )
        both = [operand for operand in self.double_buffered if operand in self.streamed]
        if both:
            raise ValueError(f"{both[0]} is both double_buffered and streamed; choose one")
        if isinstance(self.capacity_bits, dict) and set(self.capacity_bits) != set(self.keeps):
            raise ValueError(
                f"capacity_bits is given for {', '.join(self.capacity_bits) or 'none'}, "
                f"kept are {', '.join(self.keeps) or 'none'}; give one size for each operand that is kept"
            )
        return self

    def memories(self) -> dict[str, int]:
        """Bits of each memory, by operand, or of the `shared` one; none where nothing is kept."""
        if not self.keeps:
            return {}
        if isinstance(self.capacity_bits, dict):
            return {operand: self.capacity_bits[operand] for operand in OPERANDS if operand in self.keeps}
        return {"shared": self.capacity_bits}

    def memory_of(self, operand: Operand) -> int:
        """Bits of the memory that an operand lies in."""
        return self.capacity_bits[operand] if isinstance(self.capacity_bits, dict) else self.capacity_bits

    def overlaps(self, operand: Operand) -> bool:
        """Whether an operand moves while its last words are in use; one that passes by always does."""
        return operand not in self.keeps or operand in self.double_buffered or operand in self.streamed


class GlobalBuffer(Storage):
    """The global buffer, with the rates of its ports."""

    read_bits_per_cycle: Positive
    write_bits_per_cycle: Positive


class ArrayNetwork(Record):
    """What lies between buffer and array.

    Attributes:
        bits_per_cycle: Of each operand's bus; that of O carries as much in each direction.
        multicast_rows, multicast_columns: Operands of which one word serves all elements along that axis that want
            it; of the others each element gets its own.
        reduces_rows, reduces_columns: Whether sums are added up along that axis on their way to the buffer.
        folds: Whether a mapping wider than the array may be cut into strips that stand above one another.
    """

    bits_per_cycle: dict[Operand, Positive]
    multicast_rows: tuple[Operand, ...] = ("I", "W")
    multicast_columns: tuple[Operand, ...] = ("I", "W")
    reduces_rows: bool = True
    reduces_columns: bool = True
    folds: bool = False

    @model_validator(mode="after")
    def _has_a_bus_for_each(self) -> "ArrayNetwork":
        missing = [operand for operand in OPERANDS if operand not in self.bits_per_cycle]
        if missing:
            raise ValueError(f"bits_per_cycle lacks {', '.join(missing)}; give the bus of every operand")
        return self


class ArrayDram(Record):
    """DRAM: width of a transfer, and bits a cycle, reads and writes together."""

    width_bits: Positive
    bits_per_cycle: Positive


class ArrayAccelerator(Record):
    """An array of `rows` x `columns` processing elements.

    Attributes:
        weight_bits, activation_bits: Of the multipliers; layers may have fewer.
        accumulator_bits: Of sums until they are finished.
        registers: Of each element.
    """

    name: str
    rows: Positive
    columns: Positive
    weight_bits: Positive
    activation_bits: Positive
    accumulator_bits: Positive
    clock_hertz: float = Field(gt=0)
    registers: Storage
    buffer: GlobalBuffer
    network: ArrayNetwork
    dram: ArrayDram

    @property
    def num_elements(self) -> int:
        """Processing elements."""
        return self.rows * self.columns


def array_names() -> tuple[str, ...]:
    """Names of the shipped arrays."""
    return tuple(sorted(_shipped()))


def load_array(name_or_path: str) -> ArrayAccelerator:
    """A shipped array by name, or a user's from a YAML file.

    Raises:
        HardwareError: if there is none of that name, or the file is wrong.
    """
    path = find_file(name_or_path, _shipped(), noun="array", error=HardwareError)
    value, lines = load_yaml(path, HardwareError)
    return parse_record(ArrayAccelerator, value, source=path.name, error=HardwareError, lines=lines)


def _shipped() -> dict[str, Path]:
    return shipped_files("cosearch.hardware.array", "arrays")
