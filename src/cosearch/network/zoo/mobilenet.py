"""MobileNetV2."""

from torch import Tensor, nn

from cosearch.network.zoo.parts import classifier, conv_norm

_STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Expansion, channels, blocks and first stride of each stage."""


class _InvertedResidual(nn.Module):
    def __init__(self, channels: int, width: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = channels * expansion
        expand = [conv_norm(channels, hidden, 1, activation=nn.ReLU6)] if expansion > 1 else []
        self.body = nn.Sequential(
            *expand,
            conv_norm(hidden, hidden, 3, stride=stride, groups=hidden, activation=nn.ReLU6),
            conv_norm(hidden, width, 1, activation=None),
        )
        self.keeps_shape = stride == 1 and channels == width

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x) if self.keeps_shape else self.body(x)


class MobileNetV2(nn.Module):
    """MobileNetV2 of width 1.

    Source: Sandler, Howard, Zhu, Zhmoginov, Chen, "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR
    2018, table 2.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [conv_norm(3, 32, 3, stride=2, activation=nn.ReLU6)]
        channels = 32
        for expansion, width, depth, first in _STAGES:
            for index in range(depth):
                layers.append(_InvertedResidual(channels, width, first if index == 0 else 1, expansion))
                channels = width
        layers.append(conv_norm(channels, 1280, 1, activation=nn.ReLU6))
        self.features = nn.Sequential(*layers)
        self.head = classifier(1280, classes, dropout=0.2)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of a batch of images."""
        return self.head(self.features(x))
