"""The exact engine against brute force on random small spaces, and impossible requests with their relaxations.

``python benchmarks/exact_engine.py [--spaces N] [--requests N] [--seed S]`` prints JSON and writes
``results/exact_engine.json``. A space is a random network of two to five layers on random choices of chunks under a
random allocation rule, with a random objective and up to three limits, drawn from what its accelerators reach. Brute
force builds every accelerator and knows a layer's best mapping and a chunk's resources by the cost model alone.
"""

import argparse
from collections.abc import Iterator
from itertools import combinations, pairwise, product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from cosearch.accelerate import (
    SHAPE_RULES,
    AcceleratorSpace,
    Budget,
    CapacityChoices,
    ChunkSpace,
    DesignTable,
    Exact,
    Problem,
    explain,
    solve_allocation,
)
from cosearch.accelerate.allocation import allocate
from cosearch.cost import best_mapping, resources_of
from cosearch.design import METRICS, Limit
from cosearch.errors import HardwareError, MappingError
from cosearch.hardware import Chunk, Platform, load_platform
from cosearch.records import canonical_json, write_atomically
from cosearch.workload import IMAGE, Layer, Workload

RESULT = Path(__file__).parent / "results" / "exact_engine.json"
CLOCK_HERTZ = 2e8
RESOURCES = ("dsp", "bram18", "uram", "lut", "slots")
OBJECTIVES = ("fps", "latency_seconds", "dsp", "bram18", "lut")

Values = dict[str, float]


class Case(NamedTuple):
    """A small space and all that its accelerators reach."""

    workload: Workload
    space: AcceleratorSpace
    platform: Platform
    reached: list[Values]


