from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from cosearch.accelerate import Demand, LinearRelaxation, Prices, Problem, is_feasible, solve
from cosearch.design import Limit
from cosearch.errors import HardwareError, RecipeError

MIXED = ("fps>=9000", "dsp<=100", "lut<=9000")


def _value(problem: Problem) -> float:
    return LinearRelaxation().solve(problem).value


def _with_counts(problem: Problem, counts: np.ndarray) -> Problem:
    demand = Demand(counts=counts, weights=problem.demand.weights, is_chain=True)
    return replace(problem, demand=demand)


def _lagrangian(problem: Problem, prices: Prices) -> float:
    """The bound on the period that the multipliers prove, from its definition."""
    total = -float(prices.resource_multipliers @ problem.table.budget)
    for place, index in enumerate(problem.used):
        rows = problem.rows[place]
        cost = prices.chunk_multipliers[index] * problem.cycles[place][rows]
        total += (cost + problem.table.classes[index].resources[rows] @ prices.resource_multipliers).min()
    return total


@pytest.mark.parametrize("seed", range(40))
def test_period_is_a_lower_bound(seed: int, make_problem: Callable[..., Problem]) -> None:
    problem = make_problem(seed, 1 + seed % 4, 30, ("dsp<=150",) if seed % 2 else (), room=(0.8, 1.5)[seed % 2])
    exact, prices = solve(problem), LinearRelaxation().solve(problem)
    if exact.value is not None:
        assert prices.measure == "period"
        assert prices.value <= exact.value * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_a_network_that_meets_all_limits_has_no_violation(seed: int, make_problem: Callable[..., Problem]) -> None:
    problem = make_problem(seed, 1 + seed % 4, 30, MIXED, room=1.5)
    prices = LinearRelaxation().solve(problem)
    assert prices.measure == "violation"
    if is_feasible(problem):
        assert prices.value <= 1e-9
    elif prices.value > 0:  # the relaxation proves that no smaller factor is enough
        short = [limit.relaxed(1 + prices.value * 0.99) for limit in problem.limits]
        assert not is_feasible(problem.with_limits(short))


@pytest.mark.parametrize("seed", range(20))
def test_multipliers_prove_the_value(seed: int, make_problem: Callable[..., Problem]) -> None:
    problem = make_problem(seed, 3, 40, room=1.2)
    prices = LinearRelaxation().solve(problem)
    assert (prices.chunk_multipliers >= 0).all()
    assert (prices.resource_multipliers >= 0).all()
    assert prices.chunk_multipliers.sum() == pytest.approx(1)
    proved = _lagrangian(problem, prices)
    assert proved == pytest.approx(prices.value, rel=1e-7)


@pytest.mark.parametrize(
    "limits", [(), ("dsp<=80",), MIXED, ("latency_seconds<=2e-5", "fps>=9000"), ("latency_seconds<=2e-5",)]
)
@pytest.mark.parametrize("seed", range(6))
def test_prices_are_the_slope_of_the_value(
    seed: int, limits: tuple[str, ...], make_problem: Callable[..., Problem]
) -> None:
    problem = make_problem(3 * seed + 1, 3, 40, limits, room=1.2)
    prices = LinearRelaxation().solve(problem)
    compared = 0
    for column in np.flatnonzero(problem.demand.counts):
        step = np.zeros(problem.table.num_columns)
        step[column] = 1e-4
        above = _value(_with_counts(problem, problem.demand.counts + step))
        below = _value(_with_counts(problem, problem.demand.counts - step))
        slope = (above - below) / 2e-4
        assert prices.column_prices[column] == pytest.approx(slope, rel=1e-3, abs=1e-6 * max(1, abs(prices.value)))
        compared += slope > 0
    assert compared > 0


