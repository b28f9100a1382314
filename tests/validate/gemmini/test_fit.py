"""Known constants are found again from the cycles they make."""

from pathlib import Path

import numpy as np
import pytest

from cosearch.validate.gemmini import (
    Assumptions,
    Constants,
    count_terms,
    fit_constants,
    predicted_cycles,
    read_layers,
)

DATA = Path(__file__).parents[3] / "validation" / "data" / "gemmini_rtl.csv"
TRUE = Constants(beat=1.3, l2_miss=6.0, dram_line=14.0, store_row=7.0, pair=10.0, weight_switch=6.0)


@pytest.fixture(scope="module")
def terms():
    return count_terms([layer.program for layer in read_layers(DATA)], Assumptions())


def test_constants_are_recovered(terms):
    found = fit_constants(terms, predicted_cycles(terms, TRUE))
    assert found.as_array() == pytest.approx(TRUE.as_array(), rel=1e-3)


def test_outliers_hardly_move_them(terms):
    cycles = predicted_cycles(terms, TRUE)
    cycles[::20] *= 4
    assert fit_constants(terms, cycles).as_array() == pytest.approx(TRUE.as_array(), rel=0.25)


def test_a_constant_can_be_left_out(terms):
    found = fit_constants(terms, predicted_cycles(terms, TRUE), without="l2_miss")
    assert found.l2_miss == 0
    assert found.beat > TRUE.beat


def test_terms_of_some_rows_are_those_rows(terms):
    some = terms.at(np.array([3, 1]))
    assert some.tiles.tolist() == [terms.tiles[3], terms.tiles[1]]
