"""Technologies: every constant has a source, memories are interpolated, small ones are registers."""

import pytest
from pydantic import ValidationError

from cosearch.errors import HardwareError
from cosearch.hardware import Technology, load_technology, technology_names
from cosearch.hardware.array import MemoryRow


def test_shipped_technologies():
    assert technology_names() == ("28nm", "45nm", "65nm")
    nodes = [load_technology(name) for name in technology_names()]
    assert [node.node_m for node in nodes] == [28e-9, 45e-9, 65e-9]
    for name in ("multiply_joules_per_bit2", "add_joules_per_bit", "multiply_m2_per_bit2"):
        values = [getattr(node.arithmetic, name) for node in nodes]
        assert values == sorted(values)


def test_rows_are_met_and_powers_lie_between():
    node = load_technology("65nm")
    rows = {(row.size_bits, row.width_bits): row for row in node.memory}
    for size in (2**15, 2**20, 2**23):
        cost = node.memory_cost(size, 64)
        assert cost.read_joules == pytest.approx(rows[size, 64].read_joules)
        assert cost.area_m2 == pytest.approx(rows[size, 64].area_m2)
        assert cost.leakage_watts == pytest.approx(0.01 * rows[size, 64].leakage_watts)
    low, high = rows[2**15, 64].write_joules, rows[2**16, 64].write_joules
    assert node.memory_cost(round(2**15.5), 64).write_joules == pytest.approx((low * high) ** 0.5, rel=1e-5)
    narrow, wide = rows[2**15, 16].read_joules, rows[2**15, 64].read_joules
    assert node.memory_cost(2**15, 32).read_joules == pytest.approx((narrow * wide) ** 0.5)


def test_wide_words_are_slices_and_large_memories_banks():
    node = load_technology("45nm")
    slice_ = node.memory_cost(2**15, 128)
    assert node.memory_cost(2**17, 512).read_joules == pytest.approx(4 * slice_.read_joules)
    largest = node.memory_cost(2**23, 128)
    double = node.memory_cost(2**24, 128)
    assert double.read_joules == pytest.approx(largest.read_joules)
    assert double.area_m2 == pytest.approx(2 * largest.area_m2)
    banked = node.memory_cost(2**17, 64, 4)
    assert banked.read_joules == node.memory_cost(2**15, 64).read_joules
    assert banked.area_m2 == pytest.approx(4 * node.memory_cost(2**15, 64).area_m2)


def test_small_memories_are_registers():
    node = load_technology("65nm")
    lone = node.memory_cost(16, 16)
    assert lone.read_joules == pytest.approx(16 * node.register_cell.joules_per_bit)
    assert lone.area_m2 == pytest.approx(16 * node.register_cell.area_m2_per_bit)
    smallest = node.memory_cost(4096, 16)
    half = node.memory_cost((4096 + 16) // 2, 16)
    assert half.read_joules == pytest.approx((lone.read_joules + smallest.read_joules) / 2)
    assert half.area_m2 == smallest.area_m2  # flip-flops would take more


def test_every_section_is_cited():
    values = load_technology("28nm").model_dump()
    values["sources"].pop("memory")
    with pytest.raises(ValidationError, match=r"sources lacks memory; say where the numbers come from"):
        Technology(**values)


def test_the_table_is_whole():
    values = load_technology("28nm").model_dump()
    values["memory"] = values["memory"][1:]
    with pytest.raises(
        ValidationError, match=r"memory lacks 4096 bits in words of 16; give every size in every width"
    ):
        Technology(**values)
    values["memory"] = [
        *values["memory"],
        values["memory"][0],
        MemoryRow(**load_technology("28nm").memory[0].model_dump()),
    ]
    with pytest.raises(ValidationError, match=r"memory has two rows of one size and width"):
        Technology(**values)


def test_an_unknown_technology_names_the_nearest():
    with pytest.raises(HardwareError, match=r"no technology is called '45'; .*shipped: 28nm, 45nm, 65nm"):
        load_technology("45")
