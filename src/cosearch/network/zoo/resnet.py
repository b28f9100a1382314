"""ResNet-18 and ResNet-50."""

from collections.abc import Sequence

from torch import Tensor, nn

from cosearch.network.zoo.parts import classifier, conv_norm


class _Block(nn.Module):
    """Two 3x3 convolutions, or 1x1, 3x3 and 1x1 around a narrower middle, beside a shortcut."""

    def __init__(self, channels: int, width: int, stride: int, *, bottleneck: bool) -> None:
        super().__init__()
        out = width * 4 if bottleneck else width
        if bottleneck:
            self.body = nn.Sequential(
                conv_norm(channels, width, 1),
                conv_norm(width, width, 3, stride=stride),
                conv_norm(width, out, 1, activation=None),
            )
        else:
            self.body = nn.Sequential(
                conv_norm(channels, width, 3, stride=stride), conv_norm(width, out, 3, activation=None)
            )
        same = stride == 1 and channels == out
        self.shortcut = nn.Identity() if same else conv_norm(channels, out, 1, stride=stride, activation=None)
        self.activation = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.body(x) + self.shortcut(x))


class ResNet(nn.Module):
    """A residual network for images of 224 pixels; the stride of a bottleneck is in its 3x3 convolution.

    Source: He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", CVPR 2016; the place of the stride as
    in torchvision, from which the published totals are.
    """

    def __init__(self, classes: int, *, blocks: Sequence[int], bottleneck: bool) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_norm(3, 64, 7, stride=2), nn.MaxPool2d(3, 2, padding=1))
        layers: list[nn.Module] = []
        channels = 64
        for stage, depth in enumerate(blocks):
            width = 64 * 2**stage
            for index in range(depth):
                stride = 2 if stage > 0 and index == 0 else 1
                layers.append(_Block(channels, width, stride, bottleneck=bottleneck))
                channels = width * 4 if bottleneck else width
        self.blocks = nn.Sequential(*layers)
        self.head = classifier(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of a batch of images."""
        return self.head(self.blocks(self.stem(x)))
