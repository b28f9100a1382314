"""What each server of a chunk does for one tile of a layer, by class of tile."""

from dataclasses import dataclass

from cosearch.cost.geometry import (
    Axis,
    Position,
    cut,
    cut_window,
    features_transfer,
    num_at_least_one,
    transfer_cycles,
)
from cosearch.cost.shape import LayerShape
from cosearch.hardware import FRAME_SLOTS, PARAMETER_BITS, TILE_OVERHEAD_CYCLES, DramPort
from cosearch.numerics import Scalar, ceil_div, floor_div, maximum, where


@dataclass(frozen=True, slots=True, kw_only=True)
class TileSizes:
    """A tile in loop bounds. `M` are lanes: output channels, or the channels of a depthwise layer."""

    M: Scalar
    C: Scalar
    OY: Scalar
    OX: Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkRates:
    """What of a chunk shapes its time."""

    unroll_K: Scalar
    unroll_C: Scalar
    read_slots: Scalar
    write_slots: Scalar
    resident_weights: bool


class LayerWork:
    """Cycles and beats of every class of tile of one layer, under one tiling or a batch of them.

    Classes are looked up by positions along M, OY and OX; a reduction step is F (a whole one) or L (the last).
    Means over the tiles of a class are rounded up to whole cycles.
    """

    def __init__(self, layer: LayerShape, tile: TileSizes, rates: ChunkRates, port: DramPort) -> None:
        self.layer, self.rates, self.port = layer, rates, port
        self.groups = 1 if layer.is_depthwise else layer.G
        self.M = cut(layer.G if layer.is_depthwise else layer.K, tile.M)
        self.C = cut(layer.C, tile.C)
        self.OY = _window(layer, tile.OY, "Y")
        self.OX = _window(layer, tile.OX, "X")
        self._memo: dict[tuple[str, ...], Scalar] = {}

    def compute(self, m: Position, y: Position, x: Position, c: Position) -> Scalar:
        """Array cycles of a reduction step."""
        key = ("compute", _edge(m), _edge(y), _edge(x), _edge(c))
        if key not in self._memo:
            rounds = self._rounds("M", m) * self._rounds("C", c)
            window = self.layer.FY * self.layer.FX
            self._memo[key] = rounds * (self._pixels(y, x) * window) + TILE_OVERHEAD_CYCLES
        return self._memo[key]

    def load_weights(self, m: Position, c: Position) -> Scalar:
        """Read cycles of a weight tile; none where weights are resident."""
        if self.rates.resident_weights:
            return 0
        key = ("weights", m, c)
        if key not in self._memo:
            self._memo[key] = transfer_cycles(self.weight_beats(m, c), 1, self.rates.read_slots, self.port)
        return self._memo[key]

    def weight_beats(self, m: Position, c: Position) -> Scalar:
        """Beats of a weight tile."""
        words = self.M.size[m] * self.C.size[c] * self.layer.FY * self.layer.FX
        return ceil_div(words, floor_div(self.port.beat_bits, self.layer.weight_bits))

    def load_inputs(self, m: Position, y: Position, x: Position, c: Position) -> Scalar:
        """Read cycles of an input tile."""
        key = ("inputs", m if self.layer.is_depthwise else c, y, x)
        if key not in self._memo:
            beats, bursts = self.input_transfer(self.input_channels(m, c), y, x)
            num = self.num_pixels_tiles(y, x)
            self._memo[key] = transfer_cycles(beats, bursts, self.rates.read_slots, self.port, num=num)
        return self._memo[key]

    def input_channels(self, m: Position, c: Position) -> Scalar:
        """Channels of an input tile; of a depthwise layer they are the lanes'."""
        return self.M.size[m] if self.layer.is_depthwise else self.C.size[c]

    def num_pixels_tiles(self, y: Position, x: Position) -> Scalar:
        """Pixel tiles of a class, or one where the class stands for a neighbour."""
        return num_at_least_one(self.OY, y) * num_at_least_one(self.OX, x)

    def input_transfer(self, channels: Scalar, y: Position, x: Position) -> tuple[Scalar, Scalar]:
        """Beats and bursts of the input tiles of a class, in sum."""
        blocks = ceil_div(channels, floor_div(self.port.beat_bits, self.layer.input_bits))
        return features_transfer(blocks, self.OY, y, self.OX, x, full=(self.layer.IY, self.layer.IX))

    def load_residual(self, m: Position, y: Position, x: Position) -> Scalar:
        """Read cycles of a residual tile; none without one."""
        if not self.layer.has_residual:
            return 0
        key = ("residual", _edge(m), _edge(y), _edge(x))
        if key not in self._memo:
            beats, bursts = self.output_transfer(m, y, x, self.layer.residual_bits, pooled=False)
            self._memo[key] = transfer_cycles(beats, bursts, self.rates.read_slots, self.port)
        return self._memo[key]

    def store(self, m: Position, y: Position, x: Position) -> Scalar:
        """Write cycles of an output tile: port or drain, whichever is slower, after the bursts' latency."""
        return maximum(*self.store_parts(m, y, x))

    def store_parts(self, m: Position, y: Position, x: Position) -> tuple[Scalar, Scalar]:
        """Write cycles as the port and as the drain alone would have them."""
        key = ("port", _edge(m), _edge(y), _edge(x))
        drain_key = ("drain", *key[1:])
        if key not in self._memo:
            beats, bursts = self.output_transfer(m, y, x, self.layer.output_bits, pooled=True)
            latency = bursts * self.port.burst_latency_cycles
            self._memo[key] = latency + ceil_div(beats * FRAME_SLOTS, self.rates.write_slots)
            self._memo[drain_key] = latency + self._rounds("M", m) * self._pixels(y, x)
        return self._memo[key], self._memo[drain_key]

    def output_transfer(
        self, m: Position, y: Position, x: Position, bits: Scalar, *, pooled: bool
    ) -> tuple[Scalar, Scalar]:
        """Beats and bursts of an output tile at some bits."""
        layer = self.layer
        pool_y, pool_x = (layer.pool_y, layer.pool_x) if pooled else (1, 1)
        rows, columns = ceil_div(self.OY.size[_edge(y)], pool_y), ceil_div(self.OX.size[_edge(x)], pool_x)
        blocks = ceil_div(self.M.size[_edge(m)], floor_div(self.port.beat_bits, bits))
        bursts = where(self.OX.several, blocks * rows, where(self.OY.several, blocks, 1))
        return blocks * rows * columns, bursts

    def load_parameters(self) -> Scalar:
        """Read cycles of the layer's parameters."""
        return transfer_cycles(self.parameter_beats, 1, self.rates.read_slots, self.port)

    @property
    def parameter_beats(self) -> Scalar:
        """Beats of bias and requantisation constants."""
        return ceil_div(self.layer.G * self.layer.K * PARAMETER_BITS, self.port.beat_bits)

    def _rounds(self, axis: str, position: Position) -> Scalar:
        key = ("rounds", axis, _edge(position))
        if key not in self._memo:
            if axis == "M":
                self._memo[key] = ceil_div(self.M.size[_edge(position)], self.rates.unroll_K)
            else:
                self._memo[key] = ceil_div(self.C.size[_edge(position)], self.rates.unroll_C)
        return self._memo[key]

    def _pixels(self, y: Position, x: Position) -> Scalar:
        key = ("pixels", _edge(y), _edge(x))
        if key not in self._memo:
            self._memo[key] = self.OY.size[_edge(y)] * self.OX.size[_edge(x)]
        return self._memo[key]


def _window(layer: LayerShape, size: Scalar, way: str) -> Axis:
    """The loop over output rows (``Y``) or columns (``X``)."""
    if way == "Y":
        return cut_window(
            layer.OY,
            size,
            stride=layer.stride_y,
            padding=layer.padding_y,
            kernel=layer.FY,
            in_bound=layer.IY,
        )
    return cut_window(
        layer.OX,
        size,
        stride=layer.stride_x,
        padding=layer.padding_x,
        kernel=layer.FX,
        in_bound=layer.IX,
    )


def _edge(position: Position) -> Position:
    """Sizes along a loop without a window: whole tiles, and the last."""
    return "L" if position == "L" else "F"
