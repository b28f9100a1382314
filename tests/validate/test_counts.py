import json
from pathlib import Path

import pytest
import torch
from torch import nn

from cosearch.errors import DataError
from cosearch.validate import Comparison, counts
from cosearch.validate.counts import compare_counts
from cosearch.validate.csv_rows import read_rows
from cosearch.validate.qonnx_cost import count, write_quantised
from cosearch.workload.importers import read_workload

# torch.export and torch.onnx warn about their own use of what they deprecate.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.isinstance.treespec:FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


def _file(tmp_path, row):
    path = tmp_path / "networks.csv"
    path.write_text(f"network,pixels,parameters,bits\n{row}\n")
    return path


class Small(nn.Module):
    """A residual, a depthwise and a grouped layer, a concatenation and a classifier."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.grouped = nn.Conv2d(8, 12, 1, groups=2)
        self.fc = nn.Linear(20 * 4, 5)

    def forward(self, x):
        x = torch.relu(self.stem(x))
        x = torch.relu(self.depthwise(x) + x)
        x = torch.cat((self.grouped(x), x), 1)
        return self.fc(nn.functional.max_pool2d(x, 4).flatten(1))


def test_counts_of_a_file_are_those_of_qonnx(tmp_path):
    torch.manual_seed(0)
    path = tmp_path / "small.onnx"
    write_quantised(Small().eval(), torch.randn(1, 3, 8, 8), [8, 3, 5], path)
    ours, theirs = read_workload(path), count(path)
    macs = 64 * (8 * 27 + 8 * 9 + 12 * 4) + 400
    weights = 8 * 27 + 8 * 9 + 12 * 4 + 400
    assert (ours.num_macs, theirs.macs) == (macs, macs)
    assert (sum(layer.num_weights for layer in ours.layers), theirs.weights) == (weights, weights)
    assert counts.weight_bits(ours) == theirs.weight_bits
    assert counts.bit_operations(ours) == theirs.bit_operations
    assert {layer.weight_bits for layer in ours.layers if layer.has_weights} == {3, 5, 8}
    assert len({layer.input_bits for layer in ours.layers}) > 1


def test_a_right_count_is_a_target_met(tmp_path, monkeypatch):
    monkeypatch.setattr(counts, "_qonnx_counts", lambda *_: {"macs": counts.Pair(5, 6)})
    result = compare_counts(_file(tmp_path, "squeezenet,65,1235496,8"))
    figures = {"num_networks": 1, "wrong_parameters": 0, "wrong_macs_torch": 0, "wrong_macs": 1}
    assert result.figures == figures
    assert list(result.targets) == ["wrong_parameters", "wrong_macs_torch", "wrong_macs"]
    assert not result.met


def test_a_wrong_count_is_a_missed_target(tmp_path, monkeypatch):
    monkeypatch.setattr(counts, "_qonnx_counts", lambda *_: {})
    result = compare_counts(_file(tmp_path, "squeezenet,65,1235497,8"))
    assert (result.figures["wrong_parameters"], result.figures["wrong_macs_torch"], result.met) == (1, 0, False)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("resnet,65,1,8", r"networks.csv:2: no network is called 'resnet'; did you mean 'resnet"),
        ("squeezenet,0,1,8", r"networks.csv:2: pixels=0 must be at least 1"),
        ("squeezenet,65,1235496,8;1", r"networks.csv:2: bits='8;1'; write widths from 2 to 16, such as 8;6;4"),
    ],
)
def test_wrong_lists_are_refused(tmp_path, row, message):
    with pytest.raises(DataError, match=message):
        compare_counts(_file(tmp_path, row))


def test_the_committed_result_is_of_the_committed_list_and_met():
    root = Path(__file__).parents[2] / "validation"
    names = [row.text("network") for row in read_rows(root / "data" / "known_networks.csv", ("network",))]
    content = json.loads((root / "results" / "counts.json").read_text())
    result = Comparison(**{name: value for name, value in content.items() if name != "command"})
    assert result.met
    assert len(names) >= 5
    assert list(dict.fromkeys(point.group for point in result.points)) == names
