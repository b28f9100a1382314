"""What the model takes for granted; each can be taken away to see what it is worth."""

from dataclasses import dataclass
from typing import Literal

Overlap = Literal["two_tiles", "perfect", "none"]


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Parts of the model that are not constants.

    Attributes:
        full_preload: New weights occupy the array for all its rows, however few rows of input follow.
        warm: Operands lie in the caches when a layer starts, as far as they fit: the programs use one set of buffers.
        conflicts: Strided rows use only some sets of a cache.
        overlap: Two tiles are in work at once; or nothing but the slowest stage counts; or stages never overlap.
    """

    full_preload: bool = True
    warm: bool = True
    conflicts: bool = True
    overlap: Overlap = "two_tiles"
