"""Shadow prices against solving on platforms with a little less and a little more."""

import pytest

from cosearch.accelerate import (
    AcceleratorSpace,
    CapacityChoices,
    ChunkSpace,
    DesignTable,
    Problem,
    shadow_prices,
    solve,
)
from cosearch.design import parse_limits
from cosearch.errors import RecipeError
from cosearch.hardware import Platform, load_platform
from cosearch.workload import Workload

SPACE = AcceleratorSpace(
    allocation="kind",
    widths=(8,),
    chunk=ChunkSpace(
        lanes=(4, 8, 16),
        reductions=(1, 4),
        depthwise_lanes=(2, 4, 8),
        capacity_bits=CapacityChoices(I=(8_192, 65_536), W=(65_536,), O=(65_536,)),
        read_slots=(2, 4, 8, 16, 32),
        write_slots=(2, 4, 8),
    ),
)


def small(**resources: int) -> Platform:
    """A part of a ZC706, nearly all of it usable."""
    platform = load_platform("zc706")
    part = platform.resources.model_copy(update={"dsp": 60, "bram18": 50, **resources})
    return platform.model_copy(update={"resources": part, "usable_fraction": 0.98})


def best(lenet: Workload, platform: Platform, *limits: str) -> float | None:
    table = DesignTable.build(lenet.layers, SPACE, platform, 2e8)
    found = solve(Problem.of(table, lenet, limits=parse_limits(list(limits)))).value
    return None if found is None else 2e8 / found


def test_with_less_the_optimum_is_that_under_a_limit(lenet: Workload) -> None:
    prices = {p.resource: p for p in shadow_prices(lenet, small(), SPACE, clock_hertz=2e8)}
    assert {name: price.budget for name, price in prices.items()} == {
        "dsp": 58, "bram18": 49, "lut": 214_228, "slots": 63
    }  # fmt: skip
    assert [name for name, price in prices.items() if price.is_binding] == ["dsp", "bram18"]
    for name, less in (("dsp", 52), ("bram18", 44), ("lut", 192_805)):
        assert prices[name].at == best(lenet, small())
        assert prices[name].less == best(lenet, small(), f"{name}<={less}")


def test_with_more_the_optimum_is_that_of_a_larger_part(lenet: Workload) -> None:
    prices = {p.resource: p for p in shadow_prices(lenet, small(dsp=30, bram18=60), SPACE, clock_hertz=2e8)}
    assert prices["dsp"].budget == 29
    assert prices["dsp"].more == best(lenet, small(dsp=33, bram18=60))
    assert (prices["dsp"].more or 0) > 1.5 * prices["dsp"].at
    tight = {p.resource: p for p in shadow_prices(lenet, small(bram18=40), SPACE, clock_hertz=2e8)}
    assert tight["bram18"].less is None


def test_what_cannot_be_explained_is_refused(lenet: Workload) -> None:
    with pytest.raises(RecipeError, match="no accelerator of the declared space keeps the limits; loosen them first"):
        shadow_prices(lenet, small(), SPACE, clock_hertz=2e8, limits=parse_limits(["fps>=1e9"]))
    runs = SPACE.model_copy(update={"allocation": "contiguous"})
    with pytest.raises(
        RecipeError, match="shadow prices need an allocation that a layer's shape decides, contiguous"
    ):
        shadow_prices(lenet, small(), runs, clock_hertz=2e8)


def test_what_a_resource_is_worth_in_energy(lenet: Workload) -> None:
    found = shadow_prices(lenet, small(), SPACE, clock_hertz=2e8, objective="energy_joules")
    prices = {price.resource: price for price in found}
    assert prices["dsp"].is_binding
    table = DesignTable.build(lenet.layers, SPACE, small(), 2e8, with_energy=True)
    for limits, value in (([], prices["dsp"].at), (["dsp<=52"], prices["dsp"].less)):
        problem = Problem.of(table, lenet, "energy_joules", parse_limits(limits))
        least = solve(problem).value
        assert least is not None
        assert value == pytest.approx(problem.metric("energy_joules", least), rel=1e-11)
