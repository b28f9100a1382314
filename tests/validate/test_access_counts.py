"""Counts of three tools met to the last word, and a change of any number seen."""

import json
from pathlib import Path

import pytest

from cosearch.errors import DataError
from cosearch.validate.access.zigzag import used_pixels
from cosearch.validate.access_counts import compare_access_counts

DATA = Path(__file__).parents[2] / "validation" / "data" / "access_counts.json"


def entries(*numbers: int) -> list[dict]:
    return [entry for entry in json.loads(DATA.read_text())["cases"] if entry["id"] in numbers]


def write(tmp_path, cases: list[dict]) -> Path:
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"cases": cases}))
    return path


def test_all_cases_are_met():
    result = compare_access_counts(DATA)
    assert result.met
    assert result.figures["num_cases"] == 64
    assert result.figures["num_counts"] > 5000
    exact = {name: value for name, value in result.figures.items() if name.endswith("_exact")}
    assert len(exact) == 10
    assert set(exact.values()) == {1.0}
    assert max(value for name, value in result.figures.items() if name.endswith("energy_error")) < 1e-9
    assert len(result.points) == 3 * 64


@pytest.mark.parametrize(
    ("where", "figure"),
    [
        (("closed_form", "compute_cycles"), "compute_cycles_exact"),
        (("closed_form", "tensors", "I", "GLB", "fills_if_no_first_elision"), "input_fills_exact"),
        (("consensus", "RF.W.fills"), "weight_exact"),
        (("consensus", "DRAM.O.writes"), "output_exact"),
        (("timeloop", "levels", "GLB", "O", "scalar_reads_total"), "timeloop_partial_sum_reads_exact"),
        (("zigzag", "levels", "GLB", "O", "read_to_low"), "zigzag_partial_sum_reads_exact"),
        (("accelforge", "levels", "GLB", "O", "read"), "accelforge_partial_sum_reads_exact"),
    ],
)
def test_one_word_more_is_seen(tmp_path, where, figure):
    (case,) = entries(1)
    part = case
    for key in where[:-1]:
        part = part[key]
    part[where[-1]] += 1
    result = compare_access_counts(write(tmp_path, [case]))
    assert not result.met
    assert {name for name, value in result.figures.items() if name.endswith("_exact") and value < 1} == {figure}


def test_energy_is_held_to_one_per_cent(tmp_path):
    (case,) = entries(2)
    case["zigzag"]["energy_pJ"] *= 1.02
    result = compare_access_counts(write(tmp_path, [case]))
    assert result.figures["zigzag_worst_energy_error"] == pytest.approx(1 - 1 / 1.02)
    assert not result.met


def test_accelforge_is_left_out_where_it_is_marked(tmp_path):
    (case,) = entries(16)
    case["accelforge"]["energy_pJ"] *= 2
    assert compare_access_counts(write(tmp_path, [case])).met


def test_wrong_files_are_named(tmp_path):
    path = tmp_path / "cases.json"
    path.write_text("[]")
    with pytest.raises(DataError, match=r'cases\.json: not a JSON object with "cases"'):
        compare_access_counts(path)
    (case,) = entries(1)
    del case["mapping"]["perm"]
    with pytest.raises(DataError, match=r"cases\.json: cases\[0\]: lacks 'perm'; give every part of a case"):
        compare_access_counts(write(tmp_path, [case]))
    with pytest.raises(DataError, match=r"cases\.json: no cases"):
        compare_access_counts(write(tmp_path, []))


def test_pixels_that_windows_use():
    assert [used_pixels(4, kernel, 2) for kernel in (1, 2, 3)] == [4, 8, 9]
