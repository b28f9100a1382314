"""Run every way of searching under ten limits with ten seeds, at equal CPU time.

``python -m benchmarks.joint_study.regret --platform a [--ways NAME ...] [--seeds N] [--first-seed S]`` appends a line
a search to ``results/searches_PLATFORM.jsonl`` and stops after 540 seconds; the same command goes on. A line has what
was chosen and the CPU time it took; regret is worked out by ``regret_table``.
"""

import argparse
import json
import os
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from functools import cache
from pathlib import Path

import torch
from benchmarks.joint_study.gradient import Gradient, gradient_search
from benchmarks.joint_study.searches import Outcome, train_shared
from benchmarks.joint_study.supernets import SharedWeights, Training
from benchmarks.joint_study.ways import ALL, TWICE, WAYS, Drawn
from benchmarks.joint_study.world import World
from benchmarks.joint_table import JointTable

from cosearch.design import Limit

RESULTS = Path(__file__).parent / "results"

BUDGET = 5.0
"""CPU seconds of one search."""

TRAINING_SHARE = 0.7
"""Of the budget, spent on shared weights where they are trained before the search."""

NUM_LIMITS = 10


@cache
def _world(platform: str) -> World:
    torch.set_num_threads(1)
    return World(JointTable.load(), platform)


def run_way(platform: str, way: str, seed: int) -> list[dict[str, object]]:
    """One way under every limit. Shared weights are trained once for all limits, and their time counts for each."""
    world, kind = _world(platform), ALL[way]
    budget = 2 * BUDGET if way.endswith(TWICE) else BUDGET
    limits = world.limits(NUM_LIMITS)
    if isinstance(kind, Gradient):
        found = [gradient_search(world, limit, seed, budget, kind) for limit in limits]
    else:
        training = Training(cpu_seconds=TRAINING_SHARE * budget, learning_rate=kind.learning_rate)
        weights = train_shared(world, seed, training)
        found = [_choose(kind, world, limit, weights, seed, budget) for limit in limits]
    return [
        {
            "way": way,
            "seed": seed,
            "limit": str(limit),
            "point": outcome.point,
            "cpu_seconds": round(outcome.cpu_seconds, 2),
        }
        for limit, outcome in zip(limits, found, strict=True)
    ]


def _choose(kind: Drawn, world: World, limit: Limit, weights: SharedWeights, seed: int, budget: float) -> Outcome:
    start = time.process_time()
    point = kind.choose(world, limit, weights, seed, (1 - TRAINING_SHARE) * budget)
    return Outcome(point=point, cpu_seconds=time.process_time() - start + TRAINING_SHARE * budget)


def done(path: Path) -> set[tuple[str, int]]:
    """Ways and seeds a file holds with all limits."""
    if not path.is_file():
        return set()
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {(row["way"], row["seed"]) for row in rows}


def append(path: Path, rows: list[dict[str, object]]) -> None:
    """All lines of one way and seed at once."""
    path.parent.mkdir(exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(handle, "".join(json.dumps(row) + "\n" for row in rows).encode())
    finally:
        os.close(handle)


def main() -> None:
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--platform", choices=("a", "b"), required=True)
    parser.add_argument("--ways", nargs="+", choices=list(ALL), default=list(WAYS))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seconds", type=float, default=540.0)
    arguments = parser.parse_args()
    path = RESULTS / f"searches_{arguments.platform}.jsonl"
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    ways = dict.fromkeys(arguments.ways)
    wanted = [(way, seed) for seed in seeds for way in ways if (way, seed) not in done(path)]
    end = time.monotonic() + arguments.seconds
    with ProcessPoolExecutor(arguments.cores) as pool:
        running: set[Future[list[dict[str, object]]]] = set()
        while running or (wanted and time.monotonic() < end):
            while wanted and len(running) < arguments.cores and time.monotonic() < end:
                running.add(pool.submit(run_way, arguments.platform, *wanted.pop(0)))
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                running.remove(future)
                append(path, future.result())
    missing = [job for job in wanted if job not in done(path)]
    print(f"{len(missing)} searches under all limits are left" if missing else "all searches are done")


if __name__ == "__main__":
    main()
