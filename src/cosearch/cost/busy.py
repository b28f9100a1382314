"""What each server of a chunk does for a layer in sum: busy cycles and beats."""

from collections.abc import Callable

from cosearch.cost.geometry import Position
from cosearch.cost.work import LayerWork
from cosearch.hardware import PIXELS_OUTER
from cosearch.hardware.mapping import LoopOrder
from cosearch.numerics import Scalar, where


def read_cycles(work: LayerWork, loop_order: LoopOrder) -> Scalar:
    """Busy cycles of the read engine: parameters, weights, inputs, residual."""
    weights = _loads_of_weights(work, loop_order) * _sum_weights(work, work.load_weights)
    inputs = _loads_of_inputs(work, loop_order) * _sum_inputs(work, work.load_inputs, summed=False)
    residual = _sum_outputs(work, work.load_residual) if work.layer.has_residual else 0
    return work.load_parameters() + weights + inputs + residual


def compute_cycles(work: LayerWork) -> Scalar:
    """Busy cycles of the array."""
    total: Scalar = 0
    for m, num_m in _whole_and_last(work, "M"):
        for c, num_c in _whole_and_last(work, "C"):
            for y, num_y in _whole_and_last(work, "Y"):
                for x, num_x in _whole_and_last(work, "X"):
                    total = total + num_m * num_c * num_y * num_x * work.compute(m, y, x, c)
    return work.groups * total


def write_cycles(work: LayerWork) -> Scalar:
    """Busy cycles of the write engine."""
    return _sum_outputs(work, work.store)


def weight_beats(work: LayerWork, loop_order: LoopOrder) -> Scalar:
    """Beats of weights, as often as they are read."""
    return _loads_of_weights(work, loop_order) * _sum_weights(work, work.weight_beats)


def input_beats(work: LayerWork, loop_order: LoopOrder) -> Scalar:
    """Beats of inputs with their halos, as often as they are read."""

    def beats(m: Position, y: Position, x: Position, c: Position) -> Scalar:
        return work.input_transfer(work.input_channels(m, c), y, x)[0]

    return _loads_of_inputs(work, loop_order) * _sum_inputs(work, beats, summed=True)


def output_beats(work: LayerWork, bits: Scalar, *, pooled: bool) -> Scalar:
    """Beats of all outputs at some bits, after pooling or before it."""
    return _sum_outputs(work, lambda m, y, x: work.output_transfer(m, y, x, bits, pooled=pooled)[0])


def _loads_of_weights(work: LayerWork, loop_order: LoopOrder) -> Scalar:
    """How often each weight is read: for every pixel tile unless the buffer still holds it."""
    if work.rates.resident_weights:
        return 0
    pixel_tiles = work.OY.num_tiles * work.OX.num_tiles
    steps = work.C.num_tiles
    cycled = steps * work.M.num_tiles if _pixels_outer(work, loop_order) else steps
    return work.groups * where(cycled > 1, pixel_tiles, 1)


def _loads_of_inputs(work: LayerWork, loop_order: LoopOrder) -> Scalar:
    """How often each input is read, halos apart: for every channel tile unless the buffer still holds it."""
    if work.layer.is_depthwise:
        return 1
    steps = work.C.num_tiles
    pixel_tiles = work.OY.num_tiles * work.OX.num_tiles
    cycled = steps if _pixels_outer(work, loop_order) else steps * pixel_tiles
    return work.groups * where(cycled > 1, work.M.num_tiles, 1)


def _pixels_outer(work: LayerWork, loop_order: LoopOrder) -> bool:
    return loop_order == PIXELS_OUTER and not work.layer.is_depthwise


def _sum_weights(work: LayerWork, of: Callable[[Position, Position], Scalar]) -> Scalar:
    """Over the weight tiles of one group."""
    total: Scalar = 0
    for m, num_m in _whole_and_last(work, "M"):
        for c, num_c in _whole_and_last(work, "C"):
            total = total + num_m * num_c * of(m, c)
    return total


def _sum_inputs(
    work: LayerWork, of: Callable[[Position, Position, Position, Position], Scalar], *, summed: bool
) -> Scalar:
    """Over the input tiles of one group; `of` gives one tile's or, `summed`, that of all pixel tiles of a class."""
    axis = "M" if work.layer.is_depthwise else "C"
    total: Scalar = 0
    for y in work.OY.positions:
        for x in work.OX.positions:
            num = work.OY.num[y] * work.OX.num[x]
            weight = where(num > 0, 1, 0) if summed else num
            for channels, num_channels in _whole_and_last(work, axis):
                total = total + weight * num_channels * of(channels, y, x, channels)
    return total


def _sum_outputs(work: LayerWork, of: Callable[[Position, Position, Position], Scalar]) -> Scalar:
    """Over all output tiles."""
    total: Scalar = 0
    for m, num_m in _whole_and_last(work, "M"):
        for y, num_y in _whole_and_last(work, "Y"):
            for x, num_x in _whole_and_last(work, "X"):
                total = total + num_m * num_y * num_x * of(m, y, x)
    return work.groups * total


def _whole_and_last(work: LayerWork, name: str) -> list[tuple[Position, Scalar]]:
    axis = {"M": work.M, "C": work.C, "Y": work.OY, "X": work.OX}[name]
    return [("L", 1)] if len(axis.positions) == 1 else [("F", axis.num_tiles - 1), ("L", 1)]
