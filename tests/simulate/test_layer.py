"""The executable specification, by hand-made cases and against a brute-force loop nest."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosearch.errors import MappingError
from cosearch.hardware import (
    INPUT_STATIONARY,
    PIXELS_OUTER,
    WEIGHT_STATIONARY,
    WEIGHTS_OUTER,
    Capacity,
    Chunk,
    ChunkKind,
    DramPort,
    Mapping,
    Tile,
    Unroll,
    shortest_tile,
)
from cosearch.simulate import simulate_layer
from cosearch.workload import Layer

PORT = DramPort(beat_bits=32, burst_latency_cycles=5, total_slots=64)


def make_chunk(**changes):
    fields = {
        "kind": ChunkKind.BOTH,
        "weight_bits": 8,
        "activation_bits": 8,
        "unroll": Unroll(K=4, C=2),
        "capacity_bits": Capacity(I=1 << 30, W=1 << 30, O=1 << 30),
        "read_slots": 32,
        "write_slots": 16,
        "max_channels": 4096,
        "output_bits": 32,
    }
    return Chunk(**(fields | changes))


def make_layer(**changes):
    fields = {
        "name": "conv",
        "source": "image",
        "K": 8,
        "C": 8,
        "OY": 4,
        "OX": 4,
        "FY": 3,
        "FX": 3,
        "IY": 4,
        "IX": 4,
        "padding_y": 1,
        "padding_x": 1,
        "weight_bits": 8,
        "input_bits": 8,
        "output_bits": 8,
    }
    return Layer(**(fields | changes))


def test_one_tile_by_hand():
    layer = make_layer()
    mapping = Mapping(tile=Tile(K=8, C=8, OY=4, OX=4), loop_order=WEIGHTS_OUTER)
    trace = simulate_layer(layer, mapping, make_chunk(), PORT)
    parameters = 5 + 16 * 2  # 8 channels of 64 bits in beats of 32, 32 of 64 slots
    weights = 5 + 8 * 8 * 9 // 4 * 2
    inputs = 5 + 2 * 16 * 2  # two blocks of four channels
    compute = 2 * 4 * 16 * 9 + 8
    store = 8 + 5 + max(2 * 16 * 4, 2 * 16)
    assert trace.read_cycles == parameters + weights + inputs
    assert trace.compute_cycles == compute
    assert trace.write_cycles == store
    assert trace.cycles == 16 + parameters + weights + inputs + compute + store


def test_two_pixel_tiles_overlap_by_hand():
    layer = make_layer(FY=1, FX=1, padding_y=0, padding_x=0)
    mapping = Mapping(tile=Tile(K=8, C=8, OY=2, OX=4), loop_order=WEIGHTS_OUTER)
    trace = simulate_layer(layer, mapping, make_chunk(), PORT)
    first_loads = 16 + (5 + 16 * 2) + (5 + 16 * 2) + (2 * 5 + 2 * 8 * 2)
    compute = 2 * 4 * 8 + 8
    second_load = 2 * 5 + 2 * 8 * 2
    store = 8 + 2 * 5 + 2 * 8 * 4
    assert trace.cycles == first_loads + max(compute, second_load) + max(compute, store) + store
    assert [event.kind for event in trace.events] == ["P", "W", "I", "COMPUTE", "I", "STORE", "COMPUTE", "STORE"]


def test_partial_sums_go_to_memory_and_come_back():
    layer = make_layer(FY=1, FX=1, padding_y=0, padding_x=0)
    mapping = Mapping(tile=Tile(K=8, C=4, OY=2, OX=4), loop_order=WEIGHT_STATIONARY)
    trace = simulate_layer(layer, mapping, make_chunk(partial_sums=True), PORT)
    kinds = [event.kind for event in trace.events]
    assert kinds == [
        *("P", "W", "I"),
        *("COMPUTE", "I"),
        *("STORE", "COMPUTE", "W", "I"),
        *("STORE", "COMPUTE", "I", "S"),
        *("STORE", "COMPUTE", "S"),
        "STORE",
    ]
    assert trace.beats["S"] == 2 * 8 * 8  # half of the pixels twice, eight 32-bit sums each in beats of 32
    assert trace.beats["STORE"] == 2 * 8 * 8 + 2 * 2 * 8
    assert trace.beats["W"] == 2 * 8 * 4 // 4  # each once


def test_an_input_tile_stays_while_output_channels_pass():
    layer = make_layer(K=16, FY=1, FX=1, padding_y=0, padding_x=0)
    tile = Tile(K=4, C=4, OY=2, OX=4)
    trace = simulate_layer(
        layer, Mapping(tile=tile, loop_order=INPUT_STATIONARY), make_chunk(partial_sums=True), PORT
    )
    assert trace.beats["I"] == 2 * 16  # all pixels of two blocks, once
    assert trace.beats["W"] == 2 * 16 * 8 // 4  # for both pixel tiles
    assert trace.num_tiles == 2 * 2 * 4


def test_a_scale_is_loaded_and_pooling_loads_no_weights():
    mapping = Mapping(tile=Tile(G=8, OY=4, OX=4), loop_order=WEIGHTS_OUTER)
    changes = {"G": 8, "K": 1, "C": 1, "FY": 1, "FX": 1, "padding_y": 0, "padding_x": 0}
    scaled = simulate_layer(make_layer(op="multiply", scale="gate", **changes), mapping, make_chunk(), PORT)
    assert scaled.beats["W"] == 2
    pool = make_layer(op="max_pool", **(changes | {"OY": 3, "OX": 3, "FY": 2, "FX": 2}))
    mapping = Mapping(tile=Tile(G=8, OY=3, OX=3), loop_order=WEIGHTS_OUTER)
    pooled = simulate_layer(pool, mapping, make_chunk(), PORT)
    assert pooled.beats["W"] == 0
    assert pooled.beats["I"] == 2 * 16


def test_a_part_of_a_concatenation_that_begins_inside_a_beat_moves_one_more():
    mapping = Mapping(tile=Tile(K=8, C=8, OY=4, OX=4), loop_order=WEIGHTS_OUTER)
    aligned = simulate_layer(make_layer(output_offset=8), mapping, make_chunk(), PORT)
    inside = simulate_layer(make_layer(output_offset=6), mapping, make_chunk(), PORT)
    assert (aligned.beats["STORE"], inside.beats["STORE"]) == (2 * 16, 3 * 16)


def test_a_shuffled_group_is_gathered_run_by_run():
    mapping = Mapping(tile=Tile(K=4, C=8, OY=4, OX=4), loop_order=WEIGHTS_OUTER)
    plain = simulate_layer(make_layer(G=2), mapping, make_chunk(), PORT)
    shuffled = simulate_layer(make_layer(G=2, input_runs=2), mapping, make_chunk(), PORT)
    assert shuffled.beats["I"] == plain.beats["I"]  # runs of four channels fill their beats
    assert shuffled.bursts["I"] == 2 * plain.bursts["I"]


@pytest.mark.parametrize(
    ("unroll", "rounds"),
    [
        (Unroll(K=4, OX=3), 2 * 8 * 9 * 4 * 2),
        (Unroll(K=4, OYOX=3), 2 * 8 * 9 * 6),
        (Unroll(FX=2, C=4), 8 * 2 * 3 * 2 * 16),
        (Unroll(K=4, C=4, OX=4), 2 * 2 * 9 * 4),
    ],
)
def test_array_cycles_of_every_unrolling(unroll, rounds):
    mapping = Mapping(tile=Tile(K=8, C=8, OY=4, OX=4), loop_order=WEIGHTS_OUTER)
    trace = simulate_layer(make_layer(), mapping, make_chunk(unroll=unroll), PORT)
    assert trace.array_cycles == rounds
    assert trace.compute_cycles == rounds + 8


def test_overheads_of_a_calibrated_port():
    mapping = Mapping(tile=Tile(K=8, C=8, OY=2, OX=4), loop_order=WEIGHTS_OUTER)
    plain = simulate_layer(make_layer(), mapping, make_chunk(), PORT)
    port = PORT.model_copy(
        update={"layer_overhead_cycles": 116, "step_overhead_cycles": 18, "store_overhead_cycles": 28}
    )
    slow = simulate_layer(make_layer(), mapping, make_chunk(), port)
    assert slow.compute_cycles == plain.compute_cycles + 2 * 10
    assert slow.write_cycles == plain.write_cycles + 2 * 20
    assert slow.cycles == plain.cycles + 100 + 2 * 10 + 20


def test_a_tile_in_the_padding_loads_nothing():
    layer = make_layer(OY=3, OX=1, IY=1, IX=1, FY=1, FX=1, padding_y=2, padding_x=0, stride_y=1)
    mapping = Mapping(tile=Tile(K=8, C=8, OY=2, OX=1), loop_order=WEIGHTS_OUTER)
    with pytest.raises(
        MappingError, match="tile OY=2, the last 1, lies in the padding; use at least 2, for the last"
    ):
        simulate_layer(layer, mapping, make_chunk(), PORT)
    layer = make_layer(OY=4, OX=1, IY=2, IX=1, FY=1, FX=1, padding_y=2, padding_x=0)
    trace = simulate_layer(layer, mapping, make_chunk(), PORT)
    lengths = [event.end_cycles - event.start_cycles for event in trace.events if event.kind == "I"]
    assert lengths == [0, 5 + 2 * 2 * 2]
    assert trace.bursts["I"] == 1


def test_resident_weights_are_not_loaded():
    mapping = Mapping(tile=Tile(K=4, C=4, OY=2, OX=2), loop_order=PIXELS_OUTER)
    streamed = simulate_layer(make_layer(), mapping, make_chunk(), PORT)
    resident = simulate_layer(make_layer(), mapping, make_chunk(resident_weights=True), PORT)
    assert resident.beats["W"] == 0
    assert streamed.beats["W"] > 0
    assert resident.cycles < streamed.cycles


def test_an_illegal_mapping_names_the_layer():
    mapping = Mapping(tile=Tile(K=3, C=8, OY=4, OX=4), loop_order=WEIGHTS_OUTER)
    with pytest.raises(MappingError, match="conv: tile K=3 splits a beat of 4 8-bit output channels"):
        simulate_layer(make_layer(), mapping, make_chunk(), PORT)


def spans(bound, size):
    return [range(start, min(start + size, bound)) for start in range(0, bound, size)]


def brute_force(layer, mapping):
    """Beats, loads and MACs of a layer from its loop nest, one pixel and one weight at a time."""
    per_beat = {bits: PORT.beat_bits // bits for bits in (layer.weight_bits, layer.input_bits, layer.output_bits)}
    order = [name for name in mapping.loop_order if name != "C"]
    tiles = itertools.product(*(spans(getattr(layer, d), getattr(mapping.tile, d)) for d in order))
    macs, beats = 0, {"W": 0, "I": 0, "STORE": 0}
    weights_before, pixels_before = None, None
    for chosen in tiles:
        box = dict(zip(order, chosen, strict=True))
        for reduction in spans(layer.C, mapping.tile.C):
            weights, pixels = set(), set()
            for g, k, c, _, _, fy, fx in itertools.product(
                box["G"], box["K"], reduction, box["OY"], box["OX"], range(layer.FY), range(layer.FX)
            ):
                macs += 1
                weights.add((g, k, c, fy, fx))
            for g, c, oy, ox, wy, wx in itertools.product(
                box["G"], reduction, box["OY"], box["OX"], range(layer.window_y), range(layer.window_x)
            ):  # pixels between those of a dilated kernel are read too
                iy, ix = oy * layer.stride_y - layer.padding_y + wy, ox * layer.stride_x - layer.padding_x + wx
                if 0 <= iy < layer.IY and 0 <= ix < layer.IX:
                    pixels.add((g, c, iy, ix))
            weights_index = (box["G"], box["K"], reduction)
            pixels_index = (box["G"], box["OY"], box["OX"], reduction)
            if weights_index != weights_before:
                beats["W"] += -(-len(weights) // per_beat[layer.weight_bits])
            if pixels_index != pixels_before:
                beats["I"] += count_beats(layer, pixels, per_beat[layer.input_bits])
            weights_before, pixels_before = weights_index, pixels_index
        stored = {
            (0, g * layer.K + k, oy // layer.pool_y, ox // layer.pool_x)
            if layer.is_depthwise
            else (g, k, oy // layer.pool_y, ox // layer.pool_x)
            for g, k, oy, ox in itertools.product(box["G"], box["K"], box["OY"], box["OX"])
        }
        beats["STORE"] += len({(g, k // per_beat[layer.output_bits], y, x) for g, k, y, x in stored})
    return macs, beats


def count_beats(layer, pixels, block):
    """Beats of the channel-blocked layout that hold a set of input words."""
    if layer.is_depthwise:
        return len({(g // block, y, x) for g, _, y, x in pixels})
    return len({(g, c // block, y, x) for g, c, y, x in pixels})


@st.composite
def small_cases(draw):
    kernel, dilation = draw(st.integers(1, 3)), draw(st.sampled_from([1, 1, 2]))
    stride = draw(st.integers(1, kernel))
    window = (kernel - 1) * dilation + 1
    padding = draw(st.integers(0, kernel - 1))
    size = draw(st.integers(window, 7))
    out = (size + 2 * padding - window) // stride + 1
    pool = draw(st.sampled_from([n for n in (1, 2) if out % n == 0]))
    depthwise = draw(st.booleans())
    groups = draw(st.sampled_from([4, 6, 8])) if depthwise else draw(st.sampled_from([1, 2]))
    # Groups of whole beats: others begin inside one, where the contract moves what the worst place needs.
    sizes = st.integers(2, 9) if groups == 1 else st.sampled_from([4, 8])
    k, c = (1, 1) if depthwise else (draw(sizes), draw(sizes))
    layer = make_layer(
        G=groups, K=k, C=c, OY=out, OX=out, FY=kernel, FX=kernel, IY=size, IX=size, stride_y=stride,
        stride_x=stride, dilation_y=dilation, dilation_x=dilation, padding_y=padding,
        padding_x=padding, pool_y=pool, pool_x=pool,
    )  # fmt: skip

    def channels(bound):
        return draw(st.sampled_from(sorted({bound, *range(4, bound, 4)})))

    tile = Tile(
        G=channels(groups) if depthwise else 1,
        K=channels(k),
        C=channels(c),
        OY=draw(st.sampled_from(pixels(layer, 0, pool))),
        OX=draw(st.sampled_from(pixels(layer, 1, pool))),
    )
    return layer, Mapping(tile=tile, loop_order=draw(st.sampled_from([WEIGHTS_OUTER, PIXELS_OUTER])))


def pixels(layer, way, pool):
    """Legal tiles along rows or columns."""
    least, bound = shortest_tile(layer)[way], (layer.OY, layer.OX)[way]
    return [n for n in range(pool, bound + 1, pool) if n == bound or min(n, (bound - 1) % n + 1) >= least]


@given(small_cases())
@settings(deadline=None, max_examples=150)
def test_counts_agree_with_the_loop_nest(case):
    layer, mapping = case
    trace = simulate_layer(layer, mapping, make_chunk(), PORT)
    macs, beats = brute_force(layer, mapping)
    assert trace.operations == macs == layer.num_macs
    assert {kind: trace.beats[kind] for kind in beats} == beats


@given(small_cases(), st.integers(1, 32), st.integers(1, 32))
@settings(deadline=None, max_examples=100)
def test_more_hardware_is_never_slower(case, slots, lanes):
    layer, mapping = case
    few = simulate_layer(layer, mapping, make_chunk(read_slots=slots, write_slots=slots), PORT)
    for chunk in (
        make_chunk(read_slots=slots + 1, write_slots=slots),
        make_chunk(read_slots=slots, write_slots=slots + 1),
    ):
        assert simulate_layer(layer, mapping, chunk, PORT).cycles <= few.cycles
    narrow = simulate_layer(layer, mapping, make_chunk(unroll=Unroll(K=lanes, C=2)), PORT)
    assert simulate_layer(layer, mapping, make_chunk(unroll=Unroll(K=lanes + 1, C=2)), PORT).cycles <= narrow.cycles
    assert simulate_layer(layer, mapping, make_chunk(unroll=Unroll(K=lanes, C=3)), PORT).cycles <= narrow.cycles


@given(small_cases())
@settings(deadline=None, max_examples=50)
def test_servers_are_never_faster_than_their_work(case):
    layer, mapping = case
    trace = simulate_layer(layer, mapping, make_chunk(), PORT)
    assert trace.cycles >= 16 + max(trace.compute_cycles, trace.read_cycles, trace.write_cycles)
    assert trace.cycles <= 16 + trace.compute_cycles + trace.read_cycles + trace.write_cycles
    assert trace.cycles == max(event.end_cycles for event in trace.events)
    loads = [event for event in trace.events if event.kind in ("P", "W", "I", "R")]
    assert all(a.end_cycles <= b.start_cycles for a, b in itertools.pairwise(loads))
