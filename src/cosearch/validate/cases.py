"""Random legal (layer, chunk, mapping) triples."""

import math
import random
from dataclasses import dataclass

from cosearch.hardware import (
    PIXELS_OUTER,
    WEIGHTS_OUTER,
    Capacity,
    Chunk,
    ChunkKind,
    DramPort,
    Mapping,
    Tile,
    Unroll,
    words_per_beat,
)
from cosearch.workload import IMAGE, Layer

_ROOMY = Capacity(I=1 << 40, W=1 << 40, O=1 << 40)


@dataclass(frozen=True, slots=True)
class Case:
    """A layer with a mapping on a chunk behind a port."""

    layer: Layer
    mapping: Mapping
    chunk: Chunk
    port: DramPort


def random_case(rng: random.Random) -> Case:
    """A legal case of any kind: standard, grouped, depthwise, fully connected; strided, padded, pooled, residual."""
    port = DramPort(beat_bits=rng.choice([64, 128]), burst_latency_cycles=rng.choice([0, 4, 9, 20]), total_slots=64)
    layer = random_layer(rng)
    mapping, chunk = random_mapping(layer, port, rng), random_chunk(layer, rng)
    if rng.random() < 0.25 and _has_whole_rows(layer, mapping.tile, chunk.unroll):
        chunk = chunk.model_copy(update={"resident_weights": True})
    return Case(layer, mapping, chunk, port)


def _has_whole_rows(layer: Layer, tile: Tile, unroll: Unroll) -> bool:
    """Whether no tile starts inside a row of resident weights."""
    lanes, bound = (tile.G, layer.G) if layer.is_depthwise else (tile.K, layer.K)
    return (lanes == bound or lanes % unroll.K == 0) and (tile.C == layer.C or tile.C % unroll.C == 0)


def num_steps(case: Case) -> int:
    """COMPUTEs of a case."""
    steps = 1
    for name in ("G", "K", "C", "OY", "OX"):
        steps *= -(-getattr(case.layer, name) // getattr(case.mapping.tile, name))
    return steps


def random_layer(rng: random.Random) -> Layer:
    """A layer as they occur in convolutional networks."""
    form = rng.choice(["standard", "standard", "grouped", "depthwise", "connected"])
    kernel_y, stride = rng.choice([1, 1, 3, 3, 5, 7]), rng.choice([1, 1, 1, 2])
    kernel_x = rng.choice([kernel_y, kernel_y, kernel_y, 1])
    size_y = rng.choice([7, 8, 14, 16, 28, 32, 56])
    size_x = rng.choice([size_y, size_y, 13, 20])
    channels = [8, 12, 16, 24, 32, 48, 64, 96, 120, 160]
    groups, k, c = 1, rng.choice(channels), rng.choice([3, *channels])
    if form == "grouped":
        groups = rng.choice([2, 3, 4])
    elif form == "depthwise":
        groups, k, c = rng.choice(channels), 1, 1
    elif form == "connected":
        kernel_y = kernel_x = size_y = size_x = stride = 1
        k, c = rng.choice([10, 100, 256, 1000]), rng.choice([64, 256, 1024])
    padding_y = rng.choice([0, (kernel_y - 1) // 2, (kernel_y - 1) // 2])
    padding_x = rng.choice([0, (kernel_x - 1) // 2, (kernel_x - 1) // 2])
    out_y = (size_y + 2 * padding_y - kernel_y) // stride + 1
    out_x = (size_x + 2 * padding_x - kernel_x) // stride + 1
    residual = rng.random() < 0.2
    bits = [4, 6, 8, 16]
    return Layer(
        name=form,
        source=IMAGE,
        G=groups,
        K=k,
        C=c,
        OY=out_y,
        OX=out_x,
        FY=kernel_y,
        FX=kernel_x,
        IY=size_y,
        IX=size_x,
        stride_y=stride,
        stride_x=stride,
        padding_y=padding_y,
        padding_x=padding_x,
        pool_y=_pool(out_y, rng),
        pool_x=_pool(out_x, rng),
        weight_bits=rng.choice(bits),
        input_bits=rng.choice(bits),
        output_bits=rng.choice(bits),
        residual=IMAGE if residual else None,
        residual_bits=rng.choice(bits) if residual else 0,
    )


def random_chunk(layer: Layer, rng: random.Random) -> Chunk:
    """A chunk with room for every tile; it streams its weights."""
    depthwise = layer.is_depthwise and rng.random() < 0.5
    return Chunk(
        kind=ChunkKind.DEPTHWISE if depthwise else ChunkKind.BOTH,
        weight_bits=16,
        activation_bits=16,
        unroll=Unroll(
            K=rng.choice([1, 2, 4, 8, 12, 16, 24, 32, 64]), C=1 if depthwise else rng.choice([1, 2, 3, 4, 8, 16])
        ),
        capacity_bits=_ROOMY,
        read_slots=rng.randint(1, 48),
        write_slots=rng.randint(1, 32),
        max_channels=1 << 20,
        output_bits=32,
    )


def random_mapping(layer: Layer, port: DramPort, rng: random.Random) -> Mapping:
    """A legal tile and one of the two loop orders."""
    out_bits = [layer.output_bits] + [layer.residual_bits] * (layer.residual_bits > 0)
    out_block = math.lcm(*(words_per_beat(port.beat_bits, bits) for bits in out_bits))
    in_block = words_per_beat(port.beat_bits, layer.input_bits)
    tile = Tile(
        G=_piece(layer.G, math.lcm(in_block, out_block), rng) if layer.is_depthwise else 1,
        K=1 if layer.is_depthwise else _piece(layer.K, out_block, rng),
        C=_piece(layer.C, in_block, rng),
        OY=_piece(layer.OY, layer.pool_y, rng),
        OX=_piece(layer.OX, layer.pool_x, rng),
    )
    return Mapping(tile=tile, loop_order=rng.choice([WEIGHTS_OUTER, PIXELS_OUTER]))


def _piece(bound: int, step: int, rng: random.Random) -> int:
    """The whole bound, or a multiple of the step."""
    if rng.random() < 0.4 or step >= bound:
        return bound
    return min(bound, step * rng.randint(1, max(1, bound // step)))


def _pool(out: int, rng: random.Random) -> int:
    return 2 if out % 2 == 0 and rng.random() < 0.15 else 1
