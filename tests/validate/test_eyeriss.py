"""The chip's layers within their targets, the physics behind them, and what is refused."""

import json
from pathlib import Path

import pytest

from cosearch.errors import DataError, MappingError
from cosearch.validate.eyeriss import compare_eyeriss

FOLDER = Path(__file__).parents[2] / "validation" / "data"
DATA, CHIP = FOLDER / "eyeriss_alexnet.csv", FOLDER / "eyeriss_chip.json"


def rows_of(path: Path) -> tuple[str, list[str]]:
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    return lines[0], lines[1:]


def test_the_chip_is_met():
    result = compare_eyeriss(DATA, CHIP)
    assert result.met
    assert result.figures["num_layers"] == 5
    assert result.figures["latency_mean_error"] == pytest.approx(0.0504, abs=0.0005)
    assert result.figures["latency_mean_error_calibrated"] == pytest.approx(0.0471, abs=0.0005)
    assert result.figures["buffer_mean_error"] == pytest.approx(0.0932, abs=0.0005)
    assert result.figures["buffer_worst_error"] == pytest.approx(0.404, abs=0.001)
    assert abs(result.figures["buffer_worst_layer_as_mapped_elsewhere"]) < 0.03
    assert 0 < result.figures["energy_to_measured_zeros_gated"] < result.figures["energy_to_measured"] < 1
    assert 0 < result.figures["area_to_measured"] < 1
    assert {point.group for point in result.points} == {"latency, ms", "buffer, MB"}


def test_the_shipped_array_is_the_chip():
    with_chip, without = compare_eyeriss(DATA, CHIP).figures, compare_eyeriss(DATA).figures
    assert "area_to_measured" not in without
    assert without == {name: value for name, value in with_chip.items() if name != "area_to_measured"}


def test_cycles_and_words_by_hand(tmp_path):
    header, rows = rows_of(DATA)
    path = tmp_path / "two.csv"
    path.write_text("\n".join([header, rows[1], rows[4]]))  # CONV2 and CONV5
    points = {(point.name, point.group): point for point in compare_eyeriss(path).points}
    passes = 4 * 8 * 24 * 2
    compute, filters = 16 * 2 * 5 * 27, 16 * 2 * 5 * 5 // 4
    fitted = points["CONV2", "latency, ms"].model - passes * (compute + filters) / 2e5
    assert fitted >= 0
    sums, inputs = 16 * 27 * 27, 2 * 31 * 31
    words = passes * (inputs + 4 * filters) + passes * sums * (1 + 23 / 24)
    assert points["CONV2", "buffer, MB"].model == pytest.approx(words * 2 / 1e6)


def test_a_smaller_chip_does_not_fit(tmp_path):
    sizes = json.loads(CHIP.read_text())
    path = tmp_path / "chip.json"
    path.write_text(json.dumps(sizes | {"pe_array": [10, 14]}))
    with pytest.raises(MappingError, match=r"CONV1: FY=11 take 11 rows of 10; lower a factor"):
        compare_eyeriss(DATA, path)
    del sizes["spad_psum_words"]
    path.write_text(json.dumps(sizes))
    with pytest.raises(DataError, match=r"chip\.json: cannot use it: 'spad_psum_words'; give the form of"):
        compare_eyeriss(DATA, path)


def test_one_layer_cannot_be_held_out(tmp_path):
    header, rows = rows_of(DATA)
    path = tmp_path / "one.csv"
    path.write_text(f"{header}\n{rows[0]}\n")
    with pytest.raises(DataError, match=r"one\.csv: one layer; give at least two"):
        compare_eyeriss(path)
