"""One network under every allocation rule."""

import pytest

from cosearch.accelerate import (
    SHAPE_RULES,
    AcceleratorSpace,
    CapacityChoices,
    ChunkSpace,
    EngineResult,
    load_space,
    shipped_spaces,
    solve_allocation,
)
from cosearch.cost import evaluate
from cosearch.design import parse_limits
from cosearch.errors import HardwareError, RecipeError
from cosearch.hardware import load_platform
from cosearch.workload import Workload

RULES = (*SHAPE_RULES, "contiguous", "searched")


def _space(rule: str) -> AcceleratorSpace:
    chunk = ChunkSpace(
        lanes=(4, 8, 16),
        reductions=(1, 4),
        depthwise_lanes=(2, 4),
        capacity_bits=CapacityChoices(I=(8_192, 65_536), W=(65_536,), O=(65_536,)),
        read_slots=(2, 4, 8, 16),
        write_slots=(2, 4),
    )
    return AcceleratorSpace.model_validate({"allocation": rule, "widths": 8, "chunk": chunk.model_dump()})


@pytest.fixture(scope="module")
def results(lenet: Workload) -> dict[str, EngineResult]:
    limits = parse_limits(["dsp<=60"])
    return {rule: solve_allocation(lenet, load_platform("zc706"), _space(rule), limits=limits) for rule in RULES}


@pytest.mark.parametrize("rule", RULES)
def test_the_accelerator_is_as_fast_as_said(rule: str, lenet: Workload, results: dict[str, EngineResult]) -> None:
    result = results[rule]
    assert result.accelerator is not None
    assert result.value is not None
    measured = evaluate(lenet, result.accelerator, load_platform("zc706"))
    assert measured.fps == pytest.approx(result.value, rel=1e-12)
    assert measured.dsp <= 60
    names = [program.name for chunk in result.accelerator.chunks for program in chunk.layers]
    assert sorted(names) == sorted(layer.name for layer in lenet.layers)
    if rule != "searched":
        assert result.certified
    else:
        assert result.gap is not None
        assert 0 <= result.gap < 1


def test_a_searched_allocation_is_never_worse(results: dict[str, EngineResult]) -> None:
    best = results["searched"].value
    bound = results["searched"].bound
    assert best is not None
    assert bound is not None
    for rule in RULES:
        value = results[rule].value
        assert value is not None
        assert value <= best <= bound
    contiguous, single = results["contiguous"].value, results["single"].value
    assert contiguous is not None
    assert single is not None
    assert contiguous > single


def test_what_the_runs_reach_is_kept_when_time_is_up(lenet: Workload, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cosearch.accelerate.any_chunk.improve_shares", lambda *_, **__: None)
    platform, limits = load_platform("zc706"), parse_limits(["dsp<=60"])
    runs = solve_allocation(lenet, platform, _space("contiguous"), limits=limits)
    found = solve_allocation(lenet, platform, _space("searched"), limits=limits)
    assert (found.value, found.accelerator) == (runs.value, runs.accelerator)
    assert found.bound is not None
    assert runs.value is not None
    assert found.bound >= runs.value
    assert found.certified == (found.bound == found.value)


def test_a_searched_allocation_ends_when_time_is_up(lenet: Workload) -> None:
    found = solve_allocation(lenet, load_platform("zc706"), _space("searched"), seconds=1e-3)
    assert found.status in ("feasible", "not_found")
    assert found.evaluations > 0
    if found.value is not None:
        assert found.accelerator is not None
        assert found.bound is not None
        assert found.value <= found.bound


def test_a_stage_has_a_chunk_of_its_own(lenet: Workload, results: dict[str, EngineResult]) -> None:
    accelerator = results["stage"].accelerator
    assert accelerator is not None
    shares = [[program.name for program in chunk.layers] for chunk in accelerator.chunks]
    assert shares == [["conv1"], ["depthwise2", "pointwise2"], ["conv3", "fc4"]]


def test_impossible_requests_are_proved_so(lenet: Workload) -> None:
    for rule, limit in (("contiguous", "dsp<=0"), ("searched", "fps>=1e9"), ("stage", "dsp<=3")):
        found = solve_allocation(lenet, load_platform("zc706"), _space(rule), limits=parse_limits([limit]))
        assert found.status == "infeasible", rule
        assert found.reason


def test_what_a_rule_cannot_do_is_refused(lenet: Workload) -> None:
    platform = load_platform("zc706")
    with pytest.raises(
        RecipeError, match="allocation searched is solved for the most fps, not for dsp; take kind_bits"
    ):
        solve_allocation(lenet, platform, _space("searched"), objective="dsp")
    chunk = _space("contiguous").chunk.model_copy(update={"resident_weights": (False, True)})
    resident = _space("contiguous").model_copy(update={"chunk": chunk})
    with pytest.raises(RecipeError, match=r"chunk\.resident_weights: allocation contiguous streams weights;"):
        solve_allocation(lenet, platform, resident)
    with pytest.raises(RecipeError, match="is contiguous or searched; known: fps, dsp, bram18, uram, lut"):
        solve_allocation(lenet, platform, _space("searched"), limits=parse_limits(["latency_seconds<=1"]))
    narrow = _space("contiguous").model_copy(update={"widths": (4,)})
    with pytest.raises(HardwareError, match="exceed the widest chunk of 4 bits"):
        solve_allocation(lenet, platform, narrow)


def test_shipped_spaces_load() -> None:
    assert "broad" in shipped_spaces()
    for name in shipped_spaces():
        assert load_space(name).chunk.lanes
    with pytest.raises(RecipeError, match=r"no accelerator space is called 'brod'; did you mean 'broad'\?"):
        load_space("brod")
