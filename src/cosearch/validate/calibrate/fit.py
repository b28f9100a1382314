"""Fit constants to measurements: which are determined, their values, intervals and validated errors."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from scipy import optimize

from cosearch.errors import DataError
from cosearch.validate.calibrate.constants import Constant, Fit, Fitted
from cosearch.validate.calibrate.least_squares import Model, Problem, Vector

_LEAST_EFFECT = 1e-3
"""A constant matters if crossing its range changes the predictions by so much, root mean square."""

_LEAST_OWN_SHARE = 0.03
"""It is told apart from the others if so much of its effect is none that they could have together."""

_MOST_UNSURE = 0.5
"""It is determined if its standard error is at most so much of its range."""

_MORE_GROUPS = 2
"""Groups of runs needed beyond the number of constants."""


def fit_constants(
    model: Model,
    measured: Vector,
    constants: Sequence[Constant],
    *,
    groups: Sequence[Hashable],
    seed: int = 0,
    num_folds: int = 5,
    num_resamples: int = 400,
    wanted: Sequence[str] = (),
) -> Fit:
    """Fit by least squares on relative errors; constants that the runs do not determine keep their start.

    Args:
        model: Predicts all runs.
        measured: What was measured, positive.
        constants: Candidates, the most trusted to be determined first: of two that cannot be told apart, the later
            one is held.
        groups: The group of each run; the folds and the bootstrap never part a group.
        seed: Of folds and bootstrap.
        num_folds: Parts of the cross-validation; no more than there are groups.
        num_resamples: Of the bootstrap, each one Gauss-Newton step from the fit.
        wanted: Constants that must be determined.

    Raises:
        DataError: if there are too few groups of runs, or a wanted constant is not determined.
    """
    order = list(dict.fromkeys(groups))
    members = [np.array([row for row, group in enumerate(groups) if group == one]) for one in order]
    _check_enough(len(members), wanted, constants)
    problem, unit, held = _determined(Problem(model, measured, constants, {}), len(members) - _MORE_GROUPS)
    for name in wanted:
        if name in held:
            raise DataError(f"{name} is not determined by these runs: {held[name]}; leave it out of the fit")
    rng = np.random.default_rng(seed)
    left_out = _cross_validated(problem, unit, members, min(num_folds, len(members)), rng)
    low, high = _intervals(problem, unit, members, num_resamples, rng)
    values = problem.values(unit)
    starts = {constant.name: constant.start for constant in constants}
    return Fit(
        constants={
            constant.name: Fitted(
                before=constant.start,
                value=values[constant.name],
                low=problem.values(low)[constant.name],
                high=problem.values(high)[constant.name],
            )
            for constant in problem.constants
        },
        held=held,
        num_runs=len(measured),
        num_groups=len(members),
        error_before=float(np.abs(problem.errors(starts)).mean()),
        error_after=float(np.abs(problem.errors(values)).mean()),
        error_validated=float(np.abs(left_out).mean()),
        worst_validated=float(np.abs(left_out).max()),
    )


def _check_enough(num_groups: int, wanted: Sequence[str], constants: Sequence[Constant]) -> None:
    least = max(len(wanted), 1) + _MORE_GROUPS
    if num_groups < least:
        raise DataError(
            f"{num_groups} different runs cannot determine {max(len(wanted), 1)} of {len(constants)} constants; "
            f"measure at least {least}"
        )


def _determined(problem: Problem, most: int) -> tuple[Problem, Float[np.ndarray, " constants"], dict[str, str]]:
    """The problem with every constant fixed that its runs do not determine, its solution, and the reasons.

    Args:
        problem: All candidates.
        most: Constants that so many different runs can determine.
    """
    held: dict[str, str] = {}
    unit = problem.solve()
    while problem.constants:
        reasons = _reasons(problem, unit)
        if not reasons and len(problem.constants) > most:
            reasons = {problem.constants[-1].name: f"there are only {most + _MORE_GROUPS} different runs"}
        if not reasons:
            return problem, unit, held
        last = next(constant for constant in reversed(problem.constants) if constant.name in reasons)
        held[last.name] = reasons[last.name]
        problem = problem.without(last)
        unit = problem.solve() if problem.constants else np.zeros(0)
    first = next(iter(held.items()))
    raise DataError(f"the runs determine no constant; {first[0]}: {first[1]}; measure more kinds of layers")


def _reasons(problem: Problem, unit: Float[np.ndarray, " constants"]) -> dict[str, str]:
    """Why a constant is not determined, for each that is not."""
    errors, slopes = problem.linearise(unit)
    num, free = len(errors), max(1, len(errors) - len(problem.constants))
    scatter = float(np.sqrt((errors**2).sum() / free))
    reasons: dict[str, str] = {}
    for index, constant in enumerate(problem.constants):
        column, others = slopes[:, index], np.delete(slopes, index, axis=1)
        own = column - others @ np.linalg.lstsq(others, column, rcond=None)[0] if others.size else column
        effect, alone = float(np.sqrt((column**2).mean())), float(np.sqrt((own**2).mean()))
        if effect < _LEAST_EFFECT:
            reasons[constant.name] = "the runs hardly depend on it"
        elif alone < _LEAST_OWN_SHARE * effect:
            names = ", ".join(other.name for other in problem.constants if other.name != constant.name)
            reasons[constant.name] = f"its effect cannot be told from that of {names}"
        elif scatter > _MOST_UNSURE * alone * np.sqrt(num):
            reasons[constant.name] = "the runs scatter too much"
    return reasons


def _cross_validated(
    problem: Problem,
    unit: Float[np.ndarray, " constants"],
    members: list[Int[np.ndarray, " some"]],
    num_folds: int,
    rng: np.random.Generator,
) -> Vector:
    """Errors of each run under the constants that the other folds give."""
    left_out = np.zeros(len(problem.measured))
    shuffled = rng.permutation(len(members))
    for fold in range(num_folds):
        tested = np.concatenate([members[group] for group in shuffled[fold::num_folds]])
        trained = np.setdiff1d(np.arange(len(problem.measured)), tested)
        found = problem.solve(trained, unit)
        left_out[tested] = problem.errors(problem.values(found))[tested]
    return left_out


def _intervals(
    problem: Problem,
    unit: Float[np.ndarray, " constants"],
    members: list[Int[np.ndarray, " some"]],
    num_resamples: int,
    rng: np.random.Generator,
) -> tuple[Float[np.ndarray, " constants"], Float[np.ndarray, " constants"]]:
    """95 % intervals: groups are drawn anew, and each draw moves the fit by one Gauss-Newton step.

    The model is linear in its constants between its kinks, so that one step is almost a new fit. Few groups scatter
    less about a fit of their own than about the truth, by the square root of what the constants leave free.
    """
    errors, slopes = problem.linearise(unit)
    found = np.zeros((num_resamples, len(unit)))
    for index in range(num_resamples):
        drawn = rng.integers(len(members), size=len(members))
        rows = np.concatenate([members[group] for group in drawn])
        step: Any = optimize.lsq_linear(slopes[rows], -errors[rows], bounds=(-unit - 1e-9, 1 - unit + 1e-9))
        found[index] = step.x
    wider = np.sqrt(len(members) / (len(members) - len(unit)))
    low, high = np.quantile(found, [0.025, 0.975], axis=0) * wider
    return np.clip(unit + np.minimum(low, 0.0), 0.0, 1.0), np.clip(unit + np.maximum(high, 0.0), 0.0, 1.0)
