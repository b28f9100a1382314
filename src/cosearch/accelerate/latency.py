"""Latencies of one image on chosen designs, and sums over paths that bound them from below.

Alone, an image takes as long as the longest path of layers, where an edge leads to a layer from what it reads and
from the layer before it on its chunk. In a stream, a layer that waits for another chunk, which in turn waits for the
layer before it on its own, misses the turn right behind that layer and starts a period or more after its end. So a
path takes at least its layers' cycles and a period for each such edge: its turns.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from cosearch.accelerate.arrays import IntArray
from cosearch.accelerate.combine import Choice
from cosearch.accelerate.table import DesignTable
from cosearch.workload import Workload


@dataclass(frozen=True, slots=True)
class Path:
    """Layers one after another, by position, and how often the path waits for its chunk's next round."""

    layers: tuple[int, ...]
    turns: int


@final
class Latencies:
    """Schedules of a network on the designs of a table.

    Args:
        workload: The network.
        table: The table.
        used: Classes in use.
        rows: Designs that may be chosen, [choices] for each of them; a choice counts among these.
    """

    def __init__(
        self, workload: Workload, table: DesignTable, used: tuple[int, ...], rows: tuple[IntArray, ...]
    ) -> None:
        places = [table.place(layer) for layer in workload.layers]
        numbers = {layer.name: number for number, layer in enumerate(workload.layers)}
        self._chunk_of = [used.index(index) for index, _ in places]
        self._reads = [[numbers[name] for name in workload.reads(layer)] for layer in workload.layers]
        self._cycles = [
            table.classes[index].cycles[rows[chunk], column - table.classes[index].first_column]
            for (index, column), chunk in zip(places, self._chunk_of, strict=True)
        ]
        self._num_rows = [len(own) for own in rows]
        self._before = self._previous()
        self._turns = self._missed_turns()

    def longest(self, choice: Choice, period: int = 0) -> Path:
        """The path that takes longest, with a period for every turn; without one, the latency alone is its cycles."""
        ends: list[int] = []
        cause: list[int | None] = []
        for layer, (reads, before) in enumerate(zip(self._reads, self._before, strict=True)):
            ready = [(ends[other], other) for other in reads]
            if before is not None:
                ready.append((ends[before] + period * self._turns[layer], before))
            start, other = max(ready, key=lambda pair: pair[0], default=(0, None))
            ends.append(start + self._of(layer, choice))
            cause.append(other)
        layers = [int(np.argmax(ends))]
        turns = 0
        while (other := cause[layers[-1]]) is not None:
            turns += self._turns[layers[-1]] and other == self._before[layers[-1]] and bool(period)
            layers.append(other)
        return Path(tuple(reversed(layers)), turns)

    def length(self, path: Path, choice: Choice) -> int:
        """Cycles of a path's layers."""
        return sum(self._of(layer, choice) for layer in path.layers)

    def columns(self, path: Path) -> list[IntArray]:
        """Cycles of a path's layers on every design, [choices] for each chunk."""
        sums = [np.zeros(number, np.int64) for number in self._num_rows]
        for layer in path.layers:
            sums[self._chunk_of[layer]] += self._cycles[layer]
        return sums

    def loaded(self, choices: IntArray, periods: IntArray) -> IntArray:
        """Latencies under load of many choices, [choices, chunks], as `cost.evaluate` schedules them."""
        starts: list[IntArray] = []
        ends: list[IntArray] = []
        turn: dict[int, IntArray] = {}
        for layer, (reads, chunk) in enumerate(zip(self._reads, self._chunk_of, strict=True)):
            ready = np.zeros(len(choices), np.int64)
            for other in reads:
                ready = np.maximum(ready, ends[other])
            earliest = turn.get(chunk, ready)
            rounds = np.maximum(0, -((earliest - ready) // periods))
            starts.append(earliest + rounds * periods)
            ends.append(starts[-1] + self._cycles[layer][choices[:, chunk]])
            turn[chunk] = ends[-1]
        return np.max(ends, axis=0)

    def _of(self, layer: int, choice: Choice) -> int:
        return int(self._cycles[layer][choice[self._chunk_of[layer]]])

    def _previous(self) -> list[int | None]:
        """The layer before each one on its chunk."""
        last: dict[int, int] = {}
        found: list[int | None] = []
        for layer, chunk in enumerate(self._chunk_of):
            found.append(last.get(chunk))
            last[chunk] = layer
        return found

    def _missed_turns(self) -> list[bool]:
        """Layers that read what follows, on another chunk, from the layer before them on their own."""
        behind: list[set[int]] = []  # layers that have ended when one starts
        missed: list[bool] = []
        for reads, before in zip(self._reads, self._before, strict=True):
            missed.append(any(other != before and before in behind[other] for other in reads))
            sources = [*reads, *([] if before is None else [before])]
            behind.append(set(sources).union(*(behind[other] for other in sources)))
        return missed
