"""Technologies: energy, area and leakage of what an array is made of, read from YAML."""

import math
from functools import cache
from itertools import pairwise
from pathlib import Path

from pydantic import Field, model_validator

from cosearch.errors import HardwareError
from cosearch.records import Record, find_file, load_yaml, parse_record, shipped_files


class MemoryRow(Record):
    """One SRAM: its size, the bits of an access, and what it takes."""

    size_bits: int = Field(ge=1)
    width_bits: int = Field(ge=1)
    read_joules: float = Field(gt=0)
    write_joules: float = Field(gt=0)
    leakage_watts: float = Field(ge=0)
    area_m2: float = Field(gt=0)


class MemoryFactors(Record):
    """By what the rows are multiplied, where they are of another node or another kind of transistor."""

    energy: float = Field(default=1.0, gt=0)
    area: float = Field(default=1.0, gt=0)
    leakage: float = Field(default=1.0, ge=0)


class Arithmetic(Record):
    """Multipliers and adders; a product takes its constant for each bit of one operand times each of the other."""

    multiply_joules_per_bit2: float = Field(gt=0)
    multiply_m2_per_bit2: float = Field(gt=0)
    add_joules_per_bit: float = Field(gt=0)
    add_m2_per_bit: float = Field(gt=0)


class RegisterCell(Record):
    """A flip-flop with its share of what chooses it; a read or a write of a lone one."""

    joules_per_bit: float = Field(gt=0)
    area_m2_per_bit: float = Field(gt=0)


class MemoryCost(Record):
    """What one memory takes: per access of a word, and as a whole."""

    read_joules: float
    write_joules: float
    leakage_watts: float
    area_m2: float


class Technology(Record):
    """A process node at its nominal voltage. Every section cites its source in `sources`.

    Attributes:
        node_m: Of the process.
        network_joules_per_bit: A word's way into or out of an element, for each bit.
        dram_joules_per_bit: A transfer to or from DRAM.
        logic_leakage_watts_per_m2: Of arithmetic and registers.
        overhead_area_fraction: Area of control and wiring, as a fraction of all that is counted.
    """

    name: str
    node_m: float = Field(gt=0)
    arithmetic: Arithmetic
    register_cell: RegisterCell
    memory_factors: MemoryFactors = Field(default_factory=MemoryFactors)
    memory: tuple[MemoryRow, ...] = Field(min_length=1)
    network_joules_per_bit: float = Field(ge=0)
    dram_joules_per_bit: float = Field(ge=0)
    logic_leakage_watts_per_m2: float = Field(ge=0)
    overhead_area_fraction: float = Field(ge=0)
    sources: dict[str, str]

    @model_validator(mode="after")
    def _cites_everything(self) -> "Technology":
        needed = (
            "arithmetic",
            "register_cell",
            "memory",
            "network_joules_per_bit",
            "dram_joules_per_bit",
            "logic_leakage_watts_per_m2",
            "overhead_area_fraction",
        )
        missing = [key for key in needed if not self.sources.get(key)]
        if missing:
            raise ValueError(f"sources lacks {', '.join(missing)}; say where the numbers come from")
        return self

    @model_validator(mode="after")
    def _has_every_size_in_every_width(self) -> "Technology":
        sizes, widths = _grid(self)
        have = {(row.size_bits, row.width_bits) for row in self.memory}
        for size in sizes:
            for width in widths:
                if (size, width) not in have:
                    raise ValueError(f"memory lacks {size} bits in words of {width}; give every size in every width")
        if len(have) != len(self.memory):
            raise ValueError("memory has two rows of one size and width; leave one out")
        return self

    def memory_cost(self, size_bits: int, width_bits: int, banks: int = 1) -> MemoryCost:
        """What a memory takes, cut into equal banks of which an access wakes one.

        Between the rows, powers of size and width are interpolated. Narrower words cost as much as the narrowest;
        wider ones are slices side by side, larger memories banks of which one is read. Below the smallest row a
        memory is made of flip-flops while they are smaller; its energy lies on the line from one word to that row.
        """
        bank = _memory_cost(self, math.ceil(size_bits / banks), width_bits)
        return MemoryCost(
            read_joules=bank.read_joules,
            write_joules=bank.write_joules,
            leakage_watts=bank.leakage_watts * banks,
            area_m2=bank.area_m2 * banks,
        )


