"""GoogLeNet."""

import torch
from torch import Tensor, nn

_INCEPTIONS = (
    (192, 64, 96, 128, 16, 32, 32),
    (256, 128, 128, 192, 32, 96, 64),
    (480, 192, 96, 208, 16, 48, 64),
    (512, 160, 112, 224, 24, 64, 64),
    (512, 128, 128, 256, 24, 64, 64),
    (512, 112, 144, 288, 32, 64, 64),
    (528, 256, 160, 320, 32, 128, 128),
    (832, 256, 160, 320, 32, 128, 128),
    (832, 384, 192, 384, 48, 128, 128),
)
"""Input channels; 1x1; 3x3 reduce and 3x3; 5x5 reduce and 5x5; projection behind the pooling."""


class _Inception(nn.Module):
    def __init__(self, channels: int, c1: int, r3: int, c3: int, r5: int, c5: int, projected: int) -> None:
        super().__init__()
        self.branch1 = _conv(channels, c1, 1)
        self.branch3 = nn.Sequential(_conv(channels, r3, 1), _conv(r3, c3, 3))
        self.branch5 = nn.Sequential(_conv(channels, r5, 1), _conv(r5, c5, 5))
        self.pooled = nn.Sequential(nn.MaxPool2d(3, 1, padding=1), _conv(channels, projected, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((self.branch1(x), self.branch3(x), self.branch5(x), self.pooled(x)), dim=1)


class GoogLeNet(nn.Module):
    """GoogLeNet as published, with 5x5 convolutions, biases and no batch norms; without its auxiliary classifiers.

    The local response normalisation is left out: it has no parameters, and the store path cannot compute it.

    Source: Szegedy et al., "Going Deeper with Convolutions", CVPR 2015, table 1.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        blocks = [_Inception(*sizes) for sizes in _INCEPTIONS]
        self.features = nn.Sequential(
            _conv(3, 64, 7, stride=2),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            _conv(64, 64, 1),
            _conv(64, 192, 3),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            *blocks[:2],
            nn.MaxPool2d(3, 2, ceil_mode=True),
            *blocks[2:7],
            nn.MaxPool2d(3, 2, ceil_mode=True),
            *blocks[7:],
        )
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.4), nn.Linear(1024, classes))

    def forward(self, x: Tensor) -> Tensor:
        """Logits of a batch of images."""
        return self.head(self.features(x))


def _conv(channels: int, width: int, kernel: int, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, width, kernel, stride=stride, padding=kernel // 2), nn.ReLU())
