"""Plain integer arithmetic against PyTorch's convolution."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cosearch.handoff.rtl import golden_output, random_tensors
from cosearch.workload import IMAGE, Layer


def make_layer(**changes):
    fields = {
        "name": "conv", "source": IMAGE, "K": 6, "C": 4, "OY": 8, "OX": 6, "FY": 3, "FX": 3, "IY": 8, "IX": 6,
        "padding_y": 1, "padding_x": 1, "weight_bits": 5, "input_bits": 6, "output_bits": 7,
    }  # fmt: skip
    return Layer(**(fields | changes))


LAYERS = {
    "dense": make_layer(),
    "grouped": make_layer(G=2),
    "depthwise": make_layer(G=8, K=1, C=1),
    "strided": make_layer(OY=4, OX=3, stride_y=2, stride_x=2),
    "asymmetric": make_layer(FY=1, FX=5, padding_y=0, padding_x=2),
    "pooled": make_layer(pool_y=2, pool_x=3),
    "residual": make_layer(residual=IMAGE, residual_bits=5),
    "connected": make_layer(OY=1, OX=1, IY=1, IX=1, FY=1, FX=1, padding_y=0, padding_x=0, C=30),
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("seed", range(3))
def test_golden_values_are_those_of_a_float64_convolution(name, seed):
    layer = LAYERS[name]
    tensors = random_tensors(layer, np.random.default_rng(seed))
    weights = torch.from_numpy(tensors.weights).double().flatten(0, 1)
    image = torch.from_numpy(tensors.inputs).double()[None]
    sums = F.conv2d(
        image, weights, torch.from_numpy(tensors.bias).double(), (layer.stride_y, layer.stride_x),
        (layer.padding_y, layer.padding_x), 1, layer.G,
    )  # fmt: skip
    if tensors.residual is not None:
        sums = sums + torch.from_numpy(tensors.residual).double() * 2**tensors.residual_shift
    if tensors.relu:
        sums = sums.relu()
    window = (layer.pool_y, layer.pool_x)
    pooled = (
        F.avg_pool2d(sums, window) * layer.pool_y * layer.pool_x if tensors.pool_sum else F.max_pool2d(sums, window)
    )
    scale = torch.from_numpy(tensors.multiplier / 2.0**tensors.shift)[:, None, None]
    bits = layer.output_bits
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if tensors.signed_outputs else (0, 2**bits - 1)
    expected = torch.floor(pooled[0].round() * scale + 0.5).clamp(low, high)
    assert (torch.from_numpy(golden_output(layer, tensors)).double() == expected).all()


@pytest.mark.parametrize("name", LAYERS)
def test_outputs_vary(name):
    layer = LAYERS[name]
    for seed in range(10):
        assert golden_output(layer, random_tensors(layer, np.random.default_rng(seed))).std() > 0
