"""What one tile asks of the array and of the DMA.

Source: Gemmini's LoopConv, LoopMatmul and ExecuteController (BSD-3). Without new weights the array is busy for the
rows of input, at least four; with new weights for at least its sixteen rows. A move-in takes rows of up to 64 bytes;
a move-out takes 16 bytes after a convolution and 64 after a matrix product. Rows of padding count like others.
"""

from dataclasses import dataclass

from cosearch.validate.gemmini.assumptions import Assumptions
from cosearch.validate.gemmini.mapping import Dim
from cosearch.validate.gemmini.program import ARRAY, Program

BEAT_BYTES = 16
"""Width of the DMA's bus: 128 bits."""

_LONG_ROW_BYTES = 64
_LEAST_ROWS = 4


@dataclass(frozen=True, slots=True)
class TileWork:
    """One tile.

    Attributes:
        array_rows: Cycles in which rows enter the array.
        weight_switches: Blocks of 16 x 16 weights.
        pairs: Preload and compute, issued together.
        load_beats: Of 16 bytes, a row of input or of weights in whole beats.
        store_rows: Rows of output, moved out once a reduction.
    """

    array_rows: int
    weight_switches: int
    pairs: int
    load_beats: int
    store_rows: int


def tile_work(program: Program, tile: dict[Dim, int], assumptions: Assumptions) -> TileWork:
    """The work of a tile of a program."""
    kernel = tile["FY"] * tile["FX"]
    blocks = _ceil(tile["K"], ARRAY) * _ceil(tile["C"], ARRAY) * kernel
    pieces = [min(ARRAY, tile["OX"] - start) for start in range(0, tile["OX"], ARRAY)]
    rows = [max(piece, _LEAST_ROWS) for piece in pieces] * tile["OY"]
    if assumptions.full_preload:
        rows[0] = max(rows[0], ARRAY)
    input_beats = input_pixels(program, tile) * _ceil(tile["C"], BEAT_BYTES)
    out_row = _LONG_ROW_BYTES if program.is_matmul else ARRAY
    return TileWork(
        array_rows=blocks * sum(rows),
        weight_switches=blocks,
        pairs=blocks * len(rows),
        load_beats=input_beats + kernel * tile["C"] * _ceil(tile["K"], BEAT_BYTES),
        store_rows=tile["OY"] * tile["OX"] * _ceil(tile["K"], out_row),
    )


def input_pixels(program: Program, tile: dict[Dim, int]) -> int:
    """Pixels of the input under a part of the output, padding included."""
    rows = (tile["OY"] - 1) * program.stride + tile["FY"]
    return rows * ((tile["OX"] - 1) * program.stride + tile["FX"])


def _ceil(a: int, b: int) -> int:
    return -(-a // b)
