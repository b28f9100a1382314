"""The best array against all arrays, and engines that sample on the same space."""

from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest

from cosearch.accelerate import Budget, Random
from cosearch.accelerate.asic import (
    ArrayProblem,
    ArrayQuestion,
    ArraySpace,
    MappingSpace,
    Share,
    array_front,
    array_space_names,
    best_mappings,
    least_cost,
    least_sum,
    load_array_space,
    map_network,
    solve_arrays,
)
from cosearch.accelerate.asic.front import front_rows
from cosearch.cost.asic import evaluate_array, rates_of_array
from cosearch.design import parse_limits
from cosearch.errors import RecipeError
from cosearch.hardware import load_array, load_technology
from cosearch.workload import IMAGE, Layer, Workload

TECHNOLOGY = load_technology("65nm")
NARROW = MappingSpace(rows=("C",), columns=("K",), loops_per_axis=1)


def network():
    first = Layer(
        name="first", source=IMAGE, K=4, C=2, OY=2, OX=1, FY=2, IY=3, IX=1,
        weight_bits=8, input_bits=8, output_bits=8,
    )  # fmt: skip
    second = Layer(
        name="second", source="first", K=2, C=4, OY=2, OX=1, IY=2, IX=1,
        weight_bits=8, input_bits=8, output_bits=8,
    )  # fmt: skip
    return Workload(layers=(first, second))


def space(**changes):
    values = {
        "base": "weight_stationary",
        "rows": (1, 2),
        "columns": (2, 4),
        "most_elements": 4,
        "dataflows": {"narrow": NARROW},
    }
    return ArraySpace(**{**values, **changes})


def problem(*limits, **changes):
    values = {"workload": network(), "space": space(), "technology": TECHNOLOGY, "limits": parse_limits(limits)}
    return ArrayProblem(**{**values, **changes})


def every_array(asked):
    part = asked.space.part()
    codes = part.codes(np.arange(part.num_designs))
    return [asked.space.array(part.named(code)) for code in codes[part.valid(codes)]]


@cache
def every_value():
    """Metrics of all arrays with all mappings on the layers' fronts."""
    asked, found = problem(), []
    for array in every_array(asked):
        rates = rates_of_array(array, TECHNOLOGY)
        fronts = [best_mappings(layer, array, rates, space=NARROW).points for layer in asked.workload.layers]
        for points in product(*fronts):
            cycles, joules = sum(point.cycles for point in points), sum(point.joules for point in points)
            found.append(asked.metrics(array, cycles, joules))
    return found


@pytest.mark.parametrize("objective", ["edp", "energy_joules", "latency_seconds", "fps"])
def test_the_best_array_is_that_of_all(objective):
    asked = problem(objective=objective)
    answer = solve_arrays(asked)
    values = [metrics[objective] for metrics in every_value()]
    best = max(values) if objective == "fps" else min(values)
    assert answer.result.certified
    assert answer.result.value == pytest.approx(best, rel=1e-12)
    assert answer.result.gap == 0
    assert answer.array is not None
    cost = evaluate_array(asked.workload, answer.array, answer.mappings, TECHNOLOGY)
    assert getattr(cost, objective) == pytest.approx(best, rel=1e-9)


def test_limits_hold_with_other_mappings_and_other_arrays():
    free = every_value()
    latencies = sorted({metrics["latency_seconds"] for metrics in free})
    limit = latencies[1]
    asked = problem(f"latency_seconds<={limit!r}", objective="energy_joules")
    answer = solve_arrays(asked)
    best = min(metrics["energy_joules"] for metrics in free if metrics["latency_seconds"] <= limit)
    assert answer.result.value == pytest.approx(best, rel=1e-12)
    assert answer.reached is not None
    assert answer.reached.metrics["latency_seconds"] <= limit


def test_the_front_is_that_of_all_arrays():
    asked = problem()
    front = array_front(asked)
    pairs = sorted({(metrics["latency_seconds"], metrics["energy_joules"]) for metrics in every_value()})
    expected = [pair for index, pair in enumerate(pairs) if all(pair[1] < other[1] for other in pairs[:index])]
    assert front.certified
    found = [
        (each.reached.metrics["latency_seconds"], each.reached.metrics["energy_joules"]) for each in front.points
    ]
    assert found == [pytest.approx(pair, rel=1e-12) for pair in expected]
    for point in front.points:
        cost = evaluate_array(asked.workload, point.array, point.mappings, TECHNOLOGY)
        assert cost.latency_seconds == pytest.approx(point.reached.metrics["latency_seconds"])
        assert cost.energy_joules == pytest.approx(point.reached.metrics["energy_joules"])


def test_the_front_keeps_limits():
    asked = problem()
    front = array_front(asked)
    limit = front.points[-1].reached.metrics["energy_joules"]
    kept = array_front(problem(f"energy_joules<={limit!r}"))
    assert [point.reached.metrics["energy_joules"] for point in kept.points] == [limit]


