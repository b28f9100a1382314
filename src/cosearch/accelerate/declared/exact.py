"""The optimum of a declared separable space, by enumeration of every part and exact combination."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cosearch.accelerate.arrays import FloatArray, IntArray
from cosearch.accelerate.combine import Deadline
from cosearch.accelerate.declared.separable import SeparableQuestion
from cosearch.accelerate.dominance import nondominated
from cosearch.accelerate.engine import Budget, EngineResult, Progress
from cosearch.accelerate.optimum import Front, Minimum, least_period, least_sum

_BLOCK_DESIGNS = 1 << 16
_FRACTION_BITS = 41
"""The largest total of a sum with fractions has so many bits as a whole number."""


def solve_declared(question: SeparableQuestion, budget: Budget) -> EngineResult:
    """Price every valid design, drop what another one matches or beats in all metrics, combine.

    The solver compares whole numbers. Maxima are compared by rank, which is exact. Sums of whole numbers stay whole,
    and so do those of multiples of a power of two that is not too small; others are rounded up to a 2^40th of their
    largest total, so a design that is returned keeps its bounds, and one that keeps a bound by less than that a
    part may be missed. The value is the cost function's own.

    Args:
        question: What to solve.
        budget: `evaluations` too few for all designs leave the first ones, uncertified.
    """
    deadline = Deadline.after(budget.seconds)
    shares = _shares(question, budget.evaluations)
    parts = [_Enumerated.of(question, index, share) for index, share in enumerate(shares)]
    evaluations = sum(part.evaluations for part in parts)
    is_whole = all(part.is_whole for part in parts)
    empty = [question.parts[index].name for index, part in enumerate(parts) if not len(part.metrics)]
    if empty:
        reason = f"no design of {empty[0]} is valid, runs and keeps the bounds by itself"
        return _nothing(is_whole, evaluations, reason)
    best = _combine(question, parts, deadline)
    if best.choice is None:
        return _nothing(best.is_proved and is_whole, evaluations, "no combination of designs keeps all bounds")
    rows = [part.metrics[row][None] for part, row in zip(parts, best.choice, strict=True)]
    value = float(question.judge(rows).values[0])
    certified = best.is_proved and is_whole
    return EngineResult(
        status="feasible",
        choices=question.answer([part.codes[row] for part, row in zip(parts, best.choice, strict=True)]).choices,
        value=value,
        bound=value if certified else None,
        certified=certified,
        evaluations=evaluations,
        history=(Progress(evaluations, value),),
    )


def rounded_sum(question: SeparableQuestion, metrics: Sequence[str]) -> str | None:
    """The first of some metrics whose sums `solve_declared` has to round; None if all are exact."""
    parts = [_Enumerated.of(question, index, None) for index in range(len(question.parts))]
    if not all(len(part.metrics) for part in parts):
        return None
    for column, (name, how) in enumerate(question.combine.items()):
        if how == "sum" and name in metrics and not _scaled([part.metrics[:, column] for part in parts])[2]:
            return name
    return None


@dataclass(frozen=True, slots=True, eq=False)
class _Enumerated:
    """Designs of one part that no other one matches or beats: their codes and metrics."""

    codes: IntArray
    metrics: FloatArray
    evaluations: int
    is_whole: bool

    @staticmethod
    def of(question: SeparableQuestion, index: int, share: int | None) -> "_Enumerated":
        part = question.parts[index]
        limit = np.array([question.bounds.get(name, np.inf) for name in question.combine])
        number = part.num_designs
        codes: list[IntArray] = []
        metrics: list[FloatArray] = []
        evaluations = 0
        for start in range(0, number, _BLOCK_DESIGNS):
            block = part.codes(np.arange(start, min(start + _BLOCK_DESIGNS, number)))
            block = block[part.valid(block)]
            if share is not None:
                block = block[: share - evaluations]
            evaluations += len(block)
            priced = question.price(index, block)
            kept = np.flatnonzero(np.isfinite(priced).all(axis=1) & (priced <= limit).all(axis=1))
            codes.append(block[kept])
            metrics.append(priced[kept])
        all_codes, all_metrics = np.concatenate(codes), np.concatenate(metrics)
        best = nondominated(_ranks(all_metrics))
        return _Enumerated(all_codes[best], all_metrics[best], evaluations, share is None or evaluations < share)


def _shares(question: SeparableQuestion, evaluations: int | None) -> list[int | None]:
    """How many designs of each part may be priced."""
    if evaluations is None:
        return [None] * len(question.parts)
    return [evaluations // len(question.parts)] * len(question.parts)


def _combine(question: SeparableQuestion, parts: list[_Enumerated], deadline: Deadline) -> Minimum:
    """The optimum over one design of each part."""
    names = list(question.combine)
    place = names.index(question.objective)
    sums = [column for column, name in enumerate(names) if question.combine[name] == "sum"]
    scaled = [_whole([part.metrics[:, c] for part in parts], question.bounds.get(names[c])) for c in sums]
    budgets = np.array([budget for _, budget in scaled], np.int64)
    columns = [
        np.stack([values[index] for values, _ in scaled], axis=1) if sums else np.zeros((len(part.metrics), 0), int)
        for index, part in enumerate(parts)
    ]
    if question.combine[question.objective] == "max":
        order = np.unique(np.concatenate([part.metrics[:, place] for part in parts]))
        ranks = [np.searchsorted(order, part.metrics[:, place]).astype(np.int64) for part in parts]
        fronts = [Front(rank, sums) for rank, sums in zip(ranks, columns, strict=True)]
        return least_period(fronts, budgets, deadline)
    fronts = [Front(np.zeros(len(part.metrics), np.int64), sums) for part, sums in zip(parts, columns, strict=True)]
    return least_sum(fronts, budgets, None, sums.index(place), deadline)


def _whole(values: list[FloatArray], bound: float | None) -> tuple[list[IntArray], int]:
    """A metric of all parts as whole numbers, rounded up, and its budget, rounded down; what never binds is free."""
    most = _most(values)
    scaled, shift, _ = _scaled(values)
    whole = [np.ceil(column).astype(np.int64) for column in scaled]
    if bound is None or bound >= most:
        return whole, sum(int(column.max()) for column in whole)
    # Floats add up to no more than these whole numbers, whose sums floats hold: what fits here keeps the bound.
    return whole, int(np.floor(np.ldexp(bound, shift)))


def _scaled(values: list[FloatArray]) -> tuple[list[FloatArray], int, bool]:
    """A metric of all parts times a power of two, which rounds nothing, that power, and whether all are whole now."""
    most = _most(values)
    is_whole = most < 2**52 and _are_whole(values)
    shift = 0 if is_whole else _FRACTION_BITS - int(np.frexp(most)[1])
    scaled = [np.ldexp(column, shift) for column in values]
    return scaled, shift, is_whole or _are_whole(scaled)


def _are_whole(values: list[FloatArray]) -> bool:
    return all(bool((column == np.floor(column)).all()) for column in values)


def _most(values: list[FloatArray]) -> float:
    return float(sum(column.max() for column in values))


def _ranks(metrics: FloatArray) -> IntArray:
    """Each metric's dense ranks. [designs, metrics]."""
    if not len(metrics):
        return np.zeros(metrics.shape, np.int64)
    return np.stack([np.unique(column, return_inverse=True)[1] for column in metrics.T], axis=1).astype(np.int64)


def _nothing(is_proved: bool, evaluations: int, reason: str) -> EngineResult:
    if is_proved:
        return EngineResult(status="infeasible", evaluations=evaluations, reason=reason)
    return EngineResult(status="not_found", evaluations=evaluations)
