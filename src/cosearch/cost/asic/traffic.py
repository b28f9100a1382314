"""Memory words and bits that the flows of a layer take, once its words are packed."""

from collections.abc import Mapping
from dataclasses import dataclass

from cosearch.cost.asic.counts import AccessCounts, Flow
from cosearch.cost.asic.nest import ArrayNest, quotient
from cosearch.cost.asic.rates import ArrayRates
from cosearch.cost.asic.structure import ArrayStructure, Place
from cosearch.hardware import Operand
from cosearch.numerics import Scalar, ceil_div, floor_div, maximum, times

DRAM_OPERANDS = ("parameter", "weight", "input", "sum", "residual", "output")
"""What is read from DRAM or written to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Memory words that are read from a place and written to it."""

    reads: Scalar
    writes: Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """What an operand takes of the network.

    Attributes:
        in_cycles, out_cycles: Of its bus, towards the elements and away from them.
        first_cycles: Of the first tile; of sums, of the last one.
        bits: That enter or leave elements.
        sums: Elements' sums that were added up on their way.
    """

    in_cycles: Scalar
    out_cycles: Scalar
    first_cycles: Scalar
    bits: Scalar
    sums: Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """All that moves.

    Attributes:
        accesses: On the chip, by place and operand.
        crossings: By operand.
        dram_bits: Whole words, by what they are.
        first_dram_bits: Of the first tile of I and of W, and of the last of O.
    """

    accesses: Mapping[tuple[Place, Operand], Access]
    crossings: Mapping[Operand, Crossing]
    dram_bits: Mapping[str, Scalar]
    first_dram_bits: Mapping[Operand, Scalar]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """How words lie in wider or narrower memory words.

    Attributes:
        together: Words in one memory word.
        spread: Memory words of one word; either is 1.
    """

    together: Scalar
    spread: Scalar

    def lines(self, words: Scalar) -> Scalar:
        """Memory words that hold some words, beginning with a new one."""
        if isinstance(self.together, int) and self.together == 1:
            return times(self.spread, words)
        return times(self.spread, ceil_div(words, self.together))


def packing(word_bits: Scalar, width_bits: Scalar) -> Packing:
    """Packing of words of some bits: floor(width / bits) in a memory word, or several for one."""
    return Packing(together=maximum(floor_div(width_bits, word_bits), 1), spread=ceil_div(word_bits, width_bits))


def traffic(nest: ArrayNest, structure: ArrayStructure, counts: AccessCounts, rates: ArrayRates) -> Traffic:
    """Memory words, bus cycles and DRAM bits of a layer, or of a batch.

    A tile starts in a memory word of its own. What an element reads for a product takes a whole memory word.
    """
    bits: dict[Operand, Scalar] = {"I": nest.input_bits, "W": nest.weight_bits, "O": rates.accumulator_bits}
    accesses: dict[tuple[Place, Operand], Access] = {}
    crossings: dict[Operand, Crossing] = {}
    dram: dict[str, Scalar] = dict.fromkeys(DRAM_OPERANDS, 0)
    first: dict[Operand, Scalar] = {}
    for operand in structure.operands:
        for place in structure.places(operand)[1:-1]:
            width = rates.registers_width_bits if place == "registers" else rates.buffer_width_bits
            accesses[place, operand] = _access(counts, operand, place, packing(bits[operand], width))
        crossings[operand] = _crossing(counts, operand, bits[operand], rates)
        moved, first[operand] = _dram_words(nest, counts.flow(operand, "dram"), bits[operand], rates)
        dram |= {name: words * rates.dram_width_bits for name, words in moved.items()}
        first[operand] = first[operand] * rates.dram_width_bits
    dram["parameter"] = ceil_div(nest.parameter_bits, rates.dram_width_bits) * rates.dram_width_bits
    if not (isinstance(nest.residual_words, int) and nest.residual_words == 0):
        stored = packing(maximum(nest.residual_bits, 1), rates.dram_width_bits)
        dram["residual"] = stored.lines(nest.residual_words) * rates.dram_width_bits
    return Traffic(accesses=accesses, crossings=crossings, dram_bits=dram, first_dram_bits=first)


def returns(flow: Flow) -> Scalar:
    """Messages in which sums come back from the outer side to be added to."""
    piece = flow.pieces[0]
    return piece.events * piece.copies - quotient(flow.distinct, piece.shared)


def _access(counts: AccessCounts, operand: Operand, place: Place, packed: Packing) -> Access:
    inward = counts.flow(operand, place)
    outward = next(flow for flow in counts.flows[operand] if flow.inner == place)
    taken = _outer_lines(inward, packed)
    moved = _inner_lines(outward, packed)
    if operand != "O":
        return Access(reads=taken, writes=moved)
    back = outward.pieces[0]
    groups = returns(outward) * packed.lines(back.own) * quotient(back.shared, back.own)
    return Access(
        reads=returns(inward) * packed.lines(inward.pieces[0].shared) + moved,
        writes=taken + groups,
    )


def _outer_lines(flow: Flow, packed: Packing) -> Scalar:
    total: Scalar = 0
    for piece in flow.pieces:
        total = total + piece.events * times(piece.copies, packed.lines(piece.shared))
    return total


def _inner_lines(flow: Flow, packed: Packing) -> Scalar:
    total: Scalar = 0
    for piece in flow.pieces:
        total = total + piece.events * times(flow.receivers, packed.lines(piece.own))
    return total


def _crossing(counts: AccessCounts, operand: Operand, bits: Scalar, rates: ArrayRates) -> Crossing:
    flow = next(flow for flow in counts.flows[operand] if flow.outer in ("buffer", "dram"))
    packed = packing(bits, rates.bus_bits[operand])
    one_way = _outer_lines(flow, packed)
    first = packed.lines(flow.pieces[0].shared)
    words = flow.inner_words
    if operand != "O":
        return Crossing(in_cycles=one_way, out_cycles=0, first_cycles=first, bits=words * bits, sums=0)
    back = returns(flow) * packed.lines(flow.pieces[0].shared)
    moved = (words + flow.sum_reads) * bits
    return Crossing(in_cycles=back, out_cycles=one_way, first_cycles=first, bits=moved, sums=words - flow.outer_words)


def _dram_words(nest: ArrayNest, flow: Flow, bits: Scalar, rates: ArrayRates) -> tuple[dict[str, Scalar], Scalar]:
    """Memory words by what they are, and those of the first tile, or of the last one of O."""
    packed = packing(bits, rates.dram_width_bits)
    if flow.operand != "O":
        name = "input" if flow.operand == "I" else "weight"
        return {name: _outer_lines(flow, packed)}, packed.lines(flow.pieces[0].shared)
    shared, again = flow.pieces[0].shared, returns(flow)
    finished = packing(nest.output_bits, rates.dram_width_bits).lines(ceil_div(shared, nest.pooled))
    once = flow.pieces[0].events * flow.pieces[0].copies - again
    return {"output": once * finished, "sum": again * packed.lines(shared) * 2}, finished
