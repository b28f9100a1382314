"""Random legal (layer, chunk, mapping) triples."""

import math
import random
from dataclasses import dataclass

from cosearch.errors import MappingError
from cosearch.hardware import (
    ACCUMULATOR_BITS,
    LOOP_ORDERS,
    OUTPUT_STATIONARY,
    Capacity,
    Chunk,
    ChunkKind,
    DramPort,
    Mapping,
    Tile,
    Unroll,
    check_mapping,
    words_per_beat,
)
from cosearch.workload import IMAGE, Layer, Op

_ROOMY = Capacity(I=1 << 40, W=1 << 40, O=1 << 40)
_CHANNELS = (8, 12, 16, 24, 32, 48, 64, 96, 120, 160)
_BITS = (4, 6, 8, 16)


@dataclass(frozen=True, slots=True)
class Case:
    """A layer with a mapping on a chunk behind a port."""

    layer: Layer
    mapping: Mapping
    chunk: Chunk
    port: DramPort


def random_case(rng: random.Random) -> Case:
    """A legal case of any kind: operations, unrollings, loop orders, strides, dilations, pools, residuals."""
    port = DramPort(beat_bits=rng.choice([64, 128]), burst_latency_cycles=rng.choice([0, 4, 9, 20]), total_slots=64)
    while True:
        layer = random_layer(rng)
        mapping, chunk = random_mapping(layer, port, rng), random_chunk(layer, rng)
        try:
            check_mapping(layer, mapping, chunk, port.beat_bits)
        except MappingError:
            continue
        return Case(layer, mapping, chunk, port)


