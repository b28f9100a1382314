"""A network on a design table, as engines that sample are asked."""

from collections.abc import Sequence
from dataclasses import fields
from math import prod
from typing import final

import numpy as np

from cosearch.accelerate.arrays import BoolArray, FloatArray, IntArray
from cosearch.accelerate.designs import ChunkDesigns
from cosearch.accelerate.engine import build_accelerator
from cosearch.accelerate.problem import ENERGY, Problem
from cosearch.accelerate.question import AbstractQuestion, Answer, Columns, Judged, Parameter, Part
from cosearch.accelerate.scale import ENERGY_METRICS
from cosearch.design import METRICS
from cosearch.errors import RecipeError

_SPARSE = 50
"""A table that holds fewer than one combination in so many is one parameter: its rows."""


@final
class TableQuestion(AbstractQuestion):
    """Every class in use is a part; a design is valid if the table holds it.

    A table that keeps dominated designs (`DesignTable.build(..., prune=False)`) offers all that fit the platform.

    Args:
        problem: The network, the table, the objective and the limits.

    Raises:
        RecipeError: for a latency that is no sum over chunks.
    """

    def __init__(self, problem: Problem) -> None:
        if problem.has_paths:
            raise RecipeError(
                "engines that sample know latencies only as sums of all chunks' cycles: latency_seconds of a network "
                "whose layers each read the one before, or on a single chunk; take the engine exact"
            )
        self.problem = problem
        self._rows = [_Rows(problem.table.classes[index].designs) for index in problem.used]
        names = [str(problem.table.classes[index].chunk_class) for index in problem.used]
        self._features = [self._features_of(place) for place in range(len(problem.used))]
        self._parts = tuple(rows.part(name) for rows, name in zip(self._rows, names, strict=True))

    def _features_of(self, place: int) -> FloatArray:
        """Of all designs of a class, infinite cycles where the network does not run. [designs, features]."""
        problem, entry = self.problem, self.problem.table.classes[self.problem.used[place]]
        features = np.zeros((len(entry.designs), 1 + len(problem.sums)))
        features[:, 0] = np.inf
        features[:, 1 : 1 + entry.resources.shape[1]] = entry.resources
        rows, front = problem.rows[place], problem.fronts[place]
        features[rows, 0], features[rows, 1:] = front.cycles, front.sums
        return features

    @property
    def parts(self) -> tuple[Part, ...]:
        """One for each class in use."""
        return self._parts

    @property
    def more_is_better(self) -> bool:
        """Whether the objective is maximised."""
        return METRICS[self.problem.objective].more_is_better

    def price(self, part: int, codes: IntArray) -> FloatArray:
        """Cycles, then the problem's sums. [designs, features]."""
        rows = self._rows[part].rows(codes)
        return np.where((rows >= 0)[:, None], self._features[part][rows], np.inf)

    def answer(self, codes: Sequence[IntArray]) -> Answer:
        """Choices, rows and the accelerator."""
        rows = [int(own.rows(code[None])[0]) for own, code in zip(self._rows, codes, strict=True)]
        designs = dict(zip(self.problem.used, rows, strict=True))
        return Answer(
            choices={part.name: part.named(code) for part, code in zip(self.parts, codes, strict=True)},
            designs=designs,
            accelerator=build_accelerator(self.problem, designs),
        )

    def judge(self, priced: Sequence[FloatArray]) -> Judged:
        """The period is the maximum, of everything else there are sums."""
        problem = self.problem
        stacked = np.stack(priced)
        period, totals = stacked[:, :, 0].max(axis=0), stacked[:, :, 1:].sum(axis=0)
        runs = np.isfinite(period)
        period, totals = np.where(runs, period, 1.0), np.where(runs[:, None], totals, 0.0)
        excess = totals / np.maximum(problem.budgets, 1) - 1
        excess[:, problem.budgets == 0] = np.where(totals[:, problem.budgets == 0] > 0, np.inf, -1)
        violations = excess.max(axis=1, initial=0.0)
        if problem.period_cycles is not None:
            violations = np.maximum(violations, period / max(problem.period_cycles, 1e-9) - 1)
        for limit in problem.limits:
            if limit.metric in ENERGY_METRICS:
                reached = self._values(limit.metric, period, totals)
                violations = np.maximum(violations, reached / max(limit.limit, 1e-300) - 1)
        values = np.where(runs, self._values(problem.objective, period, totals), np.inf)
        return Judged(values=values, violations=np.where(runs, violations, np.inf))

    def _values(self, metric: str, period: FloatArray, totals: FloatArray) -> FloatArray:
        """A metric in its unit. [choices]."""
        sums, scale = self.problem.sums, self.problem.scale
        if metric == "fps":
            return scale.clock_hertz / np.maximum(period, 1)
        if metric in sums:
            return totals[:, sums[metric]] / (scale.clock_hertz if metric == "latency_seconds" else 1)
        dynamic = totals[:, sums[ENERGY]]
        if metric == "power_watts":
            watts = dynamic * scale.quantum_joules * scale.clock_hertz / np.maximum(period, 1)
            return watts + scale.static_watts
        joules = (dynamic + scale.static_quanta(period.astype(np.int64))) * scale.quantum_joules
        return joules * totals[:, sums["latency_seconds"]] / scale.clock_hertz if metric == "edp" else joules


class _Rows:
    """Designs of a class by the columns in which they differ."""

    def __init__(self, designs: ChunkDesigns) -> None:
        columns = {field.name: getattr(designs, field.name) for field in fields(designs)}
        varied = {name: column for name, column in columns.items() if len(column) and (column != column[0]).any()}
        columns = varied or {"design": np.arange(len(designs), dtype=np.int64)}
        table = np.stack(list(columns.values()), axis=1)
        combinations = prod(len(np.unique(column)) for column in table.T)
        is_unique = len(np.unique(table, axis=0)) == len(table)
        if not is_unique or len(table) * _SPARSE < combinations:
            columns = {"design": np.arange(len(table), dtype=np.int64)}
            table = columns["design"][:, None]
        self.names = list(columns)
        self.choices = [np.unique(column) for column in table.T]
        codes = [np.searchsorted(own, column) for own, column in zip(self.choices, table.T, strict=True)]
        self._places = {row.tobytes(): place for place, row in enumerate(np.stack(codes, axis=1).astype(np.int64))}

    def part(self, name: str) -> Part:
        """All combinations of the values that occur; valid are those that the table holds."""
        parameters = tuple(
            Parameter(name=own, choices=tuple(int(value) for value in values))
            for own, values in zip(self.names, self.choices, strict=True)
        )
        return Part(name=name, parameters=parameters, rule=self._holds)

    def rows(self, codes: IntArray) -> IntArray:
        """Rows of the table, -1 where it has none. [designs]."""
        keys = np.ascontiguousarray(codes.astype(np.int64))
        return np.array([self._places.get(row.tobytes(), -1) for row in keys], np.int64)

    def _holds(self, columns: Columns) -> BoolArray:
        codes = [np.searchsorted(own, columns[name]) for own, name in zip(self.choices, self.names, strict=True)]
        return self.rows(np.stack(codes, axis=1)) >= 0