def test_what_no_array_keeps_is_infeasible():
    answer = solve_arrays(problem("latency_seconds<=1e-9"))
    assert (answer.result.status, answer.array) == ("infeasible", None)
    assert "within the limits" in answer.result.reason
    assert solve_arrays(problem("area_m2<=1e-9")).result.status == "infeasible"


def test_a_layer_that_no_array_runs_is_named():
    first, second = network().layers
    wide = Workload(layers=(first, replace(second, weight_bits=32)))
    result = solve_arrays(problem(workload=wide)).result
    assert result.status == "infeasible"
    assert result.reason.startswith("no array of the space runs all layers: ")
    assert "second" in result.reason
    assert "32" in result.reason


def test_a_small_budget_leaves_a_gap():
    answer = solve_arrays(problem(), Budget(evaluations=1))
    assert not answer.result.certified
    assert answer.result.bound is not None
    assert answer.result.value is not None
    assert answer.result.bound <= min(metrics["edp"] for metrics in every_value()) <= answer.result.value


def test_nothing_beyond_the_optimum_is_found():
    best = min(metrics["edp"] for metrics in every_value())
    assert solve_arrays(problem(), beyond=best).result.status == "not_found"
    assert solve_arrays(problem(), beyond=best * 1.01).result.value == pytest.approx(best)


def test_engines_that_sample_run_on_it():
    asked = problem()
    found = Random().run(ArrayQuestion(asked), seed=0, budget=Budget(evaluations=3))
    assert found.value == pytest.approx(min(metrics["edp"] for metrics in every_value()))
    assert found.choices is not None
    assert set(found.choices["array"]) == {"rows", "columns", "dataflow"}


def test_a_larger_buffer_is_never_worse_in_traffic():
    """More room leaves every mapping; energy of a larger memory aside, cycles cannot grow."""
    asked = problem(objective="latency_seconds")
    own = load_array("weight_stationary")
    small, large = (
        own.model_copy(update={"buffer": own.buffer.model_copy(update={"capacity_bits": bits})})
        for bits in (1024, 4096)
    )
    values = [map_network(asked, array, NARROW).reached.value for array in (small, large)]
    assert values[1] <= values[0]


def test_no_mapping_is_below_the_floor():
    for layer in network().layers:
        array = load_array("weight_stationary")
        floor = least_cost(layer, array, TECHNOLOGY)
        for point in best_mappings(layer, array, rates_of_array(array, TECHNOLOGY), space=NARROW).points:
            assert point.cycles >= floor[0]
            assert point.joules >= floor[1]


def test_shipped_spaces_keep_their_rules():
    assert array_space_names() == ("eyeriss_budget",)
    shipped = load_array_space("eyeriss_budget")
    part = shipped.part()
    codes = part.codes(np.arange(part.num_designs))
    arrays = [shipped.array(part.named(code)) for code in codes[part.valid(codes)]]
    assert len(arrays) == 8
    assert all(160 <= array.num_elements <= 168 for array in arrays)
    assert all(sum(array.buffer.memories().values()) <= 108 * 8192 for array in arrays)
    own = load_array("eyeriss")
    assert any((each.registers, each.rows, each.columns) == (own.registers, 12, 14) for each in arrays)


def test_bad_spaces_and_questions_are_refused():
    with pytest.raises(ValueError, match="registers names I, which weight_stationary does not keep apart; it keeps"):
        ArraySpace(base="weight_stationary", registers={"I": (8,)})
    with pytest.raises(RecipeError, match="'dsp' is not known of arrays; known: edp, energy_joules"):
        problem("dsp<=4")
    with pytest.raises(RecipeError, match="no space of arrays is called 'eyeris'; did you mean 'eyeriss_budget'"):
        load_array_space("eyeris")


@pytest.mark.parametrize("seed", range(8))
def test_the_price_of_a_cycle_at_the_optimum_lies_between_the_slopes(seed):
    rng, asked = np.random.default_rng(seed), problem()
    array = every_array(asked)[0]
    shares = []
    for _ in range(3):
        cycles, joules = rng.integers(1, 90, 8).astype(np.float64), rng.integers(1, 90, 8) * 1e-9
        rows = front_rows(cycles, joules)
        shares.append(Share(cycles[rows], joules[rows]))
    best = least_sum(shares, "product")
    most = asked.metrics(array, best.cycles, best.joules)["edp"] * 1.1
    low, high = asked.slopes(array, shares, most)
    assert low <= best.joules / best.cycles <= high
    floors = [Share(share.cycles[:1], share.joules[-1:]) for share in shares]
    assert asked.slopes(array, floors, most) == pytest.approx((low, high))
    assert problem("fps>=1").slopes(array, shares, most) is None
    assert problem(objective="energy_joules").slopes(array, shares, None) == (0.0, 0.0)
