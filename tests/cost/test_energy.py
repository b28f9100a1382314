from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from cosearch.cost.energy import ENERGY_PARTS, array_steps, layer_energy_joules
from cosearch.hardware import (
    PIXELS_OUTER,
    Capacity,
    Chunk,
    ChunkKind,
    EnergyRules,
    Mapping,
    Tile,
    Unroll,
    load_fabric,
)
from cosearch.workload import IMAGE, Layer

RULES = EnergyRules(
    multiply_joules_per_bit2=1.0, add_joules_per_bit=10.0, buffer_joules_per_bit=100.0, dram_joules_per_bit=1e6
)


def layer(**changes: Any) -> Layer:
    values: dict[str, Any] = {"K": 10, "C": 6, "OY": 4, "OX": 4, "FY": 3, "FX": 3, "IY": 4, "IX": 4}
    values |= {"padding_y": 1, "padding_x": 1, "weight_bits": 4, "input_bits": 4, "output_bits": 4}
    return Layer(name="a", source=IMAGE, **{**values, **changes})


def chunk(kind: ChunkKind = ChunkKind.STANDARD, lanes: int = 4, reduction: int = 4) -> Chunk:
    return Chunk(
        kind=kind,
        weight_bits=8,
        activation_bits=6,
        unroll=Unroll(K=lanes, C=reduction),
        capacity_bits=Capacity(I=10**6, W=10**6, O=10**6),
        read_slots=8,
        write_slots=4,
        max_channels=64,
        output_bits=32,
    )


def mapping(**sizes: int) -> Mapping:
    return Mapping(tile=Tile(**{"OY": 4, "OX": 4, **sizes}), loop_order=PIXELS_OUTER)


def brute_force_steps(bound: int, tile: int, unroll: int) -> int:
    return sum(len(range(0, min(tile, bound - start), unroll)) for start in range(0, bound, tile))


def test_steps_of_a_standard_layer_with_edge_tiles() -> None:
    # K: tiles of 8 and 2 in 2 + 1 steps; C: one tile of 6 in 2 steps; 16 pixels, 9 taps.
    assert array_steps(layer(), mapping(K=8, C=6), chunk()) == 3 * 2 * 16 * 9


def test_steps_of_a_depthwise_layer_use_the_lanes() -> None:
    depthwise = layer(G=10, K=1, C=1)
    assert array_steps(depthwise, mapping(G=10), chunk(ChunkKind.DEPTHWISE, reduction=1)) == 3 * 16 * 9
    assert array_steps(depthwise, mapping(G=10), chunk(ChunkKind.BOTH)) == 3 * 16 * 9


def test_steps_of_a_grouped_layer_repeat_by_group() -> None:
    assert array_steps(layer(G=3), mapping(K=10, C=6), chunk()) == 3 * (3 * 2 * 16 * 9)


@settings(deadline=None, max_examples=100)
@given(
    k=st.integers(1, 40),
    c=st.integers(1, 40),
    tile_k=st.integers(1, 40),
    tile_c=st.integers(1, 40),
    lanes=st.integers(1, 9),
    reduction=st.integers(1, 9),
)
def test_steps_against_a_count_of_tiles(k: int, c: int, tile_k: int, tile_c: int, lanes: int, reduction: int) -> None:
    steps = array_steps(
        layer(K=k, C=c), mapping(K=min(tile_k, k), C=min(tile_c, c)), chunk(lanes=lanes, reduction=reduction)
    )
    k_steps = brute_force_steps(k, min(tile_k, k), lanes)
    assert steps == 16 * 9 * k_steps * brute_force_steps(c, min(tile_c, c), reduction)
    assert steps * lanes * reduction >= layer(K=k, C=c).num_macs


def test_every_part_of_a_standard_layer() -> None:
    parts = layer_energy_joules(layer(), mapping(K=10, C=6), chunk(), 1000, RULES)
    steps, sums, macs = 3 * 2 * 16 * 9, 10 * 16, 10 * 6 * 16 * 9
    assert parts == {
        "mac": macs * (8 * 6 + 10 * 32),
        "buffer_I": steps * 4 * 6 * 100,
        "buffer_W": steps * 16 * 8 * 100,
        "buffer_O": steps * 4 * 64 * 100,
        "store": sums * (32 * 18 + 320 + 32 * 100),
        "fill": 1000 * 100,
        "dram": 1000 * 1e6,
    }
    assert tuple(parts) == ENERGY_PARTS[:-1]


def test_a_residual_is_read_with_the_sums() -> None:
    bare = layer_energy_joules(layer(), mapping(K=10, C=6), chunk(), 0, RULES)
    added = layer(residual="b", residual_bits=4)
    assert layer_energy_joules(added, mapping(K=10, C=6), chunk(), 0, RULES)["store"] == (
        bare["store"] + 10 * 16 * 6 * 100
    )


def test_a_depthwise_layer_reads_a_word_of_i_a_lane() -> None:
    parts = layer_energy_joules(layer(G=8, K=1, C=1), mapping(G=8), chunk(ChunkKind.BOTH, reduction=2), 0, RULES)
    steps = 2 * 16 * 9
    assert parts["buffer_I"] == steps * 4 * 6 * 100
    assert parts["buffer_W"] == steps * 8 * 8 * 100  # the row is as wide as the array


@pytest.mark.parametrize("family", ["7series", "ultrascale+"])
def test_constants_are_horowitzs(family: str) -> None:
    rules = load_fabric(family).energy
    assert rules.multiply_joules_per_bit2 * 8 * 8 == pytest.approx(0.2e-12)  # 8-bit multiply
    assert rules.multiply_joules_per_bit2 * 32 * 32 == pytest.approx(3.1e-12, rel=0.05)  # 32-bit multiply
    assert rules.add_joules_per_bit * 32 == pytest.approx(0.1e-12)  # 32-bit add
    assert rules.buffer_joules_per_bit * 64 == pytest.approx(10e-12)  # 64 bits of an 8 KB SRAM
    assert 1300e-12 < rules.dram_joules_per_bit * 64 < 2600e-12  # 64 bits of DRAM
