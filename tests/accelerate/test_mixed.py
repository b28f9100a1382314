from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cosearch.accelerate import (
    Budget,
    Deadline,
    Exact,
    Problem,
    Random,
    TableQuestion,
    explain,
    is_feasible,
    solve,
)
from cosearch.design import METRICS, Limit, parse_limits
from cosearch.errors import RecipeError

OBJECTIVES = ("energy_joules", "edp", "power_watts", "dram_bits", "fps", "dsp", "latency_seconds")


LIMITED = ((), ("energy_joules",), ("power_watts", "dsp"), ("energy_joules", "dram_bits"), ("edp",), ("fps", "edp"))


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("seed", range(18))
def test_agrees_with_enumeration(
    seed: int,
    objective: str,
    make_problem: Callable[..., Problem],
    oracle: Callable[[Problem], Any],
    all_built: Callable[[Problem], list[Any]],
) -> None:
    classes = 1 + seed % 3
    problem = make_problem(seed, classes, (40, 20, 9)[classes - 1], room=(0.9, 1.2, 1.6)[seed // 6])
    built, rng = all_built(problem), np.random.default_rng(seed)
    limits: list[Limit] = []
    for name in LIMITED[seed % 6] if built else ():
        op, share = (">=", rng.uniform(0.0, 0.6)) if name == "fps" else ("<=", rng.uniform(0.1, 0.7))
        bound = float(np.quantile([one.metrics[name] for one in built], share))
        bound *= 1 - 1e-9 if op == ">=" else 1 + 1e-9  # energies are in quanta: no bound at a value itself
        limits.append(Limit(metric=name, op=op, limit=bound))
    problem = problem.with_limits(limits, objective=objective)
    expected, result = oracle(problem), Exact().run(problem, seed=0, budget=Budget())
    assert is_feasible(problem) == (expected is not None)
    if expected is None:
        assert (result.status, result.value) == ("infeasible", None)
        assert result.reason
        return
    assert (result.status, result.certified, result.gap) == ("feasible", True, 0.0)
    assert result.value == pytest.approx(expected.value, rel=1e-11)
    assert result.bound == result.value
    chosen = next(one for one in built if one.designs == result.designs)
    assert all(limit.met_by(chosen.metrics[limit.metric] * (1 + 1e-12)) for limit in limits if limit.metric != "fps")
    assert chosen.metrics[objective] == pytest.approx(expected.value, rel=1e-11)
    if "edp" not in problem.asked and "power_watts" not in problem.asked:
        assert result.designs == expected.designs


def test_both_answers_occur(make_problem: Callable[..., Problem], oracle: Callable[[Problem], Any]) -> None:
    found = [
        is_feasible(make_problem(seed, 2, 16, (f"power_watts<={watts}",), room=1.5))
        for seed in range(4)
        for watts in (0.21, 5.0)
    ]
    assert 2 <= sum(found) <= 6


@pytest.mark.parametrize("metric", ["energy_joules", "edp", "power_watts"])
def test_a_limit_of_its_own_optimum_is_kept_and_less_is_not(
    metric: str, make_problem: Callable[..., Problem]
) -> None:
    best = Exact().run(make_problem(3, 2, 24, objective=metric, room=1.5), seed=0, budget=Budget())
    assert best.value is not None
    assert is_feasible(make_problem(3, 2, 24, (f"{metric}<={best.value!r}",), room=1.5))
    assert not is_feasible(make_problem(3, 2, 24, (f"{metric}<={best.value * (1 - 1e-9)!r}",), room=1.5))


def test_one_chunk_and_much_static_power(
    make_problem: Callable[..., Problem], oracle: Callable[[Problem], Any]
) -> None:
    problem = make_problem(5, 2, 24, objective="energy_joules", room=1.6)
    lazy = replace(problem, table=replace(problem.table, static_watts=500.0))
    assert solve(lazy).value != solve(problem).value
    result, expected = Exact().run(lazy, seed=0, budget=Budget()), oracle(lazy)
    assert expected is not None
    assert result.value == pytest.approx(expected.value, rel=1e-11)
    fastest = oracle(lazy.with_limits([], objective="fps"))
    assert fastest is not None
    assert result.designs == expected.designs


def test_time_that_is_over_proves_nothing(make_problem: Callable[..., Problem]) -> None:
    minimum = solve(make_problem(1, 2, 40, objective="edp"), Deadline.after(1e-12))
    assert (minimum.choice, minimum.is_proved) == (None, False)


@pytest.mark.parametrize("metric", ["energy_joules", "edp", "power_watts", "dram_bits"])
def test_explains_what_would_be_enough(
    metric: str, make_problem: Callable[..., Problem], oracle: Callable[[Problem], Any]
) -> None:
    least = oracle(make_problem(2, 2, 20, objective=metric, room=1.5))
    assert least is not None
    problem = make_problem(2, 2, 20, (f"{metric}<={least.value / 2!r}", "lut<=100000"), room=1.5)
    found = explain([problem])
    assert (found.binding, METRICS[metric].more_is_better) == (metric, False)
    sufficient = found.relaxations[0].sufficient
    assert sufficient is not None
    assert least.value <= sufficient <= 1.001 * least.value
    assert found.joint_factor == pytest.approx(2, rel=2e-3)


def test_no_bound_of_zero_energy(make_problem: Callable[..., Problem]) -> None:
    found = explain([make_problem(2, 2, 20, ("energy_joules<=0",), room=1.5)])
    assert found.joint_factor is None
    assert found.relaxations[0].sufficient is not None


def test_refuses_tables_that_dropped_designs_by_other_measures(make_problem: Callable[..., Problem]) -> None:
    problem = make_problem(0, 2, 8)
    pruned = replace(problem.table, is_pruned=True, minds_energy=False)
    message = r"so energy_joules cannot be bounded or optimised; build it with with_energy=True, or prune=False"
    with pytest.raises(RecipeError, match=message):
        replace(problem, table=pruned, objective="energy_joules")
    minding = replace(pruned, minds_energy=True)
    assert replace(problem, table=minding, objective="energy_joules").asked == ("energy_joules",)
    with pytest.raises(RecipeError, match=r"power_watts may be best on a design .*; build it with prune=False"):
        replace(problem, table=minding, objective="power_watts")


@pytest.mark.parametrize("objective", ["energy_joules", "edp", "power_watts", "dram_bits", "fps"])
def test_engines_that_sample_know_energy(
    objective: str, make_problem: Callable[..., Problem], all_built: Callable[[Problem], list[Any]]
) -> None:
    problem = make_problem(4, 2, 24, room=1.5)
    built = all_built(problem)
    bound = float(np.quantile([one.metrics["energy_joules"] for one in built], 0.2))
    problem = problem.with_limits(parse_limits([f"energy_joules<={bound!r}"]), objective=objective)
    exact = Exact().run(problem, seed=0, budget=Budget())
    found = Random().run(TableQuestion(problem), seed=1, budget=Budget(evaluations=48))
    assert found.value is not None
    chosen = next(one for one in built if one.designs == found.designs)
    assert found.value == pytest.approx(chosen.metrics[objective], rel=1e-11)
    assert chosen.metrics["energy_joules"] <= bound
    assert exact.value is not None
    assert found.value <= exact.value if objective == "fps" else found.value >= exact.value


def test_a_power_beyond_all_others_is_no_limit(make_problem: Callable[..., Problem]) -> None:
    free = solve(make_problem(1, 2, 20, (), room=2.0, objective="power_watts"))
    for bound in ("1e300", "1e308"):
        limited = make_problem(1, 2, 20, (f"power_watts<={bound}",), room=2.0, objective="power_watts")
        assert is_feasible(limited)
        assert solve(limited).value == free.value
        fastest = make_problem(1, 2, 20, (f"power_watts<={bound}",), room=2.0)
        assert solve(fastest).value == solve(make_problem(1, 2, 20, (), room=2.0)).value
