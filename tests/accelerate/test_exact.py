import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cosearch.accelerate import Budget, Deadline, Exact, Problem, is_feasible, solve

LIMITS = [
    (),
    ("fps>=9000",),
    ("fps>=4000", "dsp<=120"),
    ("dsp<=80", "bram18<=120"),
    ("latency_seconds<=2e-4",),
    ("latency_seconds<=8e-4", "fps>=5000", "lut<=12000", "uram<=7"),
]


@pytest.mark.parametrize("seed", range(200))
def test_agrees_with_enumeration(
    seed: int, make_problem: Callable[..., Problem], oracle: Callable[[Problem], Any]
) -> None:
    classes = 1 + seed % 4
    designs = (60, 40, 16, 8)[classes - 1]
    limits = LIMITS[seed % len(LIMITS)]
    room = (0.7, 1.0, 1.6)[seed % 3]
    problem = make_problem(seed, classes, designs, limits, room=room)
    expected, result = oracle(problem), Exact().run(problem, seed=0, budget=Budget())
    assert is_feasible(problem) == (expected is not None)
    if expected is None:
        assert (result.status, result.value, result.designs) == ("infeasible", None, None)
        assert result.reason
    else:
        assert (result.status, result.certified, result.gap) == ("feasible", True, 0.0)
        assert result.value == result.bound == expected.value
        assert result.designs == expected.designs


@pytest.mark.parametrize("objective", ["dsp", "bram18", "uram", "lut", "latency_seconds"])
@pytest.mark.parametrize("seed", range(8))
def test_minimises_sums(
    seed: int, objective: str, make_problem: Callable[..., Problem], oracle: Callable[[Problem], Any]
) -> None:
    problem = make_problem(seed, 3, 16, ("fps>=4000",), objective=objective, room=1.5)
    expected, result = oracle(problem), Exact().run(problem, seed=0, budget=Budget())
    assert (result.value, result.designs) == ((expected.value, expected.designs) if expected else (None, None))
    if expected:
        assert (result.certified, result.bound, result.gap) == (True, expected.value, 0.0)


def test_an_optimum_of_nothing_has_its_bound(make_problem: Callable[..., Problem]) -> None:
    problem = make_problem(0, 2, 16, objective="uram", room=9.0)
    for entry in problem.table.classes:
        entry.resources[:, 2] = 0
    result = Exact().run(problem, seed=0, budget=Budget())
    assert (result.value, result.bound, result.gap, result.certified) == (0.0, 0.0, 0.0, True)


def test_some_instances_are_feasible_and_some_are_not(make_problem: Callable[..., Problem]) -> None:
    feasible = [
        is_feasible(make_problem(seed, 1 + seed % 4, 16, LIMITS[seed % len(LIMITS)], room=(0.7, 1.0, 1.6)[seed % 3]))
        for seed in range(60)
    ]
    assert 15 < sum(feasible) < 45


def test_a_small_budget_of_evaluations_is_kept_and_not_certified(make_problem: Callable[..., Problem]) -> None:
    problem = make_problem(1, 2, 40, room=2.0)
    whole = Exact().run(problem, seed=0, budget=Budget())
    part = Exact().run(problem, seed=0, budget=Budget(evaluations=30))
    assert whole.evaluations == 80
    assert part.evaluations == 30
    assert (part.status, part.certified, part.bound) == ("feasible", False, None)
    assert part.designs is not None
    assert max(part.designs.values()) < 15
    assert part.value is not None
    assert whole.value is not None
    assert part.value <= whole.value


def test_evaluations_are_those_of_designs_that_exist(make_problem: Callable[..., Problem]) -> None:
    problem = make_problem(1, 2, 40, room=2.0)
    first, second = problem.table.classes
    few = replace(first, designs=first.designs.take(np.arange(5)), cycles=first.cycles[:5])
    few = replace(few, resources=few.resources[:5], resident_bits=few.resident_bits[:5])
    problem = replace(problem, table=replace(problem.table, classes=(few, second)))
    assert Exact().run(problem, seed=0, budget=Budget(evaluations=30)).evaluations == 5 + 15


def test_time_that_is_over_proves_nothing(make_problem: Callable[..., Problem]) -> None:
    result = Exact().run(make_problem(1, 2, 40), seed=0, budget=Budget(seconds=1e-12))
    assert (result.status, result.certified, result.reason) == ("not_found", False, "")
    minimum = solve(make_problem(1, 2, 40), Deadline.after(1e-12))
    assert (minimum.choice, minimum.is_proved) == (None, False)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (("dsp<=1",), r"the smallest chunks take \d+ dsp together, 1 are allowed"),
        (("fps>=1e9",), "no standard chunk of 4 bits runs its layers within 0 cycles"),
        (("latency_seconds<=1e-7",), r"the smallest chunks take \d+ cycles of one image together, 10 are allowed"),
    ],
)
def test_says_what_proves_infeasibility(
    limits: tuple[str, ...], reason: str, make_problem: Callable[..., Problem]
) -> None:
    result = Exact().run(make_problem(1, 2, 40, limits), seed=0, budget=Budget())
    assert result.status == "infeasible"

    assert re.fullmatch(reason, result.reason), result.reason
