"""What walks a front asks for one optimum at a time: of a network on a table, or of a space of a user's own."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import final

from cosearch.accelerate.combine import Deadline
from cosearch.accelerate.declared import SeparableQuestion
from cosearch.accelerate.engine import Budget, EngineResult
from cosearch.accelerate.exact import Exact
from cosearch.accelerate.problem import Problem
from cosearch.design import METRICS, Limit


class AbstractAsker(ABC):
    """One optimum after another, of metrics whose losses are better when they are less."""

    @abstractmethod
    def ask(self, objective: str, most: Mapping[str, float], deadline: Deadline) -> EngineResult:
        """The exact engine's answer.

        Args:
            objective: A metric.
            most: The largest loss of some metrics, beside the bounds of the space.
            deadline: When to stop.

        Raises:
            RecipeError: for a metric that the space cannot bound or optimise.
        """

    @abstractmethod
    def is_negated(self, metric: str) -> bool:
        """Whether a metric's loss is its value with the other sign: more of it is better."""


@final
class ProblemAsker(AbstractAsker):
    """Of a network on a table; what one answer has priced is there for the next."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.limits = {limit.metric: limit for limit in problem.limits}
        self.engine = Exact(builds=False)

    def ask(self, objective: str, most: Mapping[str, float], deadline: Deadline) -> EngineResult:
        """The proved designs, by rows of the table."""
        limits = dict(self.limits)
        for metric, loss in most.items():
            limit = Limit(metric=metric, op=">=" if self.is_negated(metric) else "<=", limit=abs(loss))
            own = self.limits.get(metric)
            limits[metric] = own if own is not None and limit.met_by(own.limit) else limit
        self.problem = self.problem.with_limits(tuple(limits.values()), objective=objective)
        return self.engine.run(self.problem, seed=0, budget=Budget(seconds=deadline.seconds_left))

    def is_negated(self, metric: str) -> bool:
        """True of fps."""
        return METRICS[metric].more_is_better


@final
class QuestionAsker(AbstractAsker):
    """Of a separable space of a user's own, whose metrics are all better when they are less."""

    def __init__(self, question: SeparableQuestion) -> None:
        self.question = question

    def ask(self, objective: str, most: Mapping[str, float], deadline: Deadline) -> EngineResult:
        """The proved choices."""
        bounds = dict(self.question.bounds)
        for metric, loss in most.items():
            bounds[metric] = min(loss, bounds.get(metric, loss))
        asked = replace(self.question, objective=objective, bounds=bounds)
        return Exact().run(asked, seed=0, budget=Budget(seconds=deadline.seconds_left))

    def is_negated(self, metric: str) -> bool:
        """Never."""
        return False
