"""Cycles, memory words and energy by hand."""

import pytest

from cosearch.cost.asic import nest_of, price_layers, rates_of_array, structure_of
from cosearch.hardware import (
    ArrayDram,
    ArrayMapping,
    ArrayNetwork,
    GlobalBuffer,
    LevelLoops,
    Storage,
    load_technology,
)

TECHNOLOGY = load_technology("65nm")

MAPPING = ArrayMapping(
    registers=LevelLoops(factors={"K": 4}, order=("K",)),
    columns={"K": 2},
    rows={"C": 3},
    buffer=LevelLoops(factors={"OX": 5}, order=("OX",)),
    dram=LevelLoops(factors={"C": 2, "OY": 6}, order=("OY", "C")),
)
"""8 output channels of 6 input channels on 6 x 5 pixels; sums of a row stay in the buffer while channels change."""


def told(array, layer, **changes):
    one = layer(MAPPING, weight_bits=8, input_bits=8, output_bits=8)
    structure, rates = (
        structure_of(array(**changes), loads_weights=True),
        rates_of_array(array(**changes), TECHNOLOGY),
    )
    return price_layers(nest_of(one, MAPPING), structure, rates)


def test_memory_words_by_hand(array, layer):
    traffic = told(array, layer).traffic
    accesses = traffic.accesses
    # Registers of 24 bits hold three weights: four take two words. 12 tiles of weights in 6 elements.
    assert (accesses["registers", "W"].reads, accesses["registers", "W"].writes) == (4 * 60 * 6, 12 * 6 * 2)
    # 24 weights of a tile take three words of 64 bits; each is read once for 12 tiles.
    assert (accesses["buffer", "W"].reads, accesses["buffer", "W"].writes) == (12 * 3, 12 * 3)
    # An input word serves both columns: three words of 8 bits in one of 64, 60 times.
    assert accesses["buffer", "I"].reads == 60
    assert accesses["buffer", "I"].writes == 12 * 2  # 15 words of a tile in two of 64 bits
    # 8 sums of 24 bits, two in a word of 64: four words, written 60 times, read for 30 second channels and 6 drains.
    assert accesses["buffer", "O"].writes == 60 * 4
    assert accesses["buffer", "O"].reads == 30 * 4 + 6 * 20
    assert traffic.dram_bits["output"] == 6 * 5 * 64
    assert traffic.dram_bits["sum"] == 0
    assert traffic.dram_bits["parameter"] == 8 * 64
    assert (traffic.dram_bits["weight"], traffic.dram_bits["input"]) == (12 * 3 * 64, 12 * 2 * 64)
    assert traffic.crossings["O"].sums == (3 - 1) * 8 * 60  # two additions on the way for each of 8 sums


def test_cycles_by_hand(array, layer):
    timing = told(array, layer).timing
    assert timing.busy["compute"] == 4 * 60
    assert timing.busy["bus_W"] == 12 * 3  # 24 weights, eight a cycle
    assert timing.busy["bus_I"] == 60  # three inputs of 8 bits on 32
    assert timing.busy["bus_O"] == 60 * 4  # eight sums of 24 bits on 48
    dram_bits = 8 * 64 + 12 * 3 * 64 + 12 * 2 * 64 + 6 * 5 * 64
    assert timing.busy["dram"] == dram_bits // 32
    fill, drain = (8 * 64 + 3 * 64 + 2 * 64) // 32, 5 * 64 // 32
    assert timing.parts["fill"] == 3 + fill
    assert timing.parts["drain"] == 4 + drain
    assert timing.cycles == 240 + 3 + 4 + fill + drain


def test_a_slow_bus_shows_as_network(array, layer):
    slow = ArrayNetwork(bits_per_cycle={"I": 32, "W": 64, "O": 24})
    parts = told(array, layer, network=slow).timing.parts
    assert parts["network"] == 60 * 8 - 8 - 240
    assert parts["drain"] == 8 + 10


def test_a_slow_port_shows_as_buffer(array, layer):
    values = array().buffer.model_dump() | {"read_bits_per_cycle": 8}
    parts = told(array, layer, buffer=GlobalBuffer(**values)).timing.parts
    reads = 12 * 3 + 60 + 240
    assert parts["buffer"] == reads * 8 - 240


def test_slow_dram_shows_as_dram(array, layer):
    slow = told(array, layer, dram=ArrayDram(width_bits=64, bits_per_cycle=1)).timing
    bits = 8 * 64 + 12 * 3 * 64 + 12 * 2 * 64 + 6 * 5 * 64
    assert slow.cycles == bits
    assert slow.parts["dram"] == bits - 64 * (8 + 3 + 2 + 5) - (240 + 3 + 4)


def test_one_bank_waits_for_its_transfers(array, layer):
    lone = Storage(capacity_bits=2**20, width_bits=24, streamed=("I", "O"))
    parts = told(array, layer, registers=lone).timing.parts
    assert parts["network_exposed"] == 12 * 3
    values = array().buffer.model_dump() | {"double_buffered": ("I", "W")}
    parts = told(array, layer, buffer=GlobalBuffer(**values)).timing.parts
    assert parts["dram_exposed"] == 6 * 5 * 64 // 32


def test_energy_by_hand(array, layer):
    price = told(array, layer)
    rates = rates_of_array(array(), TECHNOLOGY)
    parts = price.energy_by_part_joules
    memory = TECHNOLOGY.memory_cost(2**26, 64)
    arithmetic = TECHNOLOGY.arithmetic
    mac = arithmetic.multiply_joules_per_bit2 * 64 + arithmetic.add_joules_per_bit * 24
    assert parts["mac"] == pytest.approx(240 * 6 * mac)
    assert parts["reduction"] == pytest.approx(960 * arithmetic.add_joules_per_bit * 24)
    assert parts["buffer_W"] == pytest.approx(36 * (memory.read_joules + memory.write_joules))
    assert parts["network_I"] == pytest.approx(60 * 6 * 8 * TECHNOLOGY.network_joules_per_bit)
    assert parts["network_O"] == pytest.approx((60 * 24 + 30 * 8) * 24 * TECHNOLOGY.network_joules_per_bit)
    assert parts["dram_output"] == pytest.approx(30 * 64 * TECHNOLOGY.dram_joules_per_bit)
    assert parts["static"] == pytest.approx(rates.leakage_watts * price.timing.cycles / 1e8)


def test_layers_without_weights_move_none(array, layer):
    one = layer(MAPPING)
    rates = rates_of_array(array(), TECHNOLOGY)
    price = price_layers(nest_of(one, MAPPING), structure_of(array(), loads_weights=False), rates)
    assert "registers_W" not in price.energy_by_part_joules
    assert price.traffic.dram_bits["weight"] == 0
    assert price.energy_by_part_joules["mac"] == pytest.approx(240 * 6 * rates.add_joules)
