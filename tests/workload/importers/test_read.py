"""Files of any kind by their suffix, and one network through all of them."""

from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import hardswish, relu

from cosearch.errors import WorkloadError
from cosearch.handoff import write_layers
from cosearch.workload.importers import from_module, read_workload

# torch.export and torch.onnx warn about their own use of what they deprecate.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.isinstance.treespec:FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:onnxscript.*"),
]


class Everything(nn.Module):
    """Every kind of layer: residual, shuffle, squeeze-and-excite, concatenation, pooling, classifier over pixels."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.body = nn.Conv2d(8, 8, 3, padding=2, dilation=2)
        self.grouped = nn.Conv2d(8, 8, 1, groups=2)
        self.depthwise = nn.Conv2d(8, 8, (1, 5), padding=(0, 2), groups=8)
        self.project = nn.Conv2d(8, 8, 1, groups=2)
        self.squeeze, self.excite = nn.Linear(8, 2), nn.Linear(2, 8)
        self.branch = nn.Conv2d(8, 4, 1)
        self.fc = nn.Linear(12 * 16, 5)

    def forward(self, x):
        x = hardswish(self.norm(self.stem(x)))
        x = relu(self.body(x) + x)
        y = relu(self.grouped(x)).view(-1, 2, 4, 8, 8).transpose(1, 2).reshape(-1, 8, 8, 8)
        y = self.project(self.depthwise(y))
        gate = torch.sigmoid(self.excite(torch.relu(self.squeeze(y.mean((2, 3))))))
        y = x + y * gate[:, :, None, None]
        y = torch.cat((self.branch(y), nn.functional.max_pool2d(y, 3, 1, 1)), 1)
        return self.fc(nn.functional.avg_pool2d(relu(y), 2).flatten(1))


def _module():
    torch.manual_seed(0)
    return Everything().eval(), torch.zeros(1, 3, 16, 16)


def test_one_network_is_the_same_from_every_kind_of_file(tmp_path):
    module, image = _module()
    workload = from_module(module, image, bits=6)
    names = (
        "stem body grouped depthwise project average_pool1 squeeze excite multiply1 branch max_pool1 average_pool2 fc"
    )
    assert [layer.name for layer in workload.layers] == names.split()
    torch.export.save(torch.export.export(module, (image,)), tmp_path / "net.pt2")
    torch.onnx.export(module, (image,), tmp_path / "net.onnx", dynamo=True, verbose=False)
    assert write_layers(workload, tmp_path / "net.yaml")
    assert read_workload(tmp_path / "net.yaml") == workload
    for name in ("net.pt2", "net.onnx"):
        assert read_workload(tmp_path / name, bits=6) == workload


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("net.tflite", "", r"net.tflite: suffix '.tflite' is not known; known: .onnx, .pt2, .yaml, .yml"),
        ("net.yaml", "", r"net.yaml: a layer file states its widths and shapes; leave out bits and input_shape"),
        ("net.pt2", "no archive", r"net.pt2: is no program of torch.export; save it with torch.export.save"),
        ("net.pt2", None, r"cannot read .*net.pt2: No such file or directory; check the path"),
        ("net.onnx", None, r"cannot read .*net.onnx: No such file or directory; check the path"),
    ],
)
def test_files_that_cannot_be_read_are_refused(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(WorkloadError, match=message):
        read_workload(tmp_path / name, bits=8)


def test_errors_in_a_program_name_the_file(tmp_path):
    program = torch.export.export(nn.Conv2d(3, 4, 1), (torch.zeros(1, 3, 4, 4),))
    torch.export.save(program, tmp_path / "net.pt2")
    with pytest.raises(
        WorkloadError, match=r"net.pt2: input 'input': input_shape has 2 at dimension 1; the file fixes 3"
    ):
        read_workload(tmp_path / "net.pt2", bits=8, input_shape=(1, 2, 4, 4))


def test_without_its_library_an_onnx_file_says_what_to_install(tmp_path, monkeypatch):
    import builtins
    import sys

    real = builtins.__import__

    def missing(name, *more):
        if name == "cosearch.workload.importers.onnx_graph":
            raise ModuleNotFoundError("No module named 'onnx'", name="onnx")
        return real(name, *more)

    monkeypatch.delitem(sys.modules, "cosearch.workload.importers.onnx_graph", raising=False)
    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(
        WorkloadError, match=r"net.onnx: ONNX files need the extra `onnx`; run pip install 'cosearch\[onn"
    ):
        read_workload(tmp_path / "net.onnx", bits=8)


@st.composite
def _networks(draw: st.DrawFn) -> nn.Sequential:
    layers: list[nn.Module] = []
    channels, pixels = 4, 12
    for _ in range(draw(st.integers(1, 4))):
        groups = draw(st.sampled_from([1, 2, 4]))
        width = 4 * draw(st.integers(1, 3))
        kernel = draw(st.sampled_from([(1, 1), (3, 3), (1, 3)]))
        stride = draw(st.sampled_from([1, 2])) if pixels > 3 else 1
        layers.append(
            nn.Conv2d(channels, width, kernel, stride, "same" if stride == 1 else kernel[0] // 2, groups=groups)
        )
        channels, pixels = width, pixels // stride
        layers.append(draw(st.sampled_from([nn.ReLU(), nn.SiLU(), nn.BatchNorm2d(channels), nn.ChannelShuffle(2)])))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 3))


@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(_networks())
def test_multiply_accumulates_are_those_of_the_module_and_layer_files_read_back(tmp_path_factory, network):
    counted = [0]

    def count(part, inputs, output):
        counted[0] += output.numel() * part.weight[0].numel()

    for part in network.modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            part.register_forward_hook(count)
    image = torch.zeros(1, 4, 12, 12)
    network.eval()(image)
    total = counted[0]
    workload = from_module(network, image, bits=8)
    assert workload.num_macs == total
    path: Path = tmp_path_factory.mktemp("net") / "net.yaml"
    assert write_layers(workload, path)
