"""The comparison of closed form and specification fills its classes and replays."""

import pytest

from cosearch.errors import InputError
from cosearch.validate import closed_form_error


def test_classes_are_filled_and_a_seed_replays():
    result = closed_form_error(24, seed=5)
    assert result == closed_form_error(24, seed=5)
    assert result.num_cases == 24
    assert [statistics.num_cases for statistics in result.by_bound.values()] == [8, 8, 8]
    assert result.by_tiles["fewer than 8"].num_cases == 6
    assert result.all.max_abs == abs(result.worst[0].error)
    assert result.all.p50_abs <= result.all.p95_abs <= result.all.max_abs
    assert result.all.mean_abs < 0.02


def test_too_few_cases_are_refused():
    with pytest.raises(InputError, match="num_cases=3 cannot fill every class; use at least 12"):
        closed_form_error(3, seed=0)
