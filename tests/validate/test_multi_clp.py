"""Every CLP and epoch is exact; another number, another array and another layer are told apart."""

from pathlib import Path

import pytest

from cosearch.errors import DataError
from cosearch.validate import compare_multi_clp

DATA = Path(__file__).parents[2] / "validation" / "data" / "shen17_multiclp_alexnet.csv"


def changed(tmp_path, old: str, new: str) -> Path:
    text = DATA.read_text()
    assert text.count(old) == 1
    path = tmp_path / "changed.csv"
    path.write_text(text.replace(old, new))
    return path


def test_all_rows_and_epochs_are_exact():
    result = compare_multi_clp(DATA)
    assert result.met
    assert result.figures == {
        "num_clps": 12,
        "num_epochs": 4,
        "wrong_cycles": 0,
        "wrong_printed": 0,
        "wrong_epochs": 0,
    }
    epochs = [point.model for point in result.points if point.name == "epoch"]
    assert epochs == [2005892, 1768724, 1557504, 1168128]  # two single CLPs, then the slowest of several


def test_the_slowest_clp_sets_the_epoch(tmp_path):
    row = "VX485T,Multi-CLP,1,1,96,conv3x2,1557504,1558,480"
    result = compare_multi_clp(changed(tmp_path, row, row.replace("1557504,1558", "1557503,1558")))
    assert (result.figures["wrong_cycles"], result.figures["wrong_printed"], result.figures["wrong_epochs"]) == (
        1,
        0,
        1,
    )
    assert not result.met


def test_another_array_takes_other_cycles(tmp_path):
    result = compare_multi_clp(changed(tmp_path, "Multi-CLP,2,3,24,conv1x2", "Multi-CLP,2,2,24,conv1x2"))
    assert result.points[4].model == 2 * result.points[4].reference  # 3 input channels on 2 multipliers: two rounds
    assert result.figures["wrong_epochs"] == 1


def test_an_unknown_layer_is_refused(tmp_path):
    with pytest.raises(
        DataError, match=r"changed\.csv:13: layers: 'conv6x1' is not a layer and its halves; use conv1"
    ):
        compare_multi_clp(changed(tmp_path, "Multi-CLP,3,1,48,conv1x1,1098075", "Multi-CLP,3,1,48,conv6x1,1098075"))