@pytest.mark.parametrize("seed", range(6))
def test_resource_multipliers_are_the_slope_of_the_value(seed: int, make_problem: Callable[..., Problem]) -> None:
    problem = make_problem(seed, 3, 40, ("dsp<=70",), room=1.5)
    prices = LinearRelaxation().solve(problem)
    above = _value(problem.with_limits([Limit(metric="dsp", op="<=", limit=70.001)]))
    below = _value(problem.with_limits([Limit(metric="dsp", op="<=", limit=69.999)]))
    assert prices.resource_multipliers[0] == pytest.approx((below - above) / 0.002, rel=1e-4)
    assert prices.resource_multipliers[0] > 0


@pytest.mark.parametrize("seed", range(6))
def test_a_new_chunk_costs_its_cheapest_resources(seed: int, make_problem: Callable[..., Problem]) -> None:
    problem = make_problem(seed, 3, 40, room=1.2)
    counts = problem.demand.counts.copy()
    counts[6:] = 0
    problem = _with_counts(problem, counts)
    prices = LinearRelaxation().solve(problem)
    unused = problem.table.classes[2]
    charge = unused.resources @ prices.resource_multipliers
    for column in range(3):
        cycles = unused.cycles[:, column]
        late = np.maximum(cycles - prices.value, 0)
        expected = min(charge[late == 0], default=np.inf)
        if not np.isfinite(expected):
            expected = (charge + late)[cycles < 1 << 52].min()
        assert prices.column_prices[6 + column] == pytest.approx(expected)
    assert prices.chunk_multipliers[2] == 0


def test_a_layer_that_designs_in_use_cannot_hold_has_a_finite_price(make_problem: Callable[..., Problem]) -> None:
    lost = 0
    for seed in range(30):
        problem = make_problem(seed, 2, 30, room=1.5)
        counts = problem.demand.counts.copy()
        counts[[1, 2, 4, 5]] = 0
        prices = LinearRelaxation().solve(_with_counts(problem, counts))
        assert np.isfinite(prices.column_prices).all()
        assert (prices.column_prices >= -1e-9).all()
        assert prices.column_prices.max() < 1e9
        lost += sum((entry.cycles >= 1 << 52).any() for entry in problem.table.classes)
    assert lost > 0


def test_resources_out_of_reach_are_a_violation_with_a_slope(make_problem: Callable[..., Problem]) -> None:
    problem = make_problem(1, 2, 30, ("dsp<=1",), room=9.0)
    prices = LinearRelaxation().solve(problem)
    assert prices.measure == "violation"
    least = sum(front.sums[:, 0].min() for front in problem.fronts)
    assert prices.value == pytest.approx(least - 1)
    assert prices.resource_multipliers[0] == pytest.approx(1)  # a DSP more is the whole limit more


def test_a_platform_out_of_reach_is_a_violation(make_problem: Callable[..., Problem]) -> None:
    problem = make_problem(1, 2, 30)
    least = sum(front.sums.min(axis=0) for front in problem.fronts)
    budget = problem.table.budget.copy()
    budget[3] = least[3] // 2
    broken = replace(problem, table=replace(problem.table, budget=budget))
    prices = LinearRelaxation().solve(broken)
    assert prices.measure == "violation"
    assert prices.value >= least[3] / budget[3] - 1 - 1e-9


def test_a_network_that_no_design_holds_is_refused(make_problem: Callable[..., Problem]) -> None:
    problem = make_problem(1, 2, 30)
    entry = problem.table.classes[0]
    full = replace(entry, cycles=np.full_like(entry.cycles, 1 << 52))
    broken = replace(problem, table=replace(problem.table, classes=(full, problem.table.classes[1])))
    with pytest.raises(HardwareError, match="no standard chunk of 4 bits holds all layers of the network"):
        LinearRelaxation().solve(broken)


@pytest.mark.parametrize("metric", ["energy_joules", "dram_bits", "power_watts"])
def test_refuses_limits_it_does_not_price(metric: str, make_problem: Callable[..., Problem]) -> None:
    problem = make_problem(0, 2, 8, (f"{metric}<=1e9",))
    message = f"the linear relaxation does not price {metric}; it knows fps, latency_seconds, dsp, bram18, uram, lut"
    with pytest.raises(RecipeError, match=message):
        LinearRelaxation().solve(problem)
