"""Cycles of a layer on an array: what works at the same time, and what waits.

Computing, the buses and the buffer's ports work at the same time, and so does DRAM with all of them; the longest
counts. What cannot overlap is added: the first tiles on their way in, the last sums on their way out, and all
transfers of operands whose registers or buffer are neither double-buffered nor streamed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cosearch.cost.asic.counts import AccessCounts
from cosearch.cost.asic.rates import ArrayRates
from cosearch.cost.asic.structure import ArrayStructure
from cosearch.cost.asic.traffic import Traffic
from cosearch.hardware import Operand
from cosearch.numerics import Scalar, ceil_div, maximum

CYCLE_PARTS = ("compute", "network", "buffer", "network_exposed", "dram", "dram_exposed", "fill", "drain")
"""What a layer's cycles are spent on: computing, waiting for what is slower, and what nothing overlaps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayTiming:
    """Cycles of a layer, or of a batch.

    Attributes:
        cycles: All of them.
        parts: By `CYCLE_PARTS`; they add up to `cycles`.
        busy: How long each server works: `compute`, `bus_I`, `bus_W`, `bus_O`, `buffer_read`, `buffer_write`, `dram`.
    """

    cycles: Scalar
    parts: Mapping[str, Scalar]
    busy: Mapping[str, Scalar]


def array_timing(structure: ArrayStructure, counts: AccessCounts, moved: Traffic, rates: ArrayRates) -> ArrayTiming:
    """Cycles of a mapped layer, or of a batch of one structure."""
    busy = _busy(counts, moved, rates)
    first = {operand: crossing.first_cycles for operand, crossing in moved.crossings.items()}
    overlapped = [operand for operand in structure.operands if operand not in structure.waits_for_registers]
    exposed = _sum(
        moved.crossings[operand].in_cycles + moved.crossings[operand].out_cycles
        for operand in structure.operands
        if operand in structure.waits_for_registers
    )
    fill = _longest(first[operand] for operand in overlapped if operand != "O")
    drain = first["O"] if "O" in overlapped else 0
    buses = _longest(busy[f"bus_{operand}"] - first[operand] for operand in overlapped)
    ports = maximum(busy["buffer_read"], busy["buffer_write"])
    with_buses = maximum(busy["compute"], buses)
    steady = maximum(with_buses, ports)
    array = fill + steady + drain + exposed
    outside = _outside(structure, moved, rates)
    total = outside.fill + maximum(array, outside.overlapped) + outside.drain + outside.exposed
    parts = {
        "compute": busy["compute"],
        "network": with_buses - busy["compute"],
        "buffer": steady - with_buses,
        "network_exposed": exposed,
        "dram": maximum(array, outside.overlapped) - array,
        "dram_exposed": outside.exposed,
        "fill": fill + outside.fill,
        "drain": drain + outside.drain,
    }
    return ArrayTiming(cycles=total, parts=parts, busy=busy)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outside:
    """Cycles of DRAM: before and after all else, during it, and while all else waits."""

    fill: Scalar
    overlapped: Scalar
    drain: Scalar
    exposed: Scalar


def _outside(structure: ArrayStructure, moved: Traffic, rates: ArrayRates) -> _Outside:
    bits = {
        "I": moved.dram_bits["input"],
        "W": moved.dram_bits["weight"],
        "O": moved.dram_bits["output"] + moved.dram_bits["sum"],
    }
    waiting = [operand for operand in structure.operands if _waits(structure, operand)]
    first = {operand: 0 if operand in waiting else moved.first_dram_bits[operand] for operand in structure.operands}
    fill = moved.dram_bits["parameter"] + first["I"] + first.get("W", 0)
    during = moved.dram_bits["residual"] + _sum(
        bits[operand] - first[operand] for operand in structure.operands if operand not in waiting
    )
    return _Outside(
        fill=ceil_div(fill, rates.dram_bits),
        overlapped=ceil_div(during, rates.dram_bits),
        drain=ceil_div(first["O"], rates.dram_bits),
        exposed=ceil_div(_sum(bits[operand] for operand in waiting), rates.dram_bits),
    )


def _waits(structure: ArrayStructure, operand: Operand) -> bool:
    """Whether DRAM's words of an operand wait for its last ones to be used: where the outermost memory lets them."""
    if operand in structure.in_buffer:
        return operand in structure.waits_for_buffer
    return operand in structure.waits_for_registers


def _busy(counts: AccessCounts, moved: Traffic, rates: ArrayRates) -> dict[str, Scalar]:
    busy: dict[str, Scalar] = {"compute": counts.compute_cycles}
    for operand, crossing in moved.crossings.items():
        busy[f"bus_{operand}"] = maximum(crossing.in_cycles, crossing.out_cycles)
    in_buffer = [access for (place, _), access in moved.accesses.items() if place == "buffer"]
    busy["buffer_read"] = ceil_div(_sum(a.reads for a in in_buffer) * rates.buffer_width_bits, rates.read_bits)
    busy["buffer_write"] = ceil_div(_sum(a.writes for a in in_buffer) * rates.buffer_width_bits, rates.write_bits)
    busy["dram"] = ceil_div(_sum(moved.dram_bits.values()), rates.dram_bits)
    return busy


def _sum(values: Iterable[Scalar]) -> Scalar:
    total: Scalar = 0
    for value in values:
        total = total + value
    return total


def _longest(values: Iterable[Scalar]) -> Scalar:
    longest: Scalar = 0
    for value in values:
        longest = maximum(longest, value)
    return longest
