"""Networks by name."""

import math
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

import torch
from torch import Tensor, nn

from cosearch.errors import InputError
from cosearch.network.zoo.alexnet import AlexNet
from cosearch.network.zoo.densenet import DenseNet
from cosearch.network.zoo.efficientnet import EfficientNet
from cosearch.network.zoo.googlenet import GoogLeNet
from cosearch.network.zoo.mobilenet import MobileNetV2
from cosearch.network.zoo.resnet import ResNet
from cosearch.network.zoo.shufflenet import ShuffleNet
from cosearch.network.zoo.squeezenet import SqueezeNet
from cosearch.network.zoo.vgg import VGG


class Entry(NamedTuple):
    """How a network is made, for how many classes, and the rows and columns of the images it was published for."""

    make: Callable[[int], nn.Module]
    size: int


NETWORKS: Mapping[str, Entry] = MappingProxyType(
    {
        "alexnet": Entry(AlexNet, 227),
        "vgg16": Entry(VGG, 224),
        "resnet18": Entry(partial(ResNet, blocks=(2, 2, 2, 2), bottleneck=False), 224),
        "resnet50": Entry(partial(ResNet, blocks=(3, 4, 6, 3), bottleneck=True), 224),
        "mobilenet_v2": Entry(MobileNetV2, 224),
        "efficientnet_b0": Entry(EfficientNet, 224),
        "squeezenet": Entry(SqueezeNet, 224),
        "googlenet": Entry(GoogLeNet, 224),
        "densenet121": Entry(DenseNet, 224),
        "shufflenet_g3": Entry(ShuffleNet, 224),
    }
)


def build(name: str, *, seed: int | None = None, classes: int = 1000) -> nn.Module:
    """A network in evaluation mode.

    Args:
        name: One of `NETWORKS`.
        seed: Of the random weights; None leaves the network on the meta device, with shapes and no numbers.
        classes: Outputs of the classifier.

    Raises:
        InputError: if no network has this name, or there is no class.
    """
    if name not in NETWORKS:
        near = get_close_matches(name, NETWORKS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(NETWORKS)}"
        raise InputError(f"no network is called {name!r}; {hint}")
    if classes < 1:
        raise InputError(f"classes={classes}; it must be at least 1")
    with torch.device("meta"):
        network = NETWORKS[name].make(classes).eval()
    if seed is not None:
        network.to_empty(device="cpu")
        _initialise(network, torch.Generator().manual_seed(seed))
    return network


def example_input(name: str, *, seed: int | None = None, size: int | None = None) -> Tensor:
    """One image of normal noise for a network; on the meta device without a seed.

    Args:
        name: One of `NETWORKS`.
        seed: Of the noise.
        size: Rows and columns, those it was published for if None.
    """
    size = NETWORKS[name].size if size is None else size
    if seed is None:
        return torch.empty(1, 3, size, size, device="meta")
    return torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(seed))


def _initialise(network: nn.Module, generator: torch.Generator) -> None:
    """He-normal weights, zero biases, neutral batch norms."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
        elif isinstance(module, nn.Conv2d | nn.Linear):
            fan_in = module.weight[0].numel()
            nn.init.normal_(module.weight, std=math.sqrt(2 / fan_in), generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
