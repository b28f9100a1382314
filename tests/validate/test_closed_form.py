"""The comparison of closed form and specification fills its classes, finds no error, and replays."""

import dataclasses
import json
from pathlib import Path

import pytest

from cosearch.errors import InputError
from cosearch.validate import closed_form, compare_closed_form

RESULT = Path(__file__).parents[2] / "validation" / "results" / "closed_form.json"


@pytest.fixture(scope="module")
def result():
    return compare_closed_form(12, 1, seeds=(1, 7))


def test_classes_are_filled_and_nothing_differs(result):
    figures = result.figures
    assert figures["layers"] == 24
    assert figures["accelerators"] == 2
    assert [figures[f"layers_bound_by_{bound}"] for bound in ("compute", "read", "write")] == [8, 8, 8]
    assert figures["layers_of_fewer_than_8_tiles"] == 6
    assert figures["layer_worst_error"] == figures["accelerator_worst_error"] == 0
    assert figures["layers_not_conserving_traffic_and_work"] == 0
    assert figures["accelerator_layers_not_conserving_traffic_and_work"] == 0
    assert figures["period_saved_by_sharing_idle_slots_least"] >= 0
    assert result.met
    assert all(point.error == 0 for point in result.points)


def test_seeds_replay_one_after_another(result):
    first, second = compare_closed_form(12, 1, seeds=(1,)), compare_closed_form(12, 1, seeds=(7,))
    cycles = [point.model for point in (*first.points, *second.points)]
    assert [point.model for point in result.points] == cycles
    layers = first.figures["accelerator_layers"] + second.figures["accelerator_layers"]
    assert result.figures["accelerator_layers"] == layers


def test_a_wrong_closed_form_is_seen(monkeypatch):
    def wrong(*arguments):
        timing = closed_form_time(*arguments)
        return dataclasses.replace(timing, cycles=timing.cycles * 11 // 10, weight_beats=timing.weight_beats + 1)

    def slower(*arguments):
        stated = closed_form_evaluate(*arguments)
        return stated.model_copy(update={"latency_loaded_seconds": 1.5 * stated.latency_loaded_seconds})

    closed_form_time, closed_form_evaluate = closed_form.time_layer, closed_form.evaluate
    monkeypatch.setattr(closed_form, "time_layer", wrong)
    monkeypatch.setattr(closed_form, "evaluate", slower)
    figures = compare_closed_form(12, 1, seeds=(1,)).figures
    assert figures["layer_mean_error"] == pytest.approx(0.1, abs=0.01)
    assert figures["layers_not_conserving_traffic_and_work"] == 12
    assert figures["accelerator_worst_error_period"] == 0
    assert figures["accelerator_worst_error_latency_loaded"] == pytest.approx(0.5, abs=1e-4)
    assert figures["accelerator_layers_not_conserving_traffic_and_work"] == figures["accelerator_layers"]


def test_too_few_cases_are_refused():
    with pytest.raises(InputError, match="num_cases=3 cannot fill every class; use at least 12"):
        compare_closed_form(3)
    with pytest.raises(InputError, match="num_accelerators=0 shows nothing; use at least 1"):
        compare_closed_form(12, 0)


def test_the_committed_result_is_of_the_full_size_and_met():
    result = json.loads(RESULT.read_text())
    figures = result["figures"]
    assert result["command"] == "python validation/closed_form.py 1000 0"
    assert figures["layers"] == 1000
    assert figures["accelerators"] == 100
    assert figures["layers_of_fewer_than_8_tiles"] >= 250
    for name, target in result["targets"].items():
        assert figures[name] <= target["bound"]
