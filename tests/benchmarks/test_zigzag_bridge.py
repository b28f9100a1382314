"""Mappings between ZigZag's form and ours; ZigZag itself is not needed here."""

from typing import Any

import pytest
from benchmarks.zigzag_bridge import expressed, hardware_of, in_their_form, priced, question_of

from cosearch.cost.asic import rates_of_array
from cosearch.hardware import ArrayMapping, LevelLoops, load_array, load_technology
from cosearch.workload import IMAGE, Layer

ARRAY = load_array("weight_stationary")
EYERISS = load_array("eyeriss")
RATES, TECHNOLOGY_65 = rates_of_array(ARRAY, load_technology("28nm")), load_technology("65nm")
LAYER = Layer(
    name="small", source=IMAGE, K=8, C=16, OY=4, OX=6, FY=3, FX=3, IY=4, IX=6, padding_y=1, padding_x=1,
    weight_bits=8, input_bits=8, output_bits=8,
)  # fmt: skip


def told(loops: list[tuple[str, int]], held: dict[str, list[int]]) -> dict[str, Any]:
    return {"spatial": {"D1": {"C": 16}, "D2": {"K": 4}}, "loops": [list(loop) for loop in loops], "held": held}


def test_levels_that_are_the_same_for_all_operands_have_one_form() -> None:
    mapping = told([("OX", 6), ("K", 2), ("OY", 4), ("FY", 3), ("FX", 3)], {"I": [3, 5], "W": [1, 3, 5], "O": [3, 5]})
    forms = expressed(mapping, ARRAY)
    assert (
        ArrayMapping(
            registers=LevelLoops(factors={"OX": 6}, order=("OX",)),
            rows={"K": 4},
            columns={"C": 16},
            buffer=LevelLoops(factors={"K": 2, "OY": 4}, order=("OY", "K")),
            dram=LevelLoops(factors={"FY": 3, "FX": 3}, order=("FX", "FY")),
        )
        in forms
    )
    # The weight that stays in a register while OX runs is the same when that loop is counted to the buffer.
    assert {form.registers.factors.get("OX", 1) for form in forms} == {1, 6}
    costs = {(each.cycles, each.energy_joules) for each in (priced(LAYER, f, ARRAY, RATES) for f in forms)}
    assert len(costs) == 1


def test_an_operand_may_end_where_loops_leave_its_words_alone() -> None:
    loops = [("FX", 3), ("K", 2), ("OX", 6), ("OY", 4), ("FY", 3)]
    held = {"I": [3, 4, 5], "W": [4, 5], "O": [3, 4, 5]}
    forms = expressed(told(loops, held), EYERISS)
    assert [form.registers.factors for form in forms] == [{"FX": 3, "K": 2, "OX": 6}]


def test_levels_that_differ_between_operands_have_no_form() -> None:
    loops = [("FX", 3), ("K", 2), ("OX", 6), ("OY", 4), ("FY", 3)]
    assert expressed(told(loops, {"I": [3, 4, 5], "W": [1, 5], "O": [3, 4, 5]}), EYERISS) == []


def test_a_loop_that_stands_twice_in_a_level_is_written_innermost() -> None:
    loops = [("C", 2), ("OX", 3), ("C", 4), ("OX", 2), ("K", 2)]
    (form,) = expressed(told(loops, {"I": [4, 5], "W": [0, 4, 5], "O": [4, 5]}), ARRAY)
    assert form.buffer == LevelLoops(factors={"C": 8, "OX": 6}, order=("OX", "C"))
    assert form.dram == LevelLoops(factors={"K": 2}, order=("K",))


def test_their_form_and_back() -> None:
    mapping = ArrayMapping(
        rows={"K": 4},
        columns={"C": 16},
        buffer=LevelLoops(factors={"K": 2, "OY": 4}, order=("OY", "K")),
        dram=LevelLoops(factors={"FY": 3, "FX": 3, "OX": 6}, order=("OX", "FX", "FY")),
    )
    theirs = in_their_form(mapping)
    assert theirs["loops"] == [("K", 2), ("OY", 4), ("FY", 3), ("FX", 3), ("OX", 6)]
    assert theirs["ends"] == {"registers": 0, "buffer": 2, "dram": 5}
    held = {"I": [2, 5], "W": [0, 2, 5], "O": [2, 5]}
    assert expressed({**theirs, "held": held}, ARRAY) == [mapping]


def test_the_array_as_they_have_it() -> None:
    hardware = hardware_of(EYERISS, load_technology("65nm"))
    sizes = {entry["name"]: (entry["size_bits"], entry["operands"]) for entry in hardware["memories"][:-1]}
    assert sizes == {
        "registers_I": (192, ["I"]),
        "registers_W": (3584, ["W"]),
        "registers_O": (384, ["O"]),
        "buffer_shared": (819200, ["I", "O"]),
    }
    assert (hardware["columns"], hardware["rows"]) == (14, 12)
    assert [entry["double_buffered"] for entry in hardware["memories"]] == [False] * 5
    dram = hardware["memories"][-1]
    assert dram["read_joules"] / dram["read_bits"] == pytest.approx(TECHNOLOGY_65.dram_joules_per_bit)
    asked = question_of(LAYER, hardware, "even")
    assert asked["layer"]["dims"] == {"N": 1, "G": 1, "K": 8, "C": 16, "OY": 4, "OX": 6, "FY": 3, "FX": 3}
    assert asked["layer"]["bits"] == {"I": 8, "W": 8, "O": 16, "O_final": 8}
