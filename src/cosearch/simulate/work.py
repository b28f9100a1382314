"""What one layer moves and computes, step by step: beats, bursts and array cycles, counted one by one."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from cosearch.hardware import (
    ACCUMULATOR_BITS,
    PARAMETER_BITS,
    Chunk,
    DramPort,
    Mapping,
    pixel_rounds,
    splits_reduction,
    words_per_beat,
)
from cosearch.workload import Layer

Span = tuple[int, int]
"""From, to (exclusive)."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One request to the DRAM port.

    Attributes:
        spread: Channels beside the tile's own, of which a transfer takes the worst place inside its beats.
    """

    beats: int = 0
    bursts: int = 0
    spread: int = 0


@dataclass(frozen=True, slots=True)
class Store:
    """One STORE: what it writes, beat by beat, each filled from the accumulators at `unroll.K` words a cycle.

    Attributes:
        drain_cycles: How many beats there are of each kind, and the cycles in which one of them is filled.
    """

    transfer: Transfer
    drain_cycles: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One COMPUTE, what has to be loaded for it and what follows it; `None` where nothing is.

    Attributes:
        load_W, load_I: Before it, unless the operand in the buffer is kept.
        operations: Iterations of the loop nest, zeros of the padding included.
        array_cycles: Cycles of the array, without its overhead.
        load_S, load_R: Partial sums and residual that the store path adds to its output.
        store: After the last step of an output tile.
    """

    load_W: Transfer | None
    load_I: Transfer | None
    operations: int
    array_cycles: int
    load_S: Transfer | None
    load_R: Transfer | None
    store: Store | None


@dataclass(frozen=True, slots=True)
class _Box:
    """One tile of the loop nest: spans of group, output channels, reduction and output pixels."""

    G: Span
    K: Span
    OY: Span
    OX: Span
    C: Span

    @property
    def output(self) -> tuple[Span, ...]:
        """Where it is among the outputs."""
        return (self.G, self.K, self.OY, self.OX)


def parameters(layer: Layer, port: DramPort) -> Transfer:
    """Bias and requantisation constants of all output channels, in one burst."""
    return Transfer(beats=_ceil(layer.out_channels * PARAMETER_BITS, port.beat_bits), bursts=1)


def steps_of(layer: Layer, mapping: Mapping, chunk: Chunk, port: DramPort) -> Iterator[Step]:
    """The steps of a layer in the order in which they run."""
    split = splits_reduction(layer, mapping)
    boxes = list(_boxes(layer, mapping))
    held_W: tuple[Span, ...] | None = None
    held_I: tuple[Span, ...] | None = None
    for box, following in zip(boxes, [*boxes[1:], None], strict=True):
        index_W, index_I = (box.G, box.K, box.C), (box.G, box.OY, box.OX, box.C)
        fetch_W = index_W != held_W and layer.op in ("convolution", "multiply") and not chunk.resident_weights
        ends = following is None or following.output != box.output
        complete = box.C[1] == layer.C
        yield Step(
            load_W=weights(layer, box, port) if fetch_W else None,
            load_I=inputs(layer, box, port) if index_I != held_I else None,
            operations=_operations(layer, box),
            array_cycles=_array_cycles(layer, box, chunk),
            load_S=partial_sums(layer, box, port) if split and box.C[0] > 0 else None,
            load_R=residual(layer, box, port) if layer.residual and complete and ends else None,
            store=_store(layer, box, chunk, port, complete=complete) if ends else None,
        )
        held_W, held_I = index_W, index_I


def weights(layer: Layer, box: _Box, port: DramPort) -> Transfer:
    """Weights lie tile by tile in the order in which they are read."""
    kernel = layer.FY * layer.FX if layer.has_weights else 1
    words = _length(box.G) * _length(box.K) * _length(box.C) * kernel
    return Transfer(beats=_ceil(words, words_per_beat(port.beat_bits, layer.weight_bits)), bursts=1)


def inputs(layer: Layer, box: _Box, port: DramPort) -> Transfer:
    """The input pixels under an output tile; padding is not loaded. Channels come in as many runs as they lie in."""
    rows = _input_length(box.OY, layer.stride_y, layer.padding_y, layer.window_y, layer.IY)
    columns = _input_length(box.OX, layer.stride_x, layer.padding_x, layer.window_x, layer.IX)
    runs = layer.input_runs
    grain = 0 if layer.is_depthwise or layer.G == 1 else layer.C // runs
    run = _features(
        channels=_ceil(_length(box.G) * _length(box.C), runs),
        rows=rows,
        columns=columns,
        full=(layer.IY, layer.IX),
        block=words_per_beat(port.beat_bits, layer.input_bits),
        grain=math.gcd(layer.input_offset, grain),
    )
    return Transfer(beats=runs * run.beats, bursts=runs * run.bursts)


