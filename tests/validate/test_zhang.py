"""The VC707's layers within their targets, and the physics behind them: exposure, edges, what is refused."""

from pathlib import Path

import pytest

from cosearch.errors import DataError
from cosearch.validate import compare_zhang

DATA = Path(__file__).parents[2] / "validation" / "data" / "zhang15_alexnet_vc707.csv"


def one_layer(tmp_path, **cells: str) -> Path:
    """A file of one layer that computes 13 x 13 x 9 x 4 cycles on 8 x 8 multipliers, with some cells changed."""
    row = {
        "network": "net",
        "layer": "one",
        "N_in": "16",
        "M_out": "16",
        "R_out": "13",
        "K": "3",
        "S": "1",
        "sets": "1",
        "Tm": "8",
        "Tn": "8",
        "measured_ms": "0.1",
    } | cells
    path = tmp_path / "one.csv"
    path.write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n")
    return path


def test_the_board_is_met():
    result = compare_zhang(DATA)
    assert result.met
    assert result.figures["num_layers"] == 5
    assert result.figures["mean_error"] == pytest.approx(0.0445, abs=0.0005)
    assert result.figures["worst_error"] == pytest.approx(0.0745, abs=0.0005)
    assert 0 < result.figures["exposed_share"] < 0.1
    assert all(point.model > 0.9 * point.reference for point in result.points)


def test_cycles_by_hand(tmp_path):
    point = compare_zhang(one_layer(tmp_path)).points[0]
    beats = 8 * 8 * 9 // 4, 2 * 169  # of a step's weights, and of its inputs: whole planes, a burst each
    first = sum(-(-one * 64 // 62) + 5 for one in beats)
    later = max(13 * 13 * 9 + 20, first)
    parameters = -(-8 * 64 // 62) + 5  # two words for each of 16 channels
    store = 8 + 5 + -(-2 * 169 * 64 // 62)
    assert point.model == pytest.approx((16 + parameters + first + 3 * later + 13 * 13 * 9 + 20 + store) / 1e5)


def test_exposure_shows_where_loads_take_longer(tmp_path):
    small = compare_zhang(one_layer(tmp_path, K="1")).figures["exposed_share"]
    large = compare_zhang(one_layer(tmp_path, K="7")).figures["exposed_share"]
    assert small > 0.5 > large


def test_halves_run_one_after_the_other(tmp_path):
    once = compare_zhang(one_layer(tmp_path)).points[0].model
    assert compare_zhang(one_layer(tmp_path, sets="2")).points[0].model == pytest.approx(2 * once)


def test_a_wrong_cell_is_named(tmp_path):
    with pytest.raises(DataError, match=r"one\.csv:2: measured_ms=0 must be a finite number above 0"):
        compare_zhang(one_layer(tmp_path, measured_ms="0"))
