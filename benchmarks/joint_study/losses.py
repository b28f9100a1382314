"""Where a search by gradient loses: before its finalists are named, or when they are ranked.

``python -m benchmarks.joint_study.losses [--seeds N] [--seconds S]`` runs `expected-exact` on platform A with the
budget of the study, scores every network within the limit with the weights it ends with, and appends a line a search
to ``results/losses.jsonl``: of all networks within the limit, from the most probable to the least, their points and
scores. The same command goes on. The table is worked out from these lines.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from benchmarks.joint_study.gradient import paced_search
from benchmarks.joint_study.regret import BUDGET, NUM_LIMITS, append
from benchmarks.joint_study.ways import WAYS, Gradient
from benchmarks.joint_study.world import World
from benchmarks.joint_table import JointTable
from scipy.stats import spearmanr

from cosearch.design import Limit
from cosearch.search.scoring import score

RESULT = Path(__file__).parent / "results" / "losses.jsonl"
FINALISTS = (1, 2, 4, 8, 16, 32, 294)


def searched(world: World, limit: Limit, seed: int) -> dict[str, object]:
    """One search: all networks within the limit, the most probable first, and how its weights score them."""
    way = WAYS["expected-exact"]
    assert isinstance(way, Gradient)
    joint = paced_search(world, limit, seed, BUDGET, way)
    for _ in joint.epochs():
        pass
    feasible = world.feasible(limit)
    ranked = [world.place[tuple(blocks)] for blocks in joint.architecture.most_probable(len(world.joint.points))]
    points = [point for point in ranked if feasible[point]]
    scores = [score(joint.supernet, world.paths[p], world.splits, world.splits.val, joint.recipe) for p in points]
    return {
        "limit": str(limit),
        "seed": seed,
        "steps": joint.num_epochs * joint.weight_steps,
        "points": points,
        "scores": [round(value, 4) for value in scores],
    }


def losses(rows: list[dict[str, object]], accuracy: np.ndarray) -> dict[int, tuple[float, float, float]]:
    """For each number of finalists: regret of the best of them, of the one with the best score, of a random one."""
    found: dict[int, tuple[float, float, float]] = {}
    for number in FINALISTS:
        parts: list[tuple[float, float, float]] = []
        for row in rows:
            truth = accuracy[row["points"]]
            lost = truth.max() - truth[:number]
            parts.append((lost.min(), lost[int(np.argmax(row["scores"][:number]))], lost.mean()))
        found[number] = tuple(np.mean(parts, axis=0).tolist())
    return found


def correlations(rows: list[dict[str, object]], accuracy: np.ndarray) -> dict[str, float]:
    """Mean rank correlation with training alone, over searches: of probabilities, of scores, of the best third's."""
    found: dict[str, list[float]] = {"probability": [], "score": [], "score, best third": []}
    for row in rows:
        truth, scores = accuracy[row["points"]], np.array(row["scores"])
        found["probability"].append(float(spearmanr(-np.arange(len(truth)), truth).statistic))
        found["score"].append(float(spearmanr(scores, truth).statistic))
        best = np.argsort(-truth)[: max(3, len(truth) // 3)]
        found["score, best third"].append(float(spearmanr(scores[best], truth[best]).statistic))
    return {name: float(np.nanmean(values)) for name, values in found.items()}


def read() -> list[dict[str, object]]:
    """All searches so far."""
    if not RESULT.is_file():
        return []
    return [json.loads(line) for line in RESULT.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=540.0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    world = World(JointTable.load(), "a")
    end = time.monotonic() + arguments.seconds
    done = {(row["seed"], row["limit"]) for row in read()}
    wanted = [(seed, limit) for seed in range(arguments.seeds) for limit in world.limits(NUM_LIMITS)]
    for seed, limit in wanted:
        if (seed, str(limit)) not in done and time.monotonic() < end:
            append(RESULT, [searched(world, limit, seed)])
    left = len(wanted) - len(read())
    print(f"{left} searches are left" if left else "all searches are done")


if __name__ == "__main__":
    main()
