"""The contiguous rule on a small real network, held against the cost model."""

import pytest

from cosearch.accelerate import (
    AcceleratorSpace,
    Budget,
    CapacityChoices,
    ChunkSpace,
    Deadline,
    DesignPool,
    DesignTable,
    Exact,
    Problem,
    solve_contiguous,
)
from cosearch.cost import evaluate
from cosearch.design import parse_limits
from cosearch.errors import RecipeError
from cosearch.hardware import load_platform
from cosearch.workload import Workload, with_bits


@pytest.fixture(scope="module")
def space() -> AcceleratorSpace:
    chunk = ChunkSpace(
        lanes=(4, 8, 16),
        reductions=(1, 4),
        capacity_bits=CapacityChoices(I=(8_192, 65_536), W=(65_536,), O=(65_536,)),
        read_slots=(4, 8, 16),
        write_slots=(4,),
    )
    return AcceleratorSpace(allocation="single", widths=(4, 8), chunk=chunk)


@pytest.fixture(scope="module")
def pool(lenet: Workload, space: AcceleratorSpace) -> DesignPool:
    return DesignPool.build(lenet, space, load_platform("zc706"), 2e8)


def test_the_accelerator_runs_as_fast_as_certified(
    lenet: Workload, pool: DesignPool, space: AcceleratorSpace
) -> None:
    one = solve_contiguous(pool, max_chunks=1, deadline=Deadline())
    three = solve_contiguous(pool, max_chunks=3, deadline=Deadline())
    assert one.certified
    assert three.certified
    assert three.gap == 0
    table = DesignTable.build(lenet.layers, space, load_platform("zc706"), 2e8)
    assert one.value == Exact().run(Problem.of(table, lenet), seed=0, budget=Budget()).value
    assert one.value is not None
    assert three.value is not None
    assert three.value > 1.5 * one.value
    assert three.accelerator is not None
    assert evaluate(lenet, three.accelerator, load_platform("zc706")).fps == pytest.approx(three.value, rel=1e-12)
    names = [program.name for chunk in three.accelerator.chunks for program in chunk.layers]
    assert names == [layer.name for layer in lenet.layers]


def test_a_run_is_as_wide_as_its_widest_layer(lenet: Workload, space: AcceleratorSpace) -> None:
    names = [layer.name for layer in lenet.layers]
    narrow = with_bits(lenet, {name: 8 if name in (names[0], names[-1]) else 4 for name in names})
    mixed = DesignPool.build(narrow, space, load_platform("zc706"), 2e8)
    assert [entry.chunk_class.width_bits for entry in mixed.classes] == [4, 8]
    found = solve_contiguous(mixed, limits=parse_limits(["dsp<=80"]), max_chunks=5, deadline=Deadline())
    wide = DesignPool.build(narrow, space.model_copy(update={"widths": (8,)}), load_platform("zc706"), 2e8)
    slower = solve_contiguous(wide, limits=parse_limits(["dsp<=80"]), max_chunks=5, deadline=Deadline())
    assert found.value is not None
    assert slower.value is not None
    assert found.value >= slower.value
    assert found.accelerator is not None
    layers = {layer.name: layer for layer in narrow.layers}
    for chunk in found.accelerator.chunks:
        own = [layers[program.name] for program in chunk.layers]
        assert chunk.weight_bits >= max(layer.weight_bits for layer in own)
    assert evaluate(narrow, found.accelerator, load_platform("zc706")).fps == pytest.approx(found.value, rel=1e-12)


def test_limits_hold(lenet: Workload, pool: DesignPool) -> None:
    free = solve_contiguous(pool, max_chunks=4, deadline=Deadline())
    bound = solve_contiguous(pool, limits=parse_limits(["dsp<=24"]), max_chunks=4, deadline=Deadline())
    assert bound.accelerator is not None
    assert free.value is not None
    assert bound.value is not None
    assert evaluate(lenet, bound.accelerator, load_platform("zc706")).dsp <= 24
    assert bound.value < free.value
    none = solve_contiguous(pool, limits=parse_limits(["dsp<=0"]), max_chunks=4, deadline=Deadline())
    assert none.status == "infeasible"
    assert none.reason == "no cut into at most 4 runs keeps the budgets"
    fast = solve_contiguous(pool, limits=parse_limits(["fps>=1e7"]), max_chunks=4, deadline=Deadline())
    assert fast.status == "infeasible"
    assert "keeps 20 cycles, the least is" in fast.reason


def test_what_is_not_handled_is_refused(pool: DesignPool) -> None:
    limits = parse_limits(["latency_seconds<=1"])
    with pytest.raises(RecipeError, match="latency_seconds cannot be bounded where the allocation is contiguous or"):
        solve_contiguous(pool, limits=limits, max_chunks=2, deadline=Deadline())
