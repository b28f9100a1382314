"""The joint table: every network of a small space trained alone, and its exact accelerator on two platforms."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from benchmarks.joint_table.points import SEEDS, SPACE, all_points

from cosearch.design import Block
from cosearch.errors import DataError

HERE = Path(__file__).parent


@dataclass(eq=False)
class JointTable:
    """What is known of every point of the joint space.

    Attributes:
        points: Networks, in the order of all arrays.
        fps: Most frames per second on platforms `a` and `b` under their limits on resources. [points] each.
        test_reads: Why test accuracies were read, in order.
    """

    points: Sequence[tuple[Block, ...]]
    fps: dict[str, np.ndarray]
    test_reads: list[str] = field(default_factory=list)
    folder: Path = HERE

    @staticmethod
    def load(folder: Path = HERE) -> "JointTable":
        """Read the committed files.

        Raises:
            DataError: if they are of another space.
        """
        points = all_points(SPACE)
        rows = json.loads((folder / "accelerators.json").read_text(encoding="utf-8"))["points"]
        if len(rows) != len(points):
            raise DataError(f"{len(rows)} points, the space has {len(points)}; run accelerators.py again").at(
                "accelerators.json"
            )
        fps = {name: np.array([row[name]["fps"] for row in rows]) for name in ("a", "b")}
        return JointTable(points, fps, folder=folder)

    @cached_property
    def val(self) -> np.ndarray:
        """Accuracy on `val` after training alone. [points, seeds].

        Raises:
            DataError: if a training is missing.
        """
        return _accuracies(self.folder / "val.jsonl", len(self.points))

    def read_test(self, reason: str) -> np.ndarray:
        """Accuracy on the test set, [points, seeds]; every call is counted.

        Args:
            reason: Such as ``final regret``.
        """
        self.test_reads.append(reason)
        return _accuracies(self.folder / "test.jsonl", len(self.points))


def _accuracies(path: Path, num_points: int) -> np.ndarray:
    """[points, seeds] of a file of trainings."""
    found = np.full((num_points, len(SEEDS)), np.nan)
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        found[row["point"], SEEDS.index(row["seed"])] = row["accuracy"]
    missing = int(np.isnan(found).sum())
    if missing:
        raise DataError(f"{missing} of {found.size} trainings are missing; run train.py until it is complete").at(
            path.name
        )
    return found
