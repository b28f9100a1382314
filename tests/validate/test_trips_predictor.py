"""Every number of the public code's designs is reproduced; a file with another number is told apart."""

import json
from pathlib import Path

import pytest

from cosearch.errors import DataError
from cosearch.validate import compare_trips_predictor

DATA = Path(__file__).parents[2] / "validation" / "data" / "trips_space_part.json"


@pytest.fixture
def changed(tmp_path):
    """A copy of the data after a change of its first design."""

    def make(change):
        value = json.loads(DATA.read_text())
        change(value["cifar"]["designs"][0])
        path = tmp_path / "changed.json"
        path.write_text(json.dumps(value))
        return path

    return make


def test_every_number_is_reproduced():
    result = compare_trips_predictor(DATA)
    assert result.met
    assert result.figures["num_designs"] == 10
    assert result.figures["num_layers"] == 700
    assert all(result.figures[f"worst_{part}_error"] <= 1e-12 for part in ("cycles", "dsp", "bram"))


@pytest.mark.parametrize(("key", "figure"), [("bottleneck_cycles", "cycles"), ("dsp", "dsp"), ("bram_banks", "bram")])
def test_another_number_misses_the_target(changed, key, figure):
    result = compare_trips_predictor(changed(lambda design: design.update({key: design[key] * 1.01})))
    assert not result.met
    assert result.figures[f"worst_{figure}_error"] == pytest.approx(1 - 1 / 1.01)


def test_one_layer_of_another_length_misses_it(changed):
    def change(design):
        design["cycles_per_layer"][7] *= 1 + 1e-8

    assert compare_trips_predictor(changed(change)).figures["worst_cycles_error"] == pytest.approx(1e-8, rel=1e-3)


def test_incomplete_designs_are_refused(changed):
    with pytest.raises(DataError, match=r"changed\.json: cifar\.designs\.0: 'a0q6' is missing; complete the design"):
        compare_trips_predictor(changed(lambda design: design["chunks"].pop("a0q6")))
    with pytest.raises(DataError, match="69 cycles_per_layer for 70 layers; give one a layer"):
        compare_trips_predictor(changed(lambda design: design["cycles_per_layer"].pop()))
    with pytest.raises(DataError, match="cycles_per_chunk lists other chunks than the layers name"):
        compare_trips_predictor(changed(lambda design: design["cycles_per_chunk"].pop("a0q6")))
    with pytest.raises(DataError, match=r"cifar: designs\.0\.dsp: is required; add it"):
        compare_trips_predictor(changed(lambda design: design.pop("dsp")))


def test_a_file_without_settings_is_refused(tmp_path):
    path = tmp_path / "empty.json"
    path.write_text("{}")
    with pytest.raises(DataError, match=r"empty\.json: no setting with `designs`; give a file of the form"):
        compare_trips_predictor(path)
