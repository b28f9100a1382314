"""The best array of a space for a network: branch and bound over arrays, layer by layer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cosearch.accelerate.asic.floor import least_cost
from cosearch.accelerate.asic.mappings import MappingFront, best_mappings
from cosearch.accelerate.asic.problem import ArrayProblem, Reached, share_of
from cosearch.accelerate.asic.space import MappingSpace
from cosearch.accelerate.asic.sums import Share, least_sum
from cosearch.accelerate.combine import Deadline
from cosearch.accelerate.engine import Budget, EngineResult, Progress
from cosearch.accelerate.question import Choice
from cosearch.cost.asic import area_m2, rates_of_array
from cosearch.errors import MappingError
from cosearch.hardware import ArrayAccelerator, ArrayMapping, Technology


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ArrayAnswer:
    """The best array.

    Attributes:
        result: As of every engine; an evaluation is an array whose layers were all mapped.
        array, mappings: None and empty unless feasible; mappings by layer.
        reached: Its metrics.
        mapped: Mappings that were priced.
    """

    result: EngineResult
    array: ArrayAccelerator | None = None
    mappings: dict[str, ArrayMapping]
    reached: Reached | None = None
    mapped: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class OnArray:
    """A network on one array, with the front of every shape."""

    reached: Reached
    fronts: tuple[MappingFront, ...]

    def mappings(self, problem: ArrayProblem) -> dict[str, ArrayMapping]:
        """The chosen mapping of every layer."""
        return {
            layer.name: front.points[point].mapping
            for layers, front, points in zip(
                problem.shapes().values(), self.fronts, self.reached.chosen.points, strict=True
            )
            for layer, point in zip(layers, points, strict=True)
        }


def map_network(
    problem: ArrayProblem,
    array: ArrayAccelerator,
    space: MappingSpace,
    beyond: float | None = None,
    *,
    whole: bool = False,
) -> OnArray | None:
    """The best mappings of a network on one array.

    Args:
        problem: The network, the objective and the limits.
        array: What it runs on.
        space: Mappings of each layer.
        beyond: A value that is reached already; None is returned once the array is known not to improve on it.
        whole: Whether layers' fronts are wanted whole, not only what the objective needs of them.

    Raises:
        MappingError: if a layer cannot run on the array.
    """
    groups = list(problem.shapes().values())
    rates = rates_of_array(array, problem.technology)
    floors = [least_cost(group[0], array, problem.technology) for group in groups]
    shares = [_single(floor, len(group)) for floor, group in zip(floors, groups, strict=True)]
    fronts: dict[int, MappingFront] = {}
    weights = [-len(group) * floor[0] * floor[1] for floor, group in zip(floors, groups, strict=True)]
    for place in np.argsort(weights, kind="stable"):
        if beyond is not None and not _improves(problem, problem.bound(array, shares), beyond):
            return None
        slopes = None if whole else problem.slopes(array, shares, beyond)
        fronts[int(place)] = best_mappings(groups[place][0], array, rates, space=space, slopes=slopes)
        shares[place] = share_of(fronts[int(place)], len(groups[place]))
    return OnArray(problem.choose(array, shares), tuple(fronts[place] for place in range(len(groups))))


def solve_arrays(problem: ArrayProblem, budget: Budget | None = None, *, beyond: float | None = None) -> ArrayAnswer:
    """The best array of a space, with a proof: arrays are left out only when a bound says so.

    Arrays come in the order of their bounds. An array that breaks a limit on area, or on which a layer cannot run,
    is no candidate.

    Args:
        problem: What is asked.
        budget: Arrays that may be mapped, and seconds; without one the optimum is certified.
        beyond: A value that is reached already; what is no better counts as not found.
    """
    budget = Budget() if budget is None else budget
    deadline, search = Deadline.after(budget.seconds), _Best(problem, beyond)
    candidates = array_candidates(problem)
    left = len(candidates)
    for candidate in candidates:
        if deadline.is_over or (budget.evaluations is not None and search.evaluations >= budget.evaluations):
            break
        left -= 1
        search.consider(candidate)
    is_proved = left == 0 or search.is_beaten(candidates[-left])
    return search.answer(is_proved, candidates[-left].bound if left else None, len(candidates))


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A valid array, and what none of its mappings goes beyond: a value of the objective, cycles, and joules."""

    choices: dict[str, Choice]
    array: ArrayAccelerator
    bound: float
    cycles: float
    joules: float


