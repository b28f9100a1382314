"""What each server of a chunk does for a layer in sum: array cycles, busy cycles and beats."""

from collections.abc import Callable
from functools import reduce

from cosearch.cost.geometry import Axis
from cosearch.cost.line import WEIGHT_LOOPS, input_loops
from cosearch.cost.steps import Steps
from cosearch.cost.work import Extent, LayerWork, Place
from cosearch.numerics import Scalar, times


class LayerTotals:
    """Sums over all tiles of a layer: what one of each class takes, times how often it occurs."""

    def __init__(self, work: LayerWork, steps: Steps) -> None:
        self.work = work
        self.splits = not steps.reduces
        self._weight_loads = work.groups * steps.repeats(WEIGHT_LOOPS)
        self._input_loads = work.groups * steps.repeats(input_loops(work))

    def array_cycles(self) -> Scalar:
        """Cycles in which the array computes, without the overhead of its steps."""
        lanes = _sum([times(num, self.work.lane_rounds(m)) for num, m in _extents(self.work.M)])
        reduction = _sum([times(num, self.work.reduction_rounds(c)) for num, c in _extents(self.work.C)])
        pixels = _sum(
            [
                times(times(num_y, num_x), self.work.pixel_rounds(y, x))
                for num_y, y in _extents(self.work.Y)
                for num_x, x in _extents(self.work.X)
            ]
        )
        return self.work.groups * lanes * reduction * pixels

    def num_steps(self) -> Scalar:
        """COMPUTEs."""
        work = self.work
        return work.groups * work.M.num_tiles * work.C.num_tiles * work.Y.num_tiles * work.X.num_tiles

    def drained_words(self) -> Scalar:
        """Sums that leave the accumulators, partial ones included."""
        layer = self.work.layer
        sums = layer.G * layer.K * layer.OY * layer.OX
        return self.work.C.num_tiles * sums if self.splits else sums

    def weight_beats(self) -> Scalar:
        """Beats of weights, as often as they are read."""
        return self._weights(self.work.weight_beats)

    def input_beats(self) -> Scalar:
        """Beats of inputs, as often as they are read, halos included."""

        def beats(extent: Extent, y: Place, x: Place) -> Scalar:
            return self.work.input_blocks(extent) * getattr(self.work.rows, y) * getattr(self.work.columns, x)

        return self._inputs(beats)

    def residual_beats(self) -> Scalar:
        """Beats of the residual."""
        return self._outputs(self.work.residual_beats) if self.work.layer.form.has_residual else 0

    def sum_beats(self) -> Scalar:
        """Beats of partial sums, one way."""
        return self._partial(self.work.sum_beats)

    def output_beats(self) -> Scalar:
        """Beats of the output."""
        return self._outputs(self.work.output_beats)

    def read_cycles(self) -> Scalar:
        """Busy cycles of the read engine."""
        residual = self._outputs(self.work.load_residual) if self.work.layer.form.has_residual else 0
        operands = self._weights(self.work.load_weights) + self._inputs(self.work.load_inputs)
        return self.work.load_parameters() + operands + residual + self._partial(self.work.load_sums)

    def write_cycles(self) -> Scalar:
        """Busy cycles of the write engine."""
        return self._outputs(self.work.store) + self._partial(self.work.store_sums)

    def _weights(self, of: Callable[[Extent, Extent], Scalar]) -> Scalar:
        if not self.work.loads_weights:
            return 0
        tiles = [
            times(times(num_m, num_c), of(m, c))
            for num_m, m in _extents(self.work.M)
            for num_c, c in _extents(self.work.C)
        ]
        return times(self._weight_loads, _sum(tiles))

    def _inputs(self, of: Callable[[Extent, Place, Place], Scalar]) -> Scalar:
        channels = self.work.M if self.work.layer.form.is_depthwise else self.work.C
        tiles = [
            times(times(times(num, num_y), num_x), of(extent, y, x))
            for num, extent in _extents(channels)
            for num_y, y in _places(self.work.Y)
            for num_x, x in _places(self.work.X)
        ]
        return times(self._input_loads, _sum(tiles))

    def _outputs(self, of: Callable[[Extent, Extent, Extent], Scalar]) -> Scalar:
        tiles = [
            times(times(times(num_m, num_y), num_x), of(m, y, x))
            for num_m, m in _extents(self.work.M)
            for num_y, y in _extents(self.work.Y)
            for num_x, x in _extents(self.work.X)
        ]
        return times(self.work.groups, _sum(tiles))

    def _partial(self, of: Callable[[Extent, Extent, Extent], Scalar]) -> Scalar:
        """Over all output tiles, once for every reduction step but one."""
        return (self.work.C.num_tiles - 1) * self._outputs(of) if self.splits else 0


def _extents(axis: Axis) -> list[tuple[Scalar, Extent]]:
    return [(1, "last")] if axis.pattern == 1 else [(axis.num_tiles - 1, "size"), (1, "last")]


def _places(axis: Axis) -> list[tuple[Scalar, Place]]:
    if axis.pattern == 1:
        return [(1, "last")]
    ends: list[tuple[Scalar, Place]] = [(1, "first"), (1, "last")]
    return ends if axis.pattern == 2 else [*ends, (axis.num_tiles - 2, "between")]


def _sum(parts: list[Scalar]) -> Scalar:
    return reduce(lambda a, b: a + b, parts)
