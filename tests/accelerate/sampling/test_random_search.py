from collections.abc import Callable

import numpy as np
import pytest

from cosearch.accelerate import Budget, Exact, Parameter, Part, PricedPart, Problem, Random, SeparableQuestion
from cosearch.errors import RecipeError


def _one_part(values: np.ndarray) -> SeparableQuestion:
    part = Part(name="chunk", parameters=(Parameter(name="design", choices=tuple(range(len(values)))),))
    return SeparableQuestion(
        priced_parts=(PricedPart(part=part, cost=lambda columns: {"cycles": values[columns["design"]]}),),
        combine={"cycles": "max"},
        objective="cycles",
    )


def test_draws_uniformly_from_what_is_valid() -> None:
    part = Part(
        name="chunk",
        parameters=(Parameter(name="a", choices=tuple(range(6))), Parameter(name="b", choices=tuple(range(4)))),
        rule=lambda columns: columns["a"] >= 2 * columns["b"],
    )
    question = SeparableQuestion(
        priced_parts=(PricedPart(part=part, cost=lambda columns: {"cycles": 1 + columns["a"]}),),
        combine={"cycles": "max"},
        objective="cycles",
    )
    drawn = [Random().run(question, seed=seed, budget=Budget(evaluations=1)).choices for seed in range(600)]
    pairs = [(choice["chunk"]["a"], choice["chunk"]["b"]) for choice in drawn if choice]
    counts = {pair: pairs.count(pair) for pair in set(pairs)}
    assert len(counts) == 6 + 4 + 2  # of 24
    assert min(counts.values()) > 25  # 50 expected, 3.7 standard deviations
    assert max(counts.values()) < 80


def test_different_seeds_differ() -> None:
    question = _one_part(np.arange(1000) + 1.0)
    results = [Random().run(question, seed=seed, budget=Budget(evaluations=5)) for seed in range(5)]
    assert len({result.value for result in results}) > 1


def test_more_draws_come_closer_to_the_optimum(make_problem: Callable[..., Problem]) -> None:
    problem = make_problem(4, 2, 30)
    best = Exact().run(problem, seed=0, budget=Budget()).value
    few = Random().run(problem, seed=0, budget=Budget(evaluations=10)).value
    many = Random(assembles=True).run(problem, seed=0, budget=Budget(evaluations=6000)).value
    assert best is not None
    assert few is not None
    assert many is not None
    assert few < many
    assert 0.95 * best < many <= best


def test_only_draws_that_improve_are_history() -> None:
    history = Random().run(_one_part(np.arange(5000) + 1.0), seed=0, budget=Budget(evaluations=600)).history
    values = [entry.value for entry in history]
    assert len(values) > 1
    assert values == sorted(set(values), reverse=True)


def test_without_any_budget_it_would_not_end(make_problem: Callable[..., Problem]) -> None:
    with pytest.raises(RecipeError, match="give evaluations or seconds"):
        Random().run(make_problem(0, 2, 20), seed=0, budget=Budget())
