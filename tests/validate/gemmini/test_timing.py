"""The steady state against a recurrence over tiles, and what each constant does."""

import numpy as np
import pytest

from cosearch.validate.gemmini import CONSTANT_NAMES, Constants, Terms, predicted_cycles


def terms(load: float, compute: float, store: float, *, tiles: float = 1.0, is_matmul: bool = False) -> Terms:
    """One program whose stages take these cycles with the constants below."""
    values = {name: np.zeros(1) for name in Terms.__slots__}
    given = {"tiles": tiles, "is_matmul": is_matmul, "load_beats": load, "array_rows": compute, "store_rows": store}
    values |= {name: np.array([float(value)]) for name, value in given.items()}
    return Terms(**values)


ONES = Constants(beat=1, l2_miss=1, dram_line=1, store_row=1, pair=1, weight_switch=1)


def walked(load: float, compute: float, store: float, tiles: int) -> float:
    """Tiles one after another, two in work: a load waits for the stores of the last but one."""
    loaded = computed = 0.0
    stored = [0.0, 0.0]
    for _ in range(tiles):
        loaded = max(loaded, stored[-2]) + load
        computed = max(computed, loaded) + compute
        stored.append(max(stored[-1], computed) + store)
    return stored[-1]


@pytest.mark.parametrize(
    ("load", "compute", "store"),
    [(100, 30, 20), (30, 100, 20), (20, 30, 100), (60, 60, 60), (50, 60, 10), (80, 70, 65)],
)
def test_the_steady_state_is_that_of_two_tiles_in_work(load: float, compute: float, store: float):
    predicted = predicted_cycles(terms(load, compute, store, tiles=1000), ONES)
    assert predicted[0] == pytest.approx(walked(load, compute, store, 1000), rel=0.002)


def test_the_matrix_loop_computes_while_it_loads():
    loop = predicted_cycles(terms(60, 60, 60, tiles=1000), ONES)[0]
    matrix = predicted_cycles(terms(60, 60, 60, tiles=1000, is_matmul=True), ONES)[0]
    assert loop == pytest.approx(90 * 1000, rel=0.01)
    assert matrix == pytest.approx(60 * 1000, rel=0.01)


def test_overlap_lies_between_perfect_and_none():
    stages = terms(60, 60, 60, tiles=10)
    perfect, two, none = (predicted_cycles(stages, ONES, kind)[0] for kind in ("perfect", "two_tiles", "none"))
    assert (perfect, two, none) == (600 + 120, 900 + 120, 1800 + 120)


def test_every_constant_counts():
    one = Terms(**{name: np.ones(1) for name in Terms.__slots__})
    for name in CONSTANT_NAMES:
        dear = Constants(**{name: 1000.0})
        assert predicted_cycles(one, dear)[0] > predicted_cycles(one, Constants())[0] + 900


def test_issue_bounds_a_tile_of_few_rows():
    values = {name: np.zeros(1) for name in Terms.__slots__}
    many_pairs = Terms(**{**values, "tiles": np.ones(1), "array_rows": np.array([400.0]), "pairs": np.array([100.0])})
    assert predicted_cycles(many_pairs, Constants(pair=7))[0] == 700
    assert predicted_cycles(many_pairs, Constants(pair=3))[0] == 400
