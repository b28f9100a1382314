"""Candidates are legal, few, and reach down to the smallest buffers."""

import random

import pytest

from cosearch.cost import best_mapping, candidate_tilings, time_layer
from cosearch.cost.table import _price_one
from cosearch.cost.tilings import cut_sizes
from cosearch.errors import MappingError
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
    check_mapping,
    tile_bits,
)
from cosearch.validate.cases import random_chunk, random_layer
from cosearch.workload import Layer


def mappings(layer, beat_bits):
    return [
        tilings.mapping(layer, index)
        for tilings in candidate_tilings(layer, beat_bits, partial_sums=True)
        for index in range(len(tilings))
    ]


def test_cut_sizes_are_multiples_of_the_step_or_the_whole():
    assert cut_sizes(40, 16, (1, 2, 4)) == [40, 32, 16]
    assert cut_sizes(10, 16, (1, 2)) == [10]
    assert cut_sizes(14, 1, (1, 2, 3, 7), shortest=3) == [14, 7, 5]  # fours and threes would end with two


def test_candidates_are_legal_and_distinct():
    rng = random.Random(0)
    for _ in range(40):
        layer = random_layer(rng)
        chunk = random_chunk(layer, rng).model_copy(update={"resident_weights": False})
        found = mappings(layer, 64)
        assert len(set(found)) == len(found)
        assert len(found) <= 1800
        for mapping in found:
            check_mapping(layer, mapping, chunk, 64)


def test_a_beat_narrower_than_a_word_is_refused():
    layer = Layer(name="conv", source="image", K=4, C=4, OY=1, OX=1, IY=1, IX=1, weight_bits=8, input_bits=8,
                  output_bits=32)  # fmt: skip
    with pytest.raises(MappingError, match="conv: a beat of 16 bits holds no 32-bit word; use a wider port"):
        candidate_tilings(layer, 16)


def test_the_smallest_candidate_is_one_block_on_a_few_pixels():
    layer = Layer(
        name="conv", source="image", K=64, C=64, OY=28, OX=28, FY=3, FX=3, IY=28, IX=28, padding_y=1, padding_x=1,
        weight_bits=8, input_bits=8, output_bits=8,
    )  # fmt: skip
    assert Tile(K=16, C=16, OY=1, OX=4) in [mapping.tile for mapping in mappings(layer, 128)]


def test_a_tiling_costs_the_same_alone_and_among_others():
    rng = random.Random(4)
    port = DramPort(beat_bits=64, burst_latency_cycles=5, total_slots=64)
    for _ in range(25):
        layer = random_layer(rng)
        chunk = random_chunk(layer, rng).model_copy(update={"resident_weights": False})
        for tilings in candidate_tilings(layer, 64, partial_sums=True):
            num = len(tilings)
            batch = _price_one(layer, tilings, chunk, port)
            for index in rng.sample(range(num), min(4, num)):
                assert batch[index] == time_layer(layer, tilings.mapping(layer, index), chunk, port).cycles


@pytest.mark.parametrize("capacity_bits", [5000, 1 << 14, 1 << 18])
def test_the_best_candidate_is_close_to_the_best_of_all_tilings(capacity_bits):
    layer = Layer(
        name="conv", source="image", K=16, C=16, OY=6, OX=6, FY=3, FX=3, IY=6, IX=6, padding_y=1, padding_x=1,
        weight_bits=8, input_bits=8, output_bits=8,
    )  # fmt: skip
    port = DramPort(beat_bits=64, burst_latency_cycles=4, total_slots=64)
    chunk = Chunk(
        kind=ChunkKind.STANDARD, weight_bits=8, activation_bits=8, unroll=Unroll(K=8, C=4),
        capacity_bits=Capacity(I=capacity_bits, W=capacity_bits, O=capacity_bits * 2),
        read_slots=16, write_slots=8, max_channels=64, output_bits=32,
    )  # fmt: skip
    best = min(time_layer(layer, mapping, chunk, port).cycles for mapping in all_mappings(layer, chunk))
    found = best_mapping(layer, chunk, port)[1].cycles
    assert best <= found <= 1.15 * best


def all_mappings(layer, chunk):
    """Every legal tiling that fits, in both orders."""
    for k in (8, 16):
        for c in (8, 16):
            for oy in range(1, layer.OY + 1):
                for ox in range(1, layer.OX + 1):
                    tile = Tile(K=k, C=c, OY=oy, OX=ox)
                    capacity = chunk.capacity_bits
                    need = tile_bits(layer, tile, chunk)
                    if all(a <= b for a, b in zip(need, (capacity.I, capacity.W, capacity.O), strict=True)):
                        yield from (Mapping(tile=tile, loop_order=o) for o in (WEIGHTS_OUTER, PIXELS_OUTER))
