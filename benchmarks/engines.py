"""Engines that sample against each other and against the proven optimum, on four spaces.

``python benchmarks/engines.py [--seconds 540]`` appends a line a run to ``results/engines.jsonl`` and stops after so
many seconds; the same command goes on. ``python benchmarks/engines.py --table`` prints what the file says: the share
of the optimum that is reached, mean over seeds with a 95 % interval by the bootstrap, after 1 % and 5 % of all valid
designs were priced, and the CPU seconds of a whole run. One set of settings for all spaces.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from trips_space import TripsLayer, num_designs, trips_question

from cosearch.accelerate import (
    AbstractEngine,
    AbstractQuestion,
    AcceleratorSpace,
    Budget,
    DesignTable,
    Differentiable,
    Evolutionary,
    Exact,
    Problem,
    Random,
    TableQuestion,
)
from cosearch.choices import GumbelRao, StraightThrough
from cosearch.hardware import load_platform
from cosearch.network.zoo import build, example_input
from cosearch.workload.importers import from_module

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "engines.jsonl"
SHARES = (0.01, 0.05)
SEEDS = range(10)

ENGINES: dict[str, Callable[[], AbstractEngine]] = {
    "random": Random,
    "random, assembled": lambda: Random(assembles=True),
    "evolutionary": Evolutionary,
    "differentiable": Differentiable,
    "differentiable, straight-through": lambda: Differentiable(estimator=StraightThrough()),
    "differentiable, gumbel-rao": lambda: Differentiable(estimator=GumbelRao()),
}
"""By name. `random, assembled` shows how much comes from putting priced parts together, as `differentiable` does."""

SPACES = ("trips fixed", "trips free", "trips free, 100 DSP 250 BRAM", "mobilenet_v2 on zc706")


@cache
def space(name: str) -> tuple[AbstractQuestion, int, float]:
    """A question, its number of valid designs, and its proven optimum as a number to be minimised."""
    if name.startswith("trips"):
        known = json.loads((ROOT / "validation" / "data" / "trips_space.json").read_text(encoding="utf-8"))
        layers = [TripsLayer.model_validate(row) for row in known["cifar"]["example"]["layers"]]
        bounds = (100, 250) if "100" in name else (900, 700)
        question = trips_question(layers, "cifar", "fixed" if "fixed" in name else "free", *bounds)
        best = Exact().run(question, seed=0, budget=Budget())
        assert best.certified
        assert best.value is not None
        return question, num_designs(question), best.value
    workload = from_module(build("mobilenet_v2"), example_input("mobilenet_v2"), bits=8)
    platform = load_platform("zc706")
    declared = AcceleratorSpace(widths=(8,))
    whole = DesignTable.build(workload.layers, declared, platform, platform.clock_hertz, prune=False)
    pruned = DesignTable.build(workload.layers, declared, platform, platform.clock_hertz)
    best = Exact().run(Problem.of(pruned, workload), seed=0, budget=Budget())
    assert best.certified
    assert best.value is not None
    number = sum(len(entry.designs) for entry in whole.classes)
    return TableQuestion(Problem.of(whole, workload)), number, 1 / best.value


def run(name: str, engine: str, seed: int) -> dict[str, object]:
    """One engine with the larger budget; what it had reached at each share."""
    question, number, optimum = space(name)
    start = time.process_time()
    result = ENGINES[engine]().run(question, seed=seed, budget=Budget(evaluations=int(SHARES[-1] * number)))
    seconds = time.process_time() - start
    reached: dict[str, float] = {}
    for share in SHARES:
        values = [entry.value for entry in result.history if entry.evaluations <= share * number]
        value = values[-1] if values else None
        costs = None if value is None else 1 / value if question.more_is_better else value
        reached[f"{share:g}"] = 0.0 if costs is None else optimum / costs
    row = {"space": name, "engine": engine, "seed": seed, "evaluations": result.evaluations}
    return {**row, "seconds": round(seconds, 2), "reached": reached}


def done() -> set[tuple[str, str, int]]:
    """What the file holds."""
    if not RESULTS.is_file():
        return set()
    rows = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    return {(row["space"], row["engine"], row["seed"]) for row in rows}


def table() -> str:
    """The results as Markdown."""
    rows = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    lines = ["| space | engine | at 1 % | at 5 % | least at 5 % | seconds |", "|---|---|---|---|---|---|"]
    for name in SPACES:
        for engine in ENGINES:
            own = [row for row in rows if row["space"] == name and row["engine"] == engine]
            if own:
                cells = [_interval([row["reached"][f"{share:g}"] for row in own]) for share in SHARES]
                least = min(row["reached"][f"{SHARES[-1]:g}"] for row in own)
                seconds = float(np.mean([row["seconds"] for row in own]))
                lines.append(f"| {name} | {engine} | {' | '.join(cells)} | {100 * least:.1f} % | {seconds:.1f} |")
    return "\n".join(lines)


def _interval(values: Sequence[float]) -> str:
    rows = np.asarray(values)
    means = rows[np.random.default_rng(0).integers(len(rows), size=(2000, len(rows)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return f"{100 * rows.mean():.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def main() -> None:
    """Run what is missing, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=540.0)
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if arguments.table:
        print(table())
        return
    torch.set_num_threads(1)
    end = time.monotonic() + arguments.seconds
    known = done()
    wanted = [
        (name, engine, seed)
        for seed in SEEDS
        for name in SPACES
        for engine in ENGINES
        if (name, engine, seed) not in known
    ]
    while wanted and time.monotonic() < end:
        line = json.dumps(run(*wanted.pop(0))) + "\n"
        handle = os.open(RESULTS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)
    print(f"{len(wanted)} runs are left" if wanted else "all runs are done")


if __name__ == "__main__":
    main()
