"""What is still open of a front in two metrics: boxes between neighbouring points."""

import heapq
import math
from dataclasses import dataclass

Losses = tuple[float, float]
"""Two metrics with their signs such that less is better."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where points may lie between two neighbours of the front.

    Attributes:
        first, second: Points; the first is better in axis 0, the second in axis 1.
        low: Points that are not known yet are worse than this in both axes; they are better than the second in axis 0
            and than the first in axis 1.
    """

    first: Losses
    second: Losses
    low: Losses

    @staticmethod
    def between(first: Losses, second: Losses) -> "Box":
        """All between two points."""
        return Box(first, second, (first[0], second[1]))

    @property
    def high(self) -> Losses:
        """Points that are not known yet are better than this in both axes."""
        return self.second[0], self.first[1]

    @property
    def is_open(self) -> bool:
        """Whether there is a number left in both axes."""
        return all(math.nextafter(low, math.inf) < high for low, high in zip(self.low, self.high, strict=True))

    def end(self, axis: int) -> Losses:
        """The point that is best in an axis."""
        return self.second if axis else self.first

    def below(self, axis: int) -> float:
        """The largest number below the upper end of an axis."""
        return math.nextafter(self.high[axis], -math.inf)

    def middle(self, axis: int) -> float:
        """Halfway up an axis, and within the box."""
        return min(
            max((self.low[axis] + self.high[axis]) / 2, math.nextafter(self.low[axis], math.inf)), self.below(axis)
        )

    def divided(self, point: Losses, axis: int, bound: float) -> "tuple[Box, Box]":
        """What is left beside the best point of the other axis with at most a bound in this one, first to second."""
        if axis:
            return Box(self.first, point, (self.low[0], bound)), Box(point, self.second, (point[0], self.low[1]))
        return Box(self.first, point, (self.low[0], point[1])), Box(point, self.second, (bound, self.low[1]))

    def above(self, point: Losses, axis: int) -> "Box":
        """What is left if no unknown point is better than this one in an axis."""
        if axis:
            return Box(self.first, point, (self.low[0], point[1]))
        return Box(point, self.second, (point[0], self.low[1]))


class Boxes:
    """Open boxes, the one with the longest side first, as a fraction of what lies between the ends of the front."""

    def __init__(self, first: Losses, second: Losses) -> None:
        self._spans = tuple(abs(a - b) or 1.0 for a, b in zip(first, second, strict=True))
        self._heap: list[tuple[float, Losses, Box]] = []
        self.put(Box.between(first, second))

    def put(self, box: Box) -> None:
        """Add a box, if it is open."""
        if box.is_open:
            heapq.heappush(self._heap, (-self._side(box, self.longer_axis(box)), box.first, box))

    def take(self) -> Box | None:
        """Remove the box with the longest side; None if nothing is open."""
        return heapq.heappop(self._heap)[2] if self._heap else None

    def rest(self) -> list[Box]:
        """All that is open, from the best of axis 0 to the best of axis 1."""
        return sorted((box for _, _, box in self._heap), key=lambda box: box.first)

    def longer_axis(self, box: Box) -> int:
        """The axis in which a box is longer."""
        return int(self._side(box, 1) > self._side(box, 0))

    def _side(self, box: Box, axis: int) -> float:
        return (box.high[axis] - box.low[axis]) / self._spans[axis]
