"""Synthetic tables, an oracle that enumerates, and a small real table."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from cosearch.accelerate import (
    AcceleratorSpace,
    CapacityChoices,
    ChunkClass,
    ChunkDesigns,
    ChunkSpace,
    ClassTable,
    Demand,
    DesignTable,
    MappedDesigns,
    Moves,
    Problem,
)
from cosearch.design import parse_limits
from cosearch.hardware import ChunkKind, DramPort, load_fabric, load_platform
from cosearch.workload import IMAGE, Layer, Workload

CLOCK_HERTZ = 1e8
NEVER = 1 << 52
PORT = DramPort(beat_bits=128, burst_latency_cycles=8, total_slots=64)
CLASSES = [
    (ChunkKind.STANDARD, 4),
    (ChunkKind.STANDARD, 8),
    (ChunkKind.DEPTHWISE, 4),
    (ChunkKind.DEPTHWISE, 8),
    (ChunkKind.BOTH, 16),
]


def _class_table(rng: np.random.Generator, index: int, designs: int, columns: int, coarse: int) -> ClassTable:
    lanes, buffers = rng.integers(1, 100, designs), rng.integers(1, 60, designs)
    slots, noise = rng.integers(2, 24, designs), rng.uniform(0.7, 1.3, (designs, columns))
    work = rng.uniform(1e3, 1e5, columns)
    cycles = (noise * work * (1 / lanes + 0.2 / buffers + 0.1 / slots)[:, None]).astype(
        np.int64
    ) // coarse * coarse + 1
    cycles[rng.random(cycles.shape) < 0.03] = NEVER
    resources = np.stack([lanes, buffers * 2, buffers % 5, lanes * 60 + rng.integers(0, 900, designs), slots], 1)
    zeros = np.zeros(designs, np.int64)
    kind, width = CLASSES[index]
    chunk_class = ChunkClass(kind=kind, width_bits=width, max_channels=8, output_bits=8)
    table = ClassTable(
        chunk_class=chunk_class,
        first_column=index * columns,
        shapes={(index, column): column for column in range(columns)},
        designs=ChunkDesigns(
            lanes=lanes,
            reduction=zeros + 1,
            columns=zeros + 1,
            fused_pixels=zeros + 1,
            kernel_columns=zeros + 1,
            capacity_i_bits=zeros + 1,
            capacity_w_bits=rng.integers(1, 400, designs),
            capacity_o_bits=zeros + 1,
            read_slots=zeros + 1,
            write_slots=slots - 1,
            resident=(rng.random(designs) < 0.2).astype(np.int64),
            partial_sums=zeros,
            products_per_dsp=zeros + 1,
            lut_multipliers=zeros,
            uram=zeros,
        ),
        cycles=np.asfortranarray(cycles),
        resources=resources.astype(np.int64),
        resident_bits=np.asfortranarray(rng.integers(0, 5, (designs, columns)) * width),
        num_declared=designs,
    )
    burns = np.random.default_rng(int(work[0]))  # of its own, so that all else stays as it was
    bits = burns.integers(1, 50, (designs, columns)) * 4096
    moves = Moves(work * 1e-9 * burns.uniform(0.5, 2.0, (designs, columns)) + bits * 1e-11, bits)
    mapped = MappedDesigns(
        layers=(),
        tilings=np.zeros((designs, columns), np.int16),
        designs=table.designs,
        chunk_class=chunk_class,
        port=PORT,
        rules=load_fabric("7series").energy,
        given=moves,
    )
    return replace(table, mapped=mapped)


def synthetic_problem(
    seed: int, classes: int, designs: int, limits: tuple[str, ...] = (), *, room: float = 1.2, objective: str = "fps"
) -> Problem:
    """A random network on a random table with `room` times what typical designs take."""
    rng = np.random.default_rng(seed)
    columns = 3
    coarse = 1 if seed % 3 else 200
    tables = [_class_table(rng, index, designs, columns, coarse) for index in range(classes)]
    typical = sum(np.median(table.resources, axis=0) for table in tables)
    budget = (typical * room * rng.uniform(0.8, 1.2, 5)).astype(np.int64)
    table = DesignTable(
        classes=tuple(tables),
        space=AcceleratorSpace(),
        platform="synthetic",
        port=PORT,
        static_watts=0.2,
        clock_hertz=CLOCK_HERTZ,
        budget=budget,
    )
    counts = rng.integers(0, 3, classes * columns).astype(np.float64)
    counts[::columns] += 1
    demand = Demand(counts=counts, weights=rng.integers(0, 5, classes).astype(np.float64), is_chain=True)
    return Problem(table=table, demand=demand, objective=objective, limits=parse_limits(limits))


@dataclass(frozen=True)
class Best:
    """The best choice of an enumeration: its value in the objective's unit, and its designs by class."""

    value: float
    designs: dict[int, int]


@dataclass(frozen=True)
class Built:
    """One accelerator of an enumeration: its metrics, its sums of resources, and its designs by class."""

    metrics: dict[str, float]
    sums: list[int]
    designs: dict[int, int]


