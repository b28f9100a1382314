"""Descriptions of arrays and mappings: what may be written, and what is said of what may not."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from cosearch.errors import HardwareError
from cosearch.hardware import ArrayNetwork, LevelLoops, Storage, array_names, load_array


def test_shipped_arrays():
    assert array_names() == ("eyeriss", "weight_stationary")
    eyeriss = load_array("eyeriss")
    assert (eyeriss.num_elements, eyeriss.rows, eyeriss.columns) == (168, 12, 14)
    assert eyeriss.registers.memories() == {"I": 192, "W": 3584, "O": 384}
    assert eyeriss.buffer.memories() == {"shared": 819200}
    assert eyeriss.dram.bits_per_cycle == int(64 * 60e6 / 200e6)


def test_an_unknown_array_names_the_nearest():
    with pytest.raises(HardwareError, match=r"no array is called 'eyeris'; did you mean 'eyeriss'\? shipped: "):
        load_array("eyeris")


def test_a_wrong_file_names_the_line(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text("name: own\nrows: 0\n")
    with pytest.raises(HardwareError, match=r"own\.yaml"):
        load_array(str(path))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"keeps": ("W",), "streamed": ("I",)}, "streamed names I, which is not kept here; add it to keeps"),
        ({"streamed": ("I",), "double_buffered": ("I",)}, "I is both double_buffered and streamed; choose one"),
        ({"capacity_bits": {"I": 8}}, "capacity_bits is given for I, kept are I, W, O; give one size for each"),
    ],
)
def test_storage_says_what_is_wrong(values, said):
    base: dict[str, Any] = {"capacity_bits": 64, "width_bits": 8}
    with pytest.raises(ValidationError, match=re.escape(said)):
        Storage(**{**base, **values})


def test_storage_says_what_overlaps():
    storage = Storage(capacity_bits=64, width_bits=8, keeps=("I", "W"), streamed=("I",))
    assert [storage.overlaps(operand) for operand in ("I", "W", "O")] == [True, False, True]
    assert Storage(capacity_bits=64, width_bits=8, keeps=()).memories() == {}


def test_every_operand_has_a_bus():
    with pytest.raises(ValidationError, match=r"bits_per_cycle lacks W, O; give the bus of every operand"):
        ArrayNetwork(bits_per_cycle={"I": 8})


def test_loops_stand_once_and_all():
    with pytest.raises(ValidationError, match=r"order names K twice; name each loop once"):
        LevelLoops(order=("K", "K"))
    with pytest.raises(ValidationError, match=r"order lacks C; say where each loop of the level stands"):
        LevelLoops(factors={"K": 2, "C": 3}, order=("K",))
    assert LevelLoops(factors={"K": 2}, order=("K", "C")).outwards()[:3] == ("C", "K", "N")
