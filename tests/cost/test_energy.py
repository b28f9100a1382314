from typing import Any

import pytest
import torch

from cosearch.cost import layer_timing, rates_of, shape_of, time_layer
from cosearch.cost.energy import ENERGY_PARTS, layer_energy_joules, rows_of
from cosearch.cost.work import TileSizes
from cosearch.hardware import (
    PIXELS_OUTER,
    WEIGHT_STATIONARY,
    Capacity,
    Chunk,
    ChunkKind,
    DramPort,
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
PORT = DramPort(beat_bits=64, burst_latency_cycles=4, total_slots=64)


def layer(**changes: Any) -> Layer:
    values: dict[str, Any] = {"K": 10, "C": 6, "OY": 4, "OX": 4, "FY": 3, "FX": 3, "IY": 4, "IX": 4}
    values |= {"padding_y": 1, "padding_x": 1, "weight_bits": 4, "input_bits": 4, "output_bits": 4}
    return Layer(name="a", source=IMAGE, **{**values, **changes})


def chunk(kind: ChunkKind = ChunkKind.STANDARD, **unroll: int) -> Chunk:
    return Chunk(
        kind=kind,
        weight_bits=8,
        activation_bits=6,
        unroll=Unroll(**(unroll or {"K": 4, "C": 4})),
        capacity_bits=Capacity(I=10**6, W=10**6, O=10**6),
        read_slots=8,
        write_slots=4,
        partial_sums=True,
        max_channels=64,
        output_bits=32,
    )


def mapping(**sizes: int) -> Mapping:
    return Mapping(tile=Tile(**{"OY": 4, "OX": 4, **sizes}), loop_order=PIXELS_OUTER)


def energy(one: Layer, how: Mapping, on: Chunk) -> dict[str, float]:
    timing = time_layer(one, how, on, PORT)
    rows = rows_of(on, is_depthwise=one.is_depthwise)
    return {k: float(v) for k, v in layer_energy_joules(shape_of(one, 64), timing, rows, RULES).items()}


def test_every_part_of_a_standard_layer() -> None:
    dram_bits = int(time_layer(layer(), mapping(K=10, C=6), chunk(), PORT).dram_bits)
    steps, sums, macs = 3 * 2 * 16 * 9, 10 * 16, 10 * 6 * 16 * 9
    parts = energy(layer(), mapping(K=10, C=6), chunk())
    assert parts == {
        "mac": macs * (8 * 6 + 10 * 32),
        "buffer_I": steps * 4 * 6 * 100,
        "buffer_W": steps * 16 * 8 * 100,
        "buffer_O": steps * 4 * 64 * 100,
        "store": sums * (32 * 18 + 320 + 32 * 100),
        "fill": dram_bits * 100,
        "dram": dram_bits * 1e6,
    }
    assert tuple(parts) == ENERGY_PARTS[:-1]


def test_a_residual_is_read_with_the_sums() -> None:
    bare = energy(layer(), mapping(K=10, C=6), chunk())
    added = energy(layer(residual=IMAGE, residual_bits=4), mapping(K=10, C=6), chunk())
    assert added["store"] == bare["store"] + 10 * 16 * 6 * 100


def test_a_depthwise_layer_reads_a_word_of_i_a_lane() -> None:
    parts = energy(layer(G=8, K=1, C=1), mapping(G=8), chunk(ChunkKind.BOTH, K=4, C=2))
    steps = 2 * 16 * 9
    assert parts["buffer_I"] == steps * 4 * 6 * 100
    assert parts["buffer_W"] == steps * 8 * 8 * 100  # the row is as wide as the array


def test_pixels_in_parallel_share_their_weights() -> None:
    parts = energy(layer(), mapping(K=10, C=6), chunk(K=4, OYOX=5))
    steps = 3 * 6 * 9 * 4  # 16 pixels, five at once
    assert parts["buffer_I"] == steps * 5 * 6 * 100
    assert parts["buffer_W"] == steps * 4 * 8 * 100
    assert parts["buffer_O"] == steps * 4 * 5 * 64 * 100


def test_partial_sums_leave_the_accumulators_again_and_again() -> None:
    one = layer(C=32, IY=4)
    split = Mapping(tile=Tile(K=10, C=16, OY=2, OX=4), loop_order=WEIGHT_STATIONARY)
    whole = energy(one, mapping(K=10, C=32), chunk())
    assert energy(one, split, chunk())["store"] == 2 * whole["store"]


def test_pooling_multiplies_nothing_and_reads_no_weights() -> None:
    parts = energy(layer(op="average_pool", G=8, K=1, C=1), mapping(G=8), chunk(ChunkKind.DEPTHWISE, K=4))
    assert parts["mac"] == 8 * 16 * 9 * 320
    assert parts["buffer_W"] == 0


def test_a_batch_costs_what_its_layers_cost() -> None:
    on = chunk()
    one = layer(K=24, output_bits=16)
    rates, rows = rates_of(on), rows_of(on, is_depthwise=False)
    tile = TileSizes(M=torch.tensor([4.0, 8.0], dtype=torch.float64), C=6, OY=4, OX=4)
    timing = layer_timing(shape_of(one, 64), tile, PIXELS_OUTER, rates, PORT)
    batch = layer_energy_joules(shape_of(one, 64), timing, rows, RULES)
    for index, k in enumerate((4, 8)):
        alone = energy(one, mapping(K=k, C=6), on)
        for part, joules in alone.items():
            assert float(torch.as_tensor(batch[part]).expand(2)[index]) == pytest.approx(joules)


@pytest.mark.parametrize("family", ["7series", "ultrascale+"])
def test_constants_are_horowitzs(family: str) -> None:
    rules = load_fabric(family).energy
    assert rules.multiply_joules_per_bit2 * 8 * 8 == pytest.approx(0.2e-12)  # 8-bit multiply
    assert rules.multiply_joules_per_bit2 * 32 * 32 == pytest.approx(3.1e-12, rel=0.05)  # 32-bit multiply
    assert rules.add_joules_per_bit * 32 == pytest.approx(0.1e-12)  # 32-bit add
    assert rules.buffer_joules_per_bit * 64 == pytest.approx(10e-12)  # 64 bits of an 8 KB SRAM
    assert 1300e-12 < rules.dram_joules_per_bit * 64 < 2600e-12  # 64 bits of DRAM
