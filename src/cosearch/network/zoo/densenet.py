"""DenseNet-121."""

import torch
from torch import Tensor, nn

_GROWTH = 32
_BLOCKS = (6, 12, 24, 16)


class _DenseLayer(nn.Module):
    """1x1 and 3x3 convolution, each behind its batch norm; its output joins its input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        middle = 4 * _GROWTH
        self.body = nn.Sequential(
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, middle, 1, bias=False),
            nn.BatchNorm2d(middle),
            nn.ReLU(),
            nn.Conv2d(middle, _GROWTH, 3, padding=1, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((x, self.body(x)), dim=1)


class DenseNet(nn.Module):
    """DenseNet-121, growth 32.

    Source: Huang, Liu, van der Maaten, Weinberger, "Densely Connected Convolutional Networks", CVPR 2017, table 1.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, padding=1),
        ]
        channels = 64
        for block, depth in enumerate(_BLOCKS):
            for _ in range(depth):
                layers.append(_DenseLayer(channels))
                channels += _GROWTH
            layers += [nn.BatchNorm2d(channels), nn.ReLU()]
            if block + 1 < len(_BLOCKS):
                layers += [nn.Conv2d(channels, channels // 2, 1, bias=False), nn.AvgPool2d(2)]
                channels //= 2
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))

    def forward(self, x: Tensor) -> Tensor:
        """Logits of a batch of images."""
        return self.head(self.features(x))
