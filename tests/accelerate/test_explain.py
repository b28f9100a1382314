from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cosearch.accelerate import Problem, explain
from cosearch.accelerate.explain import round_outwards
from cosearch.design import Infeasible, Limit

REQUESTS = [
    ("fps>=40000", "dsp<=60"),
    ("fps>=3e4", "dsp<=50", "lut<=3000"),
    ("latency_seconds<=1e-5", "bram18<=40"),
    ("fps>=1e7",),
    ("dsp<=3", "lut<=500"),
]


def _loosened(limits: tuple[Limit, ...], metric: str, bound: float) -> list[Limit]:
    return [limit.model_copy(update={"limit": bound}) if limit.metric == metric else limit for limit in limits]


def _tighter(limit: Limit, by: float) -> float:
    return limit.limit * by if limit.op == ">=" else limit.limit / by


@pytest.mark.parametrize("seed", range(30))
def test_what_it_says_is_enough_is_enough_and_tight(
    seed: int, make_problem: Callable[..., Problem], oracle: Callable[[Problem], Any]
) -> None:
    problems = [make_problem(seed + 100 * k, 2, 20, REQUESTS[seed % 5], room=1.5) for k in range(1 + seed % 2)]

    def is_met(limits: list[Limit]) -> bool:
        return any(oracle(problem.with_limits(limits)) is not None for problem in problems)

    limits = problems[0].limits
    if is_met(list(limits)):
        pytest.skip("feasible")
    told = explain(problems)
    for relaxation in told.relaxations:
        metric, bound = relaxation.limit.metric, relaxation.sufficient
        if bound is None:
            without = [limit for limit in limits if limit.metric != metric]
            assert not is_met(without)
            continue
        assert is_met(_loosened(limits, metric, float(f"{bound:.4g}")))
        asked = relaxation.limit.model_copy(update={"limit": bound})
        assert not is_met(_loosened(limits, metric, _tighter(asked, 1.01)))
    assert told.joint_factor is not None
    assert is_met([limit.relaxed(float(f"{told.joint_factor:.4g}")) for limit in limits])
    assert not is_met([limit.relaxed(told.joint_factor / 1.01) for limit in limits])
    assert told.binding in {limit.metric for limit in limits}


def test_most_requests_here_are_infeasible(
    make_problem: Callable[..., Problem], oracle: Callable[[Problem], Any]
) -> None:
    met = [oracle(make_problem(seed, 2, 20, REQUESTS[seed % 5], room=1.5)) is not None for seed in range(30)]
    assert sum(met) < 10


def _told(problem: Problem) -> Infeasible:
    return explain([problem])


def test_names_the_limit_that_is_furthest(make_problem: Callable[..., Problem]) -> None:
    told = _told(make_problem(1, 2, 20, ("fps>=1e8", "dsp<=180"), room=2.0))
    assert told.binding == "fps"
    assert [relaxation.sufficient is None for relaxation in told.relaxations] == [False, True]
    assert told.reason.startswith(
        "no accelerator of the declared space keeps fps>=100000000, dsp<=180; with the other"
    )


def test_a_limit_that_is_not_enough_alone_binds(make_problem: Callable[..., Problem]) -> None:
    told = _told(make_problem(1, 2, 20, ("dsp<=1", "lut<=10"), room=2.0))
    assert [relaxation.sufficient for relaxation in told.relaxations] == [None, None]
    assert told.binding == "lut"
    assert told.joint_factor is not None
    assert told.reason.endswith("loosening lut alone is not enough")


def test_a_platform_that_is_too_small_is_named(make_problem: Callable[..., Problem]) -> None:
    problem = make_problem(1, 2, 20, ("fps>=10",))
    budget = problem.table.budget.copy()
    budget[1] = 3
    told = _told(replace(problem, table=replace(problem.table, budget=budget)))
    assert (told.binding, told.joint_factor) == ("platform bram18", None)
    assert [relaxation.sufficient for relaxation in told.relaxations] == [None]
    assert (
        "the budget of synthetic does not suffice: the smallest chunks take 20 bram18 together, 3 are allowed"
        in told.reason
    )


def test_a_limit_of_zero_cannot_be_loosened_by_a_factor(make_problem: Callable[..., Problem]) -> None:
    told = _told(make_problem(1, 2, 20, ("dsp<=0", "fps>=10"), room=2.0))
    assert (told.binding, told.joint_factor) == ("dsp", None)
    assert told.relaxations[0].sufficient is not None


@pytest.mark.parametrize("asked", ["energy_joules<=1e-320", "latency_seconds<=1e-320"])
def test_a_limit_that_no_finite_factor_loosens_enough(asked: str, make_problem: Callable[..., Problem]) -> None:
    told = _told(make_problem(1, 2, 20, (asked,), room=2.0))
    assert (told.binding, told.joint_factor) == (asked.split("<=", maxsplit=1)[0], None)
    assert told.relaxations[0].sufficient is not None


def test_a_large_factor_leaves_large_limits_finite(make_problem: Callable[..., Problem]) -> None:
    told = _told(make_problem(1, 2, 20, ("fps>=1e300", "energy_joules<=1e20"), room=2.0))
    reach = told.relaxations[0].sufficient
    assert reach is not None
    assert told.joint_factor == pytest.approx(1e300 / reach, rel=2e-3)


def test_a_feasible_request_is_not_explained(make_problem: Callable[..., Problem]) -> None:
    with pytest.raises(ValueError, match="proved infeasible"):
        explain([make_problem(1, 2, 20, ("fps>=1",), room=2.0)])
    with pytest.raises(ValueError, match="proved infeasible"):
        explain([])


@pytest.mark.parametrize(
    ("value", "up", "expected"),
    [
        (1.23449, True, 1.235),
        (1.23451, False, 1.234),
        (123449.0, True, 123500.0),
        (99995.0, True, 100000.0),
        (0.00012341, True, 0.0001235),
        (612.0, True, 612.0),
        (612.0, False, 612.0),
        (0.0, True, 0.0),
    ],
)
def test_rounds_outwards(value: float, up: bool, expected: float) -> None:
    assert round_outwards(value, up=up) == expected
    assert float(f"{expected:.4g}") == expected
