"""Arrays to choose from: named parameters around one array, and the rules that valid ones keep."""

from functools import cache
from pathlib import Path
from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from cosearch.accelerate.arrays import BoolArray, IntArray
from cosearch.accelerate.asic.space import MappingSpace
from cosearch.accelerate.question import Choice, Columns, Parameter, Part
from cosearch.errors import RecipeError
from cosearch.hardware import OPERANDS, ArrayAccelerator, ArrayNetwork, GlobalBuffer, Operand, load_array
from cosearch.records import Record, find_file, load_yaml, parse_record, shipped_files

Positive = Annotated[int, Field(ge=1)]
Sizes = tuple[Positive, ...]


class ArraySpace(Record):
    """Arrays that differ from `base` in what is named here; what is not given stays as it is.

    Attributes:
        base: A shipped array, or a YAML file.
        rows, columns: Of elements.
        registers: Bits in each element, of those of its operands that the array's registers keep apart.
        buffers: Buffers by name: what they keep, how, and how wide.
        buffer_bits: Of the buffer that all its operands share; replaces the size that it has.
        networks: Networks between buffer and array, by name.
        dataflows: Mappings that a layer may choose from, by name.
        least_elements, most_elements: Elements that an array may have.
        most_register_bits: Bits that all its registers may have together.
    """

    base: str
    rows: Sizes = ()
    columns: Sizes = ()
    registers: dict[Operand, Sizes] = Field(default_factory=dict[Operand, Sizes])
    buffers: dict[str, GlobalBuffer] = Field(default_factory=dict[str, GlobalBuffer])
    buffer_bits: Sizes = ()
    networks: dict[str, ArrayNetwork] = Field(default_factory=dict[str, ArrayNetwork])
    dataflows: dict[str, MappingSpace] = Field(default_factory=lambda: {"free": MappingSpace()}, min_length=1)
    least_elements: Positive = 1
    most_elements: Positive | None = None
    most_register_bits: Positive | None = None

    @model_validator(mode="after")
    def _names_what_there_is(self) -> Self:
        sizes = _base(self.base).registers.capacity_bits
        kept = tuple(sizes) if isinstance(sizes, dict) else ()
        strange = [operand for operand in self.registers if operand not in kept]
        if strange:
            raise ValueError(
                f"registers names {strange[0]}, which {self.base} does not keep apart; "
                f"it keeps {', '.join(kept) or 'none'}"
            )
        return self

    def part(self) -> Part:
        """The parameters, with the rule that valid arrays keep."""
        base = _base(self.base)
        choices: dict[str, tuple[Choice, ...]] = {
            "rows": self.rows or (base.rows,),
            "columns": self.columns or (base.columns,),
        }
        choices |= {f"registers_{operand}_bits": self.registers[operand] for operand in self.registers}
        if self.buffers:
            choices["buffer"] = tuple(self.buffers)
        if self.buffer_bits:
            choices["buffer_bits"] = self.buffer_bits
        if self.networks:
            choices["network"] = tuple(self.networks)
        choices["dataflow"] = tuple(self.dataflows)
        parameters = tuple(Parameter(name=name, choices=own) for name, own in choices.items())
        return Part(name="array", parameters=parameters, rule=self._is_valid)

    def array(self, choices: dict[str, Choice]) -> ArrayAccelerator:
        """The array of some choices."""
        base = _base(self.base)
        sizes = base.registers.capacity_bits
        if isinstance(sizes, dict):
            sizes = {operand: int(choices.get(f"registers_{operand}_bits", own)) for operand, own in sizes.items()}
        buffer = self.buffers[str(choices["buffer"])] if self.buffers else base.buffer
        if self.buffer_bits:
            buffer = buffer.model_copy(update={"capacity_bits": int(choices["buffer_bits"])})
        network = self.networks[str(choices["network"])] if self.networks else base.network
        return base.model_copy(
            update={
                "rows": int(choices["rows"]),
                "columns": int(choices["columns"]),
                "registers": base.registers.model_copy(update={"capacity_bits": sizes}),
                "buffer": buffer,
                "network": network,
            }
        )

    def mappings(self, choices: dict[str, Choice]) -> MappingSpace:
        """The mappings of some choices."""
        return self.dataflows[str(choices["dataflow"])]

    def _is_valid(self, columns: Columns) -> BoolArray:
        elements = np.asarray(columns["rows"], np.int64) * np.asarray(columns["columns"], np.int64)
        valid = elements >= self.least_elements
        if self.most_elements is not None:
            valid &= elements <= self.most_elements
        if self.most_register_bits is not None:
            valid &= elements * self._register_bits(columns) <= self.most_register_bits
        return valid

    def _register_bits(self, columns: Columns) -> IntArray:
        """Bits in an element. [designs]."""
        registers = _base(self.base).registers
        if not isinstance(registers.capacity_bits, dict):
            return np.full(1, sum(registers.memories().values()), np.int64)
        total = np.zeros(1, np.int64)
        for operand in OPERANDS:
            if operand in registers.capacity_bits:
                own = columns.get(f"registers_{operand}_bits", registers.capacity_bits[operand])
                total = total + np.asarray(own, np.int64)
        return total


def array_space_names() -> tuple[str, ...]:
    """Names of the shipped spaces."""
    return tuple(sorted(_shipped()))


def load_array_space(name_or_path: str) -> ArraySpace:
    """A shipped space of arrays by name, or a user's from a YAML file.

    Raises:
        RecipeError: if there is none of that name, or the file is wrong.
    """
    path = find_file(name_or_path, _shipped(), noun="space of arrays", error=RecipeError)
    value, lines = load_yaml(path, RecipeError)
    return parse_record(ArraySpace, value, source=path.name, error=RecipeError, lines=lines)


def _shipped() -> dict[str, Path]:
    return shipped_files("cosearch.accelerate.asic", "spaces")


@cache
def _base(name: str) -> ArrayAccelerator:
    return load_array(name)
