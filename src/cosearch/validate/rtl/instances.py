"""Random chunks that Verilog is built for, and random layers with mappings that they run."""

import math
import random
from dataclasses import dataclass

from cosearch.errors import InputError
from cosearch.handoff.rtl import check_layer
from cosearch.hardware import (
    OUTPUT_STATIONARY,
    Capacity,
    Chunk,
    ChunkKind,
    DramPort,
    Mapping,
    Tile,
    Unroll,
    words_per_beat,
)
from cosearch.simulate import simulate_layer
from cosearch.workload import IMAGE, Layer

LEAST_BITS = 2
"""The narrowest word of a random layer: unpackers are built for as many words of a beat."""

_MOST_CYCLES = 40_000
_SUM_BITS = 31


@dataclass(frozen=True, slots=True)
class Instance:
    """A layer with a mapping on a chunk behind a port."""

    layer: Layer
    mapping: Mapping
    chunk: Chunk
    port: DramPort


def random_chunk(rng: random.Random, index: int) -> tuple[Chunk, int]:
    """A chunk and the width of its beat; kinds, resident weights and beats take turns, so that few builds see all."""
    kind = ChunkKind.DEPTHWISE if index % 3 == 2 else ChunkKind.STANDARD
    lanes = rng.choice([1, 2, 3, 4, 5, 8, 12])
    unroll = Unroll(K=lanes, C=1 if kind is ChunkKind.DEPTHWISE else rng.choice([1, 2, 3, 4]))
    chunk = Chunk(
        kind=kind,
        weight_bits=rng.choice([4, 8, 11, 16]),
        activation_bits=rng.choice([4, 8, 9, 16]),
        unroll=unroll,
        capacity_bits=Capacity(I=1 << 17, W=1 << 17, O=1 << 17),
        read_slots=1,
        write_slots=1,
        resident_weights=index % 4 == 3,
        max_channels=64,
        output_bits=16,
    )
    return chunk, (64, 128)[index % 2]


def random_instance(rng: random.Random, chunk: Chunk, beat_bits: int) -> Instance:
    """A legal instance on a chunk, with slots and burst latency of its own, small enough to simulate in a second."""
    while True:
        port = DramPort(beat_bits=beat_bits, burst_latency_cycles=rng.choice([0, 1, 5, 9, 20]), total_slots=64)
        slots = {"read_slots": rng.randint(1, 64), "write_slots": rng.randint(1, 64)}
        wired = chunk.model_copy(update=slots)
        layer = _layer(rng, wired)
        if layer is None:
            continue
        mapping = _mapping(rng, layer, port)
        try:
            check_layer(layer, mapping, wired, port)
        except InputError:
            continue
        if simulate_layer(layer, mapping, wired, port).cycles <= _MOST_CYCLES:
            return Instance(layer, mapping, wired, port)


def _layer(rng: random.Random, chunk: Chunk) -> Layer | None:
    """A layer of the chunk's kind; None where its sums might not fit an accumulator."""
    depthwise = chunk.kind is ChunkKind.DEPTHWISE
    connected = not depthwise and rng.random() < 0.15
    kernel_y, kernel_x = (1, 1) if connected else (rng.choice([1, 2, 3, 3, 5]), rng.choice([1, 2, 3, 3, 5]))
    size_y, size_x = (1, 1) if connected else (rng.randint(kernel_y, 13), rng.randint(kernel_x, 13))
    stride = rng.choice([1, 1, 2, 3])
    padding_y, padding_x = rng.randint(0, kernel_y - 1), rng.randint(0, kernel_x - 1)
    out_y = (size_y + 2 * padding_y - kernel_y) // stride + 1
    out_x = (size_x + 2 * padding_x - kernel_x) // stride + 1
    groups = rng.randint(2, 40) if depthwise else rng.choice([1, 1, 1, 2, 3])
    k, c = (1, 1) if depthwise else (rng.randint(1, 40 // groups), rng.randint(1, 40 // groups))
    if groups > 1 and not depthwise:
        k, c = rng.choice([4, 8, 16]), rng.choice([4, 8, 16])
    weight_bits, input_bits = (
        rng.randint(LEAST_BITS, chunk.weight_bits),
        rng.randint(LEAST_BITS, chunk.activation_bits),
    )
    if weight_bits + input_bits + math.ceil(math.log2(c * kernel_y * kernel_x + 1)) > _SUM_BITS:
        return None
    residual = rng.random() < 0.3
    return Layer(
        name="layer",
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
        pool_y=rng.choice([p for p in (1, 1, 2, 3) if out_y % p == 0]),
        pool_x=rng.choice([p for p in (1, 1, 2, 3) if out_x % p == 0]),
        weight_bits=weight_bits,
        input_bits=input_bits,
        output_bits=rng.randint(LEAST_BITS, chunk.output_bits),
        residual=IMAGE if residual else None,
        residual_bits=rng.randint(LEAST_BITS, chunk.activation_bits) if residual else 0,
    )


def _mapping(rng: random.Random, layer: Layer, port: DramPort) -> Mapping:
    """A tile of whole beats, ragged ends included, and one of the output-stationary orders."""
    out = [layer.output_bits, *([layer.residual_bits] if layer.residual_bits else [])]
    out_block = math.lcm(*(words_per_beat(port.beat_bits, bits) for bits in out))
    in_block = words_per_beat(port.beat_bits, layer.input_bits)

    def piece(bound: int, step: int) -> int:
        whole = rng.random() < 0.3 or step >= bound
        return bound if whole else min(bound, step * rng.randint(1, -(-bound // step)))

    tile = Tile(
        G=piece(layer.G, math.lcm(in_block, out_block)) if layer.is_depthwise else 1,
        K=1 if layer.is_depthwise else piece(layer.K, out_block),
        C=piece(layer.C, in_block),
        OY=piece(layer.OY, layer.pool_y),
        OX=piece(layer.OX, layer.pool_x),
    )
    return Mapping(tile=tile, loop_order=rng.choice(OUTPUT_STATIONARY))
