"""How probable skips are in the course of a search, with and without a limit, by estimator of the task loss.

``python -m benchmarks.joint_study.skips`` writes ``results/skips.json``: the mean probability of skip over the blocks
that may be skipped, after every epoch, over five seeds, with 95 % intervals of the mean. The limit lets a tenth of
all networks pass.
"""

from pathlib import Path

import numpy as np
import torch
from benchmarks.joint_study.prices import sampled_exact
from benchmarks.joint_study.world import World
from benchmarks.joint_table import JointTable
from scipy.stats import t

from cosearch.records import canonical_json, write_atomically
from cosearch.search.joint import JointSearch
from cosearch.search.recipe import SearchRecipe

RESULT = Path(__file__).parent / "results" / "skips.json"
SEEDS = range(5)
WEIGHT_STEPS, ARCH_STEPS = 60, 16
SETTINGS: dict[str, dict[str, object]] = {
    "leave-one-out": {},
    "leave-one-out, no warm-up": {"warmup_epochs": 0, "epochs": 9},
    "re-softmax": {"estimator": "re-softmax"},
    "gumbel-top-k": {"estimator": "gumbel-top-k"},
}


def shares(world: World, limited: bool, settings: dict[str, object], seed: int) -> list[float]:
    """After every epoch of one search."""
    plain: dict[str, object] = {"warmup_epochs": 3, "epochs": 6, "val_images": 100}
    plain |= {"weight_steps": WEIGHT_STEPS, "arch_steps": ARCH_STEPS}
    search = SearchRecipe.model_validate(plain | settings)
    price = sampled_exact(world, world.limits(10)[8]) if limited else None
    joint = JointSearch(world.recipe.model_copy(update={"seed": seed, "search": search}), world.splits, price)
    return [report.numbers["skip_share"] for report in joint.epochs()]


def interval(values: np.ndarray) -> dict[str, list[float]]:
    """Mean and 95 % interval of the mean over seeds. [seeds, epochs]."""
    mean = values.mean(axis=0)
    half = t.ppf(0.975, len(values) - 1) * values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return {
        name: np.round(row, 4).tolist() for name, row in (("mean", mean), ("low", mean - half), ("high", mean + half))
    }


def main() -> None:
    """Search and note."""
    torch.set_num_threads(1)
    world = World(JointTable.load(), "a")
    found = {
        f"{name}, {'limit' if limited else 'no limit'}": interval(
            np.array([shares(world, limited, settings, seed) for seed in SEEDS])
        )
        for name, settings in SETTINGS.items()
        for limited in (True, False)
    }
    text = canonical_json({"command": "python -m benchmarks.joint_study.skips", "seeds": len(SEEDS), "shares": found})
    print(text, end="")
    write_atomically(RESULT, text)


if __name__ == "__main__":
    main()
