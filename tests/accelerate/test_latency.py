import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cosearch.accelerate import (
    AcceleratorSpace,
    Budget,
    CapacityChoices,
    ChunkSpace,
    DesignTable,
    Exact,
    LinearRelaxation,
    Problem,
    TableQuestion,
    build_accelerator,
    explain,
    is_feasible,
)
from cosearch.accelerate.latency import Latencies
from cosearch.accelerate.measures import Measures
from cosearch.cost import evaluate, metric_values
from cosearch.design import Limit, parse_limits
from cosearch.errors import RecipeError
from cosearch.hardware import ChunkProgram, load_platform
from cosearch.workload import IMAGE, Layer, Workload

PLATFORM = load_platform("zc706")
METRICS = ("latency_seconds", "latency_loaded_seconds", "edp", "energy_joules", "power_watts", "fps")


def _layer(name: str, source: str, bits: int = 8, **sizes: Any) -> Layer:
    return Layer(
        name=name, source=source, OY=12, OX=12, IY=12, IX=12, weight_bits=bits, input_bits=bits, output_bits=bits,
        **sizes,
    )  # fmt: skip


def _depthwise(name: str, source: str, bits: int = 8) -> Layer:
    return _layer(name, source, bits, G=8, K=1, C=1, FY=3, FX=3, padding_y=1, padding_x=1)


@pytest.fixture(scope="module")
def branching() -> Workload:
    """Two blocks whose inputs are added to their outputs or read again, on standard and depthwise chunks."""
    return Workload(
        layers=(
            _layer("stem", IMAGE, K=8, C=3),
            _depthwise("left", "stem"),
            _layer("right", "stem", K=8, C=8, FY=3, FX=3, padding_y=1, padding_x=1),
            _layer("joined", "left", K=8, C=8, residual="right", residual_bits=8),
            _depthwise("deep", "joined"),
            _depthwise("other", "right"),
            _layer("last", "deep", K=16, C=8, residual=None),
        )
    )


@pytest.fixture(scope="module")
def table(branching: Workload) -> DesignTable:
    space = AcceleratorSpace(
        allocation="kind",
        widths=(8,),
        chunk=ChunkSpace(
            lanes=(4, 8),
            reductions=(4,),
            depthwise_lanes=(2, 4),
            capacity_bits=CapacityChoices(I=(65_536,), W=(65_536,), O=(65_536,)),
            read_slots=(4, 16),
            write_slots=(2, 8),
        ),
    )
    return DesignTable.build(branching.layers, space, PLATFORM, 2e8, prune=False)


@pytest.fixture(scope="module")
def priced(branching: Workload, table: DesignTable) -> dict[tuple[int, ...], dict[str, float]]:
    """Every accelerator of the space, by the cost model."""
    problem = Problem.of(table, branching)
    chunks: list[list[ChunkProgram]] = [[], []]
    for place, rows in enumerate(problem.rows):
        for row in range(len(rows)):  # beside the first design of the other class; a mapping does not depend on that
            designs = {index: row if index == problem.used[place] else 0 for index in problem.used}
            accelerator = build_accelerator(problem, designs)
            assert accelerator is not None
            chunks[place].append(accelerator.chunks[place])
    found: dict[tuple[int, ...], dict[str, float]] = {}
    for rows in itertools.product(*(range(len(own)) for own in problem.rows)):
        built = accelerator.model_copy(update={"chunks": tuple(own[r] for own, r in zip(chunks, rows, strict=True))})
        found[rows] = metric_values(evaluate(branching, built, PLATFORM))
    return found


def test_schedules_as_the_cost_model_does(
    branching: Workload, table: DesignTable, priced: dict[tuple[int, ...], dict[str, float]]
) -> None:
    problem = Problem.of(table, branching)
    latencies = Latencies(branching, table, problem.used, problem.rows)
    choices = np.array(list(priced))
    assert all((rows == np.arange(len(rows))).all() for rows in problem.rows)
    periods = np.array([round(table.clock_hertz / one["fps"]) for one in priced.values()])
    loaded = latencies.loaded(choices, periods) / table.clock_hertz
    assert loaded.tolist() == [one["latency_loaded_seconds"] for one in priced.values()]
    tight = 0
    for choice, period, one in zip(priced, periods.tolist(), priced.values(), strict=True):
        path = latencies.longest(choice)
        assert (path.turns, latencies.length(path, choice) / table.clock_hertz) == (0, one["latency_seconds"])
        busy = latencies.longest(choice, period)
        bound = (latencies.length(busy, choice) + busy.turns * period) / table.clock_hertz
        assert one["latency_seconds"] <= bound <= one["latency_loaded_seconds"]
        tight += bound == one["latency_loaded_seconds"]
        columns = latencies.columns(busy)
        assert sum(own[row] for own, row in zip(columns, choice, strict=True)) == latencies.length(busy, choice)
    assert 0 < tight < len(priced)


