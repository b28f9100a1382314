"""The Pareto front of accelerators: every pair of two metrics that no accelerator of the space betters in both."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from cosearch.accelerate.askers import AbstractAsker, ProblemAsker, QuestionAsker
from cosearch.accelerate.boxes import Box, Boxes, Losses
from cosearch.accelerate.combine import Deadline
from cosearch.accelerate.declared import SeparableQuestion, rounded_sum
from cosearch.accelerate.engine import EngineResult
from cosearch.accelerate.problem import Problem
from cosearch.accelerate.question import Choice
from cosearch.errors import RecipeError

_NEVER = Deadline()


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontPoint:
    """One accelerator that none betters in both objectives, proved.

    Attributes:
        values: Of the two objectives, in their units.
        designs: Row of the design in each class of the table that is in use; none for a space of a user's own.
        choices: The chosen value of every parameter, by part, where a space was declared by a user.
    """

    values: tuple[float, float]
    designs: dict[int, int] = field(default_factory=dict[int, int])
    choices: dict[str, dict[str, Choice]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontGap:
    """Where more of the front may lie: between two neighbours of the list, strictly better than either in one metric.

    Attributes:
        first, second: Values of the neighbour that is better in the first objective, and of the other.
    """

    first: tuple[float, float]
    second: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParetoFront:
    """What is known of a front.

    Attributes:
        objectives: The two metrics.
        status: `infeasible` is proved; `not_found` means that time ran out before both ends were proved.
        points: From the best of the first objective to the best of the second, each pair of values once.
        gaps: What is not known, in the same order; none if the front is whole.
        is_whole: Whether the points are proved to be the whole front.
        reason: For an infeasible problem, what proves it.
    """

    objectives: tuple[str, str]
    status: Literal["feasible", "infeasible", "not_found"]
    points: tuple[FrontPoint, ...] = ()
    gaps: tuple[FrontGap, ...] = ()
    is_whole: bool = False
    reason: str = ""


def front(
    problem: Problem | SeparableQuestion,
    objectives: tuple[str, ...],
    *,
    points: int | None = None,
    deadline: Deadline = _NEVER,
) -> ParetoFront:
    """All values of two objectives that no accelerator of the declared space betters in both, one design each.

    A point takes two exact solutions: the best of one objective under a bound on the other, then the best of the
    other at that value, so that it is proved to be on the front. The next bound is the next number a float can hold,
    so that no point is missed and none found twice. The whole front is walked from the best of the first objective
    on; a number of points, or a deadline, has the widest stretch between two neighbours halved each time instead.

    Args:
        problem: The network, the table and the limits, or a separable space of your own; its objective does not
            matter.
        objectives: Two metrics.
        points: Stop with so many points, spread over both objectives; None for all.
        deadline: When to stop with what was proved.

    Raises:
        RecipeError: for other than two objectives, metrics the engine cannot handle, fewer than two points, or a sum
            of your own with fractions, which the engine rounds.
    Source: epsilon constraints, Haimes, Lasdon and Wismer, IEEE Trans. Syst. Man Cybern. 1 (1971); halving as in the
        balanced box method, Boland, Charkhgard and Savelsbergh, INFORMS J. Comput. 27 (2015).
    """
    if len(objectives) != 2 or objectives[0] == objectives[1]:
        raise RecipeError(
            f"a front of {', '.join(objectives) or 'nothing'}; give two different metrics, such as fps,dsp"
        )
    if points is not None and points < 2:
        raise RecipeError(f"a front of {points} points; ask for at least 2, its two ends")
    for name in objectives:  # refuses what the engine cannot handle
        if isinstance(problem, Problem):
            problem.with_limits(problem.limits, objective=name)
        else:
            replace(problem, objective=name)
    if isinstance(problem, SeparableQuestion) and (rounded := rounded_sum(problem, objectives)) is not None:
        raise _adds_up_fractions(rounded)
    asker = ProblemAsker(problem) if isinstance(problem, Problem) else QuestionAsker(problem)
    return _Walk(asker, objectives[0], objectives[1], points, deadline).run()


def _adds_up_fractions(metric: str) -> RecipeError:
    return RecipeError(
        f"{metric} adds up fractions, which the engine rounds, so its front cannot be told exactly; "
        "give it in whole units"
    )


class _UnprovedError(Exception):
    """Time ran out within a solution."""


class _Walk:
    """Finds points until nothing is open, there are enough, or time is up."""

    def __init__(self, asker: AbstractAsker, first: str, second: str, points: int | None, deadline: Deadline) -> None:
        self.objectives, self.wanted, self.deadline = (first, second), points, deadline
        self.is_spread = points is not None or deadline.at_seconds is not None
        self.asker = asker
        self.found: dict[Losses, FrontPoint] = {}
        self.reason = ""

    def run(self) -> ParetoFront:
        """The front."""
        try:
            ends = self._best(0, None), self._best(1, None)
        except _UnprovedError:
            return ParetoFront(objectives=self.objectives, status="not_found")
        if ends[0] is None or ends[1] is None:
            return ParetoFront(objectives=self.objectives, status="infeasible", reason=self.reason)
        boxes = Boxes(ends[0], ends[1])
        while not self._is_enough and (box := boxes.take()) is not None:
            try:
                for part in self._divided(box, boxes.longer_axis(box)):
                    boxes.put(part)
            except _UnprovedError:
                boxes.put(box)
                break
        gaps = [FrontGap(first=self.found[b.first].values, second=self.found[b.second].values) for b in boxes.rest()]
        return ParetoFront(
            objectives=self.objectives,
            status="feasible",
            points=tuple(self.found[losses] for losses in sorted(self.found)),
            gaps=tuple(gaps),
            is_whole=not gaps,
        )

    @property
    def _is_enough(self) -> bool:
        return self.wanted is not None and len(self.found) >= self.wanted

    def _divided(self, box: Box, longer_axis: int) -> list[Box]:
        """What is left open of a box once one more of its points is proved, or that it has none."""
        axis = longer_axis if self.is_spread else 1
        bound = box.middle(axis) if self.is_spread else box.below(axis)
        found = self._best(1 - axis, (axis, bound))
        assert found is not None  # the end of the box keeps the bound
        if found == box.end(1 - axis):  # which breaks the bound
            raise _adds_up_fractions(self.objectives[axis])
        if found != box.end(axis):
            return list(box.divided(found, axis, bound))
        if not self.is_spread:
            return []
        # That half is empty. The other half's point next to it, if there is one, is the best in this axis.
        found = self._best(axis, (1 - axis, box.below(1 - axis)))
        assert found is not None
        return [] if found == box.end(1 - axis) else [box.above(found, axis)]

    def _best(self, axis: int, bound: tuple[int, float] | None) -> Losses | None:
        """The point with the best of one objective, then of the other; None if there is none.

        Args:
            axis: Of the objective that counts first.
            bound: An axis, and the largest loss in it.
        """
        most = {} if bound is None else {self.objectives[bound[0]]: bound[1]}
        best = self._solved(axis, most)
        if best.status == "infeasible":
            self.reason = best.reason
            return None
        loss = self._loss(axis, best)
        known = [losses for losses in self.found if losses[axis] == loss]  # two points of a front differ in both
        if known:
            return known[0]
        best = self._solved(1 - axis, {**most, self.objectives[axis]: loss})
        if best.status == "infeasible":
            raise _adds_up_fractions(self.objectives[axis])
        other = self._loss(1 - axis, best)
        losses = (other, loss) if axis else (loss, other)
        self.found[losses] = FrontPoint(
            values=(abs(losses[0]), abs(losses[1])), designs=best.designs or {}, choices=best.choices
        )
        return losses

    def _solved(self, axis: int, most: Mapping[str, float]) -> EngineResult:
        """A proved answer for one objective."""
        if self.deadline.is_over:
            raise _UnprovedError
        result = self.asker.ask(self.objectives[axis], most, self.deadline)
        if not result.certified and result.status != "infeasible":
            raise _UnprovedError
        return result

    def _loss(self, axis: int, result: EngineResult) -> float:
        assert result.value is not None
        return -result.value if self.asker.is_negated(self.objectives[axis]) else result.value