def enumerate_built(problem: Problem) -> list[Built]:
    """All combinations within the platform's budget in plain Python, from the definition of the problem."""
    table, clock = problem.table, problem.table.clock_hertz
    options: list[list[tuple[int, int, list[int], float, int]]] = []
    used: list[int] = []
    for index, entry in enumerate(table.classes):
        share = problem.demand.counts[entry.first_column : entry.first_column + len(entry.shapes)]
        if not share.any():
            continue
        used.append(index)
        assert entry.mapped is not None
        moves = entry.mapped.moves
        rows: list[tuple[int, int, list[int], float, int]] = []
        for row in range(len(entry.designs)):
            cycles = [int(entry.cycles[row, column]) for column in np.flatnonzero(share)]
            need = sum(int(entry.resident_bits[row, column]) * int(share[column]) for column in np.flatnonzero(share))
            if max(cycles) >= NEVER or (entry.designs.resident[row] and entry.designs.capacity_w_bits[row] < need):
                continue
            total = sum(c * int(n) for c, n in zip(cycles, share[share > 0], strict=True))
            joules = sum(float(moves.energy_joules[row, column]) * int(share[column]) for column in range(len(share)))
            bits = sum(int(moves.dram_bits[row, column]) * int(share[column]) for column in range(len(share)))
            rows.append((row, total, [int(r) for r in entry.resources[row]], joules, bits))
        options.append(rows)
    found: list[Built] = []
    for choice in itertools.product(*options):
        sums = [sum(design[2][k] for design in choice) for k in range(5)]
        if any(s > b for s, b in zip(sums, table.budget, strict=True)):
            continue
        period, latency = max(design[1] for design in choice), sum(design[1] for design in choice)
        energy = sum(design[3] for design in choice) + table.static_watts * period / clock
        metrics = {
            "fps": clock / period,
            "latency_seconds": latency / clock,
            "energy_joules": energy,
            "edp": energy * latency / clock,
            "power_watts": energy * clock / period,
            "dram_bits": float(sum(design[4] for design in choice)),
            **dict(zip(("dsp", "bram18", "uram", "lut"), map(float, sums[:4]), strict=True)),
        }
        found.append(Built(metrics, sums, {i: design[0] for i, design in zip(used, choice, strict=True)}))
    return found


def enumerate_best(problem: Problem) -> Best | None:
    """The best of all that keep the limits, ties broken as the exact engine does; None if none does."""
    best: tuple[float, ...] | None = None
    chosen: dict[int, int] = {}
    for built in enumerate_built(problem):
        if not all(limit.met_by(built.metrics[limit.metric]) for limit in problem.limits):
            continue
        value = built.metrics[problem.objective]
        sign = -1 if problem.objective == "fps" else 1
        key = (sign * value, *(built.sums[k] for k in (0, 1, 3, 4)), *built.designs.values())
        if best is None or key < best:
            best, chosen = key, built.designs
    if best is None:
        return None
    return Best(abs(best[0]), chosen)


ProblemMaker = Callable[..., Problem]


@pytest.fixture(scope="session")
def make_problem() -> ProblemMaker:
    return synthetic_problem


@pytest.fixture(scope="session")
def all_built() -> Callable[[Problem], list[Built]]:
    return enumerate_built


@pytest.fixture(scope="session")
def oracle() -> Callable[[Problem], Best | None]:
    return enumerate_best


def _layer(name: str, source: str, **sizes: int) -> Layer:
    return Layer(name=name, source=source, weight_bits=8, input_bits=8, output_bits=8, **sizes)


@pytest.fixture(scope="session")
def lenet() -> Workload:
    """Five layers of LeNet's shapes, one made depthwise separable so that both kinds of chunk have work."""
    return Workload(
        layers=(
            _layer(
                "conv1",
                IMAGE,
                K=6,
                C=1,
                OY=28,
                OX=28,
                FY=5,
                FX=5,
                IY=28,
                IX=28,
                padding_y=2,
                padding_x=2,
                pool_y=2,
                pool_x=2,
            ),
            _layer("depthwise2", "conv1", G=6, K=1, C=1, OY=10, OX=10, FY=5, FX=5, IY=14, IX=14),
            _layer("pointwise2", "depthwise2", K=16, C=6, OY=10, OX=10, IY=10, IX=10, pool_y=2, pool_x=2),
            _layer("conv3", "pointwise2", K=120, C=16, OY=1, OX=1, FY=5, FX=5, IY=5, IX=5),
            _layer("fc4", "conv3", K=10, C=120, OY=1, OX=1, IY=1, IX=1),
        )
    )


@pytest.fixture(scope="session")
def tiny_space() -> AcceleratorSpace:
    return AcceleratorSpace(
        allocation="kind",
        widths=(8,),
        chunk=ChunkSpace(
            lanes=(4, 8),
            reductions=(1, 4),
            depthwise_lanes=(2, 4),
            capacity_bits=CapacityChoices(I=(8_192, 65_536), W=(65_536,), O=(65_536,), W_resident=(524_288,)),
            read_slots=(4, 16),
            write_slots=(4,),
            resident_weights=(False, True),
        ),
    )


@pytest.fixture(scope="session")
def lenet_table(lenet: Workload, tiny_space: AcceleratorSpace) -> DesignTable:
    return DesignTable.build(lenet.layers, tiny_space, load_platform("zc706"), 2e8)
