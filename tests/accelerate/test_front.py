"""Fronts against all combinations of small tables, in plain Python."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cosearch.accelerate import (
    Deadline,
    Parameter,
    ParetoFront,
    Part,
    PricedPart,
    Problem,
    SeparableQuestion,
    front,
)
from cosearch.accelerate.question import Columns
from cosearch.design import METRICS
from cosearch.errors import RecipeError

PAIRS = [
    ("fps", "dsp"),
    ("bram18", "fps"),
    ("dsp", "lut"),
    ("fps", "latency_seconds"),
    ("uram", "dsp"),
    ("latency_seconds", "bram18"),
]
LIMITS = [(), ("fps>=4000",), ("dsp<=120", "lut<=16000"), ("latency_seconds<=8e-4", "bram18<=150")]
ProblemMaker = Callable[..., Problem]


def every_accelerator(problem: Problem) -> list[dict[str, float]]:
    """Metrics of all combinations that keep all limits."""
    table, clock = problem.table, problem.table.clock_hertz
    options: list[list[tuple[int, list[int]]]] = []
    for index, entry in enumerate(table.classes):
        if index in problem.used:
            cycles = table.cycles_of(problem.demand)[index]
            rows = np.flatnonzero(np.isfinite(cycles))
            options.append([(int(cycles[row]), [int(part) for part in entry.resources[row]]) for row in rows])
    found: list[dict[str, float]] = []
    for choice in itertools.product(*options):
        sums = [sum(design[1][k] for design in choice) for k in range(5)]
        metrics = {
            "fps": clock / max(design[0] for design in choice),
            "latency_seconds": sum(design[0] for design in choice) / clock,
            **dict(zip(("dsp", "bram18", "uram", "lut"), map(float, sums), strict=False)),
        }
        fits = all(s <= b for s, b in zip(sums, table.budget, strict=True))
        if fits and all(limit.met_by(metrics[limit.metric]) for limit in problem.limits):
            found.append(metrics)
    return found


def front_of(accelerators: list[dict[str, float]], pair: tuple[str, str]) -> list[tuple[float, float]]:
    """Values that no other accelerator betters, from the best of the first objective on."""
    signs = [-1 if METRICS[name].more_is_better else 1 for name in pair]
    losses = sorted({(signs[0] * a[pair[0]], signs[1] * a[pair[1]]) for a in accelerators})
    kept: list[tuple[float, float]] = []
    for point in losses:
        if not kept or point[1] < kept[-1][1]:
            kept.append(point)
    return [(signs[0] * first, signs[1] * second) for first, second in kept]


def values_of(found: ParetoFront) -> list[tuple[float, float]]:
    return [point.values for point in found.points]


def problem_of(make_problem: ProblemMaker, seed: int) -> Problem:
    classes = 1 + seed % 3
    designs = (60, 24, 9)[classes - 1]
    return make_problem(seed, classes, designs, LIMITS[seed % len(LIMITS)], room=(0.8, 1.2, 1.8)[seed % 3])


@pytest.mark.parametrize("seed", range(24))
def test_is_that_of_all_accelerators(seed: int, make_problem: ProblemMaker) -> None:
    problem = problem_of(make_problem, seed)
    pair = PAIRS[seed % len(PAIRS)]
    wanted = front_of(every_accelerator(problem), pair)
    found = front(problem, pair)
    assert values_of(found) == wanted
    assert (found.status, found.is_whole) == (("feasible", True) if wanted else ("infeasible", False))
    assert found.gaps == ()
    assert bool(found.reason) == (not wanted)


ENERGY_PAIRS = [
    ("fps", "energy_joules"),
    ("energy_joules", "dsp"),
    ("edp", "bram18"),
    ("power_watts", "fps"),
    ("latency_seconds", "dram_bits"),
    ("edp", "power_watts"),
]


@pytest.mark.parametrize("seed", range(18))
def test_energy_is_that_of_all_accelerators(
    seed: int, make_problem: ProblemMaker, all_built: Callable[[Problem], list[Any]]
) -> None:
    classes = 1 + seed % 3
    problem = make_problem(seed, classes, (40, 12, 6)[classes - 1], room=(0.8, 1.2, 1.8)[seed % 3])
    pair = ENERGY_PAIRS[seed % len(ENERGY_PAIRS)]
    wanted = distinct(front_of([one.metrics for one in all_built(problem)], pair))
    found = front(problem, pair)
    assert found.is_whole == bool(wanted)
    assert distinct(values_of(found)) == [pytest.approx(point, rel=1e-11) for point in wanted]


def distinct(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points less those that differ from the one before by rounding alone."""
    kept = points[:1]
    for point in points[1:]:
        if not any(math.isclose(a, b, rel_tol=1e-11) for a, b in zip(kept[-1], point, strict=True)):
            kept.append(point)
    return kept


