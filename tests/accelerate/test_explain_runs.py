"""What would be enough for a network that is cut into runs, and that 1 % less would not."""

import pytest

from cosearch.accelerate import (
    AcceleratorSpace,
    CapacityChoices,
    ChunkSpace,
    Deadline,
    DesignPool,
    explain_contiguous,
    solve_contiguous,
)
from cosearch.design import Limit, parse_limits
from cosearch.hardware import load_platform
from cosearch.workload import Workload

MOST = 3


@pytest.fixture(scope="module")
def pool(lenet: Workload) -> DesignPool:
    chunk = ChunkSpace(
        lanes=(4, 8, 16),
        reductions=(1, 4),
        capacity_bits=CapacityChoices(I=(8_192, 65_536), W=(65_536,), O=(65_536,)),
        read_slots=(4, 8, 16),
        write_slots=(4,),
    )
    return DesignPool.build(lenet, AcceleratorSpace(widths=(8,), chunk=chunk), load_platform("zc706"), 2e8)


def _is_feasible(pool: DesignPool, limits: list[Limit]) -> bool:
    return solve_contiguous(pool, limits=limits, max_chunks=MOST, deadline=Deadline()).status == "feasible"


def _tighter(limit: Limit) -> Limit:
    factor = 1.01 if limit.op == ">=" else 0.99
    return limit.model_copy(update={"limit": limit.limit * factor})


def test_what_is_said_to_be_enough_is_enough_and_no_more(pool: DesignPool) -> None:
    free = solve_contiguous(pool, max_chunks=MOST, deadline=Deadline())
    assert free.value is not None
    limits = list(parse_limits([f"fps>={0.9 * free.value}", "dsp<=30", "bram18<=60"]))
    assert not _is_feasible(pool, limits)
    found = explain_contiguous(pool, limits, MOST)
    assert found.status == "infeasible"
    assert [own.limit for own in found.relaxations] == limits
    for place, own in enumerate(found.relaxations):
        others = limits[:place] + limits[place + 1 :]
        if own.sufficient is None:
            assert not _is_feasible(pool, others)
            continue
        enough = own.limit.model_copy(update={"limit": own.sufficient})
        assert _is_feasible(pool, [*others, enough])
        assert not _is_feasible(pool, [*others, _tighter(enough)])
    assert any(own.sufficient is not None for own in found.relaxations)
    assert found.joint_factor is not None
    assert found.joint_factor > 1
    assert _is_feasible(pool, [limit.relaxed(found.joint_factor) for limit in limits])
    assert not _is_feasible(pool, [limit.relaxed(found.joint_factor / 1.01) for limit in limits])
    reach = next(own.sufficient for own in found.relaxations if own.limit.metric == found.binding)
    assert reach is not None
    assert found.reason.endswith(f"with the other limits kept, {found.binding} reaches {reach:g}")


def test_a_limit_that_nothing_can_keep_has_no_factor(pool: DesignPool) -> None:
    found = explain_contiguous(pool, parse_limits(["dsp<=0", "fps>=1"]), MOST)
    assert found.joint_factor is None
    assert found.binding == "dsp"
    assert found.relaxations[1].sufficient is None
    assert found.relaxations[0].sufficient is not None


def test_only_what_is_infeasible_is_explained(pool: DesignPool) -> None:
    with pytest.raises(ValueError, match="proved infeasible can be explained"):
        explain_contiguous(pool, parse_limits(["fps>=1"]), MOST)


def test_limits_far_beyond_reach_are_explained(pool: DesignPool) -> None:
    found = explain_contiguous(pool, parse_limits(["fps>=1e240"]), MOST)
    reach = found.relaxations[0].sufficient
    assert reach is not None
    assert found.joint_factor == pytest.approx(1e240 / reach, rel=2e-3)
    beyond = explain_contiguous(pool, parse_limits(["dsp<=1e-320"]), MOST)
    assert (beyond.binding, beyond.joint_factor) == ("dsp", None)
    assert beyond.relaxations[0].sufficient is not None