def num_steps(case: Case) -> int:
    """COMPUTEs of a case."""
    steps = 1
    for name in ("G", "K", "C", "OY", "OX"):
        steps *= -(-getattr(case.layer, name) // getattr(case.mapping.tile, name))
    return steps


def random_layer(rng: random.Random) -> Layer:
    """A layer as they occur in convolutional networks."""
    form = rng.choice(["standard", "standard", "standard", "grouped", "depthwise", "connected", "channels"])
    kernel_y, stride, dilation = rng.choice([1, 1, 3, 3, 5, 7]), rng.choice([1, 1, 1, 2]), rng.choice([1, 1, 1, 2])
    kernel_x = rng.choice([kernel_y, kernel_y, kernel_y, 1])
    size_y = rng.choice([7, 8, 14, 16, 28, 32, 56])
    size_x = rng.choice([size_y, size_y, 13, 20])
    groups, k, c = 1, rng.choice(_CHANNELS), rng.choice([3, *_CHANNELS])
    op: Op = "convolution"
    if form == "grouped":
        groups = rng.choice([2, 3, 4])
    elif form == "depthwise":
        groups, k, c = rng.choice(_CHANNELS), 1, 1
    elif form == "connected":
        kernel_y = kernel_x = size_y = size_x = stride = dilation = 1
        k, c = rng.choice([10, 100, 256, 1000]), rng.choice([64, 256, 1024])
    elif form == "channels":
        op = rng.choice(["max_pool", "average_pool", "multiply", "copy"])
        groups, k, c = rng.choice(_CHANNELS), 1, 1
        if op in ("multiply", "copy"):
            kernel_y = kernel_x = stride = 1
    return _laid_out(rng, form, op, (groups, k, c), (kernel_y, kernel_x), (size_y, size_x), (stride, dilation))


def _laid_out(
    rng: random.Random,
    form: str,
    op: Op,
    channels: tuple[int, int, int],
    kernel: tuple[int, int],
    size: tuple[int, int],
    steps: tuple[int, int],
) -> Layer:
    """The layer with padding, pooling, residual, widths and places in memory."""
    stride, dilation = steps
    window = [min((k - 1) * dilation + 1, s) for k, s in zip(kernel, size, strict=True)]
    dilation = dilation if window == [(k - 1) * dilation + 1 for k in kernel] else 1
    window = [(k - 1) * dilation + 1 for k in kernel]
    padding = [
        rng.choice([0, (w - 1) // 2, (w - 1) // 2]) if w <= s else (w - 1) // 2
        for w, s in zip(window, size, strict=True)
    ]
    out = [(s + 2 * p - w) // stride + 1 for s, p, w in zip(size, padding, window, strict=True)]
    residual = rng.random() < 0.2
    runs = rng.choice([1, 2]) if form == "grouped" and channels[2] % 2 == 0 else 1
    return Layer(
        name=form,
        source=IMAGE,
        op=op,
        G=channels[0],
        K=channels[1],
        C=channels[2],
        OY=out[0],
        OX=out[1],
        FY=kernel[0],
        FX=kernel[1],
        IY=size[0],
        IX=size[1],
        stride_y=stride,
        stride_x=stride,
        dilation_y=dilation,
        dilation_x=dilation,
        padding_y=padding[0],
        padding_x=padding[1],
        pool_y=_pool(out[0], rng),
        pool_x=_pool(out[1], rng),
        weight_bits=rng.choice(_BITS),
        input_bits=rng.choice(_BITS),
        output_bits=rng.choice(_BITS),
        residual=IMAGE if residual else None,
        residual_bits=rng.choice(_BITS) if residual else 0,
        scale=IMAGE if op == "multiply" else None,
        input_offset=rng.choice([0, 0, 0, 24, 100]),
        output_offset=rng.choice([0, 0, 0, 24, 100]),
        residual_offset=rng.choice([0, 0, 0, 24, 100]),
        input_runs=runs,
    )


def random_chunk(layer: Layer, rng: random.Random) -> Chunk:
    """A chunk with room for every tile; a quarter of them hold their weights."""
    depthwise = layer.is_depthwise and rng.random() < 0.5
    return Chunk(
        kind=ChunkKind.DEPTHWISE if depthwise else ChunkKind.BOTH,
        weight_bits=16,
        activation_bits=16,
        unroll=random_unroll(rng, depthwise=depthwise),
        capacity_bits=_ROOMY,
        read_slots=rng.randint(1, 48),
        write_slots=rng.randint(1, 32),
        resident_weights=rng.random() < 0.25,
        partial_sums=True,
        activation_table=True,
        max_channels=1 << 20,
        output_bits=32,
    )


def random_unroll(rng: random.Random, *, depthwise: bool) -> Unroll:
    """One of the unrollings: K x C, K x OX, K x fused OY*OX, FX x C, and lanes alone or with C and pixels."""
    lanes = rng.choice([1, 2, 4, 8, 12, 16, 24, 32, 64])
    reduction = 1 if depthwise else rng.choice([1, 2, 3, 4, 8, 16])
    pixels = rng.choice([2, 3, 4, 7, 8, 16])
    return rng.choice(
        [
            Unroll(K=lanes, C=reduction),
            Unroll(K=lanes, C=reduction),
            Unroll(K=lanes, OX=pixels),
            Unroll(K=lanes, OYOX=pixels),
            Unroll(FX=rng.choice([2, 3, 5]), C=reduction, K=1 if not depthwise else lanes),
            Unroll(K=lanes, C=reduction, OX=pixels),
        ]
    )


def random_mapping(layer: Layer, port: DramPort, rng: random.Random) -> Mapping:
    """A tile of whole beats and one of the loop orders; what else is illegal is for the caller to refuse."""
    order = rng.choice(LOOP_ORDERS)
    out_bits = [layer.output_bits] + [layer.residual_bits] * (layer.residual_bits > 0)
    out_bits += [ACCUMULATOR_BITS] * (order not in OUTPUT_STATIONARY)
    out_block = math.lcm(*(words_per_beat(port.beat_bits, bits) for bits in out_bits))
    in_block = words_per_beat(port.beat_bits, layer.input_bits)
    tile = Tile(
        G=_piece(layer.G, math.lcm(in_block, out_block), rng) if layer.is_depthwise else 1,
        K=1 if layer.is_depthwise else _piece(layer.K, out_block, rng),
        C=_piece(layer.C, in_block, rng),
        OY=_piece(layer.OY, layer.pool_y, rng),
        OX=_piece(layer.OX, layer.pool_x, rng),
    )
    return Mapping(tile=tile, loop_order=order)


def _piece(bound: int, step: int, rng: random.Random) -> int:
    """The whole bound, or a multiple of the step."""
    if rng.random() < 0.4 or step >= bound:
        return bound
    return min(bound, step * rng.randint(1, max(1, bound // step)))


def _pool(out: int, rng: random.Random) -> int:
    return 2 if out % 2 == 0 and rng.random() < 0.15 else 1