def residual(layer: Layer, box: _Box, port: DramPort) -> Transfer:
    """The tensor that is added to an output tile, before pooling."""
    return _outputs(layer, box, port, layer.residual_bits, layer.residual_offset, pooled=False)


def partial_sums(layer: Layer, box: _Box, port: DramPort) -> Transfer:
    """Sums of the reduction steps so far, in a scratch area in which each group begins at a beat."""
    return _features(
        channels=_length(box.G) * _length(box.K),
        rows=_length(box.OY),
        columns=_length(box.OX),
        full=(layer.OY, layer.OX),
        block=words_per_beat(port.beat_bits, ACCUMULATOR_BITS),
        grain=0,
    )


def _store(layer: Layer, box: _Box, chunk: Chunk, port: DramPort, *, complete: bool) -> Store:
    """What is written of an output tile once its sums are complete, or as far as they are."""
    if complete:
        transfer = _outputs(layer, box, port, layer.output_bits, layer.output_offset, pooled=True)
        window, words = layer.pool_y * layer.pool_x, words_per_beat(port.beat_bits, layer.output_bits)
    else:
        transfer = partial_sums(layer, box, port)
        window, words = 1, words_per_beat(port.beat_bits, ACCUMULATOR_BITS)
    pixels = _length(box.OY) * _length(box.OX) // window
    blocks = transfer.beats // pixels
    lanes = _length(box.G) * _length(box.K) + transfer.spread
    whole = (pixels * (blocks - 1), window * _ceil(words, chunk.unroll.K))
    last = (pixels, window * _ceil(lanes - (blocks - 1) * words, chunk.unroll.K))
    return Store(transfer, drain_cycles=(whole, last))


def _outputs(layer: Layer, box: _Box, port: DramPort, bits: int, offset: int, *, pooled: bool) -> Transfer:
    """An output tile at some bits, after pooling or before it."""
    pool_y, pool_x = (layer.pool_y, layer.pool_x) if pooled else (1, 1)
    grain = 0 if layer.is_depthwise or layer.G == 1 else layer.K
    return _features(
        channels=_length(box.G) * _length(box.K),
        rows=_length(box.OY) // pool_y,
        columns=_length(box.OX) // pool_x,
        full=(layer.OY // pool_y, layer.OX // pool_x),
        block=words_per_beat(port.beat_bits, bits),
        grain=math.gcd(offset, grain),
    )


def _features(*, channels: int, rows: int, columns: int, full: tuple[int, int], block: int, grain: int) -> Transfer:
    """Feature maps lie channel-blocked: a beat holds `block` channels of a pixel; blocks, then rows, then columns.

    Channels that start at any multiple of `grain` may begin inside a block; so many blocks move as the worst place
    needs. A grain of 0 is a start at the beginning.
    """
    if rows == 0 or columns == 0:
        return Transfer()
    spread = block - math.gcd(grain, block)
    blocks = _ceil(channels + spread, block)
    if (rows, columns) == full:
        bursts = 1
    elif columns == full[1]:
        bursts = blocks
    else:
        bursts = blocks * rows
    return Transfer(beats=blocks * rows * columns, bursts=bursts, spread=spread)


def _boxes(layer: Layer, mapping: Mapping) -> Iterator[_Box]:
    """Tiles in loop order, outermost loop first."""
    spans = [_cut(getattr(layer, name), getattr(mapping.tile, name)) for name in mapping.loop_order]
    for chosen in itertools.product(*spans):
        yield _Box(**dict(zip(mapping.loop_order, chosen, strict=True)))


def _operations(layer: Layer, box: _Box) -> int:
    channels = _length(box.G) * _length(box.K) * _length(box.C)
    return channels * _length(box.OY) * _length(box.OX) * layer.FY * layer.FX


def _array_cycles(layer: Layer, box: _Box, chunk: Chunk) -> int:
    """Lanes hold output channels (of a depthwise layer: its channels); the other loops are unrolled as declared."""
    unroll = chunk.unroll
    channels = _ceil(_lanes_used(layer, box), unroll.K) * _ceil(_length(box.C), unroll.C)
    kernel = layer.FY * _ceil(layer.FX, unroll.FX)
    return channels * kernel * pixel_rounds(_length(box.OY), _length(box.OX), unroll)


def _lanes_used(layer: Layer, box: _Box) -> int:
    return _length(box.G) if layer.is_depthwise else _length(box.K)


def _input_length(span: Span, stride: int, padding: int, window: int, bound: int) -> int:
    first = max(0, span[0] * stride - padding)
    last = min(bound, (span[1] - 1) * stride - padding + window)
    return max(0, last - first)


def _cut(bound: int, size: int) -> list[Span]:
    return [(start, min(start + size, bound)) for start in range(0, bound, size)]


def _length(span: Span) -> int:
    return span[1] - span[0]


def _ceil(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)
