"""The comparison of closed form and specification fills its classes, finds no error, and replays."""

import dataclasses

import pytest

from cosearch.errors import InputError
from cosearch.validate import closed_form, compare_closed_form


def test_classes_are_filled_and_nothing_differs():
    result = compare_closed_form(24, 3, seed=5)
    figures = result.figures
    assert [figures[f"layers_bound_by_{bound}"] for bound in ("compute", "read", "write")] == [8, 8, 8]
    assert figures["layers_of_fewer_than_8_tiles"] == 6
    assert figures["layer_worst_error"] == figures["accelerator_worst_error"] == 0
    assert figures["layers_not_conserving_traffic_and_work"] == 0
    assert result.met
    assert all(point.error == 0 for point in result.points)
    assert result == compare_closed_form(24, 3, seed=5)


def test_a_wrong_closed_form_is_seen(monkeypatch):
    def wrong(*arguments):
        timing = closed_form_time(*arguments)
        return dataclasses.replace(timing, cycles=timing.cycles * 11 // 10, weight_beats=timing.weight_beats + 1)

    closed_form_time = closed_form.time_layer
    monkeypatch.setattr(closed_form, "time_layer", wrong)
    result = compare_closed_form(12, 2, seed=5)
    assert result.figures["layer_mean_error"] == pytest.approx(0.1, abs=0.01)
    assert result.figures["layers_not_conserving_traffic_and_work"] == 12
    assert not result.met


def test_too_few_cases_are_refused():
    with pytest.raises(InputError, match="num_cases=3 cannot fill every class; use at least 12"):
        compare_closed_form(3, seed=0)
