import re
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cosearch.design import METRICS, Limit, LimitResult, parse_limits
from cosearch.errors import RecipeError

NUMBERS = st.floats(0, 1e30, allow_subnormal=False)
METRIC_NAMES = st.sampled_from(sorted(METRICS))


def limit_of(metric: str, bound: float) -> Limit:
    return Limit(metric=metric, op=">=" if METRICS[metric].more_is_better else "<=", limit=bound)


def test_limits_are_parsed_in_order() -> None:
    limits = parse_limits(["fps>=200", " dsp <= 140 ", "latency_seconds<=2.5e-3"])
    assert [(limit.metric, limit.op, limit.limit) for limit in limits] == [
        ("fps", ">=", 200),
        ("dsp", "<=", 140),
        ("latency_seconds", "<=", 0.0025),
    ]
    assert parse_limits([]) == ()


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["fps=200"], "limit 'fps=200' is not of the form METRIC>=NUMBER or METRIC<=NUMBER, such as fps>=200"),
        (["fps>200"], "limit 'fps>200' is not of the form METRIC>=NUMBER or METRIC<=NUMBER, such as fps>=200"),
        (["fps>=many"], "limit 'fps>=many' is not of the form METRIC>=NUMBER or METRIC<=NUMBER, such as fps>=200"),
        (["dsps<=1"], f"limit 'dsps<=1': 'dsps' cannot be bounded; known: {', '.join(METRICS)}"),
        (["fps<=200"], "limit 'fps<=200': fps is bounded with >="),
        (["dsp>=140"], "limit 'dsp>=140': dsp is bounded with <="),
        (["dsp<=1e"], "limit 'dsp<=1e': '1e' is not a number"),
        (["dsp<=-1"], "limit 'dsp<=-1': the bound must be finite and not negative"),
        (["dsp<=1e999"], "limit 'dsp<=1e999': the bound must be finite and not negative"),
        (["dsp<=1", "fps>=2", "dsp<=3"], "limit 'dsp<=3': dsp is bounded twice; keep one"),
    ],
)
def test_a_wrong_limit_is_refused(texts: list[str], message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        parse_limits(texts)
    assert str(caught.value) == message


def test_a_metric_that_does_not_exist_here_is_refused() -> None:
    with pytest.raises(RecipeError) as caught:
        parse_limits(["uram<=3"], known=frozenset({"dsp", "fps"}))
    assert str(caught.value) == "limit 'uram<=3': 'uram' cannot be bounded; known: fps, dsp"


@settings(deadline=None)
@given(METRIC_NAMES, NUMBERS)
def test_a_limit_is_read_back_as_it_was_written(metric: str, bound: float) -> None:
    limit = limit_of(metric, bound)
    assert parse_limits([str(limit)]) == (limit,)


@pytest.mark.parametrize(
    ("bound", "text"), [(200.0, "200"), (0.0025, "0.0025"), (1234567.0, "1234567"), (1e22, "1e+22")]
)
def test_a_limit_is_written_short(bound: float, text: str) -> None:
    assert str(limit_of("dsp", bound)) == f"dsp<={text}"


@settings(deadline=None)
@given(METRIC_NAMES, NUMBERS, NUMBERS)
def test_the_sign_of_the_slack_says_whether_a_limit_is_met(metric: str, bound: float, value: float) -> None:
    result = limit_of(metric, bound).judge(value)
    assert result.met == (result.slack >= 0)


@settings(deadline=None)
@given(METRIC_NAMES, st.floats(1e-9, 1e9), st.sampled_from([1 - 2**-53, 1 - 1e-12, 1.0, 1 + 2**-52, 1 + 1e-12]))
def test_the_sign_of_the_slack_is_exact_next_to_the_limit(metric: str, bound: float, nearby: float) -> None:
    result = limit_of(metric, bound).judge(bound * nearby)
    assert result.met == (result.slack >= 0)


@settings(deadline=None)
@given(METRIC_NAMES, NUMBERS, NUMBERS, st.floats(1, 1e6))
def test_a_relaxed_limit_is_met_whenever_the_original_is(
    metric: str, bound: float, value: float, factor: float
) -> None:
    limit = limit_of(metric, bound)
    assert limit.relaxed(factor).met_by(value) or not limit.met_by(value)


def test_relaxing_loosens_in_the_direction_of_the_limit() -> None:
    assert limit_of("fps", 200).relaxed(2).limit == 100
    assert limit_of("dsp", 200).relaxed(2).limit == 400


def test_slack_is_a_fraction_of_the_limit() -> None:
    assert limit_of("fps", 200).judge(250).slack == 0.25
    assert limit_of("dsp", 200).judge(150).slack == 0.25
    assert limit_of("dsp", 200).judge(250).slack == -0.25
    assert limit_of("dsp", 0).judge(3).slack == -1
    assert limit_of("dsp", 0).judge(0).slack == 0


def test_equality_meets_a_limit() -> None:
    assert limit_of("fps", 200).judge(200) == LimitResult(metric="fps", op=">=", limit=200, value=200, met=True)
    assert limit_of("dsp", 200).met_by(200)


def test_more_is_better_for_speed_and_accuracy_only() -> None:
    assert {metric.name for metric in METRICS.values() if metric.more_is_better} == {"fps", "accuracy"}
    assert all(name == metric.name for name, metric in METRICS.items())


@pytest.mark.parametrize(
    ("metric", "op", "bound", "message"),
    [
        ("dsp", ">=", 1, "dsp is bounded with <="),
        ("fps", "<=", 1, "fps is bounded with >="),
        ("dsp", "<=", -1, "dsp<=-1: the bound must be finite and not negative"),
        ("dsp", "<=", float("nan"), "Input should be a finite number"),
        ("fps", ">=", float("inf"), "Input should be a finite number"),
        ("dsps", "<=", 1, "'dsps' cannot be bounded; known: fps,"),
    ],
)
def test_a_wrong_limit_cannot_be_built(metric: str, op: Literal[">=", "<="], bound: float, message: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(message)):
        Limit(metric=metric, op=op, limit=bound)
    with pytest.raises(ValidationError, match=re.escape(message)):
        LimitResult(metric=metric, op=op, limit=bound, value=1, met=True)
