"""ShuffleNet."""

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from cosearch.network.zoo.parts import classifier, conv_norm

_GROUPS = 3
_STAGES = ((240, 4), (480, 8), (960, 4))
"""Channels and units of each stage."""


class _Unit(nn.Module):
    """Grouped 1x1, shuffle, depthwise 3x3, grouped 1x1; with stride 2 the pooled input joins instead of being added.

    The first 1x1 of the network is not grouped, since its input has only 24 channels.
    """

    def __init__(self, channels: int, width: int, *, first: bool) -> None:
        super().__init__()
        self.halves = channels != width
        middle = width // 4
        out = width - channels if self.halves else width
        stride = 2 if self.halves else 1
        self.reduce = conv_norm(channels, middle, 1, groups=1 if first else _GROUPS)
        self.shuffle = nn.ChannelShuffle(_GROUPS)
        self.depthwise = conv_norm(middle, middle, 3, stride=stride, groups=middle, activation=None)
        self.expand = conv_norm(middle, out, 1, groups=_GROUPS, activation=None)
        self.pool = nn.AvgPool2d(3, 2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.expand(self.depthwise(self.shuffle(self.reduce(x))))
        return relu(torch.cat((self.pool(x), y), dim=1)) if self.halves else relu(x + y)


class ShuffleNet(nn.Module):
    """ShuffleNet of width 1 with 3 groups.

    Source: Zhang, Zhou, Lin, Sun, "ShuffleNet: An Extremely Efficient Convolutional Neural Network for Mobile
    Devices", CVPR 2018, table 1.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [conv_norm(3, 24, 3, stride=2), nn.MaxPool2d(3, 2, padding=1)]
        channels = 24
        for width, depth in _STAGES:
            for _ in range(depth):
                layers.append(_Unit(channels, width, first=channels == 24))
                channels = width
        self.features = nn.Sequential(*layers)
        self.head = classifier(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of a batch of images."""
        return self.head(self.features(x))
