from collections.abc import Callable
from dataclasses import replace

import pytest

from cosearch.accelerate import DesignTable, Problem
from cosearch.design import Limit, parse_limits
from cosearch.errors import HardwareError, RecipeError
from cosearch.workload import IMAGE, Layer, Workload


@pytest.mark.parametrize("metric", ["area_m2", "model_bits", "accuracy"])
def test_refuses_other_metrics_by_name(metric: str, make_problem: Callable[..., Problem]) -> None:
    message = rf"'{metric}' is no metric that the engines can bound.*; known: fps, latency_seconds, latency_loaded"
    with pytest.raises(RecipeError, match=message):
        replace(make_problem(0, 2, 5), objective=metric)
    with pytest.raises(RecipeError, match=message):
        make_problem(0, 2, 5).with_limits([Limit(metric=metric, op=">=" if metric == "accuracy" else "<=", limit=1)])


def test_refuses_a_metric_twice(make_problem: Callable[..., Problem]) -> None:
    with pytest.raises(RecipeError, match="dsp is bounded twice; keep one"):
        make_problem(0, 2, 5).with_limits(
            [Limit(metric="dsp", op="<=", limit=1), Limit(metric="dsp", op="<=", limit=2)]
        )


def test_refuses_the_latency_of_an_unknown_branching_network(make_problem: Callable[..., Problem]) -> None:
    problem = make_problem(0, 2, 5)
    branching = replace(problem, demand=replace(problem.demand, is_chain=False))
    with pytest.raises(RecipeError, match="latency_seconds of several chunks depends on which layer reads which"):
        branching.with_limits(parse_limits(["latency_seconds<=1"]))
    alone = make_problem(0, 1, 5)
    alone = replace(alone, demand=replace(alone.demand, is_chain=False))
    assert alone.with_limits(parse_limits(["latency_seconds<=1"])).has_latency


@pytest.mark.parametrize(
    ("text", "whole"),
    [("fps>=1000", 100_000), ("fps>=3", 33_333_333), ("latency_seconds<=1e-3", 100_000), ("dsp<=7.9", 7)],
)
def test_bounds_in_cycles_and_counts(text: str, whole: int, make_problem: Callable[..., Problem]) -> None:
    limit = parse_limits([text])[0]
    problem = make_problem(0, 1, 5)
    assert problem.whole_bound(limit) == whole
    assert limit.met_by(problem.metric(limit.metric, whole))
    assert not limit.met_by(problem.metric(limit.metric, whole + 1))


def test_a_user_cannot_loosen_the_platform(make_problem: Callable[..., Problem]) -> None:
    problem = make_problem(0, 1, 5, ("dsp<=1e6", "lut<=5"))
    assert problem.budgets.tolist() == [*problem.table.budget[:3], 5, problem.table.budget[4]]


def test_counts_layers_and_weights(lenet: Workload, lenet_table: DesignTable) -> None:
    demand = lenet_table.demand_of(lenet)
    assert demand.is_chain
    assert demand.counts.tolist() == [1.0] * 5
    assert demand.weights.tolist() == [6 * 25 + 16 * 6 + 120 * 16 * 25 + 10 * 120, 6 * 25]


def test_a_branch_is_seen(lenet: Workload, lenet_table: DesignTable) -> None:
    first = lenet.layers[0]
    twice = Workload(layers=(first, replace(first, name="again")))
    assert not lenet_table.demand_of(twice).is_chain


def test_refuses_a_shape_that_the_table_lacks(lenet_table: DesignTable) -> None:
    layer = Layer(
        name="odd", source=IMAGE, K=3, C=3, OY=3, OX=3, IY=3, IX=3, weight_bits=8, input_bits=8, output_bits=8
    )
    with pytest.raises(HardwareError, match="odd: the design table has no such shape; build it with this layer"):
        lenet_table.demand_of(Workload(layers=(layer,)))
