"""Runs of neighbouring layers within a period: which designs can take them, and at what price."""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass

import numpy as np

from cosearch.accelerate.arrays import BoolArray, FloatArray, IntArray
from cosearch.accelerate.combine import Deadline
from cosearch.accelerate.dominance import nondominated
from cosearch.accelerate.offers import Offers

PRUNING_PRICES = 6
MARGIN = 1e-9


@dataclass(frozen=True, slots=True)
class Run:
    """Layers `start` to before `stop`, on a chunk of one design."""

    start: int
    stop: int
    design: int


@dataclass(frozen=True, slots=True)
class Priced:
    """The cheapest runs at one price.

    Attributes:
        price: [sums], for the share of each budget that is used; they sum to 1.
        costs: Of each design.
        least: Of the cheapest design of each row.
        after: Least cost of the layers from each start on, [starts + 1].
        chosen: Row of the first run from each start on.
    """

    price: FloatArray
    costs: FloatArray
    least: FloatArray
    after: FloatArray
    chosen: IntArray


class Stretches:
    """One network's designs and budgets, the number of chunks among them, less designs that cannot matter any more.

    Attributes:
        designs: Numbers of the designs that are left.
        rows: Row of `totals` of each, not decreasing. [designs].
        takes: What each takes of every budget. [designs, sums].
        totals: Cycles of all layers before one. [layers + 1, rows].
    """

    def __init__(self, offers: Offers, max_chunks: int, deadline: Deadline) -> None:
        self.offers, self.deadline = offers, deadline
        self.num_layers = offers.num_layers
        self.budgets: IntArray = np.append(offers.budgets, max_chunks)
        ones = np.ones((len(offers.rows), 1), np.int64)
        self.takes: IntArray = np.concatenate([offers.resources, ones], axis=1)
        self.designs: IntArray = np.arange(len(offers.rows))
        self.rows: IntArray = offers.rows
        self.totals: IntArray = np.zeros((self.num_layers + 1, len(offers.cycles)), np.int64)
        for layer, column in enumerate(offers.columns):
            np.add(self.totals[layer], offers.cycles[:, column], out=self.totals[layer + 1])
        self.priced: list[Priced] = []
        self._keep(np.flatnonzero((self.takes <= self.budgets).all(axis=1)))

    def _keep(self, places: IntArray) -> None:
        """Forget all designs but those of some places."""
        used, rows = np.unique(self.rows[places], return_inverse=True)
        self.designs, self.takes, self.rows = self.designs[places], self.takes[places], rows.astype(np.int64)
        self.totals = np.take(self.totals, used, axis=1)
        self.starts: IntArray = np.searchsorted(self.rows, np.arange(len(used)))
        self.loads: FloatArray = self.takes / np.maximum(self.budgets, 1)

    def under(self, budgets: IntArray) -> "Stretches":
        """The same with tighter budgets, the number of chunks aside."""
        some = copy(self)
        some.budgets = np.append(budgets, self.budgets[-1])
        some.priced = []
        some._keep(np.flatnonzero((self.takes <= some.budgets).all(axis=1)))
        return some

    def only(self, places: IntArray) -> "Stretches":
        """The same with some of the designs."""
        some = copy(self)
        some._keep(places)
        return some

    def period_of(self, runs: tuple[Run, ...]) -> int:
        """Cycles of the slowest run."""
        return max(self.offers.period(range(run.start, run.stop), run.design) for run in runs)

    def drop_slower(self, period: int) -> None:
        """Forget designs that belong to no runs within a period: at some price, every one with it is too costly."""
        ends = self.ends(period)
        kept = np.ones(len(self.designs), np.bool_)
        for priced in self.priced[-PRUNING_PRICES:]:
            fresh = self.cheapest(ends, priced.price)
            kept &= fresh.costs <= self._room(fresh, ends)[self.rows]
        self._keep(np.flatnonzero(kept))

    def _room(self, priced: Priced, ends: IntArray) -> FloatArray:
        """The most that a run of each row may cost beside the cheapest others. [rows]."""
        mask, lows = self.worthwhile([priced], ends)
        room = np.full(len(priced.least), -np.inf)
        for kept, low, stops in zip(mask, lows[0], ends, strict=True):
            room[kept] = np.maximum(room[kept], 1 + MARGIN - low - priced.after[stops[kept]])
        return room

    def ends(self, period: int) -> IntArray:
        """Before which layer a run from each start must end. [starts, rows]."""
        self.deadline.check()
        every = np.arange(self.totals.shape[1])
        ends = np.empty((self.num_layers, len(every)), np.int64)
        stop = np.zeros(len(every), np.int64)
        for start in range(self.num_layers):
            stop = np.maximum(stop, start)
            limit = self.totals[start] + period
            moving = every[stop < self.num_layers]
            while len(moving):
                moving = moving[self.totals[stop[moving] + 1, moving] <= limit[moving]]
                stop[moving] += 1
                moving = moving[stop[moving] < self.num_layers]
            ends[start] = stop
        return ends

    def cheapest(self, ends: IntArray, price: FloatArray) -> Priced:
        """The cheapest runs from every start on."""
        costs = self.loads @ price
        least = np.minimum.reduceat(costs, self.starts)
        after = np.full(self.num_layers + 1, np.inf)
        after[-1] = 0
        chosen = np.zeros(self.num_layers, np.int64)
        for start in range(self.num_layers - 1, -1, -1):
            totals = np.where(ends[start] > start, least + after[ends[start]], np.inf)
            chosen[start] = totals.argmin()
            after[start] = totals[chosen[start]]
        return Priced(price, costs, least, after, chosen)

    def runs(self, priced: Priced, ends: IntArray) -> tuple[tuple[Run, ...], IntArray]:
        """The cheapest runs of all layers and what they take."""
        runs: list[Run] = []
        used = np.zeros(len(self.budgets), np.int64)
        start = 0
        while start < self.num_layers:
            row = int(priced.chosen[start])
            stop = int(ends[start, row])
            place = int(self.starts[row])
            while priced.costs[place] > priced.least[row]:
                place += 1
            runs.append(Run(start, stop, int(self.designs[place])))
            used += self.takes[place]
            start = stop
        return tuple(runs), used

    def worthwhile(self, priced: list[Priced], ends: IntArray) -> tuple[BoolArray, FloatArray]:
        """Which runs of which rows are part of some that no price rules out, and the least cost before each start.

        Returns:
            [starts, rows] and [prices, starts].
        """
        kept = ends > np.arange(self.num_layers)[:, None]
        lows = np.full((len(priced), self.num_layers), np.inf)
        for one, low in zip(priced, lows, strict=True):
            before = np.full(self.num_layers + 1, np.inf)
            before[0] = 0
            for start in range(self.num_layers):
                low[start] = before[start:].min()  # within a shorter period a run may end earlier
                totals = low[start] + one.least
                kept[start] &= totals + one.after[ends[start]] <= 1 + MARGIN
                np.minimum.at(before, ends[start][kept[start]], totals[kept[start]])
        return kept, lows

    def options(self, priced: list[Priced], ends: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
        """Places worth having for a run from each start and where it ends: [options] each."""
        kept, lows = self.worthwhile(priced, ends)
        for start, mask in enumerate(kept):
            self.deadline.check()
            places = np.flatnonzero(mask[self.rows])
            stops = ends[start, self.rows[places]]
            for one, low in zip(priced, lows[:, start], strict=True):
                fits = low + one.costs[places] + one.after[stops] <= 1 + MARGIN
                places, stops = places[fits], stops[fits]
            best = nondominated(np.concatenate([-stops[:, None], self.takes[places]], axis=1))
            yield places[best], stops[best]
