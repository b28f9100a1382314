"""Known networks against their published sizes, and their imports against counts of their modules."""

from collections import Counter

import pytest
import torch
from torch import nn

from cosearch.errors import InputError
from cosearch.network.zoo import NETWORKS, build, example_input
from cosearch.workload.importers import from_module

# torch.export warns about its own use of what it deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:.isinstance.treespec:FutureWarning")

# torchvision's table of models, except alexnet (Caffe's bvlc_alexnet, grouped) and googlenet (Caffe's bvlc_googlenet
# without auxiliary classifiers). ShuffleNet has no table of parameters.
PARAMETERS = {
    "alexnet": 60_965_224,
    "vgg16": 138_357_544,
    "resnet18": 11_689_512,
    "resnet50": 25_557_032,
    "mobilenet_v2": 3_504_872,
    "efficientnet_b0": 5_288_548,
    "squeezenet": 1_235_496,
    "googlenet": 6_998_552,
    "densenet121": 7_978_856,
}

# Millions of multiply-accumulates as their papers print them: ShuffleNet's table 1, MobileNetV2's table 4,
# EfficientNet's table 2 (390 and 300 after rounding to tens).
MILLIONS = {"shufflenet_g3": (137, 1), "mobilenet_v2": (300, 1), "efficientnet_b0": (390, 10)}


def _counted(module: nn.Module, image: torch.Tensor) -> int:
    """Multiply-accumulates, counted while the module runs."""
    total = [0]

    def count(part: nn.Module, inputs: object, output: torch.Tensor) -> None:
        weight = part.weight
        assert isinstance(weight, torch.Tensor)
        total[0] += output.numel() * weight[0].numel()

    handles = [
        part.register_forward_hook(count) for part in module.modules() if isinstance(part, nn.Conv2d | nn.Linear)
    ]
    module(image)
    for handle in handles:
        handle.remove()
    return total[0]


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_are_those_published(name):
    assert sum(parameter.numel() for parameter in build(name).parameters()) == PARAMETERS[name]


@pytest.mark.parametrize("name", MILLIONS)
def test_multiply_accumulates_are_those_printed(name):
    millions, unit = MILLIONS[name]
    assert round(_counted(build(name), example_input(name)) / 1e6 / unit) * unit in (millions, millions + 1)


@pytest.mark.parametrize(
    ("name", "ops"),
    [
        ("alexnet", {"convolution": 8, "max_pool": 3}),
        ("resnet18", {"convolution": 21, "max_pool": 1}),
        ("squeezenet", {"convolution": 26, "max_pool": 3}),
        ("efficientnet_b0", {"convolution": 82, "average_pool": 16, "multiply": 16}),
        ("shufflenet_g3", {"convolution": 50, "average_pool": 3, "max_pool": 1}),
    ],
)
def test_imports_have_the_layers_and_the_counts_of_the_module(name, ops):
    module, image = build(name), example_input(name)
    workload = from_module(module, image, bits=8)
    assert Counter(layer.op for layer in workload.layers) == ops
    assert workload.num_macs == _counted(module, image)
    weights = sum(parameter.numel() for parameter in module.parameters() if parameter.ndim > 1)
    assert sum(layer.num_weights for layer in workload.layers) == weights
    if name == "shufflenet_g3":
        assert Counter(layer.input_runs for layer in workload.layers) == {
            1: 38,
            4: 16,
        }  # 3 runs, and 4 divide a group


def test_weights_replay_from_their_seed():
    first, again, other = (build("squeezenet", seed=seed, classes=3) for seed in (1, 1, 2))
    image = example_input("squeezenet", seed=5, size=33)
    with torch.no_grad():
        logits = first(image)
        assert logits.shape == (1, 3)
        assert torch.equal(logits, again(image))
        assert not torch.equal(logits, other(image))
    assert logits.std() > 1e-3


def test_networks_without_a_seed_have_shapes_alone():
    assert {parameter.device.type for parameter in build("resnet18", classes=7).parameters()} == {"meta"}
    assert build("resnet18", classes=7)(example_input("resnet18")).shape == (1, 7)


@pytest.mark.parametrize(
    ("name", "classes", "message"),
    [
        ("resnet81", 10, "no network is called 'resnet81'; did you mean 'resnet18'?"),
        ("transformer", 10, "no network is called 'transformer'; known: alexnet, vgg16, "),
        ("vgg16", 0, "classes=0; it must be at least 1"),
    ],
)
def test_what_is_not_there_is_named(name, classes, message):
    with pytest.raises(InputError, match=message.replace("?", r"\?")):
        build(name, classes=classes)


def test_every_network_has_an_image_of_its_size():
    assert {name: example_input(name).shape[-1] for name in NETWORKS} == {
        name: 227 if name == "alexnet" else 224 for name in NETWORKS
    }
