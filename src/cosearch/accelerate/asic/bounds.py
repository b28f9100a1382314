"""What a mapping costs at least, from its halves: tiles in the registers, and tiles in the buffer.

What moves between array and buffer follows from the tiles in the registers, and from how long the stationary operand
stays. What moves between buffer and DRAM follows from the tiles in the buffer alone. So each half is priced once, by
the cost model itself, and pairs are bounded by adding up. The bound is the cost but for rounding, sums on their way
through the buffer, and the choice of the axis along which windows move.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from cosearch.accelerate.arrays import FloatArray, IntArray
from cosearch.accelerate.asic.nests import Tiled, as_floats
from cosearch.accelerate.asic.orders import loop_orders
from cosearch.accelerate.asic.tilings import packing
from cosearch.cost.asic import (
    Access,
    ArrayRates,
    ArrayStructure,
    Traffic,
    access_counts,
    array_energy_joules,
    array_timing,
    traffic,
)
from cosearch.hardware import DIMS, Dim, Operand
from cosearch.workload import Layer

_INWARD: tuple[Operand, ...] = ("I", "W")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Context:
    """A layer on an array."""

    layer: Layer
    structure: ArrayStructure
    rates: ArrayRates

    @property
    def slides(self) -> bool:
        """Whether input windows move along in registers or buffer."""
        return self.structure.streams("I", "registers") or self.structure.streams("I", "buffer")

    @property
    def long(self) -> tuple[Dim, ...]:
        """Loops of more than one iteration."""
        return tuple(dim for dim in DIMS if getattr(self.layer, dim) > 1)

    def waits(self, operand: Operand) -> bool:
        """Whether DRAM's words of an operand wait for its last ones to be used."""
        if operand in self.structure.in_buffer:
            return operand in self.structure.waits_for_buffer
        return operand in self.structure.waits_for_registers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InnerHalf:
    """Tiles in registers under one stationary operand, as if the buffer held the whole layer. [tiles] each.

    A `step` is added for each further time that the stationary operand comes and goes.

    Attributes:
        joules: Without leakage, and without what moves between buffer and DRAM.
        fixed_cycles: First and last tiles, and all that waits.
        steady_cycles: Of what works at the same time.
        bus_cycles: Of the stationary operand's bus, each time, without its first tile.
        overlapped_bits, waiting_bits: From and to DRAM, of operands that pass the buffer by.
    """

    joules: FloatArray
    joules_step: FloatArray
    fixed_cycles: FloatArray
    fixed_step: FloatArray
    steady_cycles: FloatArray
    bus_cycles: FloatArray
    overlapped_bits: FloatArray
    overlapped_step: FloatArray
    waiting_bits: FloatArray
    waiting_step: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OuterHalf:
    """Tiles in the buffer under one stationary operand: what moves between buffer and DRAM. [tiles] each."""

    joules: FloatArray
    edge_cycles: FloatArray
    overlapped_bits: FloatArray
    waiting_bits: FloatArray


def inner_half(context: Context, tiled: Tiled, stationary: Operand) -> InnerHalf:
    """The least of all orders in which an operand is stationary."""
    orders = loop_orders(stationary, slides=context.slides, long=context.long)
    found = [_inner(context, tiled, stationary, order) for order in orders]
    return InnerHalf(**{name: _least([getattr(each, name) for each in found]) for name in InnerHalf.__slots__})


def outer_half(context: Context, tiled: Tiled, stationary: Operand) -> OuterHalf:
    """The least of all orders in which an operand is stationary."""
    found = [
        _outer(context, tiled, order)
        for order in loop_orders(stationary, slides=context.structure.streams("I", "buffer"), long=context.long)
    ]
    return OuterHalf(**{name: _least([getattr(each, name) for each in found]) for name in OuterHalf.__slots__})


def least_inner(halves: Sequence[InnerHalf], places: IntArray, *, whole: bool = False) -> InnerHalf:
    """The least of several halves at some places, tile by tile, or of all tiles as one row."""
    return InnerHalf(**{name: _reduced(halves, name, places, whole) for name in InnerHalf.__slots__})


def least_outer(halves: Sequence[OuterHalf], places: IntArray, *, whole: bool = False) -> OuterHalf:
    """The least of several halves at some places, tile by tile, or of all tiles as one row."""
    return OuterHalf(**{name: _reduced(halves, name, places, whole) for name in OuterHalf.__slots__})


def joined_outer(halves: Sequence[OuterHalf]) -> OuterHalf:
    """Tiles of several halves, one after another."""
    return OuterHalf(
        **{name: np.concatenate([getattr(half, name) for half in halves]) for name in OuterHalf.__slots__}
    )


def _reduced(halves: Sequence[InnerHalf | OuterHalf], name: str, places: IntArray, whole: bool) -> FloatArray:
    least = np.minimum.reduce([getattr(half, name)[places] for half in halves])
    return least.min(keepdims=True) if whole else least


