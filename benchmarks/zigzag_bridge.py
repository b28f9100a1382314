"""Arrays, layers and mappings between ZigZag's form and ours, for zigzag_mappings.py; ZigZag itself is not needed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from cosearch.cost.asic import ArrayRates, loads_weights, nest_of, price_layers, rates_of_array, structure_of
from cosearch.hardware import (
    DIMS,
    OPERANDS,
    RELEVANT,
    ArrayAccelerator,
    ArrayMapping,
    Dim,
    LevelLoops,
    Operand,
    Storage,
    Technology,
)
from cosearch.workload import Layer

LPF_LIMIT = 6
SPATIAL_MAPPINGS = 3
DRAM_BITS = 2**50


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A mapping with what our model says of it."""

    mapping: ArrayMapping
    cycles: int
    energy_joules: float

    def metric(self, objective: str, array: ArrayAccelerator) -> float:
        """`cycles`, `energy_joules`, or `edp` in joule-seconds."""
        if objective == "edp":
            return self.energy_joules * self.cycles / array.clock_hertz
        return self.cycles if objective == "cycles" else self.energy_joules


def priced(layer: Layer, mapping: ArrayMapping, array: ArrayAccelerator, rates: ArrayRates) -> Priced:
    """A mapping priced by our model."""
    structure = structure_of(array, loads_weights=loads_weights(layer))
    price = price_layers(nest_of(layer, mapping), structure, rates)
    return Priced(mapping=mapping, cycles=int(price.timing.cycles), energy_joules=float(price.energy_joules))


def hardware_of(array: ArrayAccelerator, technology: Technology) -> dict[str, Any]:
    """An array as ZigZag can have it: sizes, rates and energies; without buses, network energy and leakage."""
    rates = rates_of_array(array, technology)
    memories = [
        *_memories("registers", array.registers, rates.register_read_joules, rates.register_write_joules),
        *_memories("buffer", array.buffer, rates.buffer_read_joules, rates.buffer_write_joules),
    ]
    rate = array.dram.bits_per_cycle
    joules = float(rates.dram_joules_per_bit) * rate
    outside = {
        "name": "dram",
        "size_bits": DRAM_BITS,
        "operands": list(OPERANDS),
        "read_joules": joules,
        "write_joules": joules,
        "read_bits": rate,
        "write_bits": rate,
        "width_bits": rate,
        "double_buffered": False,
        "in_each_element": False,
        "ports": "one",
    }
    return {
        "name": array.name,
        "columns": array.columns,
        "rows": array.rows,
        "mac_joules": float(rates.multiply_joules + rates.add_joules),
        "accumulator_bits": array.accumulator_bits,
        "memories": [*memories, outside],
    }


def _memories(
    level: str, storage: Storage, read: Mapping[Operand, Any], write: Mapping[Operand, Any]
) -> Iterator[dict[str, Any]]:
    for name, size in storage.memories().items():
        operands: list[Operand] = [each for each in OPERANDS if each in storage.keeps and name in ("shared", each)]
        yield {
            "name": f"{level}_{name}",
            "size_bits": size,
            "operands": operands,
            "read_joules": float(read[operands[0]]),
            "write_joules": float(write[operands[0]]),
            "read_bits": getattr(storage, "read_bits_per_cycle", storage.width_bits),
            "write_bits": getattr(storage, "write_bits_per_cycle", storage.width_bits),
            "width_bits": storage.width_bits,
            "double_buffered": any(operand in storage.double_buffered for operand in operands),
            "in_each_element": level == "registers",
            "ports": "each" if level == "registers" else "two",
        }


def question_of(layer: Layer, hardware: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """A question to zigzag_search.py."""
    return {
        "array": hardware,
        "layer": {
            "name": layer.name,
            "dims": {dim: getattr(layer, dim) for dim in DIMS},
            **{name: getattr(layer, name) for name in ("stride_y", "stride_x", "dilation_y", "dilation_x")},
            "bits": {
                "I": layer.input_bits,
                "W": layer.weight_bits,
                "O": hardware["accumulator_bits"],
                "O_final": layer.output_bits,
            },
        },
        "type": kind,
        "lpf_limit": LPF_LIMIT,
        "spatial_mappings": SPATIAL_MAPPINGS,
        "mixed": False,
    }


def expressed(mapping: Mapping[str, Any], array: ArrayAccelerator) -> list[ArrayMapping]:
    """A mapping of ZigZag's in every form that it has as ours; none if its memories need loops of their own.

    Our levels are the same for all operands. A level of an operand may end earlier or later where no loop in between
    chooses other words of it: its tile is the same, and it stays as long. A loop that stands several times in a level
    is written once, where it stands innermost, which moves no more words.
    """
    loops: list[tuple[Dim, int]] = [(dim, size) for dim, size in mapping["loops"]]
    ends = {level: _ends(loops, mapping["held"], array, level) for level in ("registers", "buffer")}
    forms: list[ArrayMapping] = []
    for inner in ends["registers"]:
        for outer in ends["buffer"]:
            if inner <= outer:
                forms.append(
                    ArrayMapping(
                        registers=_level(loops[:inner]),
                        rows=mapping["spatial"].get("D2", {}),
                        columns=mapping["spatial"].get("D1", {}),
                        buffer=_level(loops[inner:outer]),
                        dram=_level(loops[outer:]),
                    )
                )
    return forms


def in_their_form(mapping: ArrayMapping) -> dict[str, Any]:
    """A mapping of ours in ZigZag's form, with the same levels for all operands."""
    loops: list[tuple[Dim, int]] = []
    ends: dict[str, int] = {}
    for name, level in (("registers", mapping.registers), ("buffer", mapping.buffer), ("dram", mapping.dram)):
        loops += [(dim, level.factors[dim]) for dim in level.outwards() if level.factors.get(dim, 1) > 1]
        ends[name] = len(loops)
    return {"spatial": {"D1": mapping.columns, "D2": mapping.rows}, "loops": loops, "ends": ends}


def _ends(
    loops: Sequence[tuple[Dim, int]], held: Mapping[str, Sequence[int]], array: ArrayAccelerator, level: str
) -> list[int]:
    """Numbers of loops within a level on which all operands that it keeps agree."""
    storage: Storage = array.registers if level == "registers" else array.buffer
    agreed = list(range(len(loops) + 1))
    for operand in storage.keeps:
        inside = level == "buffer" and operand in array.registers.keeps
        end = held[operand][1 if inside else 0]
        agreed = [
            each
            for each in agreed
            if all(dim not in RELEVANT[operand] for dim, size in loops[min(each, end) : max(each, end)] if size > 1)
        ]
    return agreed


def _level(loops: Sequence[tuple[Dim, int]]) -> LevelLoops:
    present = list(dict.fromkeys(dim for dim, size in loops if size > 1))
    factors: dict[Dim, int] = {dim: prod(size for name, size in loops if name == dim) for dim in present}
    return LevelLoops(factors=factors, order=tuple(reversed(present)))
