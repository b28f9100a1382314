"""Period and latencies of accelerators, by hand and against the closed form of the schedule."""

import itertools
import random
from dataclasses import replace

import pytest

from cosearch.cost.schedule import schedule_loaded
from cosearch.errors import HardwareError, InputError
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
    load_platform,
)
from cosearch.simulate import AcceleratorTrace, SharedTrace, simulate_accelerator, stream_images
from cosearch.validate.networks import random_accelerator, random_network
from cosearch.workload import IMAGE, Concatenation, Layer, Workload

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
    cycles = {"a": 10, "b": 50, "c": 10, "d": 10}
    stream = stream_images(workload, cycles, [["a", "c", "d"], ["b"]], 3)
    assert {name: starts[0] for name, starts in stream.starts.items()} == {"a": 0, "b": 10, "c": 60, "d": 70}
    assert stream.rounds == {"a": 0, "b": 0, "c": 1, "d": 1}


def test_every_image_of_a_stream_finds_the_same_turns():
    trace = simulate_accelerator(CHAIN, accelerator(program("a", "c"), program("b", "d", slots=4)))
    cycles = {name: layer.cycles for name, layer in trace.layers.items()}
    stream = stream_images(CHAIN, cycles, [["a", "c"], ["b", "d"]], 6)
    for starts in stream.starts.values():
        assert [b - a for a, b in itertools.pairwise(starts)] == [trace.period_cycles] * 5
    assert set(stream.latency_cycles) == {trace.latency_loaded_cycles}
    for chunk in (("a", "c"), ("b", "d")):  # no chunk runs two layers at once
        spans = sorted((start, start + cycles[name]) for name in chunk for start in stream.starts[name])
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))


@pytest.mark.parametrize("seed", range(12))
def test_the_stream_is_the_modulo_schedule_in_closed_form(seed):
    rng = random.Random(seed)
    network = random_network(rng, rng.randint(2, 12))
    num_chunks = rng.randint(1, 5)
    chunk_of = {layer.name: rng.randrange(num_chunks) for layer in network.layers}
    chunks = [[name for name, home in chunk_of.items() if home == index] for index in sorted(set(chunk_of.values()))]
    cycles = {layer.name: rng.randint(1, 100) for layer in network.layers}
    stream = stream_images(network, cycles, chunks, 4)
    closed = schedule_loaded(network, cycles, chunk_of)
    assert {name: starts[0] for name, starts in stream.starts.items()} == closed.starts
    assert set(stream.latency_cycles) == {closed.latency_cycles}


def test_chunks_are_busy_with_their_layers_and_idle_else():
    trace = simulate_accelerator(CHAIN, accelerator(program("a", "b", "c"), program("d", slots=16)))
    cycles = {name: layer.cycles for name, layer in trace.layers.items()}
    assert trace.period_cycles == cycles["a"] + cycles["b"] + cycles["c"]
    assert trace.idle_cycles == (0, trace.period_cycles - cycles["d"])


def test_a_stream_without_images_is_refused():
    with pytest.raises(InputError, match="num_images=0; a stream needs at least 1"):
        simulate_accelerator(CHAIN, accelerator(program("a", "b", "c", "d")), num_images=0)


def test_one_number_a_channel_and_all_parts_of_a_concatenation_are_waited_for():
    chain = (
        conv("a", IMAGE),
        replace(conv("mean", "a"), op="average_pool", G=16, K=1, C=1, OY=1, OX=1, FY=4, FX=4),
        replace(conv("gate", "mean"), OY=1, OX=1, IY=1, IX=1),
        replace(conv("product", "a"), op="multiply", G=16, K=1, C=1, scale="gate"),
        replace(conv("part", "a"), op="copy", G=16, K=1, C=1, output_offset=16),
        replace(conv("last", "both"), C=32),
    )
    workload = Workload(chain, (Concatenation(name="both", parts=("product", "part")),))
    cycles = {"a": 10, "mean": 20, "gate": 30, "product": 5, "part": 200, "last": 7}
    stream = stream_images(workload, cycles, [["a"], ["mean"], ["gate"], ["product"], ["part"], ["last"]], 2)
    assert {name: starts[0] for name, starts in stream.starts.items()} == {
        "a": 0, "mean": 10, "gate": 30, "product": 60, "part": 10, "last": 210,
    }  # fmt: skip
    assert stream.period_cycles == 200
    assert stream.latency_cycles == [217, 217]
    assert stream.num_in_flight == 2


