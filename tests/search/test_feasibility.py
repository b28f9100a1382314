import itertools

import pytest

from cosearch.accelerate import DesignTable, Problem, is_feasible, solve
from cosearch.design import Block, parse_limits
from cosearch.network import workload_of
from cosearch.search import load_recipe
from cosearch.search.build import Builder
from cosearch.search.columns import SpaceColumns
from cosearch.search.feasibility import judge_limits

RECIPE = load_recipe("digits", ["accelerator.allocation=kind_bits", "accelerator.widths=[4,8]"])


@pytest.fixture(scope="module")
def columns():
    return SpaceColumns(RECIPE.space)


@pytest.fixture(scope="module")
def table(columns):
    platform, clock_hertz = RECIPE.board()
    return DesignTable.build(columns.layers(), RECIPE.accelerator, platform, clock_hertz)


def _builder(table, limits):
    return Builder(
        table=table, platform=RECIPE.board()[0], space=RECIPE.space, objective="fps", limits=tuple(limits), seed=0
    )


@pytest.fixture(scope="module")
def workloads():
    """Every network of the space: 5 * 4 * 5 of them."""
    space = RECIPE.space
    options = [
        [
            Block(op=op, weight_bits=b, activation_bits=b)
            for op in space.legal_operators(i)
            if op != "skip"
            for b in space.bits
        ]
        + ([Block(op="skip")] if "skip" in space.legal_operators(i) else [])
        for i in range(space.num_blocks)
    ]
    return [workload_of(space, blocks) for blocks in itertools.product(*options)]


def _any_feasible(table, workloads, limits):
    return any(is_feasible(Problem.of(table, workload, "fps", limits)) for workload in workloads)


def _best_fps(table, workloads, limits):
    values = [solve(Problem.of(table, workload, "fps", limits)).value for workload in workloads]
    return table.clock_hertz / min(value for value in values if value is not None)


def test_the_witness_keeps_limits_that_only_the_cheapest_network_can_keep(columns, table, workloads):
    resources = parse_limits(["dsp<=48", "bram18<=60"])
    best = _best_fps(table, workloads, resources)
    limits = (*parse_limits([f"fps>={0.99 * best:.17g}"]), *resources)
    verdict = judge_limits(columns, _builder(table, limits))
    assert verdict.infeasible is None
    assert is_feasible(Problem.of(table, workload_of(RECIPE.space, verdict.witness), "fps", limits))


@pytest.mark.parametrize(
    "texts",
    [["fps>=1e9"], ["dsp<=1", "fps>=1e5"], ["fps>=40000", "dsp<=30", "bram18<=24"], ["latency_seconds<=1e-6"]],
)
def test_what_is_said_to_be_enough_is_enough_and_one_percent_less_is_not(columns, table, workloads, texts):
    """Held against every network of the space, not against the few that the proof looks at."""
    limits = parse_limits(texts)
    assert not _any_feasible(table, workloads, limits)
    answer = judge_limits(columns, _builder(table, limits)).infeasible
    assert answer.status == "infeasible"
    assert "not proved" not in answer.reason
    assert [relaxation.limit for relaxation in answer.relaxations] == list(limits)
    for relaxation in answer.relaxations:
        others = [limit for limit in limits if limit.metric != relaxation.limit.metric]
        if relaxation.sufficient is None:
            free = relaxation.limit.model_copy(update={"limit": 1e-9 if relaxation.limit.op == ">=" else 1e12})
            assert not _any_feasible(table, workloads, [*others, free])
        else:
            enough = relaxation.limit.model_copy(update={"limit": relaxation.sufficient})
            assert _any_feasible(table, workloads, [*others, enough])
            assert not _any_feasible(table, workloads, [*others, enough.relaxed(1 / 1.01)])
    factor = answer.joint_factor
    assert _any_feasible(table, workloads, [limit.relaxed(factor) for limit in limits])
    assert not _any_feasible(table, workloads, [limit.relaxed(factor / 1.01) for limit in limits])


def test_without_limits_anything_goes(columns, table):
    assert judge_limits(columns, _builder(table, ())).witness is not None
