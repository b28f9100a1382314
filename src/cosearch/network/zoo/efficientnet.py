"""EfficientNet-B0."""

from torch import Tensor, nn

from cosearch.network.zoo.parts import classifier, conv_norm

_STAGES = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
"""Expansion, channels, blocks, first stride and kernel of each stage."""


class _SqueezeExcite(nn.Module):
    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.squeeze = nn.Conv2d(channels, squeezed, 1)
        self.activation = nn.SiLU()
        self.excite = nn.Conv2d(squeezed, channels, 1)
        self.gate = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(self.excite(self.activation(self.squeeze(self.pool(x)))))


class _Block(nn.Module):
    def __init__(self, channels: int, width: int, stride: int, expansion: int, kernel: int) -> None:
        super().__init__()
        hidden = channels * expansion
        expand = [conv_norm(channels, hidden, 1, activation=nn.SiLU)] if expansion > 1 else []
        self.body = nn.Sequential(
            *expand,
            conv_norm(hidden, hidden, kernel, stride=stride, groups=hidden, activation=nn.SiLU),
            _SqueezeExcite(hidden, channels // 4),
            conv_norm(hidden, width, 1, activation=None),
        )
        self.keeps_shape = stride == 1 and channels == width

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x) if self.keeps_shape else self.body(x)


class EfficientNet(nn.Module):
    """EfficientNet-B0.

    Source: Tan, Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [conv_norm(3, 32, 3, stride=2, activation=nn.SiLU)]
        channels = 32
        for expansion, width, depth, first, kernel in _STAGES:
            for index in range(depth):
                layers.append(_Block(channels, width, first if index == 0 else 1, expansion, kernel))
                channels = width
        layers.append(conv_norm(channels, 1280, 1, activation=nn.SiLU))
        self.features = nn.Sequential(*layers)
        self.head = classifier(1280, classes, dropout=0.2)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of a batch of images."""
        return self.head(self.features(x))