def technology_names() -> tuple[str, ...]:
    """Names of the shipped technologies."""
    return tuple(sorted(_shipped()))


@cache
def load_technology(name_or_path: str) -> Technology:
    """A shipped technology by name, or a user's from a YAML file.

    Raises:
        HardwareError: if there is none of that name, or the file is wrong.
    """
    path = find_file(name_or_path, _shipped(), noun="technology", error=HardwareError)
    value, lines = load_yaml(path, HardwareError)
    return parse_record(Technology, value, source=path.name, error=HardwareError, lines=lines)


def _shipped() -> dict[str, Path]:
    return shipped_files("cosearch.hardware.array", "technologies")


def _grid(technology: Technology) -> tuple[list[int], list[int]]:
    sizes = sorted({row.size_bits for row in technology.memory})
    return sizes, sorted({row.width_bits for row in technology.memory})


def _memory_cost(technology: Technology, size_bits: int, width_bits: int) -> MemoryCost:
    sizes, widths = _grid(technology)
    slices = max(1, math.ceil(width_bits / widths[-1]))
    banks = max(1, math.ceil(size_bits / slices / sizes[-1]))
    width = min(max(width_bits / slices, widths[0]), widths[-1])
    size = max(size_bits / slices / banks, sizes[0])
    row = {name: _between(technology, name, size, width) for name in MemoryCost.model_fields}
    factors = technology.memory_factors
    cost = {
        "read_joules": row["read_joules"] * factors.energy * slices,
        "write_joules": row["write_joules"] * factors.energy * slices,
        "leakage_watts": row["leakage_watts"] * factors.leakage * slices * banks,
        "area_m2": row["area_m2"] * factors.area * slices * banks,
    }
    if size_bits < sizes[0]:
        cost = _of_registers(technology, size_bits, width_bits, cost, sizes[0])
    return MemoryCost(**cost)


def _of_registers(
    technology: Technology, size_bits: int, width_bits: int, smallest: dict[str, float], smallest_bits: int
) -> dict[str, float]:
    """A memory below the smallest row, of which `smallest` says what it takes."""
    cell = technology.register_cell
    lone = cell.joules_per_bit * width_bits
    part = min(1.0, max(0.0, size_bits - width_bits) / max(1, smallest_bits - width_bits))
    area = cell.area_m2_per_bit * size_bits
    leakage = area * technology.logic_leakage_watts_per_m2
    return {
        "read_joules": lone + part * (smallest["read_joules"] - lone),
        "write_joules": lone + part * (smallest["write_joules"] - lone),
        "leakage_watts": min(leakage, smallest["leakage_watts"]),
        "area_m2": min(area, smallest["area_m2"]),
    }


def _between(technology: Technology, name: str, size: float, width: float) -> float:
    """A column of the table between its rows, on straight lines in logarithms."""
    sizes, widths = _grid(technology)
    values = {(row.size_bits, row.width_bits): float(getattr(row, name)) for row in technology.memory}
    at_widths = [_on_line(sizes, [values[each, w] for each in sizes], size) for w in widths]
    return _on_line(widths, at_widths, width)


def _on_line(places: list[int], values: list[float], place: float) -> float:
    if len(places) == 1 or place <= places[0]:
        return values[0]
    for (left, low), (right, high) in pairwise(zip(places, values, strict=True)):
        if place <= right:
            part = math.log(place / left) / math.log(right / left)
            return math.exp(math.log(low) * (1 - part) + math.log(high) * part) if low > 0 and high > 0 else low
    return values[-1]
