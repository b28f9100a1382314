"""What each server of a chunk does for one tile of a layer, by class of tile."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from cosearch.cost.geometry import Axis, Windows, cut, windows
from cosearch.cost.shape import LayerShape
from cosearch.hardware import FRAME_SLOTS, DramPort
from cosearch.numerics import Scalar, ceil_div, maximum, minimum, times, where

Extent = Literal["size", "last"]
"""Extent of a tile along a loop without a window."""

Place = Literal["first", "between", "last"]
"""Place of a tile along a loop over output pixels, as far as its window depends on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TileSizes:
    """A tile in loop bounds. `M` are lanes: output channels, or the channels of a depthwise layer."""

    M: Scalar
    C: Scalar
    OY: Scalar
    OX: Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkRates:
    """What of a chunk shapes its time.

    Attributes:
        fused_pixels: Whether pixels are unrolled whatever their row (`OYOX`), not along a row (`OX`).
        unroll_pixels: How many of them.
    """

    unroll_K: Scalar
    unroll_C: Scalar
    unroll_pixels: Scalar
    unroll_FX: Scalar
    fused_pixels: bool
    read_slots: Scalar
    write_slots: Scalar
    resident_weights: bool


class LayerWork:
    """Cycles and beats of every class of tile of one layer, under one tiling or a batch of them.

    Results are kept: the classes of a layer share most of their parts.
    """

    def __init__(self, layer: LayerShape, tile: TileSizes, rates: ChunkRates, port: DramPort) -> None:
        self.layer, self.rates, self.port = layer, rates, port
        form = layer.form
        self.groups: Scalar = 1 if form.is_depthwise else layer.G
        self.M = cut(layer.G if form.is_depthwise else layer.K, tile.M)
        self.C = cut(layer.C, tile.C)
        self.Y = cut(layer.OY, tile.OY)
        self.X = cut(layer.OX, tile.OX)
        self.loads_weights = form.loads_weights and not (rates.resident_weights and form.own_weights)
        self._kept: dict[tuple[str, ...], Scalar] = {}

    @cached_property
    def rows(self) -> Windows:
        """Input rows under the tiles."""
        layer = self.layer
        return windows(
            self.Y,
            layer.OY,
            stride=layer.stride_y,
            padding=layer.padding_y,
            window=layer.window_y,
            in_bound=layer.IY,
        )

    @cached_property
    def columns(self) -> Windows:
        """Input columns under the tiles."""
        layer = self.layer
        return windows(
            self.X,
            layer.OX,
            stride=layer.stride_x,
            padding=layer.padding_x,
            window=layer.window_x,
            in_bound=layer.IX,
        )

    def array_cycles(self, m: Extent, y: Extent, x: Extent, c: Extent) -> Scalar:
        """Cycles of a step on the array, without its overhead."""
        key = ("array", m, y, x, c)
        if key not in self._kept:
            self._kept[key] = self.lane_rounds(m) * self.reduction_rounds(c) * self.pixel_rounds(y, x)
        return self._kept[key]

    def compute(self, m: Extent, y: Extent, x: Extent, c: Extent) -> Scalar:
        """Cycles of a COMPUTE."""
        return self.array_cycles(m, y, x, c) + self.port.step_overhead_cycles

    def lane_rounds(self, m: Extent) -> Scalar:
        """Passes over the lanes of a tile."""
        key = ("lanes", m)
        if key not in self._kept:
            self._kept[key] = ceil_div(getattr(self.M, m), self.rates.unroll_K)
        return self._kept[key]

    def reduction_rounds(self, c: Extent) -> Scalar:
        """Passes over the input channels of a tile and the kernel."""
        key = ("reduction", c)
        if key not in self._kept:
            channels = ceil_div(getattr(self.C, c), self.rates.unroll_C)
            self._kept[key] = channels * (self.layer.FY * ceil_div(self.layer.FX, self.rates.unroll_FX))
        return self._kept[key]

    def pixel_rounds(self, y: Extent, x: Extent) -> Scalar:
        """Passes over the output pixels of a tile."""
        key = ("pixel rounds", y, x)
        if key not in self._kept:
            rows, columns, unroll = getattr(self.Y, y), getattr(self.X, x), self.rates.unroll_pixels
            fused = self.rates.fused_pixels
            self._kept[key] = ceil_div(rows * columns, unroll) if fused else rows * ceil_div(columns, unroll)
        return self._kept[key]

    def weight_beats(self, m: Extent, c: Extent) -> Scalar:
        """Beats of a weight tile."""
        key = ("weight beats", m, c)
        if key not in self._kept:
            words = getattr(self.M, m) * getattr(self.C, c) * self.layer.kernel
            self._kept[key] = ceil_div(words, self.layer.weight_words)
        return self._kept[key]

    def load_weights(self, m: Extent, c: Extent) -> Scalar:
        """Read cycles of a weight tile."""
        key = ("weights", m, c)
        if key not in self._kept:
            self._kept[key] = self._read(self.weight_beats(m, c), 1)
        return self._kept[key]

    def input_blocks(self, extent: Extent) -> Scalar:
        """Beats of a pixel of an input tile: channels of a reduction step, or the lanes of a depthwise tile."""
        key = ("input blocks", extent)
        if key not in self._kept:
            layer = self.layer
            channels = getattr(self.M if layer.form.is_depthwise else self.C, extent)
            run = ceil_div(channels, layer.input_runs)
            self._kept[key] = times(layer.input_runs, ceil_div(run + layer.input_spread, layer.input_words))
        return self._kept[key]

    def load_inputs(self, extent: Extent, y: Place, x: Place) -> Scalar:
        """Read cycles of an input tile; `extent` is that of its channels."""
        key = ("inputs", extent, y, x)
        if key not in self._kept:
            blocks, rows, columns = self.input_blocks(extent), getattr(self.rows, y), getattr(self.columns, x)
            beats = blocks * rows * columns
            planes = where(rows >= self.layer.IY, self.layer.input_runs, blocks)
            bursts = where(columns >= self.layer.IX, planes, blocks * rows)
            self._kept[key] = self._read(beats, minimum(bursts, beats))
        return self._kept[key]

    def output_blocks(self, m: Extent, words: Scalar, spread: Scalar) -> Scalar:
        """Beats of a pixel of an output tile at so many words a beat."""
        return ceil_div(getattr(self.M, m) + spread, words)

    def residual_beats(self, m: Extent, y: Extent, x: Extent) -> Scalar:
        """Beats of a residual tile, before pooling."""
        blocks = self.output_blocks(m, self.layer.residual_words, self.layer.residual_spread)
        return blocks * getattr(self.Y, y) * getattr(self.X, x)

    def load_residual(self, m: Extent, y: Extent, x: Extent) -> Scalar:
        """Read cycles of a residual tile."""
        key = ("residual", m, y, x)
        if key not in self._kept:
            blocks = self.output_blocks(m, self.layer.residual_words, self.layer.residual_spread)
            rows, columns = getattr(self.Y, y), getattr(self.X, x)
            self._kept[key] = self._read(blocks * rows * columns, _bursts(blocks, rows, self.Y, self.X))
        return self._kept[key]

    def sum_beats(self, m: Extent, y: Extent, x: Extent) -> Scalar:
        """Beats of a tile of partial sums."""
        return self.output_blocks(m, self.layer.sum_words, 0) * getattr(self.Y, y) * getattr(self.X, x)

    def load_sums(self, m: Extent, y: Extent, x: Extent) -> Scalar:
        """Read cycles of a tile of partial sums."""
        key = ("sums", m, y, x)
        if key not in self._kept:
            blocks = self.output_blocks(m, self.layer.sum_words, 0)
            bursts = _bursts(blocks, getattr(self.Y, y), self.Y, self.X)
            self._kept[key] = self._read(self.sum_beats(m, y, x), bursts)
        return self._kept[key]

    def store_sums(self, m: Extent, y: Extent, x: Extent) -> Scalar:
        """Write cycles of a tile of partial sums."""
        key = ("store sums", m, y, x)
        if key not in self._kept:
            words, rows = self.layer.sum_words, getattr(self.Y, y)
            blocks = self.output_blocks(m, words, 0)
            pixels = rows * getattr(self.X, x)
            bursts = _bursts(blocks, rows, self.Y, self.X)
            self._kept[key] = self._write(pixels, bursts, self.beat_slots("sums", m, words, 0, blocks, 1))
        return self._kept[key]

    def output_beats(self, m: Extent, y: Extent, x: Extent) -> Scalar:
        """Beats of an output tile, after pooling."""
        layer = self.layer
        blocks = self.output_blocks(m, layer.output_words, layer.output_spread)
        return blocks * ceil_div(getattr(self.Y, y), layer.pool_y) * ceil_div(getattr(self.X, x), layer.pool_x)

    def store(self, m: Extent, y: Extent, x: Extent) -> Scalar:
        """Write cycles of an output tile."""
        key = ("store", m, y, x)
        if key not in self._kept:
            layer = self.layer
            blocks = self.output_blocks(m, layer.output_words, layer.output_spread)
            rows = ceil_div(getattr(self.Y, y), layer.pool_y)
            pixels = rows * ceil_div(getattr(self.X, x), layer.pool_x)
            bursts = _bursts(blocks, rows, self.Y, self.X)
            slots = self.beat_slots(
                "outputs", m, layer.output_words, layer.output_spread, blocks, layer.pool_y * layer.pool_x
            )
            self._kept[key] = self._write(pixels, bursts, slots)
        return self._kept[key]

    def beat_slots(
        self, name: str, m: Extent, words: Scalar, spread: Scalar, blocks: Scalar, window: Scalar
    ) -> Scalar:
        """Slots that pass while the beats of one pixel of an output tile are written.

        A beat takes the slots of a frame, or those in which its words leave the accumulators, `unroll_K` a cycle and
        `window` pixels for each.
        """
        key = ("beat slots", m, name)
        if key not in self._kept:
            pace, slots = self.rates.unroll_K, self.rates.write_slots
            rest = getattr(self.M, m) + spread - (blocks - 1) * words
            whole = maximum(window * ceil_div(words, pace) * slots, FRAME_SLOTS)
            last = maximum(window * ceil_div(rest, pace) * slots, FRAME_SLOTS)
            self._kept[key] = (blocks - 1) * whole + last
        return self._kept[key]

    def load_parameters(self) -> Scalar:
        """Read cycles of the layer's parameters."""
        return self._read(self.layer.parameter_beats, 1)

    def _read(self, beats: Scalar, bursts: Scalar) -> Scalar:
        """Bursts cost their latency, beats pass at the read slots of a frame."""
        return bursts * self.port.burst_latency_cycles + ceil_div(beats * FRAME_SLOTS, self.rates.read_slots)

    def _write(self, pixels: Scalar, bursts: Scalar, beat_slots: Scalar) -> Scalar:
        """The store path's pipeline fills, bursts cost their latency, then the beats pass pixel by pixel."""
        latency = bursts * self.port.burst_latency_cycles + self.port.store_overhead_cycles
        return latency + ceil_div(pixels * beat_slots, self.rates.write_slots)


def _bursts(blocks: Scalar, rows: Scalar, y: Axis, x: Axis) -> Scalar:
    """Contiguous runs of an output tile: whole planes, whole rows of each block, or each row of each block."""
    if x.pattern > 1:
        return blocks * rows
    return blocks if y.pattern > 1 else 1
