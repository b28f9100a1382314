"""What the searched rule says of requests that it proves infeasible."""

import pytest

from cosearch.accelerate import AcceleratorSpace, CapacityChoices, ChunkSpace, solve_allocation
from cosearch.design import parse_limits
from cosearch.hardware import load_platform
from cosearch.workload import Workload


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (["dsp<=1"], "no allocation runs all layers within the budget of zc706 and dsp<=1; "),
        (["fps>=1e9", "dsp<=1"], "no allocation runs all layers within the budget of zc706 and dsp<=1; "),
        (["fps>=1e9"], "no allocation keeps fps>=1000000000; fps is at most "),
        (["fps>=1e9", "dsp<=500"], "with the other limits kept; "),
    ],
)
def test_says_what_is_proved_in_the_terms_of_the_request(lenet: Workload, limits: list[str], told: str) -> None:
    chunk = ChunkSpace(
        lanes=(8,),
        reductions=(8,),
        capacity_bits=CapacityChoices(I=(65_536,), W=(65_536,), O=(65_536,)),
        read_slots=(4,),
        write_slots=(4,),
    )
    space = AcceleratorSpace(allocation="searched", widths=(8,), max_chunks=1, chunk=chunk)
    result = solve_allocation(lenet, load_platform("zc706"), space, limits=parse_limits(limits))
    assert result.status == "infeasible"
    assert told in result.reason
    assert "cycles" not in result.reason