@pytest.mark.parametrize("objective", [*METRICS, "dsp", "dram_bits"])
@pytest.mark.parametrize("limited", [(), *METRICS, ("latency_loaded_seconds", "fps"), ("latency_seconds", "edp")])
def test_agrees_with_every_accelerator(
    objective: str,
    limited: str | tuple[str, ...],
    branching: Workload,
    table: DesignTable,
    priced: dict[tuple[int, ...], dict[str, float]],
) -> None:
    limits: list[Limit] = []
    for place, name in enumerate((limited,) if isinstance(limited, str) else limited):
        reached = sorted(one[name] for one in priced.values())
        between = 0.2 + 0.3 * place
        if name == "fps":
            limits.append(Limit(metric=name, op=">=", limit=float(np.quantile(reached, 1 - between)) * (1 - 1e-9)))
        else:
            limits.append(Limit(metric=name, op="<=", limit=float(np.quantile(reached, between)) * (1 + 1e-9)))
    kept = [one for one in priced.values() if all(limit.met_by(one[limit.metric]) for limit in limits)]
    best = (max if objective == "fps" else min)((one[objective] for one in kept), default=None)
    problem = Problem.of(table, branching, objective, limits)
    found = Exact().run(problem, seed=0, budget=Budget())
    assert is_feasible(problem) == (best is not None)
    if best is None:
        assert (found.status, found.value) == ("infeasible", None)
        return
    assert (found.certified, found.gap) == (True, 0.0)
    assert found.value == pytest.approx(best, rel=1e-11)
    assert found.designs is not None
    chosen = priced[tuple(found.designs[index] for index in problem.used)]
    assert chosen[objective] == pytest.approx(best, rel=1e-11)
    assert all(limit.met_by(chosen[limit.metric]) for limit in limits)


def test_explains_a_latency_under_load(
    branching: Workload, table: DesignTable, priced: dict[tuple[int, ...], dict[str, float]]
) -> None:
    least = min(one["latency_loaded_seconds"] for one in priced.values())
    limits = parse_limits([f"latency_loaded_seconds<={least / 1.5!r}"])
    found = explain([Problem.of(table, branching, "fps", limits)])
    assert found.joint_factor == pytest.approx(1.5, rel=2e-3)
    assert found.relaxations[0].sufficient == pytest.approx(least, rel=2e-3)


def test_refuses_what_cannot_know_paths(branching: Workload, table: DesignTable) -> None:
    problem = Problem.of(table, branching, "fps", parse_limits(["latency_seconds<=1"]))
    assert (problem.has_paths, problem.has_latency, problem.is_plain) == (True, False, False)
    with pytest.raises(RecipeError, match="this network branches; bound fps, or allocate all layers to a single"):
        LinearRelaxation().solve(problem)
    with pytest.raises(
        RecipeError, match=r"engines that sample know latencies only as sums .*; take the engine exact"
    ):
        TableQuestion(problem)
    with pytest.raises(RecipeError, match=r"depends on which layer reads which, .*; give the workload, or bound fps"):
        replace(problem, workload=None)


def test_both_latencies_at_once_on_a_network_where_one_choice_keeps_only_one() -> None:
    """Paths that no choice has broken yet are in no sum: what one latency finds is held against the other."""
    sizes: dict[str, Any] = {"K": 8, "C": 8}
    wide: dict[str, Any] = {**sizes, "FY": 3, "FX": 3, "padding_y": 1, "padding_x": 1}

    def layer(name: str, source: str, bits: int, out: int, shape: dict[str, Any], added: str = "") -> Layer:
        residual: dict[str, Any] = {"residual": added, "residual_bits": 4 if added == "l0" else 8} if added else {}
        return Layer(
            name=name, source=source, OY=12, OX=12, IY=12, IX=12, weight_bits=bits, input_bits=bits, output_bits=out,
            **shape, **residual,
        )  # fmt: skip

    deep: dict[str, Any] = {"G": 8, "K": 1, "C": 1, "FY": 3, "FX": 3, "padding_y": 1, "padding_x": 1}
    network = Workload(
        layers=(
            layer("stem", IMAGE, 8, 8, {"K": 8, "C": 3}),
            layer("l0", "stem", 8, 4, wide),
            layer("l1", "l0", 4, 8, wide),
            layer("l2", "stem", 8, 8, wide, "l0"),
            layer("l3", "l1", 8, 4, sizes, "l0"),
            layer("l4", "l3", 4, 4, deep, "stem"),
            layer("l5", "l1", 8, 8, wide),
            layer("l6", "l5", 8, 8, sizes),
            layer("l7", "l6", 8, 4, deep, "l0"),
            layer("l8", "l5", 8, 4, wide, "l6"),
        )
    )
    space = AcceleratorSpace(
        allocation="kind_bits",
        widths=(4, 8),
        chunk=ChunkSpace(
            lanes=(4, 8),
            reductions=(4,),
            depthwise_lanes=(2, 4),
            capacity_bits=CapacityChoices(I=(65536,), W=(65536,), O=(65536,)),
            read_slots=(4,),
            write_slots=(2, 8),
        ),
    )
    table = DesignTable.build(network.layers, space, PLATFORM, 2e8, prune=False)
    names = ("latency_seconds", "latency_loaded_seconds")
    problem = Problem.of(table, network, names[1], [Limit(metric=names[0], op="<=", limit=1.0)])
    measures = Measures(problem, problem.fronts)
    within = [
        choice
        for choice in itertools.product(*(range(len(rows)) for rows in problem.rows))
        if (sum(f.sums[r] for f, r in zip(problem.fronts, choice, strict=True)) <= problem.budgets).all()
    ]
    values = {name: np.array([measures.whole(name, choice) for choice in within]) for name in names}
    for objective, other in (names, names[::-1]):
        for share in (0.0, 0.05, 0.2, 0.5):
            bound = int(np.quantile(values[other], share))
            limit = Limit(metric=other, op="<=", limit=bound / 2e8)
            found = Exact(builds=False).run(problem.with_limits([limit], objective), seed=0, budget=Budget())
            best = int(values[objective][values[other] <= bound].min())
            assert found.certified
            assert found.value == pytest.approx(best / 2e8, rel=1e-12)
