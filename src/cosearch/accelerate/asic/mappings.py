"""The best mappings of one layer on one array: the front of cycles and energy over a declared space."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from cosearch.accelerate.arrays import BoolArray, FloatArray, IntArray
from cosearch.accelerate.asic.bounds import Context, bound_pairs, free_outer, inner_half, least_inner
from cosearch.accelerate.asic.front import beaten, front_rows
from cosearch.accelerate.asic.halves import Halves, Keeps, Pairs, register_tiles, with_buffer
from cosearch.accelerate.asic.nests import Tiled, as_floats
from cosearch.accelerate.asic.orders import loop_orders, moves_along
from cosearch.accelerate.asic.space import MappingSpace
from cosearch.accelerate.asic.tilings import PLACE
from cosearch.accelerate.asic.unrollings import Unrolling, unrollings
from cosearch.cost.asic import ArrayRates, loads_weights, price_layers, structure_of
from cosearch.errors import MappingError
from cosearch.hardware import OPERANDS, RELEVANT, ArrayAccelerator, ArrayMapping, Dim, Operand
from cosearch.workload import Layer

_BATCH_UNROLLINGS = 8
_FIRST_BLOCK = 256
_LARGEST_BLOCK = 1 << 14

Orders = tuple[tuple[Dim, ...], tuple[Dim, ...]]


@dataclass(frozen=True, slots=True)
class MappedPoint:
    """What a layer costs in one mapping."""

    cycles: int
    joules: float
    mapping: ArrayMapping


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingFront:
    """The mappings of a layer that no other one of the space matches or beats in both cycles and energy.

    Attributes:
        points: By increasing cycles and decreasing energy; at least one.
        evaluations: Mappings that were priced.
        unrollings: That were considered.
    """

    layer: Layer
    points: tuple[MappedPoint, ...]
    evaluations: int
    unrollings: int

    @property
    def cycles(self) -> FloatArray:
        """[points]."""
        return np.array([point.cycles for point in self.points], np.float64)

    @property
    def joules(self) -> FloatArray:
        """[points]."""
        return np.array([point.joules for point in self.points], np.float64)


def best_mappings(
    layer: Layer,
    array: ArrayAccelerator,
    rates: ArrayRates,
    *,
    space: MappingSpace | None = None,
    spread: Sequence[Unrolling] | None = None,
) -> MappingFront:
    """The exact front of cycles and energy of a layer on an array, over all mappings of a space.

    Halves of mappings are priced and bounded in pairs; what some mapping already beats is never priced.

    Args:
        layer: What runs.
        array: What it runs on.
        rates: Of the array in its technology; `rates_of_array` gives them.
        space: Which mappings; all that `MappingSpace` has unless said.
        spread: Unrollings to choose from, instead of the space's own.

    Raises:
        MappingError: if operands are wider than the multipliers, or no mapping of the space fits the array.
    """
    space = MappingSpace() if space is None else space
    _check_widths(layer, array)
    context = Context(layer=layer, structure=structure_of(array, loads_weights=loads_weights(layer)), rates=rates)
    choices = unrollings(layer, array, space) if spread is None else tuple(spread)
    search = _Search(context)
    for halves in _promising(context, array, choices, space, search.keeps):
        search.explore(halves)
    points = tuple(search.points())
    if not points:
        raise MappingError(
            f"no mapping of the space fits {array.name}; allow smaller tiles, other loops, or larger memories"
        ).at(layer.name)
    return MappingFront(layer=layer, points=points, evaluations=search.evaluations, unrollings=len(choices))


def _promising(
    context: Context, array: ArrayAccelerator, choices: Sequence[Unrolling], space: MappingSpace, keeps: Keeps
) -> Iterator[Halves]:
    """Unrollings in batches, the most promising first, without what is beaten by the time that their turn comes."""
    tiles = [register_tiles(context, array, each, space) for each in choices]
    rows = Tiled.joined([own.tiled() for own in tiles])
    inner = [inner_half(context, rows, operand) for operand in OPERANDS]
    every = np.arange(len(rows))
    owner = np.repeat(np.arange(len(tiles)), [len(own.registers) for own in tiles])
    once = np.ones(1), np.zeros(1, np.int64)
    cycles, joules = bound_pairs(context, least_inner(inner, every), free_outer(context), every, once[1], once[0])
    promise = np.full(len(tiles), np.inf)
    np.minimum.at(promise, owner, cycles * joules)
    starts = np.searchsorted(owner, np.arange(len(tiles)))
    waiting = np.argsort(promise, kind="stable")
    while len(waiting):
        kept = keeps(cycles, joules)
        waiting = waiting[np.isin(waiting, owner[kept])]
        batch, waiting = waiting[:_BATCH_UNROLLINGS], waiting[_BATCH_UNROLLINGS:]
        if not len(batch):
            return
        places = [np.flatnonzero(kept & (owner == each)) for each in batch]
        yield Halves(
            context,
            [
                with_buffer(context, array, tiles[each], own - starts[each], space)
                for each, own in zip(batch, places, strict=True)
            ],
            [least_inner([half], np.concatenate(places)) for half in inner],
        )


@dataclass(slots=True, eq=False)
class _Search:
    """The best mappings so far, sorted by cycles."""

    context: Context
    evaluations: int = 0
    cycles: FloatArray = field(default_factory=lambda: np.zeros(0))
    joules: FloatArray = field(default_factory=lambda: np.zeros(0))
    tiled: Tiled = field(default_factory=Tiled.empty)
    orders: list[Orders] = field(default_factory=list[Orders])

    def keeps(self, cycles: FloatArray, joules: FloatArray) -> BoolArray:
        """Which bounds nothing known matches or beats."""
        return ~beaten(cycles, joules, self.cycles, self.joules)

    def explore(self, halves: Halves) -> None:
        """Price the mappings of some unrollings, most promising first, until all others are beaten."""
        pairs = halves.pairs(self.keeps)
        pairs = pairs.take(np.argsort(pairs.cycles * pairs.joules, kind="stable"))
        size = _FIRST_BLOCK
        while len(pairs):
            block = pairs.take(np.arange(min(size, len(pairs))))
            self._price(block, halves.tiled(block))
            pairs = pairs.take(np.arange(min(size, len(pairs)), len(pairs)))
            pairs = pairs.take(np.flatnonzero(self.keeps(pairs.cycles, pairs.joules)))
            size = min(4 * size, _LARGEST_BLOCK)

    def points(self) -> Iterator[MappedPoint]:
        """The front."""
        for place, (buffer, dram) in enumerate(self.orders):
            mapping = self.tiled.mapping(place, buffer, dram)
            yield MappedPoint(int(self.cycles[place]), float(self.joules[place]), mapping)

    def _price(self, pairs: Pairs, drawn: Tiled) -> None:
        cycles, joules = [self.cycles], [self.joules]
        tiled, orders = [self.tiled], list(self.orders)
        for rows, order in self._orders(pairs, drawn):
            own = drawn.take(rows)
            price = price_layers(own.nest(self.context.layer, *order), self.context.structure, self.context.rates)
            found = as_floats(price.timing.cycles, len(own)), as_floats(price.energy_joules, len(own))
            kept = front_rows(*found)
            cycles.append(found[0][kept])
            joules.append(found[1][kept])
            tiled.append(own.take(kept))
            orders += [order] * len(kept)
            self.evaluations += len(own)
        all_cycles, all_joules = np.concatenate(cycles), np.concatenate(joules)
        kept = front_rows(all_cycles, all_joules)
        self.cycles, self.joules = all_cycles[kept], all_joules[kept]
        self.tiled = Tiled.joined(tiled).take(kept)
        self.orders = [orders[place] for place in kept]

    def _orders(self, pairs: Pairs, drawn: Tiled) -> Iterator[tuple[IntArray, Orders]]:
        """All orders that count, with the places of the pairs for which they do."""
        structure = self.context.structure
        changes = [PLACE[dim] for dim in RELEVANT["I"]]
        is_moving = (drawn.buffer[:, changes] > 1).any(axis=1)
        outer_counts = np.full(len(pairs), structure.streams("I", "buffer"))
        outer_counts |= ~is_moving & structure.streams("I", "registers")
        for place, inner in enumerate(OPERANDS):
            for other, outer in enumerate(OPERANDS):
                here = (pairs.inner == place) & (pairs.outer == other)
                if not here.any():
                    continue
                near = _sliding(drawn.buffer, inner, np.full(len(pairs), self.context.slides))
                far = _sliding(drawn.dram, outer, outer_counts)
                for first, wanted in near:
                    for second, also in far:
                        rows = np.flatnonzero(here & wanted & also)
                        if len(rows):
                            yield rows, (first, second)


def _sliding(iterations: IntArray, stationary: Operand, counts: BoolArray) -> list[tuple[tuple[Dim, ...], BoolArray]]:
    """Orders of a level, and for which mappings each one differs from the first. [mappings]."""
    orders = loop_orders(stationary, slides=True)
    moving = [counts & (iterations[:, PLACE[moves_along(order)]] > 1) for order in orders]
    moving[0] = moving[0] | ~np.any(moving, axis=0)
    return list(zip(orders, moving, strict=True))


def _check_widths(layer: Layer, array: ArrayAccelerator) -> None:
    for name, have, limit in (
        ("input_bits", layer.input_bits, array.activation_bits),
        ("weight_bits", layer.weight_bits if loads_weights(layer) else 0, array.weight_bits),
    ):
        if have > limit:
            raise MappingError(f"{name}={have} on multipliers of {limit} bits; at most {limit}").at(layer.name)
