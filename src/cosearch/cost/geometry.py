"""Tiles of a layer by classes: the first, those between and the last along each loop, with what each one moves.

Every function evaluates ints, int64 tensors and float (relaxed) tensors through the same lines.
"""

from dataclasses import dataclass, replace

from torch import Tensor

from cosearch.hardware import FRAME_SLOTS, DramPort
from cosearch.numerics import Scalar, ceil_div, floor_div, maximum, minimum, where

Position = str
"""Where a tile lies along a loop: ``F`` first, ``M`` between, ``L`` last. A lone tile is the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One loop cut into tiles.

    Attributes:
        num_tiles: Tiles along the loop.
        several: Whether there is more than one; a plain bool where that holds for the whole batch.
        many: Whether there are more than two, likewise.
        size: Output extent of a tile, by position.
        window: Input extent of a tile summed over all tiles of the position, by position.
        num: Tiles of each position.
        positions: Those that occur in the batch.
    """

    num_tiles: Scalar
    several: bool | Tensor
    many: bool | Tensor
    size: dict[Position, Scalar]
    window: dict[Position, Scalar]
    num: dict[Position, Scalar]
    positions: tuple[Position, ...]


def cut(bound: Scalar, size: Scalar) -> Axis:
    """A loop without a window: channels.

    With two tiles the M position stands for the last, with one tile F and M do, so that the tile before (look up F)
    and the tile after (look up M) always have a class.
    """
    num_tiles = ceil_div(bound, size)
    last = bound - (num_tiles - 1) * size
    several = _uniform(num_tiles > 1)
    many = _uniform(num_tiles > 2)
    positions = ("L",) if several is False else ("F", "L") if many is False else ("F", "M", "L")
    return Axis(
        num_tiles=num_tiles,
        several=several,
        many=many,
        size={"F": where(several, size, last), "M": where(many, size, last), "L": last},
        window={},
        num={"F": minimum(num_tiles - 1, 1), "M": maximum(num_tiles - 2, 0), "L": 1},
        positions=positions,
    )


def cut_window(
    bound: Scalar, size: Scalar, *, stride: Scalar, padding: Scalar, kernel: Scalar, in_bound: Scalar
) -> Axis:
    """A loop over output pixels with the input pixels under each tile; padding is not counted."""
    axis = cut(bound, size)
    n, num = axis.num_tiles, axis.num
    pitch = size * stride
    first = _clip(minimum(size, bound) * stride - stride - padding + kernel, in_bound)
    last_start = maximum((n - 1) * pitch - padding, 0)
    last_end = _clip((bound - 1) * stride - padding + kernel, in_bound)
    last = last_end - last_start
    between = _sum_of_ends(pitch, kernel - stride - padding, in_bound, num["M"]) - _sum_of_starts(
        pitch, padding, num["M"]
    )
    window = {"F": where(axis.several, first, last), "M": where(num["M"] > 0, between, last), "L": last}
    return replace(axis, window=window)


def features_transfer(
    blocks: Scalar, rows: Axis, row: Position, columns: Axis, column: Position, *, full: tuple[Scalar, Scalar]
) -> tuple[Scalar, Scalar]:
    """Beats and bursts of the input under all tiles of one class, in sum; features lie channel-blocked."""
    num = num_at_least_one(rows, row) * num_at_least_one(columns, column)
    height, width = rows.window[row], columns.window[column]
    beats = blocks * height * width
    all_columns = width >= full[1] * num_at_least_one(columns, column)
    all_rows = height >= full[0] * num_at_least_one(rows, row)
    by_rows = blocks * height * num_at_least_one(columns, column)
    by_columns = where(all_rows, num, blocks * num)
    return beats, minimum(where(all_columns, by_columns, by_rows), beats)


def num_at_least_one(axis: Axis, position: Position) -> Scalar:
    """Tiles of a position, or one where the position stands for a neighbour."""
    return maximum(axis.num[position], 1)


def transfer_cycles(beats: Scalar, bursts: Scalar, slots: Scalar, port: DramPort, *, num: Scalar = 1) -> Scalar:
    """Cycles of one transfer, or of the mean of `num` transfers given their sums, rounded up."""
    latency = ceil_div(bursts * port.burst_latency_cycles, num)
    return latency + ceil_div(beats * FRAME_SLOTS, slots * num)


def _uniform(condition: bool | Tensor) -> bool | Tensor:
    """A condition as a plain bool where it is the same all over the batch: what cannot occur is then left out."""
    if isinstance(condition, bool):
        return condition
    if bool(condition.all()):
        return True
    return condition if bool(condition.any()) else False


def _clip(value: Scalar, bound: Scalar) -> Scalar:
    return maximum(minimum(value, bound), 0)


def _sum_of_starts(pitch: Scalar, padding: Scalar, num: Scalar) -> Scalar:
    """Sum over tiles 1..num of max(0, i * pitch - padding)."""
    zero = minimum(floor_div(padding, pitch), num)
    return floor_div(pitch * (num * (num + 1) - zero * (zero + 1)), 2) - padding * (num - zero)


def _sum_of_ends(pitch: Scalar, offset: Scalar, bound: Scalar, num: Scalar) -> Scalar:
    """Sum over tiles 1..num of min(bound, (i + 1) * pitch + offset)."""
    inside = minimum(maximum(floor_div(bound - offset, pitch) - 1, 0), num)
    climbing = floor_div(pitch * (inside * (inside + 3)), 2) + offset * inside
    return climbing + bound * (num - inside)
