"""Exact search for runs of layers within one period."""

from dataclasses import dataclass

import numpy as np

from cosearch.accelerate.arrays import FloatArray, IntArray
from cosearch.accelerate.dominance import nondominated
from cosearch.accelerate.stretches import MARGIN, Priced, Run, Stretches


@dataclass(frozen=True, slots=True)
class _Labels:
    """Partial accelerators that end before a start: [labels, sums], and where each came from."""

    sums: FloatArray
    """Resources and the number of chunks, then the cost at each of some prices."""
    origins: IntArray
    """[labels, 3]: start, label and design of the last run."""


class Labelling:
    """Exact search for runs at one period, by dynamic programming over starts."""

    def __init__(self, problem: Stretches, ends: IntArray, priced: list[Priced]) -> None:
        self.problem = problem
        self.options = list(problem.options(priced, ends))
        costs = [one.costs[:, None] for one in priced]
        self.features: FloatArray = np.concatenate([problem.takes.astype(np.float64), *costs], axis=1)
        self.limits: FloatArray = np.concatenate(
            [problem.budgets.astype(np.float64), np.full(len(priced), 1 + MARGIN)]
        )

    def run(self) -> tuple[Run, ...] | None:
        """Runs that keep the budgets, or None if there are none."""
        num_layers = self.problem.num_layers
        after = self._least_after()
        arriving: list[list[_Labels]] = [[] for _ in range(num_layers + 1)]
        arriving[0].append(_Labels(np.zeros((1, len(self.limits))), np.zeros((1, 3), np.int64)))
        labels: list[_Labels | None] = []
        for start in range(num_layers + 1):
            self.problem.deadline.check()
            here = _best(arriving[start], len(self.problem.budgets))
            labels.append(here)
            if here is None or start == num_layers:
                continue
            for stop, extended in self._extended(here, start, after):
                arriving[stop].append(extended)
        return self._traced(labels)

    def _least_after(self) -> FloatArray:
        """The componentwise least that the layers from each start on take; infinite if they cannot run."""
        after = np.full((len(self.options) + 1, len(self.limits)), np.inf)
        after[-1] = 0
        for start in range(len(self.options) - 1, -1, -1):
            designs, ends = self.options[start]
            if len(designs):
                after[start] = (self.features[designs] + after[ends]).min(axis=0)
        return after

    def _extended(self, labels: _Labels, start: int, after: FloatArray) -> list[tuple[int, _Labels]]:
        """One more run behind every label, where what is left can still fit; by the end of the run."""
        designs, ends = self.options[start]
        extended: list[tuple[int, _Labels]] = []
        for stop in np.unique(ends):
            chosen = designs[ends == stop]
            sums = labels.sums[:, None, :] + self.features[chosen][None, :, :]
            label, option = np.nonzero((sums + after[stop] <= self.limits).all(axis=2))
            if len(label):
                origins = np.stack([np.full(len(label), start), label, chosen[option]], axis=1)
                extended.append((int(stop), _Labels(sums[label, option], origins)))
        return extended

    def _traced(self, labels: list[_Labels | None]) -> tuple[Run, ...] | None:
        """The runs of the first label behind the last layer."""
        runs: list[Run] = []
        stop, row = len(labels) - 1, 0
        while stop > 0:
            here = labels[stop]
            if here is None:
                return None
            start, before, design = (int(value) for value in here.origins[row])
            runs.append(Run(start, stop, int(self.problem.designs[design])))
            stop, row = start, before
        return tuple(reversed(runs))


def _best(parts: list[_Labels], num_sums: int) -> _Labels | None:
    """The labels that no other dominates."""
    if not parts:
        return None
    sums = np.concatenate([part.sums for part in parts])
    rows = nondominated(sums[:, :num_sums].astype(np.int64))
    return _Labels(sums[rows], np.concatenate([part.origins for part in parts])[rows])
