"""The contiguous rule on a small real network, held against the cost model."""

import pytest

from cosearch.accelerate import (
    AcceleratorSpace,
    Budget,
    CapacityChoices,
    ChunkSpace,
    Deadline,
    DesignTable,
    Exact,
    Problem,
    solve_contiguous,
)
from cosearch.cost import evaluate
from cosearch.design import parse_limits
from cosearch.errors import RecipeError
from cosearch.hardware import load_platform
from cosearch.workload import Workload


@pytest.fixture(scope="module")
def single_table(lenet: Workload) -> DesignTable:
    chunk = ChunkSpace(
        lanes=(4, 8, 16),
        reductions=(1, 4),
        capacity_bits=CapacityChoices(I=(8_192, 65_536), W=(65_536,), O=(65_536,)),
        read_slots=(4, 8, 16),
        write_slots=(4,),
    )
    space = AcceleratorSpace(allocation="single", widths=(8,), chunk=chunk)
    return DesignTable.build(lenet.layers, space, load_platform("zc706"), 2e8)


def test_the_accelerator_runs_as_fast_as_certified(lenet: Workload, single_table: DesignTable) -> None:
    problem = Problem.of(single_table, lenet)
    one = solve_contiguous(problem, 1, Deadline())
    three = solve_contiguous(problem, 3, Deadline())
    assert one.certified
    assert three.certified
    assert three.gap == 0
    assert one.value == Exact().run(problem, seed=0, budget=Budget()).value
    assert one.value is not None
    assert three.value is not None
    assert three.value > 1.5 * one.value
    assert three.accelerator is not None
    assert evaluate(lenet, three.accelerator, load_platform("zc706")).fps == pytest.approx(three.value, rel=1e-12)
    names = [program.name for chunk in three.accelerator.chunks for program in chunk.layers]
    assert names == [layer.name for layer in lenet.layers]


def test_limits_hold(lenet: Workload, single_table: DesignTable) -> None:
    free = solve_contiguous(Problem.of(single_table, lenet), 4, Deadline())
    bound = solve_contiguous(Problem.of(single_table, lenet, limits=parse_limits(["dsp<=24"])), 4, Deadline())
    assert bound.accelerator is not None
    assert free.value is not None
    assert bound.value is not None
    assert evaluate(lenet, bound.accelerator, load_platform("zc706")).dsp <= 24
    assert bound.value < free.value
    none = solve_contiguous(Problem.of(single_table, lenet, limits=parse_limits(["dsp<=0"])), 4, Deadline())
    assert none.status == "infeasible"
    assert none.reason == "no cut into at most 4 runs keeps the budgets"
    fast = solve_contiguous(Problem.of(single_table, lenet, limits=parse_limits(["fps>=1e7"])), 4, Deadline())
    assert fast.status == "infeasible"
    assert "keeps 20 cycles, the least is" in fast.reason


def test_what_is_not_handled_is_refused(lenet: Workload, single_table: DesignTable, lenet_table: DesignTable) -> None:
    with pytest.raises(RecipeError, match="take that objective and do not bound latency"):
        solve_contiguous(Problem.of(single_table, lenet, "dsp"), 2, Deadline())
    with pytest.raises(RecipeError, match="this one's allocation is kind; build it with single"):
        solve_contiguous(Problem.of(lenet_table, lenet), 2, Deadline())
    demand = single_table.demand_of(lenet)
    with pytest.raises(RecipeError, match="give the problem its workload"):
        solve_contiguous(Problem(table=single_table, demand=demand), 2, Deadline())
