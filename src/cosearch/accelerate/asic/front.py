"""Points of cycles and energy of which none is beaten."""

import numpy as np

from cosearch.accelerate.arrays import BoolArray, FloatArray, IntArray


def front_rows(cycles: FloatArray, joules: FloatArray) -> IntArray:
    """Rows that no other row matches or beats in both, by increasing cycles; of equal ones the first."""
    order = np.lexsort((np.arange(len(cycles)), joules, cycles))
    least = np.minimum.accumulate(joules[order])
    first = np.ones(len(order), np.bool_)
    first[1:] = joules[order][1:] < least[:-1]
    return order[first]


def hull_rows(cycles: FloatArray, joules: FloatArray) -> IntArray:
    """Rows of a front, sorted by cycles, on its lower convex hull."""
    kept: list[int] = []
    for row in range(len(cycles)):
        while len(kept) > 1 and _is_above(cycles, joules, kept[-2], kept[-1], row):
            kept.pop()
        kept.append(row)
    return np.array(kept, np.int64)


def beaten(cycles: FloatArray, joules: FloatArray, front_cycles: FloatArray, front_joules: FloatArray) -> BoolArray:
    """Which points some point of a front, sorted by cycles, matches or beats in both. Any shape."""
    if not len(front_cycles):
        return np.zeros(cycles.shape, np.bool_)
    place = np.searchsorted(front_cycles, cycles, side="right") - 1
    return (place >= 0) & (front_joules[np.maximum(place, 0)] <= joules)


def overpriced(
    cycles: FloatArray,
    joules: FloatArray,
    front_cycles: FloatArray,
    front_joules: FloatArray,
    slopes: tuple[float, float],
) -> BoolArray:
    """Which points a front, sorted by cycles, matches at every price of a cycle in a range. Any shape.

    The least cost of the front is concave in the price, a point's own is a line: where they are apart most, the price
    is at an end of the range or at a corner of the front.

    Args:
        cycles: Of the points.
        joules: Of the points.
        front_cycles: Of the front.
        front_joules: Of the front.
        slopes: Least and greatest price of a cycle, in joules.
    """
    if not len(front_cycles):
        return np.zeros(cycles.shape, np.bool_)
    corners = hull_rows(front_cycles, front_joules)
    turns = -np.diff(front_joules[corners]) / np.diff(front_cycles[corners])
    prices = np.clip(np.concatenate([np.asarray(slopes), turns]), *slopes)
    matched = np.ones(cycles.shape, np.bool_)
    for price in np.unique(prices):
        matched &= joules + price * cycles >= (front_joules + price * front_cycles).min()
    return matched


def _is_above(cycles: FloatArray, joules: FloatArray, left: int, middle: int, right: int) -> bool:
    """Whether a point lies on or above the line between its neighbours."""
    first = (joules[middle] - joules[left]) * (cycles[right] - cycles[left])
    return bool(first >= (joules[right] - joules[left]) * (cycles[middle] - cycles[left]))
