"""The front of latency and energy of a network over all arrays of a space."""

from dataclasses import dataclass

import numpy as np

from cosearch.accelerate.asic.front import beaten, front_rows
from cosearch.accelerate.asic.problem import ArrayProblem, Reached, share_of
from cosearch.accelerate.asic.solve import Candidate, OnArray, array_candidates, map_network
from cosearch.accelerate.asic.sums import Sums, all_sums
from cosearch.errors import MappingError
from cosearch.hardware import ArrayAccelerator, ArrayMapping


@dataclass(frozen=True, slots=True, eq=False)
class ArrayPoint:
    """One point of the front.

    Attributes:
        choices: Of the array's parameters, by name.
        mappings: By layer.
    """

    array: ArrayAccelerator
    choices: dict[str, int | float | bool | str]
    reached: Reached
    mappings: dict[str, ArrayMapping]


@dataclass(frozen=True, slots=True, eq=False)
class ArrayFront:
    """Latency and energy that no array of a space, with any mappings of it, beats in both.

    Attributes:
        points: By increasing latency.
        certified: Whether it is the whole front; where sums over layers are too many they are thinned out.
    """

    points: tuple[ArrayPoint, ...]
    certified: bool


def array_front(problem: ArrayProblem) -> ArrayFront:
    """The front of latency and energy within a problem's limits; its objective plays no part.

    Arrays that a bound shows to be beaten are not mapped.
    """
    seconds, joules = np.zeros(0), np.zeros(0)
    found: list[tuple[Candidate, OnArray, Sums, int]] = []
    is_whole = True
    for candidate in array_candidates(problem):
        floor = _floor(problem, candidate)
        if bool(beaten(np.array([floor[0]]), np.array([floor[1]]), seconds, joules)[0]):
            continue
        try:
            mapped = map_network(problem, candidate.array, problem.space.mappings(candidate.choices), whole=True)
        except MappingError:
            continue
        assert mapped is not None, "nothing is given that it could fail to improve on"
        sums = all_sums([share_of(*own) for own in zip(mapped.fronts, _times(problem), strict=True)])
        is_whole &= sums.is_whole
        places = [(candidate, mapped, sums, row) for row in _within(problem, candidate, sums)]
        own = [_metrics(problem, entry) for entry in places]
        all_seconds = np.concatenate([seconds, [metrics[0] for metrics in own]])
        all_joules = np.concatenate([joules, [metrics[1] for metrics in own]])
        kept = front_rows(all_seconds, all_joules)
        found = [[*found, *places][row] for row in kept]
        seconds, joules = all_seconds[kept], all_joules[kept]
    return ArrayFront(tuple(_point(problem, *entry) for entry in found), is_whole)


def _times(problem: ArrayProblem) -> list[int]:
    return [len(group) for group in problem.shapes().values()]


def _floor(problem: ArrayProblem, candidate: Candidate) -> tuple[float, float]:
    """Latency and energy that an array does not go below."""
    metrics = problem.metrics(candidate.array, candidate.cycles, candidate.joules)
    return metrics["latency_seconds"], metrics["energy_joules"]


def _within(problem: ArrayProblem, candidate: Candidate, sums: Sums) -> list[int]:
    """Rows that keep the limits."""
    pairs = zip(sums.cycles.tolist(), sums.joules.tolist(), strict=True)
    return [
        row
        for row, (cycles, joules) in enumerate(pairs)
        if problem.excess(problem.metrics(candidate.array, cycles, joules)) == 0
    ]


def _metrics(problem: ArrayProblem, entry: tuple[Candidate, OnArray, Sums, int]) -> tuple[float, float]:
    candidate, _, sums, row = entry
    metrics = problem.metrics(candidate.array, float(sums.cycles[row]), float(sums.joules[row]))
    return metrics["latency_seconds"], metrics["energy_joules"]


def _point(problem: ArrayProblem, candidate: Candidate, mapped: OnArray, sums: Sums, row: int) -> ArrayPoint:
    reached = problem.reached(candidate.array, sums.chosen(row), is_exact=sums.is_whole)
    chosen = OnArray(reached, mapped.fronts)
    return ArrayPoint(candidate.array, candidate.choices, reached, chosen.mappings(problem))
