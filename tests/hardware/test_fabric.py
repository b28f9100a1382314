from pathlib import Path
from typing import Any

import pytest
import yaml

from cosearch.errors import HardwareError
from cosearch.hardware import FabricRules, load_fabric

FAMILIES = ("7series", "ultrascale+")


def rules(**changes: Any) -> dict[str, Any]:
    return {**load_fabric("7series").model_dump(mode="json"), **changes}


def written(folder: Path, value: dict[str, Any]) -> str:
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump(value, sort_keys=False))
    return str(path)


def refusal(path: str) -> str:
    with pytest.raises(HardwareError) as caught:
        load_fabric(path)
    return str(caught.value)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_bram18_aspect_holds_the_block(family: str) -> None:
    for shape in load_fabric(family).bram18:
        assert shape.depth * shape.width in (16384, 18432)


def test_lutram_of_the_7_series_is_ram32m_and_ram64m() -> None:
    shapes = [(s.depth, s.width, s.lut) for s in load_fabric("7series").lutram]
    assert shapes == [(32, 6, 4), (64, 3, 4)]


def test_lutram_of_ultrascale_plus_is_ram32m16_and_ram64m8() -> None:
    shapes = [(s.depth, s.width, s.lut) for s in load_fabric("ultrascale+").lutram]
    assert shapes == [(32, 14, 8), (64, 7, 8)]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("a", "b", "is_dsp"), [(4, 4, 0), (3, 4, 0), (5, 5, 1), (8, 8, 1), (16, 16, 1), (4, 8, 1)])
def test_a_multiplier_is_a_dsp_from_5_to_16_bits(family: str, a: int, b: int, is_dsp: int) -> None:
    fabric = load_fabric(family)
    assert fabric.multiplier_is_dsp(a, b) == is_dsp
    assert fabric.multiplier_is_dsp(b, a) == is_dsp
    assert fabric.lut_multiplier(a, b) == fabric.lut_multiplier(b, a) > 0


@pytest.mark.parametrize("family", FAMILIES)
def test_multipliers_of_every_width_may_be_luts(family: str) -> None:
    fabric = load_fabric(family)
    sizes = [fabric.lut_multiplier(bits, bits) for bits in range(1, 15)]
    assert sizes == sorted(sizes)
    assert fabric.lut_multiplier(1, 16) == 16  # the wide operand, or nothing


@pytest.mark.parametrize("family", FAMILIES)
def test_the_tables_of_the_stream_serve_all_widths(family: str) -> None:
    fabric = load_fabric(family)
    unpack, pack = fabric.lut.unpacker_per_8_beat_bits, fabric.lut.packer_per_8_beat_bits
    for bits, widths in ((1, 1), (4, 1), (5, 2), (6, 2), (7, 3), (8, 3), (9, 4), (16, 4)):
        assert fabric.unpacker_lut(bits, 64) == 8 * unpack[widths - 1]
        assert fabric.packer_lut(bits, 64, partial_sums=False) == 8 * pack[widths - 1]
        assert fabric.packer_lut(bits, 64, partial_sums=True) == 8 * pack[widths]
    assert fabric.packer_lut(32, 64, partial_sums=True) == 8 * pack[5]
    assert list(unpack) == sorted(unpack)
    assert list(pack) == sorted(pack)
    assert fabric.leg_lut(64) == fabric.lut.leg + 64 * fabric.lut.leg_per_beat_bit


def test_only_ultrascale_plus_has_ultra_ram_and_cascades() -> None:
    series7, ultrascale = (load_fabric(family) for family in FAMILIES)
    assert series7.uram is None
    assert not series7.cascades
    assert ultrascale.uram is not None
    assert (ultrascale.uram.depth, ultrascale.uram.width) == (4096, 72)
    assert ultrascale.cascades


def test_the_pre_adder_of_the_7_series_places_packed_operands() -> None:
    series7, ultrascale = (load_fabric(family) for family in FAMILIES)
    assert series7.pair_lut(8, 8) == 0
    assert ultrascale.pair_lut(8, 5) == ultrascale.pair_lut(5, 8) == 8


def test_an_unknown_family_lists_what_is_shipped() -> None:
    assert refusal("virtex2") == (
        "no fabric family is called 'virtex2'; shipped: 7series, ultrascale+; or give a YAML file"
    )


def test_a_users_file_is_read(tmp_path: Path) -> None:
    assert load_fabric(written(tmp_path, rules(family="mine"))).family == "mine"


def test_a_fabric_cites_its_numbers(tmp_path: Path) -> None:
    value = rules(sources={"bram18": "a", "lutram": "b", "dsp": "c"})
    assert refusal(written(tmp_path, value)) == (
        "mine.yaml: sources lacks lut, energy; say where the numbers come from"
    )


def test_a_wrong_key_is_named_with_its_line(tmp_path: Path) -> None:
    value = rules()
    value["dsp"]["min_product_bit"] = 9
    message = refusal(written(tmp_path, value))
    assert message.endswith(": dsp.min_product_bit: unknown key; did you mean 'min_product_bits'?")
    assert message.startswith("mine.yaml:")


def test_lutram_comes_shallowest_first(tmp_path: Path) -> None:
    value = rules(lutram=[{"depth": 64, "width": 3, "lut": 4}, {"depth": 32, "width": 6, "lut": 4}])
    assert "lutram depths [64, 32] must increase, each once" in refusal(written(tmp_path, value))
    value = rules(lutram=[{"depth": 64, "width": 3}])
    assert "every lutram shape takes at least one LUT; give its lut" in refusal(written(tmp_path, value))


def test_every_multiplier_needs_its_count() -> None:
    value = rules()
    del value["lut"]["multiplier"]["2x13"]
    with pytest.raises(ValueError, match=r"lut\.multiplier lacks 2x13, which a chunk may ask for; add it"):
        FabricRules.model_validate(value)


@pytest.mark.parametrize(("name", "least"), [("unpacker_per_8_beat_bits", 4), ("packer_per_8_beat_bits", 6)])
def test_the_stream_serves_every_width(name: str, least: int) -> None:
    value = rules()
    value["lut"][name] = [1, 2, 3]
    with pytest.raises(ValueError, match=rf"lut\.{name} has 3 counts; give {least}, for 1 to {least} widths"):
        FabricRules.model_validate(value)


def test_ultra_ram_is_cited_where_there_is_some() -> None:
    value = load_fabric("ultrascale+").model_dump(mode="json")
    del value["sources"]["uram"]
    with pytest.raises(ValueError, match="sources lacks uram; say where the numbers come from"):
        FabricRules.model_validate(value)
