"""How well shared weights rank networks, by the way they were trained; against training alone.

``python -m benchmarks.joint_study.ranking [--seeds N] [--cpu-seconds S]`` trains a supernet for each way
and seed, scores every point on `val`, and appends a line to ``results/ranking.jsonl``; the same command goes on.
Figures are Spearman's rank correlation with the mean accuracy of training alone.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from benchmarks.joint_study.regret import append
from benchmarks.joint_study.supernets import SAMPLINGS, SharedWeights, Training, scores
from benchmarks.joint_table import SPACE, JointTable, table_splits
from scipy.stats import spearmanr

from cosearch.network import path_of

RESULTS = Path(__file__).parent / "results" / "ranking.jsonl"


def ways(cpu_seconds: float) -> dict[str, Training]:
    """What is compared, at equal CPU time."""
    plain = Training(cpu_seconds=cpu_seconds)
    return {
        **{sampling: replace(plain, sampling=sampling) for sampling in SAMPLINGS},
        "sampled, no warm-up": replace(plain, sampling="sampled", warmup_share=0.0),
        "sampled, half warm-up": replace(plain, sampling="sampled", warmup_share=0.5),
        "sampled, unfair warm-up": replace(plain, sampling="sampled", fair=False),
    }


def measure(training: Training, seed: int) -> dict[str, float]:
    """Correlations of one supernet with and without statistics of the networks' own."""
    splits = table_splits()
    table = JointTable.load()
    weights = SharedWeights(SPACE, splits, training, seed)
    weights.train()
    paths = [path_of(SPACE, blocks) for blocks in table.points]
    truth = table.val.mean(axis=1)
    figures = {"steps": float(weights.steps)}
    for name, recalibrated in (("recalibrated", True), ("shared statistics", False)):
        found = np.array(scores(weights, paths, splits.val, recalibrated=recalibrated))
        figures[name] = float(spearmanr(found, truth).statistic)
        figures[f"{name}, mean accuracy"] = float(found.mean())
    return figures


def main() -> None:
    """Measure what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--cpu-seconds", type=float, default=20.0)
    parser.add_argument("--seconds", type=float, default=540.0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    end = time.monotonic() + arguments.seconds
    known: set[tuple[str, int]] = set()
    if RESULTS.is_file():
        rows = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
        known = {(row["way"], row["seed"]) for row in rows}
    chosen = ways(arguments.cpu_seconds)
    wanted = [(way, seed) for seed in range(arguments.seeds) for way in chosen if (way, seed) not in known]
    while wanted and time.monotonic() < end:
        way, seed = wanted.pop(0)
        append(RESULTS, [{"way": way, "seed": seed, **measure(chosen[way], seed)}])
    print(f"{len(wanted)} supernets are left" if wanted else "all supernets are scored")


if __name__ == "__main__":
    main()
