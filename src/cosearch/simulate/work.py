"""What one layer moves and computes, tile by tile: beats, bursts and array cycles, counted one by one."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from cosearch.hardware import PARAMETER_BITS, TILE_OVERHEAD_CYCLES, Chunk, DramPort, Mapping, words_per_beat
from cosearch.workload import Layer

Span = tuple[int, int]
"""From, to (exclusive)."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One request to the DRAM port."""

    beats: int = 0
    bursts: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One COMPUTE with the loads it brings along; `None` where the operand in the buffer is kept.

    Attributes:
        macs: Multiply-accumulates of the step, zeros of the padding included.
        array_cycles: Cycles of the array, overhead included.
    """

    load_W: Transfer | None
    load_I: Transfer | None
    macs: int
    array_cycles: int


@dataclass(frozen=True, slots=True)
class OutputTile:
    """One output tile: its reduction steps, then what its STORE needs.

    Attributes:
        drain_cycles: The accumulator bank's rows leave through the store path at `unroll.K` words a cycle.
    """

    steps: tuple[Step, ...]
    load_R: Transfer | None
    store: Transfer
    drain_cycles: int


@dataclass(frozen=True, slots=True)
class _Box:
    """One tile of the loop nest: spans of group, output channels, reduction and output pixels."""

    G: Span
    K: Span
    OY: Span
    OX: Span
    C: Span


def parameters(layer: Layer, port: DramPort) -> Transfer:
    """Bias and requantisation constants of all output channels, in one burst."""
    return Transfer(beats=_ceil(layer.out_channels * PARAMETER_BITS, port.beat_bits), bursts=1)


def output_tiles(layer: Layer, mapping: Mapping, chunk: Chunk, port: DramPort) -> Iterator[OutputTile]:
    """The output tiles of a layer in the order in which they run."""
    held_W: tuple[Span, ...] | None = None
    held_I: tuple[Span, ...] | None = None
    for boxes in _tiles_in_order(layer, mapping):
        steps: list[Step] = []
        for box in boxes:
            index_W, index_I = (box.G, box.K, box.C), (box.G, box.OY, box.OX, box.C)
            fetch_W = index_W != held_W and not chunk.resident_weights
            steps.append(
                Step(
                    load_W=weights(layer, box, port) if fetch_W else None,
                    load_I=inputs(layer, box, port) if index_I != held_I else None,
                    macs=_macs(layer, box),
                    array_cycles=_array_cycles(layer, box, chunk),
                )
            )
            held_W, held_I = index_W, index_I
        box = boxes[0]
        pixels = _length(box.OY) * _length(box.OX)
        yield OutputTile(
            steps=tuple(steps),
            load_R=outputs(layer, box, layer.residual_bits, port, pooled=False) if layer.residual else None,
            store=outputs(layer, box, layer.output_bits, port, pooled=True),
            drain_cycles=_ceil(_lanes_used(layer, box), chunk.unroll.K) * pixels,
        )


def weights(layer: Layer, box: _Box, port: DramPort) -> Transfer:
    """Weights lie tile by tile in the order in which they are read."""
    words = _length(box.G) * _length(box.K) * _length(box.C) * layer.FY * layer.FX
    return Transfer(beats=_ceil(words, words_per_beat(port.beat_bits, layer.weight_bits)), bursts=1)


def inputs(layer: Layer, box: _Box, port: DramPort) -> Transfer:
    """The input pixels under an output tile; padding is not loaded."""
    rows = _input_length(box.OY, layer.stride_y, layer.padding_y, layer.FY, layer.IY)
    columns = _input_length(box.OX, layer.stride_x, layer.padding_x, layer.FX, layer.IX)
    channels = _length(box.G) * _length(box.C)
    return _features(channels, rows, columns, (layer.IY, layer.IX), words_per_beat(port.beat_bits, layer.input_bits))


def outputs(layer: Layer, box: _Box, bits: int, port: DramPort, *, pooled: bool) -> Transfer:
    """An output tile at some bits, after pooling or (for the residual) before it."""
    pool_y, pool_x = (layer.pool_y, layer.pool_x) if pooled else (1, 1)
    return _features(
        channels=_length(box.G) * _length(box.K),
        rows=_length(box.OY) // pool_y,
        columns=_length(box.OX) // pool_x,
        full=(layer.OY // pool_y, layer.OX // pool_x),
        block=words_per_beat(port.beat_bits, bits),
    )


def _features(channels: int, rows: int, columns: int, full: tuple[int, int], block: int) -> Transfer:
    """Feature maps lie channel-blocked: a beat holds `block` channels of a pixel; blocks, then rows, then columns."""
    if rows == 0 or columns == 0:
        return Transfer()
    blocks = _ceil(channels, block)
    if (rows, columns) == full:
        bursts = 1
    elif columns == full[1]:
        bursts = blocks
    else:
        bursts = blocks * rows
    return Transfer(beats=blocks * rows * columns, bursts=bursts)


def _tiles_in_order(layer: Layer, mapping: Mapping) -> Iterator[list[_Box]]:
    """Boxes of each output tile, its reduction steps innermost."""
    spans: dict[str, list[Span]] = {
        name: _cut(getattr(layer, name), getattr(mapping.tile, name)) for name in mapping.loop_order
    }
    outer = [name for name in mapping.loop_order if name != "C"]
    for chosen in itertools.product(*(spans[name] for name in outer)):
        where = dict(zip(outer, chosen, strict=True))
        yield [_Box(**where, C=span) for span in spans["C"]]


def _macs(layer: Layer, box: _Box) -> int:
    channels = _length(box.G) * _length(box.K) * _length(box.C)
    return channels * _length(box.OY) * _length(box.OX) * layer.FY * layer.FX


def _array_cycles(layer: Layer, box: _Box, chunk: Chunk) -> int:
    """Lanes hold output channels (of a depthwise layer: its channels), `unroll.C` multipliers reduce over C."""
    rounds = _ceil(_lanes_used(layer, box), chunk.unroll.K) * _ceil(_length(box.C), chunk.unroll.C)
    return rounds * _length(box.OY) * _length(box.OX) * layer.FY * layer.FX + TILE_OVERHEAD_CYCLES


def _lanes_used(layer: Layer, box: _Box) -> int:
    return _length(box.G) if layer.is_depthwise else _length(box.K)


def _input_length(span: Span, stride: int, padding: int, kernel: int, bound: int) -> int:
    first = max(0, span[0] * stride - padding)
    last = min(bound, (span[1] - 1) * stride - padding + kernel)
    return max(0, last - first)


def _cut(bound: int, size: int) -> list[Span]:
    return [(start, min(start + size, bound)) for start in range(0, bound, size)]


def _length(span: Span) -> int:
    return span[1] - span[0]


def _ceil(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)