class _Best:
    """The best array so far."""

    def __init__(self, problem: ArrayProblem, beyond: float | None) -> None:
        self.problem, self.beyond = problem, beyond
        self.found: tuple[Candidate, OnArray] | None = None
        self.evaluations = self.mapped = self.refused = 0
        self.refusal: MappingError | None = None
        self.is_exact = True
        self.history: list[Progress] = []

    @property
    def value(self) -> float | None:
        """Of the objective, once it is known that it can be reached within the limits."""
        return self.beyond if self.found is None else self.found[1].reached.value

    def is_beaten(self, candidate: Candidate) -> bool:
        """Whether a bound says that an array is no better."""
        return self.value is not None and not _improves(self.problem, candidate.bound, self.value)

    def consider(self, candidate: Candidate) -> None:
        """Map the network on an array, unless or until it is known to be no better."""
        if self.is_beaten(candidate):
            return
        space = self.problem.space.mappings(candidate.choices)
        try:
            mapped = map_network(self.problem, candidate.array, space, self._start(candidate, space))
        except MappingError as error:
            self.refused, self.refusal = self.refused + 1, error
            return
        if mapped is None:
            return
        self.evaluations += 1
        self.mapped += sum(front.evaluations for front in mapped.fronts)
        self.is_exact &= mapped.reached.is_exact
        if mapped.reached.excess == 0 and (
            self.value is None or _improves(self.problem, mapped.reached.value, self.value)
        ):
            self.found = candidate, mapped
            self.history.append(Progress(self.evaluations, mapped.reached.value))

    def _start(self, candidate: Candidate, space: MappingSpace) -> float | None:
        """A value to improve on: the best so far, or at first a little more than one loop an axis reaches."""
        if self.value is not None or not self.problem.is_product:
            return self.value
        narrow = space.model_copy(update={"loops_per_axis": 1})
        mapped = map_network(self.problem, candidate.array, narrow)
        return None if mapped is None else mapped.reached.value * (1 + 1e-9)

    def answer(self, is_proved: bool, bound: float | None, num_candidates: int) -> ArrayAnswer:
        """What was found."""
        proved = is_proved and self.is_exact
        if self.found is None or self.value is None:
            status = "infeasible" if proved and self.beyond is None else "not_found"
            reason = "no array of the space runs all layers within the limits"
            if self.refusal is not None and self.refused == num_candidates:
                reason = f"no array of the space runs all layers: {self.refusal}"
            reason = reason if status == "infeasible" else ""
            empty = EngineResult(status=status, evaluations=self.evaluations, reason=reason)
            return ArrayAnswer(result=empty, mappings={}, mapped=self.mapped)
        candidate, mapped = self.found
        result = EngineResult(
            status="feasible",
            choices={"array": candidate.choices},
            value=self.value,
            bound=self.value if proved else bound if self.is_exact else None,
            certified=proved,
            evaluations=self.evaluations,
            history=tuple(self.history),
        )
        return ArrayAnswer(
            result=result,
            array=candidate.array,
            mappings=mapped.mappings(self.problem),
            reached=mapped.reached,
            mapped=self.mapped,
        )


def array_candidates(problem: ArrayProblem) -> list[Candidate]:
    """Valid arrays that keep the limits on area, the best bound first."""
    part, found = problem.space.part(), list[Candidate]()
    codes = part.codes(np.arange(part.num_designs))
    groups = list(problem.shapes().values())
    areas = [limit for limit in problem.limits if limit.metric == "area_m2"]
    for code in codes[part.valid(codes)]:
        choices = part.named(code)
        array = problem.space.array(choices)
        if not all(limit.met_by(_area(array, problem.technology)) for limit in areas):
            continue
        shares = [_single(least_cost(group[0], array, problem.technology), len(group)) for group in groups]
        cycles, joules = least_sum(shares, "cycles").cycles, least_sum(shares, "joules").joules
        found.append(Candidate(choices, array, problem.bound(array, shares), cycles, joules))
    return sorted(found, key=lambda each: -each.bound if problem.more_is_better else each.bound)


def _area(array: ArrayAccelerator, technology: Technology) -> float:
    return sum(area_m2(array, technology).values())


def _single(cost: Sequence[float], times: int) -> Share:
    return Share(np.array([float(cost[0])]), np.array([float(cost[1])]), times)


def _improves(problem: ArrayProblem, value: float, than: float) -> bool:
    return value > than if problem.more_is_better else value < than
