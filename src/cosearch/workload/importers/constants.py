"""What is known before a network runs: weights, and numbers that shape its graph."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cosearch.errors import UnsupportedLayerError


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """A tensor that does not depend on the network's input.

    Attributes:
        shape: Its dimensions.
        name: Of the parameter it comes from; empty without one.
        bits: Of its quantiser, None without one.
        values: Its numbers, None where the file holds none, as on PyTorch's meta device.
    """

    shape: tuple[int, ...]
    name: str = ""
    bits: int | None = None
    values: np.ndarray | None = None

    @property
    def label(self) -> str:
        """Name of the layer whose weights these are; empty if it has none that means something."""
        return self.name.removesuffix(".weight") if self.name.endswith(".weight") else ""

    @property
    def scalar(self) -> float | None:
        """The number that all its values are, or None."""
        if self.values is None or self.values.size == 0:
            return None
        first = self.values.flat[0]
        return float(first) if (self.values == first).all() else None

    def integers(self) -> tuple[int, ...]:
        """Its values as a list of whole numbers.

        Raises:
            UnsupportedLayerError: if they are not known.
        """
        if self.values is None:
            raise UnsupportedLayerError("a shape that depends on numbers the file does not hold")
        return tuple(int(value) for value in self.values.flat)


def levels_to_bits(lowest: float, highest: float) -> int:
    """Bits of whole numbers between two bounds.

    Raises:
        UnsupportedLayerError: if there are fewer than two.
    """
    levels = int(highest) - int(lowest) + 1
    if levels < 2:
        raise UnsupportedLayerError(f"a quantiser from {lowest:g} to {highest:g} has fewer than two levels")
    return (levels - 1).bit_length()


def pair(value: Sequence[int] | int) -> tuple[int, int]:
    """Rows and columns: one number for both, two, or columns alone of a map of one row."""
    if isinstance(value, int):
        return value, value
    return (value[0], value[0]) if len(value) == 1 else (value[0], value[1])
