"""A small real network on ZC706: the engine against an enumeration that uses the cost model alone."""

import itertools

import pytest

from cosearch.accelerate import AcceleratorSpace, Budget, DesignTable, EngineResult, Exact, LinearRelaxation, Problem
from cosearch.cost import best_mapping, evaluate, resources_of
from cosearch.design import parse_limits
from cosearch.errors import MappingError
from cosearch.hardware import Capacity, Chunk, ChunkKind, Platform, Unroll, load_platform, resident_bits
from cosearch.workload import Layer, Workload

LIMITS = [(), ("dsp<=40",), ("dsp<=60", "bram18<=62"), ("latency_seconds<=4e-4", "lut<=11500")]
CLOCK_HERTZ = 2e8


@pytest.fixture(scope="module")
def zc706() -> Platform:
    return load_platform("zc706")


def _declared(kind: ChunkKind, space: AcceleratorSpace, max_channels: int) -> list[Chunk]:
    """Every chunk of a kind that the space declares, written out."""
    chunk, sizes = space.chunk, space.chunk.capacity_bits
    depthwise = kind is ChunkKind.DEPTHWISE
    lanes, reductions = (chunk.depthwise_lanes, (1,)) if depthwise else (chunk.lanes, chunk.reductions)
    return [
        Chunk(
            kind=kind,
            weight_bits=8,
            activation_bits=8,
            unroll=Unroll(K=k, C=c),
            capacity_bits=Capacity(I=i, W=w, O=o),
            read_slots=r,
            write_slots=s,
            resident_weights=resident,
            max_channels=max_channels,
            output_bits=8,
        )
        for resident in chunk.resident_weights
        for k, c, r, s in itertools.product(lanes, reductions, chunk.read_slots, chunk.write_slots)
        for i, w, o in itertools.product(sizes.I, sizes.W_resident if resident else sizes.W, sizes.O)
    ]


def _priced(layers: list[Layer], chunks: list[Chunk], table: DesignTable, zc706: Platform) -> list[tuple[int, ...]]:
    """Cycles, DSPs, BRAMs, LUTs and slots of every chunk that runs all layers."""
    priced: list[tuple[int, ...]] = []
    for chunk in chunks:
        if chunk.resident_weights and sum(resident_bits(x, chunk) for x in layers) > chunk.capacity_bits.W:
            continue
        try:
            cycles = sum(int(best_mapping(layer, chunk, table.port)[1].cycles) for layer in layers)
        except MappingError:
            continue
        needs = resources_of(chunk, zc706)
        slots = chunk.read_slots + chunk.write_slots
        priced.append((cycles, int(needs.dsp), int(needs.bram18), int(needs.lut), slots))
    return priced


@pytest.fixture(scope="module")
def enumerated(
    lenet: Workload, tiny_space: AcceleratorSpace, lenet_table: DesignTable, zc706: Platform
) -> list[tuple[int, ...]]:
    """Period, latency, DSPs, BRAMs, LUTs and slots of every accelerator of the declared space."""
    standard = [layer for layer in lenet.layers if not layer.is_depthwise]
    depthwise = [layer for layer in lenet.layers if layer.is_depthwise]
    first = _priced(standard, _declared(ChunkKind.STANDARD, tiny_space, 120), lenet_table, zc706)
    second = _priced(depthwise, _declared(ChunkKind.DEPTHWISE, tiny_space, 6), lenet_table, zc706)
    budget = zc706.budget()
    bounds = (budget["dsp"], budget["bram18"], budget["lut"], lenet_table.port.total_slots)
    found: list[tuple[int, ...]] = []
    for a, b in itertools.product(first, second):
        sums = tuple(x + y for x, y in zip(a[1:], b[1:], strict=True))
        if all(x <= bound for x, bound in zip(sums, bounds, strict=True)):
            found.append((max(a[0], b[0]), a[0] + b[0], *sums))
    return found


def _run(lenet: Workload, table: DesignTable, limits: tuple[str, ...]) -> EngineResult:
    problem = Problem.of(table, lenet, limits=parse_limits(limits))
    return Exact().run(problem, seed=0, budget=Budget())


@pytest.mark.parametrize("limits", LIMITS)
def test_the_optimum_is_that_of_the_declared_space(
    limits: tuple[str, ...], lenet: Workload, lenet_table: DesignTable, enumerated: list[tuple[int, ...]]
) -> None:
    names = ("fps", "latency_seconds", "dsp", "bram18", "lut")
    allowed = [
        key
        for key in enumerated
        if all(
            limit.met_by(key[names.index(limit.metric)] / (CLOCK_HERTZ if limit.metric == "latency_seconds" else 1))
            for limit in parse_limits(limits)
        )
    ]
    best = min(allowed, key=lambda key: (key[0], *key[2:]))
    result = _run(lenet, lenet_table, limits)
    assert result.certified
    assert result.value == CLOCK_HERTZ / best[0]
    assert result.accelerator is not None
    predicted = evaluate(lenet, result.accelerator, load_platform("zc706"))
    assert (predicted.dsp, predicted.bram18, predicted.lut) == best[2:5]


def test_limits_change_the_optimum(lenet: Workload, lenet_table: DesignTable) -> None:
    values = [_run(lenet, lenet_table, limits).value for limits in LIMITS]
    assert len(set(values)) >= 3


@pytest.mark.parametrize("limits", LIMITS)
def test_the_evaluation_agrees_with_the_table(
    limits: tuple[str, ...], lenet: Workload, lenet_table: DesignTable, zc706: Platform
) -> None:
    result = _run(lenet, lenet_table, limits)
    assert result.accelerator is not None
    assert result.designs is not None
    result.accelerator.check(lenet)
    predicted = evaluate(lenet, result.accelerator, zc706)
    cycles = [int(vector[result.designs[index]]) for index, vector in enumerate(lenet_table.cycles_of(lenet))]
    assert [chunk.cycles for chunk in predicted.per_chunk] == cycles
    assert predicted.period_cycles == max(cycles)
    assert predicted.fps == result.value
    assert predicted.latency_seconds == sum(cycles) / CLOCK_HERTZ


def test_the_relaxation_bounds_the_period(lenet: Workload, lenet_table: DesignTable) -> None:
    for limits in LIMITS[:3]:
        problem = Problem.of(lenet_table, lenet, limits=parse_limits(limits))
        prices = LinearRelaxation().solve(problem)
        result = Exact().run(problem, seed=0, budget=Budget())
        assert result.value is not None
        assert prices.measure == "period"
        assert prices.value <= CLOCK_HERTZ / result.value * (1 + 1e-9)
