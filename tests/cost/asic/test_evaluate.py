"""A network on an array: metrics follow from the layers, and what cannot run is refused."""

import re

import pytest

from cosearch.cost.asic import CYCLE_PARTS, area_m2, evaluate_array, leakage_watts
from cosearch.errors import MappingError
from cosearch.hardware import ArrayMapping, LevelLoops, load_technology
from cosearch.workload import IMAGE, Layer, Workload

TECHNOLOGY = load_technology("28nm")


def network(images: int = 1) -> Workload:
    first = Layer(
        name="first",
        source=IMAGE,
        N=images,
        K=8,
        C=3,
        OY=8,
        OX=8,
        FY=3,
        FX=3,
        IY=8,
        IX=8,
        padding_y=1,
        padding_x=1,
        weight_bits=8,
        input_bits=8,
        output_bits=6,
        pool_y=2,
        pool_x=2,
    )
    depthwise = Layer(
        name="depthwise",
        source="first",
        N=images,
        G=8,
        K=1,
        C=1,
        OY=4,
        OX=4,
        FY=3,
        FX=3,
        IY=4,
        IX=4,
        padding_y=1,
        padding_x=1,
        weight_bits=4,
        input_bits=6,
        output_bits=8,
    )
    pool = Layer(
        name="pool",
        source="depthwise",
        op="average_pool",
        N=images,
        G=8,
        K=1,
        C=1,
        OY=1,
        OX=1,
        FY=4,
        FX=4,
        IY=4,
        IX=4,
        weight_bits=8,
        input_bits=8,
        output_bits=8,
    )
    return Workload((first, depthwise, pool))


def loops(**factors: int) -> LevelLoops:
    return LevelLoops(factors=factors, order=tuple(factors))


def mappings(images: int = 1) -> dict[str, ArrayMapping]:
    return {
        "first": ArrayMapping(
            columns={"K": 8}, rows={"C": 3}, buffer=loops(OY=8, OX=8, FY=3, FX=3), dram=loops(N=images)
        ),
        "depthwise": ArrayMapping(
            columns={"G": 8}, rows={"OY": 4}, buffer=loops(OX=4, FY=3, FX=3), dram=loops(N=images)
        ),
        "pool": ArrayMapping(columns={"G": 8}, buffer=loops(FY=4, FX=4), dram=loops(N=images)),
    }


def test_metrics_follow_from_the_layers(array):
    cost = evaluate_array(network(), array(), mappings(), TECHNOLOGY)
    rows = cost.per_layer
    assert [row.name for row in rows] == ["first", "depthwise", "pool"]
    assert cost.cycles == sum(row.cycles for row in rows)
    assert cost.latency_seconds == cost.cycles / 1e8
    assert cost.fps == pytest.approx(1 / cost.latency_seconds)
    assert cost.energy_joules == pytest.approx(sum(row.energy_joules for row in rows))
    assert cost.edp == pytest.approx(cost.energy_joules * cost.latency_seconds)
    assert cost.power_watts == pytest.approx(cost.energy_joules / cost.latency_seconds)
    assert cost.dram_bits == sum(row.dram_bits for row in rows)
    assert cost.model_bits == network().model_bits
    assert cost.area_m2 == pytest.approx(sum(cost.area_by_part_m2.values()))
    assert sum(cost.energy_by_part_joules.values()) == pytest.approx(cost.energy_joules)
    for row in rows:
        assert sum(row.cycles_by_part.values()) == row.cycles
        assert tuple(row.cycles_by_part) == CYCLE_PARTS
        assert sum(row.energy_by_part_joules.values()) == pytest.approx(row.energy_joules)
        assert sum(row.dram_bits_by_operand.values()) == row.dram_bits
        assert row.busy_cycles[row.bound] == max(row.busy_cycles.values())


def test_layers_move_what_they_contain(array):
    first, depthwise, pool = evaluate_array(network(), array(), mappings(), TECHNOLOGY).per_layer
    assert first.dram_bits_by_operand["input"] == 3 * 64 * 8  # padding is not loaded
    assert first.dram_bits_by_operand["output"] == -(-8 * 64 // 4 // 10) * 64  # pooled; ten words of 6 bits in 64
    assert depthwise.dram_bits_by_operand["weight"] == -(-8 * 9 // 16) * 64
    assert pool.dram_bits_by_operand["weight"] == 0
    assert (first.num_macs, pool.num_macs) == (8 * 3 * 64 * 9, 0)


def test_images_of_a_batch_share_a_latency(array):
    one = evaluate_array(network(), array(), mappings(), TECHNOLOGY)
    four = evaluate_array(network(4), array(), mappings(4), TECHNOLOGY)
    assert four.images == 4
    assert four.fps == pytest.approx(4 / four.latency_seconds)
    assert four.power_watts == pytest.approx(4 * four.energy_joules / four.latency_seconds)
    assert four.energy_joules < one.energy_joules  # weights stay for all four
    assert four.dram_bits < one.dram_bits


def test_what_cannot_run_is_refused(array):
    without = {name: mapping for name, mapping in mappings().items() if name != "pool"}
    with pytest.raises(MappingError, match=r"pool: no mapping; give one for every layer"):
        evaluate_array(network(), array(), without, TECHNOLOGY)
    mixed = Workload((*network().layers[:2], Layer(**{**_fields(network().layers[2]), "N": 2})))
    with pytest.raises(
        MappingError, match=re.escape("pool: N=2 after N=1; give all layers the same number of images")
    ):
        evaluate_array(mixed, array(), mappings() | {"pool": mappings(2)["pool"]}, TECHNOLOGY)
    wrong = mappings() | {"first": mappings()["depthwise"]}
    with pytest.raises(MappingError, match=r"first: factors of K multiply to 1, the layer has 8"):
        evaluate_array(network(), array(), wrong, TECHNOLOGY)


def _fields(layer: Layer) -> dict:
    return {name: getattr(layer, name) for name in Layer.__dataclass_fields__}


def test_area_by_part(array):
    area = area_m2(array(), TECHNOLOGY)
    arithmetic = TECHNOLOGY.arithmetic
    assert area["mac"] == pytest.approx(64 * (64 * arithmetic.multiply_m2_per_bit2 + 24 * arithmetic.add_m2_per_bit))
    assert area["buffer"] == TECHNOLOGY.memory_cost(2**26, 64).area_m2
    parts = area["mac"] + area["registers"] + area["buffer"]
    assert area["overhead"] == pytest.approx(TECHNOLOGY.overhead_area_fraction * parts)
    narrow = area_m2(array(weight_bits=4), TECHNOLOGY)
    assert area["mac"] - narrow["mac"] == pytest.approx(64 * 32 * arithmetic.multiply_m2_per_bit2)


def test_leakage_by_part(array):
    leakage = leakage_watts(array(), TECHNOLOGY)
    assert leakage["mac"] == pytest.approx(
        area_m2(array(), TECHNOLOGY)["mac"] * TECHNOLOGY.logic_leakage_watts_per_m2
    )
    assert leakage["registers"] == pytest.approx(64 * TECHNOLOGY.memory_cost(2**20, 24).leakage_watts)