def random_network(rng: np.random.Generator) -> Workload:
    """A chain of convolutions, some depthwise, some of 4 bits."""
    layers: list[Layer] = []
    channels, size = int(rng.choice([3, 8, 16])), int(rng.choice([8, 14]))
    number = int(rng.integers(2, 6))
    bits = [int(rng.choice([4, 8])) for _ in range(number + 1)]
    for place in range(number):
        depthwise = place > 0 and rng.random() < 0.35
        kernel, stride = (3, int(rng.choice([1, 2]))) if rng.random() < 0.7 else (1, 1)
        out = channels if depthwise else int(rng.choice([8, 16, 24]))
        made = -(-size // stride)
        layers.append(
            Layer(
                name=f"layer{place}",
                source=layers[-1].name if layers else IMAGE,
                G=channels if depthwise else 1,
                K=1 if depthwise else out,
                C=1 if depthwise else channels,
                OY=made,
                OX=made,
                FY=kernel,
                FX=kernel,
                IY=size,
                IX=size,
                stride_y=stride,
                stride_x=stride,
                padding_y=kernel // 2,
                padding_x=kernel // 2,
                weight_bits=bits[place],
                input_bits=bits[place],
                output_bits=bits[place + 1],
            )
        )
        channels, size = out, made
    return Workload(layers=tuple(layers))


def random_space(rng: np.random.Generator, rule: str) -> AcceleratorSpace:
    """A few designs a chunk."""

    def some(values: list[int], most: int) -> tuple[int, ...]:
        number = int(rng.integers(1, most + 1))
        return tuple(sorted(int(v) for v in rng.choice(values, number, replace=False)))

    chunk = ChunkSpace(
        lanes=some([4, 8, 16], 2),
        reductions=some([1, 4], 1),
        depthwise_lanes=some([2, 4, 8], 2),
        columns=some([1, 2], 1),
        capacity_bits=CapacityChoices(I=some([16_384, 65_536], 1), W=some([32_768], 1), O=some([32_768, 131_072], 1)),
        read_slots=some([2, 4, 8, 16], 2),
        write_slots=some([2, 4], 1),
        products_per_dsp=(1,) if rng.random() < 0.7 else (1, 2),
    )
    return AcceleratorSpace.model_validate(
        {"allocation": rule, "widths": (4, 8), "max_chunks": int(rng.integers(1, 4)), "chunk": chunk.model_dump()}
    )


class Priced:
    """Chunks of a space by the cost model, each layer and chunk once."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.port = platform.port(CLOCK_HERTZ)
        self._cycles: dict[tuple[Chunk, Layer], float] = {}

    def cycles(self, chunk: Chunk, layer: Layer) -> float:
        """Of the best mapping; infinite where there is none."""
        key = (chunk, layer)
        if key not in self._cycles:
            try:
                self._cycles[key] = best_mapping(layer, chunk, self.port)[1].cycles
            except MappingError:
                self._cycles[key] = float("inf")
        return self._cycles[key]

    def resources(self, chunk: Chunk) -> list[int]:
        """In the order of `RESOURCES`."""
        needs = resources_of(chunk, self.platform)
        return [*(int(getattr(needs, name)) for name in RESOURCES[:-1]), chunk.read_slots + chunk.write_slots]


def chunks_of(
    layers: list[Layer], space: AcceleratorSpace, platform: Platform
) -> list[tuple[list[Layer], list[Chunk]]]:
    """The layers that share a chunk under a rule of shapes, and all chunks they may have."""
    table = DesignTable.build(layers, space, platform, CLOCK_HERTZ, prune=False)
    groups = allocate(layers, space)
    return [
        (share, [entry.designs.chunk(row, entry.chunk_class) for row in range(len(entry.designs))])
        for (_, share), entry in zip(groups, table.classes, strict=True)
    ]


def partitions(workload: Workload, space: AcceleratorSpace) -> Iterator[list[list[Layer]]]:
    """All cuts of a network into consecutive runs."""
    layers = list(workload.layers)
    for number in range(1, min(space.max_chunks, len(layers)) + 1):
        for cuts in combinations(range(1, len(layers)), number - 1):
            yield [layers[a:b] for a, b in pairwise((0, *cuts, len(layers)))]


def reached(workload: Workload, space: AcceleratorSpace, platform: Platform) -> list[Values]:
    """Metrics of every accelerator of a space that fits the platform."""
    priced, layers = Priced(platform), list(workload.layers)
    if space.allocation in SHAPE_RULES:
        found = _combined(priced, chunks_of(layers, space, platform), workload)
    else:
        single = space.model_copy(update={"allocation": "single"})
        designs: list[Chunk] = []
        for width in space.widths:  # as the pool of all layers has them
            fits = [x for x in layers if max(x.weight_bits, x.input_bits) <= width]
            if fits and any(_needs(x, space) == width for x in layers):
                designs += chunks_of(fits, single.model_copy(update={"widths": (width,)}), platform)[0][1]
        found = []
        for runs in partitions(workload, space):
            found += _combined(priced, [(run, designs) for run in runs], workload)
    return found


def _needs(layer: Layer, space: AcceleratorSpace) -> int:
    return next(width for width in space.widths if max(layer.weight_bits, layer.input_bits) <= width)


def _combined(priced: Priced, groups: list[tuple[list[Layer], list[Chunk]]], workload: Workload) -> list[Values]:
    """Every choice of a chunk for each group."""
    budget = priced.platform.budget()
    bounds = [budget.get(name, priced.port.total_slots) for name in RESOURCES]
    options = [
        [
            (sum(priced.cycles(chunk, layer) for layer in share), priced.resources(chunk))
            for chunk in chunks
        ]
        for share, chunks in groups
    ]  # fmt: skip
    found: list[Values] = []
    for choice in product(*options):
        cycles = [own for own, _ in choice]
        sums = np.sum([needs for _, needs in choice], axis=0)
        if max(cycles) < float("inf") and (sums <= bounds).all():
            values = {"fps": CLOCK_HERTZ / max(cycles), "latency_seconds": sum(cycles) / CLOCK_HERTZ}
            found.append({**values, **dict(zip(RESOURCES[:-1], map(float, sums[:-1]), strict=True))})
    return found


def best_of(rows: list[Values], objective: str, limits: tuple[Limit, ...]) -> float | None:
    """By brute force; None where nothing keeps the limits."""
    kept = [row[objective] for row in rows if all(limit.met_by(row[limit.metric]) for limit in limits)]
    return (max if METRICS[objective].more_is_better else min)(kept, default=None)


def random_limits(rng: np.random.Generator, rows: list[Values], metrics: list[str], most: int) -> tuple[Limit, ...]:
    """Bounds between the best and the worst that is reached, a little beyond either."""
    limits: list[Limit] = []
    for metric in rng.choice(metrics, int(rng.integers(0, most + 1)), replace=False):
        values = [row[metric] for row in rows]
        low, high = min(values), max(values)
        bound = low + float(rng.uniform(-0.05, 1.05)) * (high - low)
        limits.append(Limit(metric=str(metric), op=">=" if metric == "fps" else "<=", limit=max(0.0, bound)))
    return tuple(limits)


def make_case(rng: np.random.Generator, rules: tuple[str, ...]) -> Case:
    """A space in which some accelerator fits."""
    platform = load_platform("pynq-z2")
    while True:
        workload, space = random_network(rng), random_space(rng, str(rng.choice(rules)))
        try:
            rows = reached(workload, space, platform)
        except HardwareError:
            continue
        if 2 <= len(rows) <= 60_000:
            return Case(workload, space, platform, rows)


def compare_spaces(number: int, seed: int) -> dict[str, object]:
    """How often engine and brute force agree, and on what."""
    agree, infeasible, wrong = 0, 0, list[str]()
    by_rule: dict[str, int] = {}
    rng = np.random.default_rng(seed)
    for _ in range(number):
        case = make_case(rng, (*SHAPE_RULES, "contiguous"))
        is_run = case.space.allocation == "contiguous"
        objective = "fps" if is_run else str(rng.choice(OBJECTIVES))
        metrics = ["fps", "dsp", "bram18", "lut"] if is_run else list(OBJECTIVES)
        limits = random_limits(rng, case.reached, metrics, 3)
        wanted = best_of(case.reached, objective, limits)
        found = solve_allocation(
            case.workload, case.platform, case.space, clock_hertz=CLOCK_HERTZ, objective=objective, limits=limits
        )
        infeasible += wanted is None
        by_rule[case.space.allocation] = by_rule.get(case.space.allocation, 0) + 1
        proved = found.certified if wanted is not None else found.status == "infeasible"
        if proved and (found.value == wanted if wanted is None else np.isclose(found.value or 0, wanted, rtol=1e-12)):
            agree += 1
        else:
            wrong.append(f"{case.space.allocation} {objective} {[str(x) for x in limits]}: {found.value}, {wanted}")
    return {"spaces": number, "agree": agree, "infeasible": infeasible, "by_rule": by_rule, "wrong": wrong}


def compare_requests(number: int, seed: int) -> dict[str, object]:
    """Impossible requests: proved so, enough where `explain` says so, and 1 % less is not, by brute force."""
    proved, tight, alone_tight, done = 0, 0, 0, 0
    rng = np.random.default_rng(seed + 1)
    while done < number:
        case = make_case(rng, SHAPE_RULES)
        limits = _impossible(rng, case)
        if limits is None:
            continue
        done += 1
        table = DesignTable.build(case.workload.layers, case.space, case.platform, CLOCK_HERTZ)
        problem = Problem.of(table, case.workload, "fps", limits)
        proved += Exact().run(problem, seed=0, budget=Budget()).status == "infeasible"
        found = explain([problem])
        factor = found.joint_factor
        assert factor is not None
        tight += _possible(case, [x.relaxed(factor) for x in limits]) and not _possible(
            case, [x.relaxed(factor / 1.01) for x in limits]
        )
        alone_tight += all(_alone_is_right(case, limits, row.limit, row.sufficient) for row in found.relaxations)
    return {"requests": number, "proved": proved, "joint_factor_tight": tight, "alone_tight": alone_tight}


def _impossible(rng: np.random.Generator, case: Case) -> tuple[Limit, ...] | None:
    """Bounds that each some accelerator keeps, or nearly, and none keeps together."""
    limits = random_limits(rng, case.reached, list(OBJECTIVES), 4)
    limits = tuple(limit for limit in limits if limit.limit > 0)
    return None if not limits or _possible(case, list(limits)) else limits


def _possible(case: Case, limits: list[Limit]) -> bool:
    return best_of(case.reached, "fps", tuple(limits)) is not None


def _alone_is_right(case: Case, limits: tuple[Limit, ...], limit: Limit, sufficient: float | None) -> bool:
    """A bound that is enough while the others stay, and 1 % tighter is not; or none at all."""
    others = [other for other in limits if other.metric != limit.metric]
    if sufficient is None:
        return not _possible(case, others)
    loose = limit.model_copy(update={"limit": sufficient})
    tight = limit.model_copy(update={"limit": sufficient * (1.01 if limit.op == ">=" else 1 / 1.01)})
    return _possible(case, [*others, loose]) and not _possible(case, [*others, tight])


def main() -> None:
    """Compare, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spaces", type=int, default=200)
    parser.add_argument("--requests", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    found = {
        "command": "python benchmarks/exact_engine.py",
        "brute_force": compare_spaces(arguments.spaces, arguments.seed),
        "impossible": compare_requests(arguments.requests, arguments.seed),
    }
    text = canonical_json(found)
    print(text, end="")
    write_atomically(RESULT, text)


if __name__ == "__main__":
    main()
