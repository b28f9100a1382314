"""A network's cycles and energy: sums over one mapping of each layer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cosearch.accelerate.arrays import FloatArray, IntArray
from cosearch.accelerate.asic.front import front_rows, hull_rows

Aim = Literal["cycles", "joules", "product"]
"""What a choice makes least: cycles, energy, or their product."""

_MOST_SUMS = 1 << 14


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """The front of a layer that a network has several times: increasing cycles, decreasing joules. [points] each."""

    cycles: FloatArray
    joules: FloatArray
    times: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """A point of the front of every share's every layer.

    Attributes:
        points: For each share the point of each of its layers.
    """

    cycles: float
    joules: float
    points: tuple[tuple[int, ...], ...]

    def value(self, aim: Aim) -> float:
        """What is made least."""
        return {"cycles": self.cycles, "joules": self.joules, "product": self.cycles * self.joules}[aim]


def least_sum(shares: Sequence[Share], aim: Aim) -> Chosen:
    """The exact optimum without limits.

    A product of two sums is least at a corner of the lower convex hull of all sums: along an edge it is a parabola
    open downwards. The corners are those of the layers' hulls, whose edges are walked in the order of their slopes.
    """
    if aim != "product":
        return _at(shares, [0 if aim == "cycles" else len(share.cycles) - 1 for share in shares])
    corners = [hull_rows(share.cycles, share.joules).tolist() for share in shares]
    edges = sorted(
        (_slope(share, own[step], own[step + 1]), place, step)
        for place, (share, own) in enumerate(zip(shares, corners, strict=True))
        for step in range(len(own) - 1)
    )
    at = [int(own[0]) for own in corners]
    best = _at(shares, at)
    for _, place, step in edges:
        at[place] = int(corners[place][step + 1])
        found = _at(shares, at)
        if found.value(aim) < best.value(aim):
            best = found
    return best


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """The front of all sums, by increasing cycles.

    Attributes:
        cycles, joules: [sums].
        is_whole: Whether it is the front itself; too many sums are thinned out, and what is left is attainable.
    """

    cycles: FloatArray
    joules: FloatArray
    is_whole: bool
    _shares: tuple[Share, ...]
    _steps: tuple[tuple[IntArray, IntArray], ...]

    def chosen(self, row: int) -> Chosen:
        """The points that make one of the sums."""
        taken: list[int] = []
        at = row
        for before, point in reversed(self._steps):
            taken.append(int(point[at]))
            at = int(before[at])
        taken.reverse()
        points: list[tuple[int, ...]] = []
        for share in self._shares:
            points.append(tuple(taken[: share.times]))
            taken = taken[share.times :]
        return Chosen(float(self.cycles[row]), float(self.joules[row]), tuple(points))


def all_sums(shares: Sequence[Share], most: int = _MOST_SUMS) -> Sums:
    """The front of a network, layer by layer.

    Args:
        shares: Fronts of its layers.
        most: Sums that are kept; beyond that every so many, and the corners of the hull.
    """
    cycles, joules, is_whole = np.zeros(1), np.zeros(1), True
    steps: list[tuple[IntArray, IntArray]] = []
    for share in shares:
        for _ in range(share.times):
            all_cycles = (cycles[:, None] + share.cycles[None, :]).ravel()
            all_joules = (joules[:, None] + share.joules[None, :]).ravel()
            rows = front_rows(all_cycles, all_joules)
            if len(rows) > most:
                is_whole = False
                corners = hull_rows(all_cycles[rows], all_joules[rows])
                some = np.linspace(0, len(rows) - 1, most).astype(np.int64)
                rows = rows[np.unique(np.concatenate([corners, some]))]
            steps.append((rows // len(share.cycles), rows % len(share.cycles)))
            cycles, joules = all_cycles[rows], all_joules[rows]
    return Sums(cycles, joules, is_whole, tuple(shares), tuple(steps))


def _at(shares: Sequence[Share], points: Sequence[int]) -> Chosen:
    return Chosen(
        sum(share.times * float(share.cycles[at]) for share, at in zip(shares, points, strict=True)),
        sum(share.times * float(share.joules[at]) for share, at in zip(shares, points, strict=True)),
        tuple((at,) * share.times for share, at in zip(shares, points, strict=True)),
    )


def _slope(share: Share, left: int, right: int) -> float:
    return float((share.joules[right] - share.joules[left]) / (share.cycles[right] - share.cycles[left]))
