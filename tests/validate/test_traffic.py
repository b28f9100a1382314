"""What a layer must move, by hand, and traces that move something else."""

from dataclasses import replace

import pytest

from cosearch.hardware import (
    INPUT_STATIONARY,
    WEIGHTS_OUTER,
    Capacity,
    Chunk,
    ChunkKind,
    DramPort,
    Mapping,
    Tile,
    Unroll,
)
from cosearch.simulate import simulate_layer
from cosearch.validate.cases import Case
from cosearch.validate.traffic import moves_what_it_must
from cosearch.workload import IMAGE, Layer

LAYER = Layer(
    name="a", source=IMAGE, K=16, C=16, OY=4, OX=4, FY=3, FX=3, IY=8, IX=8, stride_y=2, stride_x=2, padding_y=1,
    padding_x=1, weight_bits=8, input_bits=8, output_bits=8, residual=IMAGE, residual_bits=8,
)  # fmt: skip


def case(**tile: int) -> Case:
    sizes = {"K": 16, "C": 16, "OY": 4, "OX": 4} | tile
    chunk = Chunk(
        kind=ChunkKind.BOTH,
        weight_bits=8,
        activation_bits=8,
        unroll=Unroll(K=4, C=4),
        capacity_bits=Capacity(I=1 << 20, W=1 << 20, O=1 << 20),
        read_slots=8,
        write_slots=8,
        partial_sums=True,
        max_channels=64,
        output_bits=32,
    )
    order = INPUT_STATIONARY if sizes["C"] < LAYER.C else WEIGHTS_OUTER
    mapping = Mapping(tile=Tile(**sizes), loop_order=order)
    return Case(LAYER, mapping, chunk, DramPort(beat_bits=64, burst_latency_cycles=4, total_slots=64))


def test_one_tile_moves_everything_once():
    one = case()
    trace = simulate_layer(one.layer, one.mapping, one.chunk, one.port)
    # 16 parameters, 16 * 16 * 9 weights, two beats a pixel of inputs, outputs and residual: all rows are read
    assert trace.beats == {"P": 16, "W": 288, "I": 2 * 8 * 8, "S": 0, "R": 2 * 16, "STORE": 2 * 16}
    assert moves_what_it_must(one, trace)


@pytest.mark.parametrize("kind", ["P", "R", "STORE", "S"])
@pytest.mark.parametrize("change", [-1, 1])
def test_one_beat_more_or_less_is_seen(kind, change):
    split = case(C=8, K=8, OY=2)
    trace = simulate_layer(split.layer, split.mapping, split.chunk, split.port)
    assert trace.beats["S"] == 4 * 2 * 16 * 1  # two words of 32 bits a beat, after the first of two steps
    assert moves_what_it_must(split, trace)
    assert not moves_what_it_must(split, replace(trace, beats=trace.beats | {kind: trace.beats[kind] + change}))


@pytest.mark.parametrize("kind", ["W", "I"])
def test_what_is_read_less_than_once_is_seen(kind):
    one = case()
    trace = simulate_layer(one.layer, one.mapping, one.chunk, one.port)
    assert moves_what_it_must(one, replace(trace, beats=trace.beats | {kind: trace.beats[kind] + 1}))
    assert not moves_what_it_must(one, replace(trace, beats=trace.beats | {kind: trace.beats[kind] - 1}))


def test_an_operation_too_few_is_seen():
    one = case()
    trace = simulate_layer(one.layer, one.mapping, one.chunk, one.port)
    assert not moves_what_it_must(one, replace(trace, operations=trace.operations - 1))
