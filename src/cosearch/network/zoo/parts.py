"""Pieces that several known networks share."""

from collections.abc import Callable

from torch import nn


def conv_norm(
    channels: int,
    width: int,
    kernel: int,
    *,
    stride: int = 1,
    groups: int = 1,
    activation: Callable[[], nn.Module] | None = nn.ReLU,
) -> nn.Sequential:
    """A convolution with padding for its kernel, its batch norm and, if any, its activation."""
    layers: list[nn.Module] = [
        nn.Conv2d(channels, width, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(width),
    ]
    return nn.Sequential(*layers, *([activation()] if activation else []))


def classifier(channels: int, classes: int, *, dropout: float = 0.0) -> nn.Sequential:
    """Global average pooling and a fully connected layer."""
    drop = [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), *drop, nn.Linear(channels, classes))