def test_fronts_of_the_cases_are_long_and_short_and_empty(make_problem: ProblemMaker) -> None:
    lengths = [
        len(front_of(every_accelerator(problem_of(make_problem, seed)), PAIRS[seed % len(PAIRS)]))
        for seed in range(24)
    ]
    assert min(lengths) == 0
    assert max(lengths) >= 10
    assert 1 in lengths


@pytest.mark.parametrize("seed", range(0, 24, 5))
def test_more_points_than_there_are_give_the_whole_front_by_halving(seed: int, make_problem: ProblemMaker) -> None:
    problem, pair = problem_of(make_problem, seed), PAIRS[seed % len(PAIRS)]
    wanted = front_of(every_accelerator(problem), pair)
    found = front(problem, pair, points=1000)
    assert values_of(found) == wanted
    assert found.is_whole == bool(wanted)
    assert values_of(front(problem, pair, deadline=Deadline.after(100.0))) == wanted


def long_problem(make_problem: ProblemMaker) -> tuple[Problem, list[tuple[float, float]]]:
    problem = make_problem(7, 2, 60, room=1.6)
    wanted = front_of(every_accelerator(problem), ("fps", "dsp"))
    assert len(wanted) >= 12
    return problem, wanted


@pytest.mark.parametrize("points", [2, 3, 6])
def test_a_number_of_points_are_of_the_front_and_gaps_hold_the_rest(points: int, make_problem: ProblemMaker) -> None:
    problem, wanted = long_problem(make_problem)
    found = front(problem, ("fps", "dsp"), points=points)
    assert (len(found.points), found.is_whole, found.status) == (points, False, "feasible")
    assert set(values_of(found)) < set(wanted)
    assert values_of(found)[0] == wanted[0]
    assert values_of(found)[-1] == wanted[-1]
    for fps, dsp in set(wanted) - set(values_of(found)):
        holders = [
            gap for gap in found.gaps if gap.first[0] > fps > gap.second[0] and gap.first[1] > dsp > gap.second[1]
        ]
        assert len(holders) == 1


def test_points_are_spread(make_problem: ProblemMaker) -> None:
    problem, wanted = long_problem(make_problem)
    found = values_of(front(problem, ("fps", "dsp"), points=6))
    span = wanted[0][1] - wanted[-1][1]
    steps = [(a[1] - b[1]) / span for a, b in itertools.pairwise(found)]
    assert max(steps) < 0.5


def test_designs_have_the_values(make_problem: ProblemMaker) -> None:
    problem, _ = long_problem(make_problem)
    for point in front(problem, ("fps", "dsp")).points:
        cycles = [problem.table.cycles_of(problem.demand)[index][row] for index, row in point.designs.items()]
        dsps = [problem.table.classes[index].resources[row, 0] for index, row in point.designs.items()]
        assert point.values == (problem.table.clock_hertz / max(cycles), sum(dsps))


