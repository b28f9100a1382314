"""Weights on disk: the same back, the same bytes, and clear refusals."""

import pytest
import torch
from torch import nn

from cosearch.errors import RunError
from cosearch.train import load_weights, save_weights


def test_weights_come_back_and_equal_weights_are_equal_bytes(tmp_path):
    module = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3))
    save_weights(module, tmp_path / "a.safetensors")
    save_weights(module, tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    other = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3))
    load_weights(other, tmp_path / "a.safetensors")
    assert all(
        torch.equal(a, b) for a, b in zip(module.state_dict().values(), other.state_dict().values(), strict=True)
    )


def test_a_missing_broken_or_foreign_file_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"cannot read .*: No such file or directory; run `cosearch train` first"):
        load_weights(nn.Linear(2, 2), tmp_path / "none")
    (tmp_path / "cut").write_bytes(b"\x08\0\0\0\0\0\0\0{")
    with pytest.raises(RunError, match="is not a whole safetensors file"):
        load_weights(nn.Linear(2, 2), tmp_path / "cut")
    save_weights(nn.Linear(2, 3), tmp_path / "other")
    with pytest.raises(RunError, match=r"is of another network: bias is \(3,\), expected \(2,\)"):
        load_weights(nn.Linear(2, 2), tmp_path / "other")
