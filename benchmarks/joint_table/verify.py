"""Retrain some random entries and hold them against the table.

``python -m benchmarks.joint_table.verify [--entries N] [--seed S]`` trains N random points with seeds of their own,
and one entry again with its seed. New accuracies must lie about the table's as those of its own seeds do: the root
mean square of their differences to the mean of the table's seeds, in units of what seeds alone would make it, is
printed with the largest one; the repeated entry must be the same to the last digit.
"""

import argparse
import random
from pathlib import Path

import numpy as np
from benchmarks.joint_table.joint_table import JointTable
from benchmarks.joint_table.points import SEEDS, point_name
from benchmarks.joint_table.train import train_point

from cosearch.records import canonical_json, write_atomically

RESULT = Path(__file__).parent / "verify.json"
FIRST_SEED = 1000


def main() -> None:
    """Train and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    table = JointTable.load()
    noise = float(np.sqrt(table.val.var(axis=1, ddof=1).mean()))
    expected = noise * np.sqrt(1 + 1 / len(SEEDS))  # one new training against the mean of the table's
    rng = random.Random(arguments.seed)
    rows = []
    for number, point in enumerate(rng.sample(range(len(table.points)), arguments.entries)):
        val, _ = train_point(point, FIRST_SEED + number)
        mean = float(table.val[point].mean())
        rows.append({"name": point_name(table.points[point]), "table": mean, "again": val, "difference": val - mean})
    again, _ = train_point(0, SEEDS[0])
    differences = np.array([row["difference"] for row in rows]) / expected
    result = {
        "command": "python -m benchmarks.joint_table.verify",
        "seed_noise": noise,
        "root_mean_square_in_noise": float(np.sqrt((differences**2).mean())),
        "largest_in_noise": float(np.abs(differences).max()),
        "same_seed_is_equal": again == float(table.val[0, 0]),
        "entries": rows,
    }
    text = canonical_json(result)
    print(text, end="")
    write_atomically(RESULT, text)


if __name__ == "__main__":
    main()