def _inner(context: Context, tiled: Tiled, stationary: Operand, order: tuple[Dim, ...]) -> InnerHalf:
    structure, rates, number = context.structure, context.rates, len(tiled)
    nest = tiled.nest(context.layer, order, order)
    counts = access_counts(nest, structure)
    moved = traffic(nest, structure, counts, rates)
    timing = array_timing(structure, counts, moved, rates)
    parts = array_energy_joules(structure, counts, moved, rates, 0)
    joules = sum((as_floats(value, number) for name, value in parts.items() if name[:4] != "dram"), np.zeros(number))
    for operand in _INWARD:
        if operand in structure.in_buffer and operand in structure.operands:
            fills = moved.accesses["buffer", operand].writes
            joules = joules - as_floats(fills, number) * rates.buffer_write_joules[operand]
    overlapped, waiting = np.zeros(number), np.zeros(number)
    for operand in structure.operands:
        if operand not in structure.in_buffer:
            bits = _dram_bits(moved, operand, number)
            joules = joules + bits * rates.dram_joules_per_bit
            if context.waits(operand):
                waiting = waiting + bits
            else:
                overlapped = overlapped + bits
    steps = _steps(context, moved, stationary, number)
    first = {operand: as_floats(crossing.first_cycles, number) for operand, crossing in moved.crossings.items()}
    free = [operand for operand in structure.operands if operand not in structure.waits_for_registers]
    fill = _most([first[operand] for operand in free if operand != "O"], number)
    drain = first["O"] if "O" in free else np.zeros(number)
    pieces = {name: as_floats(timing.parts[name], number) for name in timing.parts}
    bus = np.zeros(number)
    if stationary in free and stationary in structure.in_registers:
        bus = as_floats(timing.busy[f"bus_{stationary}"], number) - first[stationary]
    return InnerHalf(
        joules=joules,
        joules_step=steps.joules,
        fixed_cycles=fill + drain + pieces["network_exposed"],
        fixed_step=steps.cycles,
        steady_cycles=pieces["compute"] + pieces["network"] + pieces["buffer"],
        bus_cycles=bus,
        overlapped_bits=overlapped,
        overlapped_step=steps.bits * (not context.waits(stationary)),
        waiting_bits=waiting,
        waiting_step=steps.bits * context.waits(stationary),
    )


@dataclass(frozen=True, slots=True)
class _Steps:
    joules: FloatArray
    cycles: FloatArray
    bits: FloatArray


def _steps(context: Context, moved: Traffic, operand: Operand, number: int) -> _Steps:
    """What the stationary operand takes each time that its tiles come and go; none where nothing keeps them."""
    structure, rates, none = context.structure, context.rates, np.zeros(number)
    if operand not in structure.in_registers or operand not in structure.operands:
        return _Steps(none, none, none)
    crossing = moved.crossings[operand]
    joules = as_floats(crossing.bits, number) * rates.network_joules_per_bit
    bits, cycles = none, none
    if operand in structure.in_buffer:
        access = moved.accesses["buffer", operand]
        read, write = rates.buffer_read_joules[operand], rates.buffer_write_joules[operand]
        if operand == "O":
            joules = joules + as_floats(access.writes, number) * (read + write)
        else:
            joules = joules + as_floats(access.reads, number) * read
    elif operand != "O":
        bits = _dram_bits(moved, operand, number)
        joules = joules + bits * rates.dram_joules_per_bit
    if operand != "O":
        fills: Access = moved.accesses["registers", operand]
        joules = joules + as_floats(fills.writes, number) * rates.register_write_joules[operand]
    if operand in structure.waits_for_registers:
        cycles = as_floats(crossing.in_cycles, number) + as_floats(crossing.out_cycles, number)
    return _Steps(joules, cycles, bits)


def _outer(context: Context, tiled: Tiled, order: tuple[Dim, ...]) -> OuterHalf:
    structure, rates, number = context.structure, context.rates, len(tiled)
    nest = tiled.nest(context.layer, order, order)
    moved = traffic(nest, structure, access_counts(nest, structure), rates)
    parameters = as_floats(moved.dram_bits["parameter"], number)
    bits = as_floats(moved.dram_bits["residual"], number)
    first, last, waiting, joules = parameters, np.zeros(number), np.zeros(number), np.zeros(number)
    for operand in structure.operands:
        if operand not in structure.in_buffer:
            continue
        own = _dram_bits(moved, operand, number)
        joules = joules + own * rates.dram_joules_per_bit
        if operand != "O":
            fills = as_floats(moved.accesses["buffer", operand].writes, number)
            joules = joules + fills * rates.buffer_write_joules[operand]
        if context.waits(operand):
            waiting = waiting + own
            continue
        once = as_floats(moved.first_dram_bits[operand], number)
        bits = bits + own - once
        if operand == "O":
            last = once
        else:
            first = first + once
    rest = parameters + as_floats(moved.dram_bits["residual"], number)
    return OuterHalf(
        joules=joules + rest * rates.dram_joules_per_bit,
        edge_cycles=np.ceil(first / _rate(rates)) + np.ceil(last / _rate(rates)),
        overlapped_bits=bits,
        waiting_bits=waiting,
    )


