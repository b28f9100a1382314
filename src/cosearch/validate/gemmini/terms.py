"""The counts of many programs, as arrays over programs; all of a mean tile except the number of tiles."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from cosearch.validate.gemmini.assumptions import Assumptions
from cosearch.validate.gemmini.caches import L2, LAST_LEVEL, misses
from cosearch.validate.gemmini.program import Program
from cosearch.validate.gemmini.work import TileWork, tile_work

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Terms:
    """Counts per tile of every program.

    Attributes:
        tiles: Of the layer.
        array_rows, weight_switches, pairs, load_beats: As in `TileWork`.
        store_rows: Rows moved out, spread over the tiles of a reduction.
        l2_misses, dram_lines: Lines of I and W that L2 and then the last-level cache miss.
        is_matmul: One where the matrix loop runs, which computes while its own tile still loads; else zero.
    """

    tiles: FloatArray
    array_rows: FloatArray
    weight_switches: FloatArray
    pairs: FloatArray
    load_beats: FloatArray
    store_rows: FloatArray
    l2_misses: FloatArray
    dram_lines: FloatArray
    is_matmul: FloatArray

    def at(self, rows: IntArray) -> "Terms":
        """Those of some programs."""
        return Terms(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def count_terms(programs: Sequence[Program], assumptions: Assumptions) -> Terms:
    """Terms of programs in their order."""
    rows = [_row(program, assumptions) for program in programs]
    return Terms(**{name: np.array([row[name] for row in rows], dtype=np.float64) for name in rows[0]})


def _row(program: Program, assumptions: Assumptions) -> dict[str, float]:
    tiles = program.num_tiles
    work = dict.fromkeys((field.name for field in fields(TileWork)), 0.0)
    for count, tile in program.tile_sizes():
        for name, value in asdict(tile_work(program, tile, assumptions)).items():
            work[name] += value * count / tiles
    work["store_rows"] /= program.reduction_tiles
    l2, last = (misses(program, cache, assumptions) for cache in (L2, LAST_LEVEL))
    return {
        **work,
        "tiles": tiles,
        "l2_misses": (l2["I"] + l2["W"]) / tiles,
        "dram_lines": (last["I"] + last["W"]) / tiles,
        "is_matmul": program.is_matmul,
    }
