"""Train every point of the joint space alone, with every seed; what a killed run has finished is kept.

``python -m benchmarks.joint_table.train [--cores N] [--seconds S]`` appends a line a training to ``val.jsonl`` and to
``test.jsonl``, in whatever order they end; it stops after so many seconds, and the same command goes on. A training
depends on its point and seed alone, so any line can be made anew (verify.py).
"""

import argparse
import json
import os
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from functools import cache
from pathlib import Path

import torch
from benchmarks.joint_table.points import SEEDS, SPACE, TRAINING, all_points, point_name, table_splits

from cosearch.network import FixedNetwork
from cosearch.train import FixedTraining, ImageSplit, Splits, evaluate

HERE = Path(__file__).parent
VAL, TEST = HERE / "val.jsonl", HERE / "test.jsonl"


@cache
def _data() -> tuple[Splits, ImageSplit]:
    """The splits, and the test set: no choice is made on it, its accuracies go to a file of their own."""
    splits = table_splits()
    return splits, splits.read_test("joint table")


def train_point(point: int, seed: int) -> tuple[float, float]:
    """Accuracy on `val` and on `test` of a point trained with a seed, on one thread."""
    torch.set_num_threads(1)
    splits, test = _data()
    network = FixedNetwork(SPACE, all_points()[point], torch.Generator().manual_seed(seed))
    for _ in FixedTraining(network, splits, TRAINING, seed).epochs():
        pass
    network.is_quantised = True
    return evaluate(network, splits.val, splits.normalisation), evaluate(network, test, splits.normalisation)


def done(path: Path) -> set[tuple[int, int]]:
    """Points and seeds a file holds."""
    if not path.is_file():
        return set()
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {(row["point"], row["seed"]) for row in rows}


def append(path: Path, point: int, seed: int, accuracy: float) -> None:
    """One whole line at once."""
    row = {"point": point, "name": point_name(all_points()[point]), "seed": seed, "accuracy": accuracy}
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(handle, (json.dumps(row) + "\n").encode())
    finally:
        os.close(handle)


def main() -> None:
    """Train what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seconds", type=float, default=540.0)
    arguments = parser.parse_args()
    known = done(VAL) & done(TEST)
    wanted = [(point, seed) for seed in SEEDS for point in range(len(all_points())) if (point, seed) not in known]
    end = time.monotonic() + arguments.seconds
    with ProcessPoolExecutor(arguments.cores) as pool:
        running: dict[Future[tuple[float, float]], tuple[int, int]] = {}
        while running or (wanted and time.monotonic() < end):
            while wanted and len(running) < arguments.cores and time.monotonic() < end:
                job = wanted.pop(0)
                running[pool.submit(train_point, *job)] = job
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                point, seed = running.pop(future)
                val, test = future.result()
                append(VAL, point, seed, val)
                append(TEST, point, seed, test)
    missing = len(all_points()) * len(SEEDS) - len(done(VAL) & done(TEST))
    print(f"{missing} trainings are left" if missing else "the table is complete")


if __name__ == "__main__":
    main()
