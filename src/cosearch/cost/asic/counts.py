"""What moves between the memories of an array, operand by operand: the access counts."""

from dataclasses import dataclass
from itertools import pairwise

from cosearch.cost.asic.nest import ArrayNest, Extents, product
from cosearch.cost.asic.structure import ArrayStructure, Place
from cosearch.cost.asic.tiles import lone_elements, shared_factors, shared_window, tile, window
from cosearch.cost.asic.trips import advance, moves
from cosearch.hardware import DIMS, RELEVANT, Operand
from cosearch.numerics import Scalar, times


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Transfers of one kind.

    Attributes:
        events: How often.
        own: Words that each receiver, or sender of sums, takes part in.
        shared: Words on the outer side: those that several want, or sums that several add to, are one.
        copies: Times that the outer side handles them, for elements that share nothing.
    """

    events: Scalar
    own: Scalar
    shared: Scalar
    copies: Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """An operand between two neighbouring places, over a whole layer.

    Attributes:
        inner, outer: The places.
        receivers: Memories, or elements, on the inner side.
        pieces: Its transfers: whole tiles, and what is new in windows that moved on.
        distinct: For sums, the words that are started: their first update finds nothing to add to.
    """

    operand: Operand
    inner: Place
    outer: Place
    receivers: Scalar
    pieces: tuple[Piece, ...]
    distinct: Scalar

    @property
    def outer_words(self) -> Scalar:
        """Words read from the outer side, or sums written to it."""
        return _total([piece.events * times(piece.shared, piece.copies) for piece in self.pieces])

    @property
    def inner_words(self) -> Scalar:
        """Words written to the inner side, or sums read from it."""
        return _total([piece.events * times(piece.own, self.receivers) for piece in self.pieces])

    @property
    def sum_reads(self) -> Scalar:
        """Sums read from the outer side, to be added to."""
        return self.outer_words - self.distinct


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessCounts:
    """All flows of a layer, and its cycles at full rate.

    Attributes:
        flows: By operand, from the elements outwards.
        compute_cycles: Iterations of all temporal loops.
        elements: Elements at work.
    """

    flows: dict[Operand, tuple[Flow, ...]]
    compute_cycles: Scalar
    elements: Scalar

    def flow(self, operand: Operand, outer: Place) -> Flow:
        """The flow from a place inwards."""
        return next(flow for flow in self.flows[operand] if flow.outer == outer)

    def fills(self, operand: Operand, inner: Place) -> Scalar:
        """Words written to a place from outside."""
        return next(flow for flow in self.flows[operand] if flow.inner == inner).inner_words


def access_counts(nest: ArrayNest, structure: ArrayStructure) -> AccessCounts:
    """Access counts of a mapped layer, or of a batch of one structure.

    A tile stays as long as the loops above it do not choose others of its words: it changes with each iteration of
    the innermost loop that does, and of all loops outside. Loops that a mapping makes longer than the layer's are
    counted in full.
    """
    cycles = product([*nest.registers.values(), *nest.buffer.values(), *nest.dram.values()])
    elements = product([*nest.rows.values(), *nest.columns.values()])
    flows: dict[Operand, tuple[Flow, ...]] = {}
    for operand in structure.operands:
        places = structure.places(operand)
        flows[operand] = tuple(
            _flow(nest, structure, operand, inner, outer, cycles, elements) for inner, outer in pairwise(places)
        )
    return AccessCounts(flows=flows, compute_cycles=cycles, elements=elements)


def _flow(
    nest: ArrayNest,
    structure: ArrayStructure,
    operand: Operand,
    inner: Place,
    outer: Place,
    cycles: Scalar,
    elements: Scalar,
) -> Flow:
    whole = nest.whole
    distinct = product([whole[dim] for dim in DIMS if dim in RELEVANT["O"]]) if operand == "O" else 0
    if inner == "element" and outer == "registers":
        if operand == "O":
            along = [times(nest.rows[dim], nest.columns[dim]) for dim in DIMS if dim not in RELEVANT["O"]]
            distinct = times(product(along), distinct)
        pieces = (Piece(events=cycles, own=1, shared=1, copies=elements),)
        return Flow(operand=operand, inner=inner, outer=outer, receivers=elements, pieces=pieces, distinct=distinct)
    receivers: Scalar = elements
    if inner == "buffer":
        receivers, pieces = 1, _buffer_pieces(nest, structure, operand)
    else:
        pieces = _array_pieces(nest, structure, operand, inner, cycles)
    return Flow(operand=operand, inner=inner, outer=outer, receivers=receivers, pieces=pieces, distinct=distinct)


def _buffer_pieces(nest: ArrayNest, structure: ArrayStructure, operand: Operand) -> tuple[Piece, ...]:
    """Between buffer and DRAM."""
    extents = nest.in_buffer
    changes = moves(nest, operand, "buffer")
    words = tile(nest, operand, extents)
    if operand != "I" or not structure.streams("I", "buffer"):
        return (Piece(events=changes.trips, own=words, shared=words, copies=1),)
    rows, columns = window(nest, extents, "OY"), window(nest, extents, "OX")
    new = product([extents[dim] for dim in ("N", "G", "C")])
    new = new * advance(nest, changes, "OY", rows) * advance(nest, changes, "OX", columns)
    return (
        Piece(events=changes.fresh_starts, own=words, shared=words, copies=1),
        Piece(events=changes.trips - changes.fresh_starts, own=new, shared=new, copies=1),
    )


def _array_pieces(
    nest: ArrayNest, structure: ArrayStructure, operand: Operand, inner: Place, cycles: Scalar
) -> tuple[Piece, ...]:
    """Between the array and what lies outside it: registers that change their tile, or elements in every cycle."""
    extents: Extents = nest.registers if inner == "registers" else dict.fromkeys(DIMS, 1)
    along = shared_factors(nest, structure, operand)
    copies = lone_elements(nest, structure, operand)
    if operand != "I":
        own = tile(nest, operand, extents)
        shared = times(product([along[dim] for dim in DIMS if dim in RELEVANT[operand]]), own)
        events = moves(nest, operand, "registers").trips if inner == "registers" else cycles
        return (Piece(events=events, own=own, shared=shared, copies=copies),)
    return _input_pieces(nest, structure, inner, cycles, extents, along, copies)


def _input_pieces(
    nest: ArrayNest,
    structure: ArrayStructure,
    inner: Place,
    cycles: Scalar,
    extents: Extents,
    along: Extents,
    copies: Scalar,
) -> tuple[Piece, ...]:
    channels = product([extents[dim] for dim in ("N", "G", "C")])
    together = times(product([along[dim] for dim in ("N", "G", "C")]), channels)
    rows, columns = window(nest, extents, "OY"), window(nest, extents, "OX")
    all_rows = shared_window(nest, extents, along, "OY")
    all_columns = shared_window(nest, extents, along, "OX")
    whole = {"own": channels * rows * columns, "shared": together * all_rows * all_columns, "copies": copies}
    if inner == "element":
        return (Piece(events=cycles, **whole),)
    changes = moves(nest, "I", "registers")
    if not structure.streams("I", "registers"):
        return (Piece(events=changes.trips, **whole),)
    own_rows = advance(nest, changes, "OY", rows)
    own_columns = advance(nest, changes, "OX", columns)
    new_rows = advance(nest, changes, "OY", all_rows)
    new_columns = advance(nest, changes, "OX", all_columns)
    return (
        Piece(events=changes.fresh_starts, **whole),
        Piece(
            events=changes.trips - changes.fresh_starts,
            own=channels * own_rows * own_columns,
            shared=together * new_rows * new_columns,
            copies=copies,
        ),
    )


def _total(values: list[Scalar]) -> Scalar:
    total: Scalar = 0
    for value in values:
        total = total + value
    return total