def shared_trace(*chunks: ChunkProgram) -> tuple[AcceleratorTrace, SharedTrace]:
    trace = simulate_accelerator(CHAIN, accelerator(*chunks), arbitration="work_conserving")
    assert trace.shared is not None
    return trace, trace.shared


def test_one_chunk_may_use_the_whole_port():
    trace, shared = shared_trace(program("a", "b", "c", "d", slots=4))
    loads = (4 + 16) + (4 + 32) + (4 + 32)  # parameters, weights, inputs: a beat a cycle
    store = 8 + 4 + 32 * 2  # eight words of a beat are drained in two cycles, whatever the slots
    assert shared.period_cycles == 4 * (16 + loads + 520 + store)
    assert shared.latency_cycles == shared.latency_loaded_cycles == shared.period_cycles
    assert trace.period_cycles > 3 * shared.period_cycles


def test_slots_that_nobody_asks_for_go_to_whoever_does():
    trace, shared = shared_trace(program("a", "b"), program("c", "d", slots=4))
    assert shared.period_cycles < 0.7 * trace.period_cycles  # 24 of 64 slots are owned
    assert shared.latency_cycles < 0.7 * trace.latency_cycles
    assert shared.latency_loaded_cycles < trace.latency_loaded_cycles
    assert simulate_accelerator(CHAIN, accelerator(program("a", "b", "c", "d"))).shared is None


def test_two_chunks_that_want_the_whole_port_share_it_as_they_own_it():
    workload = Workload((conv("a", IMAGE), conv("b", IMAGE)))
    built = accelerator(program("a", slots=8), program("b", slots=8))
    trace = simulate_accelerator(workload, built, arbitration="work_conserving")
    loads = (4 + 16 * 2) + (4 + 32 * 2) + (4 + 32 * 2)  # half a beat a cycle for each
    assert trace.shared is not None
    assert trace.shared.latency_cycles == 16 + loads + 520 + (8 + 4 + 32 * 2)


@pytest.mark.parametrize("seed", range(3))
def test_no_image_ends_later_for_sharing(seed):
    rng = random.Random(seed)
    network = random_network(rng, rng.randint(2, 4))
    built = random_accelerator(rng, network, 1 + seed % 3, load_platform("zcu102"))
    trace = simulate_accelerator(network, built, arbitration="work_conserving")
    assert trace.shared is not None
    slack = 1 + 1e-9
    assert trace.shared.period_cycles <= trace.period_cycles * slack
    assert trace.shared.latency_cycles <= trace.latency_cycles * slack
    assert trace.shared.latency_loaded_cycles <= trace.latency_loaded_cycles * slack


def test_branches_run_at_the_same_time_on_two_chunks():
    workload = Workload((conv("a", IMAGE), conv("b", IMAGE), conv("c", "a", residual="b")))
    trace = simulate_accelerator(workload, accelerator(program("a", "c"), program("b", slots=2)))
    assert trace.starts["a"] == trace.starts["b"] == 0
    assert trace.starts["c"] == max(trace.layers["a"].cycles, trace.layers["b"].cycles)


def test_a_layer_without_a_chunk_is_refused():
    with pytest.raises(HardwareError, match="no chunk runs 'd'"):
        simulate_accelerator(CHAIN, accelerator(program("a", "b", "c")))
