"""The tile that Gemmini's own matrix multiplication chooses.

Source: gemmini-rocc-tests (BSD-3), `tiled_matmul_auto`: a tile has half of each memory, because two are in work.
"""

import math

from cosearch.validate.gemmini.mapping import DIMS, Dim
from cosearch.validate.gemmini.program import ARRAY, Program, tiled


def automatic_matmul(
    rows: int, reduction: int, columns: int, *, scratchpad_bytes: int, accumulator_bytes: int
) -> Program:
    """The program for `rows x reduction` times `reduction x columns`, int8 into int32."""
    half = scratchpad_bytes // ARRAY // 2 // ARRAY
    half_accumulator = accumulator_bytes // (4 * ARRAY) // 2 // ARRAY
    most = [-(-size // ARRAY) for size in (rows, columns, reduction)]
    side = math.isqrt(half_accumulator)
    i, j, k = (min(bound, limit) for bound, limit in zip(most, (side, side, half // 2 // side), strict=True))

    def fits(i: int, j: int, k: int) -> bool:
        return i * k + k * j <= half and i * j <= half_accumulator and i <= most[0] and j <= most[1] and k <= most[2]

    grew = True
    while grew:
        grew = False
        for step in ((0, 1, 0), (1, 0, 0), (0, 0, 1)):
            larger = (i + step[0], j + step[1], k + step[2])
            if fits(*larger):
                (i, j, k), grew = larger, True
    bounds: dict[Dim, int] = {**dict.fromkeys(DIMS, 1), "OX": rows, "K": columns, "C": reduction}
    tile: dict[Dim, int] = {
        **dict.fromkeys(DIMS, 1),
        "OX": min(i * ARRAY, rows),
        "K": min(j * ARRAY, columns),
        "C": min(k * ARRAY, reduction),
    }
    return tiled(bounds, tile, 1, ["C", "K", "OX"])