def free_outer(context: Context, operands: Collection[Operand] | None = None) -> OuterHalf:
    """What any tiles in the buffer move from and to DRAM at least: every word once. One row.

    Args:
        context: The layer on the array.
        operands: Whose words count; those that the buffer keeps unless said.
    """
    operands = context.structure.in_buffer if operands is None else operands
    layer, structure, rates = context.layer, context.structure, context.rates
    words = {"I": _needed_pixels(layer), "W": layer.num_operations // (layer.N * layer.OY * layer.OX)}
    words["O"] = -(-layer.N * layer.out_channels * layer.OY * layer.OX // (layer.pool_y * layer.pool_x))
    width = int(rates.dram_width_bits)
    overlapped, waiting, joules = 0.0, 0.0, 0.0
    for operand in structure.operands:
        if operand not in operands:
            continue
        word_bits = {"I": layer.input_bits, "W": layer.weight_bits, "O": layer.output_bits}[operand]
        bits = float(_lines(words[operand], word_bits, width) * width)
        joules += bits * float(rates.dram_joules_per_bit)
        if operand != "O" and operand in structure.in_buffer:
            fills = _lines(words[operand], word_bits, int(rates.buffer_width_bits))
            joules += fills * float(rates.buffer_write_joules[operand])
        if context.waits(operand):
            waiting += bits
        else:
            overlapped += bits
    return OuterHalf(
        joules=np.array([joules]),
        edge_cycles=np.zeros(1),
        overlapped_bits=np.array([overlapped]),
        waiting_bits=np.array([waiting]),
    )


def _needed_pixels(layer: Layer) -> int:
    """Input words that some product needs, or fewer."""
    rows = _needed(layer.OY, layer.FY, layer.stride_y, layer.dilation_y, layer.IY)
    columns = _needed(layer.OX, layer.FX, layer.stride_x, layer.dilation_x, layer.IX)
    return layer.N * layer.in_channels * rows * columns


def _needed(outputs: int, kernel: int, stride: int, dilation: int, stored: int) -> int:
    """Pixels along an axis; where windows leave gaps, one for each output or each place of the kernel."""
    if dilation == 1 and stride <= kernel:
        return min((outputs - 1) * stride + kernel, stored)
    return min(max(outputs, kernel), stored)


def _lines(words: int, word_bits: int, width_bits: int) -> int:
    together, spread = packing(word_bits, width_bits)
    return -(-words // together) * spread


def bound_pairs(
    context: Context, inner: InnerHalf, outer: OuterHalf, first: IntArray, second: IntArray, times: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Cycles and joules that pairs of halves take at least. [pairs] each, or as the places broadcast.

    Args:
        context: The layer on the array.
        inner: Tiles in the registers.
        outer: Tiles in the buffer.
        first: Places in `inner`.
        second: Places in `outer`.
        times: How often the stationary operand comes and goes.
    """
    more = times - 1
    rate, rates = _rate(context.rates), context.rates
    steady = np.maximum(inner.steady_cycles[first], times * inner.bus_cycles[first])
    array = inner.fixed_cycles[first] + steady + more * inner.fixed_step[first]
    passing = inner.overlapped_bits[first] + more * inner.overlapped_step[first]
    waiting = inner.waiting_bits[first] + more * inner.waiting_step[first] + outer.waiting_bits[second]
    dram = np.ceil((outer.overlapped_bits[second] + passing) / rate)
    cycles = outer.edge_cycles[second] + np.maximum(array, dram) + np.ceil(waiting / rate)
    joules = inner.joules[first] + more * inner.joules_step[first] + outer.joules[second]
    leakage = float(rates.leakage_watts) / float(rates.clock_hertz)
    return cycles, (joules + leakage * cycles) * (1 - 1e-12)


def _dram_bits(moved: Traffic, operand: Operand, number: int) -> FloatArray:
    names = {"I": ("input",), "W": ("weight",), "O": ("output", "sum")}[operand]
    return sum((as_floats(moved.dram_bits[name], number) for name in names), np.zeros(number))


def _rate(rates: ArrayRates) -> float:
    return float(rates.dram_bits)


def _most(values: list[FloatArray], number: int) -> FloatArray:
    return np.maximum.reduce([np.zeros(number), *values])


def _least(values: list[FloatArray]) -> FloatArray:
    return np.minimum.reduce(values)
