"""What a little more or less of a resource would change: shadow prices, each checked by solving again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cosearch.accelerate.arrays import RESOURCES, IntArray
from cosearch.accelerate.exact import solve
from cosearch.accelerate.problem import Problem
from cosearch.accelerate.space import SHAPE_RULES, AcceleratorSpace
from cosearch.accelerate.table import DesignTable
from cosearch.design import Limit
from cosearch.errors import RecipeError
from cosearch.hardware import Platform
from cosearch.workload import Workload

STEP = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowPrice:
    """The optimum with a tenth, and at least one, less or more of one resource.

    Attributes:
        resource: One of `RESOURCES`.
        budget: What the platform and the limits leave.
        less, more: The objective's optimum then, in its unit; None where nothing keeps the limits.
        at: The optimum as it is.
    """

    resource: str
    budget: int
    less: float | None
    at: float
    more: float | None

    @property
    def is_binding(self) -> bool:
        """Whether the optimum moves either way."""
        return self.less != self.at or self.more != self.at


def shadow_prices(
    workload: Workload,
    platform: Platform,
    space: AcceleratorSpace,
    *,
    clock_hertz: float,
    objective: str = "fps",
    limits: Sequence[Limit] = (),
) -> tuple[ShadowPrice, ...]:
    """Of every resource of which there is any, by re-solving.

    Prices of the linear relaxation are about mixtures of designs, and designs come whole: a little more of a resource
    may buy nothing, or a great deal.

    Args:
        workload: The network.
        platform: What it is built on.
        space: Its allocation is one that a layer's shape decides.
        clock_hertz: The accelerator clock.
        objective: One of `PROBLEM_METRICS`.
        limits: Bounds a user set.

    Raises:
        RecipeError: for another allocation, or if nothing keeps the limits as they are.
    """
    if space.allocation not in SHAPE_RULES:
        raise RecipeError(
            f"shadow prices need an allocation that a layer's shape decides, {space.allocation} does not; take one "
            f"of {', '.join(SHAPE_RULES)}"
        )
    # Designs that need a little more than there is must be in the table to be found when there is more.
    roomy = platform.model_copy(update={"usable_fraction": min(1.0, platform.usable_fraction * (1 + 1.5 * STEP))})
    wide = DesignTable.build(workload.layers, space, roomy, clock_hertz, prune=False)
    tight = platform.budget()
    budget = np.array([tight.get(name, wide.port.total_slots) for name in RESOURCES], np.int64)
    problem = Problem.of(replace(wide, budget=budget), workload, objective, limits)
    at = _value(problem, problem.budgets)
    if at is None:
        raise RecipeError("no accelerator of the declared space keeps the limits; loosen them first")
    prices: list[ShadowPrice] = []
    for column, name in enumerate(RESOURCES):
        step = max(1, round(STEP * int(problem.budgets[column])))
        if problem.budgets[column] == 0:
            continue
        less, more = (_value(problem, _changed(problem.budgets, column, by)) for by in (-step, step))
        bound = int(problem.budgets[column])
        prices.append(ShadowPrice(resource=name, budget=bound, less=less, at=at, more=more))
    return tuple(prices)


def _changed(budgets: IntArray, column: int, by: int) -> IntArray:
    changed = budgets.copy()
    changed[column] += by
    return changed


def _value(problem: Problem, budgets: IntArray) -> float | None:
    """The optimum under budgets of one's own, in the objective's unit."""
    asked = replace(problem)
    for name in ("used", "cycles", "rows", "fronts"):  # what was priced stays priced
        if name in problem.__dict__:
            asked.__dict__[name] = problem.__dict__[name]
    asked.__dict__["budgets"] = budgets
    found = solve(asked).value
    return None if found is None else problem.metric(problem.objective, found)
