import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import torch
import yaml
from torch import nn

from cosearch.cli.accelerate import Asked, accelerate_command

QUICK = ["--set", "search.epochs=2", "--set", "train.epochs=8", "--set", "data.val=200"]
"""The digits recipe, cut to what takes seconds."""


def _cosearch(*arguments, **env):
    return subprocess.run(
        [sys.executable, "-m", "cosearch", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200", "NO_COLOR": "1", **env},
        timeout=280,
        check=False,
    )


@pytest.fixture(scope="session")
def command():
    """The command as a user types it, in a process of its own."""
    return _cosearch


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A finished run of the quick recipe, and what the command printed. Tests must not change it."""
    folder: Path = tmp_path_factory.mktemp("finished") / "run"
    return folder, _cosearch("search", "digits", *QUICK, "--out", folder)


@pytest.fixture
def copied(finished, tmp_path):
    """A copy of the finished run that a test may change."""
    return Path(shutil.copytree(finished[0], tmp_path / "copied"))


SPACE = {
    "widths": [4, 8],
    "chunk": {
        "lanes": [4, 8, 16],
        "reductions": [1, 4],
        "depthwise_lanes": [4],
        "capacity_bits": {"I": [16_384, 65_536], "W": [65_536], "O": [65_536]},
        "read_slots": [2, 4, 8],
        "write_slots": [2, 4],
        "products_per_dsp": [1, 2],
    },
}


class Net(nn.Module):
    """A stem, a depthwise separable block and a classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.pointwise = nn.Conv2d(8, 16, 1)
        self.head = nn.Linear(16, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.stem(x))
        x = torch.relu(self.pointwise(torch.relu(self.depthwise(x))))
        return self.head(x.mean(dim=(2, 3)))


@pytest.fixture(scope="session")
def files(tmp_path_factory) -> Path:
    """A network as ONNX and as a program of torch.export, and a space."""
    folder = tmp_path_factory.mktemp("models")
    image, net = torch.zeros(1, 3, 16, 16), Net().eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # PyTorch warns of its own tree specifications
        torch.onnx.export(net, (image,), folder / "net.onnx", dynamo=True, verbose=False)
    torch.export.save(torch.export.export(net, (image,)), folder / "net.pt2")
    (folder / "space.yaml").write_text(yaml.safe_dump(SPACE))
    return folder


@pytest.fixture(scope="session")
def accelerate(command, files):
    """The command on the small space."""

    def run(model, *arguments):
        return command(
            "accelerate", files / model, "--platform", "zc706", "--space", files / "space.yaml", *arguments
        )

    return run


@pytest.fixture(scope="session")
def in_process(files):
    """The command without a process of its own; options as `Asked` names them."""
    plain = {
        "platform": "zc706", "bits": ["8"], "input_shape": None, "objective": None, "front": None, "points": None,
        "limits": [], "allocation": None, "space": str(files / "space.yaml"), "overrides": [], "clock_hertz": None,
        "engine": "exact", "seed": 0, "evaluations": None, "seconds": None, "explain": False, "out": None,
    }  # fmt: skip

    def run(model, *, quiet=False, as_json=False, **asked):
        whole = plain | {"model": files / model} | asked
        return accelerate_command(Asked(**whole), quiet=quiet or as_json, as_json=as_json)

    return run
