"""What moves between buffer and DRAM, priced once for every tile whichever unrolling it belongs to."""

import numpy as np

from cosearch.accelerate.arrays import IntArray
from cosearch.accelerate.asic.bounds import Context, OuterHalf, joined_outer, outer_half
from cosearch.accelerate.asic.nests import Tiled
from cosearch.hardware import OPERANDS


class BufferedTiles:
    """All tiles in the buffer that were asked for, one row each.

    What moves depends on the extents of a tile and the loops over DRAM alone, and unrollings have many in common.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._places: dict[bytes, int] = {}
        self.halves: list[OuterHalf] = []

    def places(self, extents: IntArray, outside: IntArray) -> IntArray:
        """Rows of tiles in `halves`, which has one entry for each operand that may stay. [tiles].

        Args:
            extents: Of the tiles, the array's factors within them. [tiles, 8].
            outside: Iterations over DRAM. [tiles, 8].
        """
        keys = [row.tobytes() for row in np.concatenate([extents, outside], axis=1)]
        fresh = list[int]()
        for place, key in enumerate(keys):
            if key not in self._places:
                self._places[key] = len(self._places)
                fresh.append(place)
        if fresh:
            self._price(extents[fresh], outside[fresh])
        return np.array([self._places[key] for key in keys], np.int64)

    def _price(self, extents: IntArray, outside: IntArray) -> None:
        ones = np.ones_like(extents)
        tiled = Tiled(registers=ones, rows=ones, columns=ones, buffer=extents, dram=outside)
        found = [outer_half(self._context, tiled, operand) for operand in OPERANDS]
        self.halves = [joined_outer(pair) for pair in zip(self.halves, found, strict=True)] if self.halves else found
