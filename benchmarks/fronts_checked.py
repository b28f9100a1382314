"""Fronts against brute force on random small spaces.

``python benchmarks/fronts_checked.py [--spaces N] [--seconds S]`` runs the cases that are missing, one line of
``results/fronts_checked.jsonl`` each, and stops after S seconds; ``--summary`` prints what they say. Brute force is
that of ``exact_engine.py``: every accelerator is priced by the cost model alone. A front is walked whole, and found
again by halving the widest gap; both have to be the brute force's, point by point.
"""

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from exact_cases import CLOCK_HERTZ, Case, Values, reached

from cosearch.accelerate import (
    PROBLEM_METRICS,
    SHAPE_RULES,
    AcceleratorSpace,
    CapacityChoices,
    ChunkSpace,
    DesignTable,
    Problem,
    front,
)
from cosearch.design import METRICS
from cosearch.errors import HardwareError
from cosearch.hardware import load_platform
from cosearch.workload import IMAGE, Layer, Workload

RESULTS = Path(__file__).parent / "results" / "fronts_checked.jsonl"
RELATIVE = 1e-9
"""Energies are sums of floats in another order; points nearer than this are one."""

COUNTS = ("dsp", "bram18", "lut")
"""A front of two of these is often one point: the smallest chunks."""

MOST_ACCELERATORS = 30_000

Points = list[tuple[float, float]]


def random_network(rng: np.random.Generator) -> Workload:
    """Two to four convolutions with enough work that arrays matter, some of them depthwise."""
    layers: list[Layer] = []
    channels = int(rng.choice([16, 32, 64]))
    for place in range(int(rng.integers(2, 5))):
        depthwise = place > 0 and rng.random() < 0.4
        out = channels if depthwise else int(rng.choice([32, 64, 128]))
        layers.append(
            Layer(
                name=f"layer{place}",
                source=layers[-1].name if layers else IMAGE,
                G=channels if depthwise else 1,
                K=1 if depthwise else out,
                C=1 if depthwise else channels,
                **dict.fromkeys(("OY", "OX", "IY", "IX"), 14),
                **dict.fromkeys(("FY", "FX"), 3),
                **dict.fromkeys(("padding_y", "padding_x"), 1),
                **dict.fromkeys(("weight_bits", "input_bits", "output_bits"), 8),
            )
        )
        channels = out
    return Workload(layers=tuple(layers))


def random_space(rng: np.random.Generator) -> AcceleratorSpace:
    """Some dozen designs a chunk, which trade speed for resources."""

    def some(values: list[int], number: int) -> tuple[int, ...]:
        return tuple(sorted(int(v) for v in rng.choice(values, number, replace=False)))

    chunk = ChunkSpace(
        lanes=some([2, 4, 8, 12, 16, 24, 32], 5),
        reductions=some([1, 2, 4], 1),
        depthwise_lanes=some([2, 4, 8], 3),
        capacity_bits=CapacityChoices(I=some([16_384, 65_536], 1), W=(32_768,), O=some([32_768, 131_072], 1)),
        read_slots=some([2, 4, 8, 16, 24], 4),
        write_slots=some([2, 4], 1),
    )
    return AcceleratorSpace(allocation=str(rng.choice(SHAPE_RULES)), widths=(4, 8), chunk=chunk)


def make_case(rng: np.random.Generator) -> Case:
    """A space in which some accelerators fit, and not too many."""
    platform = load_platform("pynq-z2")
    while True:
        workload, space = random_network(rng), random_space(rng)
        try:
            table = DesignTable.build(workload.layers, space, platform, CLOCK_HERTZ, prune=False)
        except HardwareError:
            continue
        if math.prod(len(entry.designs) for entry in table.classes) <= MOST_ACCELERATORS:
            return Case(workload, space, platform, reached(workload, space, platform))


def front_of(rows: list[Values], pair: tuple[str, str]) -> Points:
    """Values that no other row betters, from the best of the first metric on."""
    signs = [-1 if METRICS[name].more_is_better else 1 for name in pair]
    kept: Points = []
    for first, second in sorted({(signs[0] * row[pair[0]], signs[1] * row[pair[1]]) for row in rows}):
        if not kept or second < kept[-1][1]:
            kept.append((first, second))
    return [(abs(first), abs(second)) for first, second in kept]


def distinct(points: Points) -> Points:
    """Points less those that differ from the one before by rounding alone."""
    kept: Points = []
    for point in points:
        if not kept or not any(_is_close(a, b) for a, b in zip(kept[-1], point, strict=True)):
            kept.append(point)
    return kept


def agrees(case: Case, pair: tuple[str, str]) -> bool:
    """Whether both ways to find a front give what brute force does."""
    table = DesignTable.build(case.workload.layers, case.space, case.platform, CLOCK_HERTZ, prune=False)
    problem = Problem.of(table, case.workload)
    wanted = distinct(front_of(case.reached, pair))
    for points in (None, 10_000):
        found = front(problem, pair, points=points)
        values = distinct([point.values for point in found.points])
        if not found.is_whole or len(values) != len(wanted):
            return False
        if not all(_is_close(a, b) for x, y in zip(values, wanted, strict=True) for a, b in zip(x, y, strict=True)):
            return False
    return True


def run(number: int) -> dict[str, object]:
    """One case; its number is its seed."""
    rng = np.random.default_rng(number)
    case = make_case(rng)
    metrics = sorted(PROBLEM_METRICS.intersection(case.reached[0]) - {"uram"})
    first = str(rng.choice([name for name in metrics if name not in COUNTS]))
    second = str(rng.choice([name for name in metrics if name != first]))
    return {
        "case": number,
        "allocation": case.space.allocation,
        "objectives": [first, second],
        "accelerators": len(case.reached),
        "points": len(distinct(front_of(case.reached, (first, second)))),
        "agrees": agrees(case, (first, second)),
    }


def rows() -> list[dict[str, object]]:
    """All results so far."""
    if not RESULTS.is_file():
        return []
    return [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]


def summary() -> str:
    """Results in a sentence."""
    found = rows()
    points = [row["points"] for row in found]
    agree = sum(bool(row["agrees"]) for row in found)
    largest = max(row["accelerators"] for row in found)
    return (
        f"{agree} of {len(found)} random small spaces, with up to {largest:,} accelerators, have the front of brute "
        f"force in both ways; {sum(points)} points, at most {max(points)} on a front"
    )


def _is_close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=RELATIVE)


def main() -> None:
    """Run what is missing, or say what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spaces", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=540.0)
    parser.add_argument("--summary", action="store_true")
    arguments = parser.parse_args()
    if arguments.summary:
        print(summary())
        return
    torch.set_num_threads(1)
    end = time.monotonic() + arguments.seconds
    known = {row["case"] for row in rows()}
    wanted = [number for number in range(arguments.spaces) if number not in known]
    while wanted and time.monotonic() < end:
        line = json.dumps(run(wanted.pop(0))) + "\n"
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(line)
    print(f"{len(wanted)} cases are left" if wanted else summary())


if __name__ == "__main__":
    main()