def test_time_that_is_over_leaves_what_was_proved(
    make_problem: ProblemMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem, wanted = long_problem(make_problem)
    assert front(problem, ("fps", "dsp"), deadline=Deadline.after(1e-9)).status == "not_found"
    left = iter([False] * 150)
    monkeypatch.setattr(Deadline, "is_over", property(lambda self: next(left, True)))
    found = front(problem, ("fps", "dsp"), deadline=Deadline.after(1e9))
    assert found.status == "feasible"
    assert not found.is_whole
    assert found.gaps
    assert 2 <= len(found.points) < len(wanted)
    assert set(values_of(found)) < set(wanted)


@pytest.mark.parametrize(
    ("objectives", "points", "text"),
    [
        (("fps",), None, "a front of fps; give two different metrics, such as fps,dsp"),
        (("fps", "dsp", "lut"), None, "a front of fps, dsp, lut; give two different metrics"),
        (("dsp", "dsp"), None, "a front of dsp, dsp; give two different metrics"),
        (("fps", "dsp"), 1, "a front of 1 points; ask for at least 2, its two ends"),
        (("fps", "accuracy"), None, "'accuracy' is no metric that the engines can bound or optimise"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    objectives: tuple[str, ...], points: int | None, text: str, make_problem: ProblemMaker
) -> None:
    with pytest.raises(RecipeError, match=text):
        front(make_problem(1, 2, 8), objectives, points=points)


def own_space(energy_of_lane: float, bounds: dict[str, float]) -> SeparableQuestion:
    """Two parts with a maximum that is no whole number, and sums."""

    def part(name: str, work: float) -> PricedPart:
        lanes = Parameter(name="lanes", choices=(1, 2, 3, 5, 8, 13))
        depth = Parameter(name="depth", choices=(1, 2, 4))

        def cost(values: Columns) -> dict[str, Any]:
            products = values["lanes"] * values["depth"]
            return {
                "seconds": work / products + 0.01 * values["depth"],
                "dsp": products,
                "energy": energy_of_lane * values["lanes"] ** 2 + 8,
            }

        return PricedPart(part=Part(name=name, parameters=(lanes, depth)), cost=cost)

    return SeparableQuestion(
        priced_parts=(part("conv", 7.0), part("depthwise", 3.0)),
        combine={"seconds": "max", "dsp": "sum", "energy": "sum"},
        objective="dsp",
        bounds=bounds,
    )


@pytest.mark.parametrize("pair", [("seconds", "dsp"), ("energy", "seconds"), ("dsp", "energy")])
@pytest.mark.parametrize("points", [None, 100])
def test_a_space_of_ones_own(pair: tuple[str, str], points: int | None) -> None:
    question = own_space(3, {"dsp": 40, "seconds": 2.5})
    priced = [question.price(n, part.codes(np.arange(part.num_designs))) for n, part in enumerate(question.parts)]
    wanted: list[tuple[float, float]] = []
    names = list(question.combine)
    for one, other in itertools.product(*priced):
        seconds, (dsp, energy) = max(one[0], other[0]), one[1:] + other[1:]
        whole = dict(zip(names, (seconds, dsp, energy), strict=True))
        if dsp <= 40 and seconds <= 2.5:
            wanted.append((float(whole[pair[0]]), float(whole[pair[1]])))
    best = [p for p in set(wanted) if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in wanted)]
    found = front(question, pair, points=points)
    assert values_of(found) == sorted(best)
    assert found.is_whole
    assert all(point.choices is not None and set(point.choices) == {"conv", "depthwise"} for point in found.points)


def test_sums_of_fractions_are_refused() -> None:
    with pytest.raises(RecipeError, match="energy adds up fractions, which the engine rounds"):
        front(own_space(0.1, {}), ("energy", "seconds"))
    with pytest.raises(RecipeError, match="'speed' is no metric of the space; known: seconds, dsp, energy"):
        front(own_space(3, {}), ("speed", "dsp"))


@pytest.mark.parametrize("points", [None, 3])
def test_fractions_that_cancel_at_the_first_end_are_refused_too(points: int | None) -> None:
    """3.6 and the float below it are the same number of the units that fractions are counted in."""
    question = two_parts([1.8, 0.4], [1.8, 0.5])
    with pytest.raises(RecipeError, match="a adds up fractions, which the engine rounds"):
        front(question, ("b", "a"), points=points)


def test_halves_are_exact() -> None:
    found = front(two_parts([1.5, 0.5], [1.5, 0.25]), ("b", "a"))
    assert values_of(found) == [(5.0, 3.0), (8.0, 1.75), (12.0, 0.75)]


def two_parts(first: list[float], second: list[float]) -> SeparableQuestion:
    """Two designs each: b is 0 or 4, and 5 or 8; a is as given."""

    def part(name: str, a: list[float], b: list[float]) -> PricedPart:
        def cost(values: Columns) -> dict[str, np.ndarray]:
            return {"b": np.array(b)[values["x"]], "a": np.array(a)[values["x"]]}

        return PricedPart(part=Part(name=name, parameters=(Parameter(name="x", choices=(0, 1)),)), cost=cost)

    return SeparableQuestion(
        priced_parts=(part("one", first, [0.0, 4.0]), part("other", second, [5.0, 8.0])),
        combine={"b": "sum", "a": "sum"},
        objective="b",
    )


def test_an_impossible_space_of_ones_own() -> None:
    found = front(own_space(3, {"dsp": 1}), ("seconds", "dsp"))
    assert (found.status, found.points, found.is_whole) == ("infeasible", (), False)
    assert found.reason
