from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from cosearch.accelerate import Budget, Exact, Problem, Random
from cosearch.errors import RecipeError


def test_draws_uniformly_from_what_leaves_room(make_problem: Callable[..., Problem]) -> None:
    problem = make_problem(1, 1, 12, room=9.0, objective="dsp")
    entry = problem.table.classes[0]
    loose = replace(entry, cycles=np.asfortranarray(np.ones_like(entry.cycles)))
    loose.designs.resident[:] = 0
    problem = replace(problem, table=replace(problem.table, classes=(loose,)))
    drawn = [
        next(iter((Random().run(problem, seed=seed, budget=Budget(evaluations=1)).designs or {}).values()))
        for seed in range(600)
    ]
    counts = np.bincount(drawn, minlength=12)
    assert counts.min() > 25  # 50 expected, 3.7 standard deviations
    assert counts.max() < 80


def test_different_seeds_differ(make_problem: Callable[..., Problem]) -> None:
    problem = make_problem(2, 3, 30)
    results = [Random().run(problem, seed=seed, budget=Budget(evaluations=30)) for seed in range(5)]
    assert len({result.value for result in results}) > 1


def test_more_draws_come_closer_to_the_optimum(make_problem: Callable[..., Problem]) -> None:
    problem = make_problem(4, 2, 30)
    best = Exact().run(problem, seed=0, budget=Budget()).value
    few = Random().run(problem, seed=0, budget=Budget(evaluations=10)).value
    many = Random().run(problem, seed=0, budget=Budget(evaluations=6000)).value
    assert best is not None
    assert few is not None
    assert many is not None
    assert few < many
    assert 0.95 * best < many <= best


def test_only_draws_that_improve_are_history(make_problem: Callable[..., Problem]) -> None:
    history = Random().run(make_problem(4, 2, 30), seed=0, budget=Budget(evaluations=600)).history
    values = [entry.value for entry in history]
    assert len(values) > 1
    assert values == sorted(set(values))


def test_proves_that_nothing_fits(make_problem: Callable[..., Problem]) -> None:
    result = Random().run(make_problem(0, 2, 20, ("dsp<=0",)), seed=0, budget=Budget(evaluations=10))
    assert (result.status, result.evaluations) == ("infeasible", 0)
    assert "dsp together, 0 are allowed" in result.reason


def test_without_any_budget_it_would_not_end(make_problem: Callable[..., Problem]) -> None:
    with pytest.raises(RecipeError, match="give evaluations or seconds"):
        Random().run(make_problem(0, 2, 20), seed=0, budget=Budget())
