"""Why a request cannot be met, and the least that would have to give."""

import math
from collections.abc import Sequence

import numpy as np

from cosearch.accelerate.arrays import RESOURCES
from cosearch.accelerate.combine import Choice, Deadline
from cosearch.accelerate.exact import any_choice, explain_proof, is_feasible, solve
from cosearch.accelerate.measures import Measures
from cosearch.accelerate.optimum import choose_within
from cosearch.accelerate.problem import Problem
from cosearch.design import METRICS, Infeasible, Limit, Relaxation

_DIGITS = 4
_RELATIVE = 1e-6


def explain(problems: Sequence[Problem]) -> Infeasible:
    """What binds a request that no accelerator meets, and what would be enough.

    Bounds and the factor are exact minima over the declared space, rounded outwards to four significant digits: with
    them the request is feasible, and 1 % tighter it is not. The platform's budget is never loosened.

    Args:
        problems: Alternative networks under the same limits, any of which would do.

    Raises:
        ValueError: if there is no problem, or one of them is feasible.
    """
    if not problems or any(is_feasible(problem) for problem in problems):
        raise ValueError("only a request that was proved infeasible can be explained")
    relaxations = tuple(_relaxation(problems, limit) for limit in problems[0].limits)
    bare = [problem.with_limits([], objective="fps") for problem in problems]
    is_buildable = any(is_feasible(problem) for problem in bare)
    binding, reason = _furthest(problems, relaxations) if is_buildable else _platform(bare)
    return Infeasible(
        status="infeasible",
        binding=binding,
        relaxations=relaxations,
        joint_factor=_joint_factor(problems),
        reason=reason,
    )


def _relaxation(problems: Sequence[Problem], limit: Limit) -> Relaxation:
    """The tightest bound of one metric that is enough while the other limits stay."""
    others = [other for other in problems[0].limits if other.metric != limit.metric]
    return Relaxation(limit=limit, sufficient=_best(problems, limit.metric, others))


def _best(problems: Sequence[Problem], metric: str, limits: Sequence[Limit]) -> float | None:
    """The best value of a metric that some problem reaches under limits, rounded to the worse; None if none does."""
    minima = [solve(problem.with_limits(limits, objective=metric)).value for problem in problems]
    reached = [minimum for minimum in minima if minimum is not None]
    if not reached:
        return None
    return round_outwards(problems[0].metric(metric, min(reached)), up=not METRICS[metric].more_is_better)


def _joint_factor(problems: Sequence[Problem]) -> float | None:
    """The least factor by which all limits must be loosened for some problem; bisection on its logarithm."""
    best: float | None = None
    for problem in problems:
        factor = _reachable_factor(problem) if best is None else math.exp(best - _RELATIVE)
        if factor is None or not is_feasible(_loosened(problem, factor)):
            continue  # no better than the problems before
        low, best = 0.0, math.log(factor)
        while best - low > _RELATIVE:
            middle = (low + best) / 2
            if is_feasible(_loosened(problem, math.exp(middle))):
                best = middle
            else:
                low = middle
    return None if best is None else round_outwards(math.exp(best), up=True)


def _reachable_factor(problem: Problem) -> float | None:
    """A factor that is enough: what some accelerator within the platform's budget needs; None if not a finite one."""
    rigid = problem.with_limits([limit for limit in problem.limits if limit.limit == 0])
    choice = any_choice(rigid)
    if choice is None:
        return None
    factor = 1 + _RELATIVE
    while not _keeps(_loosened(problem, factor), choice):
        factor *= 2
        if math.isinf(factor):
            return None
    return factor


def _keeps(problem: Problem, choice: Choice) -> bool:
    """Whether a choice keeps all of a problem's limits."""
    measures = Measures(problem, problem.fronts)
    return measures.keeps(measures.limits(), choice)


def _loosened(problem: Problem, factor: float) -> Problem:
    return problem.with_limits([limit.relaxed(factor) for limit in problem.limits])


def _furthest(problems: Sequence[Problem], relaxations: Sequence[Relaxation]) -> tuple[str, str]:
    """The limit furthest from what can be reached, and a sentence about it.

    Limits that are enough alone come first. Where there is none, each is held against what is reached if it is the
    only one.
    """
    distances: list[tuple[bool, float]] = []
    for relaxation in relaxations:
        limit, reach = relaxation.limit, relaxation.sufficient
        alone = _best(problems, limit.metric, []) if reach is None else reach
        distances.append((reach is not None, _distance(limit, alone)))
    place = max(range(len(distances)), key=lambda index: distances[index])
    limit, reach = relaxations[place].limit, relaxations[place].sufficient
    asked = ", ".join(str(relaxation.limit) for relaxation in relaxations)
    which = "" if len(problems) == 1 else f" for any of {len(problems)} networks"
    told = (
        f"with the other limits kept, {limit.metric} reaches {reach:g}"
        if reach is not None
        else f"loosening {limit.metric} alone is not enough"
    )
    return limit.metric, f"no accelerator of the declared space keeps {asked}{which}; {told}"


def _distance(limit: Limit, reach: float | None) -> float:
    """The factor between a limit and what is reached."""
    if reach is None or limit.limit == 0 or reach == 0:
        return math.inf
    return limit.limit / reach if limit.op == ">=" else reach / limit.limit


def _platform(bare: Sequence[Problem]) -> tuple[str, str]:
    """The resource of the platform that rules all networks out even without a limit, if it is one alone."""
    reason = f"the budget of {bare[0].table.platform} does not suffice: {explain_proof(bare[0])}"
    for column, name in enumerate(RESOURCES):
        if any(_fits_without(problem, column) for problem in bare):
            return f"platform {name}", reason
    return "platform", reason


def _fits_without(problem: Problem, column: int) -> bool:
    budgets = problem.budgets.copy()
    budgets[column] = np.iinfo(np.int64).max // 2
    return choose_within(problem.fronts, budgets, None, Deadline()) is not None


def round_outwards(value: float, *, up: bool) -> float:
    """A value at four significant digits, never below it (`up`) or never above it."""
    if value == 0:
        return 0.0
    exponent = _DIGITS - 1 - math.floor(math.log10(abs(value)))
    rounded = float(f"{value:.{_DIGITS - 1}e}")
    if (rounded < value) if up else (rounded > value):
        step = 1 if up else -1
        rounded = float(f"{round(rounded * 10.0**exponent) + step}e{-exponent}")
    return rounded
