"""Period and latencies of accelerators, by hand."""

import pytest

from cosearch.errors import HardwareError
from cosearch.hardware import (
    WEIGHTS_OUTER,
    Accelerator,
    Capacity,
    ChunkKind,
    ChunkProgram,
    DramPort,
    LayerProgram,
    Tile,
    Unroll,
)
from cosearch.simulate import simulate_accelerator
from cosearch.simulate.accelerator import _starts_loaded
from cosearch.workload import IMAGE, Layer, Workload

PORT = DramPort(beat_bits=64, burst_latency_cycles=4, total_slots=64)


def conv(name, source, residual=None, k=16):
    return Layer(
        name=name, source=source, K=k, C=16, OY=4, OX=4, IY=4, IX=4, weight_bits=8, input_bits=8, output_bits=8,
        residual=residual, residual_bits=8 if residual else 0,
    )  # fmt: skip


def program(*layers, slots=8):
    return ChunkProgram(
        kind=ChunkKind.STANDARD,
        weight_bits=8,
        activation_bits=8,
        unroll=Unroll(K=4, C=2),
        capacity_bits=Capacity(I=1 << 20, W=1 << 20, O=1 << 20),
        read_slots=slots,
        write_slots=slots,
        max_channels=64,
        output_bits=32,
        layers=tuple(
            LayerProgram(name=name, tile=Tile(K=16, C=16, OY=4, OX=4), loop_order=WEIGHTS_OUTER) for name in layers
        ),
    )


def accelerator(*chunks):
    return Accelerator(platform="zc706", clock_hertz=2e8, port=PORT, chunks=chunks)


CHAIN = Workload((conv("a", IMAGE), conv("b", "a"), conv("c", "b"), conv("d", "c", residual="b")))


def test_a_chain_on_one_chunk_is_the_sum():
    trace = simulate_accelerator(CHAIN, accelerator(program("a", "b", "c", "d")))
    cycles = [layer.cycles for layer in trace.layers.values()]
    assert trace.period_cycles == trace.latency_cycles == trace.latency_loaded_cycles == sum(cycles)
    assert trace.layers["d"].read_cycles == trace.layers["c"].read_cycles + 4 + 2 * 16 * 8  # the residual


def test_chunks_overlap_in_period_but_not_in_the_latency_of_a_chain():
    trace = simulate_accelerator(CHAIN, accelerator(program("a", "c"), program("b", "d", slots=4)))
    cycles = {name: layer.cycles for name, layer in trace.layers.items()}
    assert trace.chunk_cycles == (cycles["a"] + cycles["c"], cycles["b"] + cycles["d"])
    assert trace.period_cycles == max(trace.chunk_cycles)
    assert trace.latency_cycles == sum(cycles.values())


def test_loaded_latency_follows_the_modulo_schedule():
    trace = simulate_accelerator(CHAIN, accelerator(program("a", "c"), program("b", "d", slots=4)))
    cycles = {name: layer.cycles for name, layer in trace.layers.items()}
    period = trace.period_cycles
    b_start = cycles["a"]
    c_start = cycles["a"] + period  # b ends after c's turn right behind a: c waits for its next turn
    assert b_start + cycles["b"] > cycles["a"]
    d_ready, d_turn = c_start + cycles["c"], b_start + cycles["b"]
    d_start = d_turn + -(-(d_ready - d_turn) // period) * period
    assert trace.latency_loaded_cycles == d_start + cycles["d"]
    assert trace.latency_loaded_cycles >= trace.latency_cycles


def test_no_layer_runs_in_a_round_before_the_layers_in_front_of_it():
    workload = Workload((conv("a", IMAGE), conv("b", "a"), conv("c", "b"), conv("d", "a")))
    cycles, chunk_of = {"a": 10, "b": 50, "c": 10, "d": 10}, {"a": 0, "b": 1, "c": 0, "d": 0}
    assert _starts_loaded(workload, cycles, chunk_of, 50) == {"a": 0, "b": 10, "c": 60, "d": 70}


def test_branches_run_at_the_same_time_on_two_chunks():
    workload = Workload((conv("a", IMAGE), conv("b", IMAGE), conv("c", "a", residual="b")))
    trace = simulate_accelerator(workload, accelerator(program("a", "c"), program("b", slots=2)))
    assert trace.starts["a"] == trace.starts["b"] == 0
    assert trace.starts["c"] == max(trace.layers["a"].cycles, trace.layers["b"].cycles)


def test_a_layer_without_a_chunk_is_refused():
    with pytest.raises(HardwareError, match="no chunk runs 'd'"):
        simulate_accelerator(CHAIN, accelerator(program("a", "b", "c")))
