"""Quantised convolution and the inverted residual, shared by the supernet and by the network that is trained."""

import math
from typing import final

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from cosearch.design import Operator
from cosearch.network.geometry import BlockShape
from cosearch.network.quantiser import BitMix, Quantiser


@final
class QuantisedConv(nn.Module):
    """A convolution whose weights are quantised, one signed step per candidate bitwidth for the whole tensor.

    Args:
        widths: Input and output channels.
        bits: Candidate bitwidths of the weights.
        generator: Of the initial weights (Kaiming, fan-out, normal).
    """

    def __init__(
        self,
        widths: tuple[int, int],
        bits: tuple[int, ...],
        generator: Generator,
        *,
        kernel: int = 1,
        stride: int = 1,
        groups: int = 1,
        has_bias: bool = False,
    ) -> None:
        super().__init__()
        self.stride, self.padding, self.groups = stride, kernel // 2, groups
        self.weight = nn.Parameter(torch.empty(widths[1], widths[0] // groups, kernel, kernel))
        deviation = math.sqrt(2 / (kernel * kernel * widths[1] / groups))
        with torch.no_grad():
            self.weight.normal_(0.0, deviation, generator=generator)
        self.bias = nn.Parameter(torch.zeros(widths[1])) if has_bias else None
        self.weight_quantiser = Quantiser(bits, is_signed=True, per_sample=False)

    def forward(self, features: Tensor, mix: BitMix) -> Tensor:
        """Convolve quantised features with the quantised weights."""
        weight = self.weight_quantiser(self.weight, mix)
        return F.conv2d(features, weight, self.bias, self.stride, self.padding, 1, self.groups)


@final
class InvertedResidual(nn.Module):
    """1x1 expansion, depthwise kernel, 1x1 projection, with every tensor quantised where hardware stores it.

    The input is quantised at this block's bits, and it is that quantised tensor which is added to the output. The
    output is not quantised here: it is stored at the bits of whoever reads it.

    Args:
        operator: Kernel, expansion and groups; no skip.
        shape: Of the block.
        weight_bits, activation_bits: Candidates, in pairs: one choice picks both.
        reads_stem: Whether the input comes from a ReLU, and is unsigned.
        generator: Of the initial weights.
    """

    def __init__(
        self,
        operator: Operator,
        shape: BlockShape,
        weight_bits: tuple[int, ...],
        activation_bits: tuple[int, ...],
        generator: Generator,
        *,
        reads_stem: bool,
    ) -> None:
        super().__init__()
        hidden = shape.in_channels * operator.expansion
        self.groups = operator.groups
        self.keeps_shape = shape.keeps_shape
        self.input_quantiser = Quantiser(activation_bits, is_signed=not reads_stem, per_sample=True)
        self.expand = QuantisedConv((shape.in_channels, hidden), weight_bits, generator, groups=operator.groups)
        self.expand_norm = nn.BatchNorm2d(hidden)
        self.expand_quantiser = Quantiser(activation_bits, is_signed=False, per_sample=True)
        self.depthwise = QuantisedConv(
            (hidden, hidden),
            weight_bits,
            generator,
            kernel=operator.kernel,
            stride=shape.stride,
            groups=hidden,
        )
        self.depthwise_norm = nn.BatchNorm2d(hidden)
        self.depthwise_quantiser = Quantiser(activation_bits, is_signed=False, per_sample=True)
        self.project = QuantisedConv((hidden, shape.out_channels), weight_bits, generator, groups=operator.groups)
        self.project_norm = nn.BatchNorm2d(shape.out_channels)

    def forward(self, features: Tensor, mix: BitMix) -> Tensor:
        """Run the block at a bitwidth, a mixture of them, or full precision."""
        features = self.input_quantiser(features, mix)
        hidden = self.expand_quantiser(self.expand_norm(self.expand(features, mix)), mix)
        if self.groups > 1:
            hidden = shuffle_channels(hidden, self.groups)
        hidden = self.depthwise_quantiser(self.depthwise_norm(self.depthwise(hidden, mix)), mix)
        out = self.project_norm(self.project(hidden, mix))
        return out + features if self.keeps_shape else out


def shuffle_channels(features: Tensor, groups: int) -> Tensor:
    """Channel ``g * n + i`` of n a group goes to ``i * groups + g``; keeps channels_last.

    Source: Zhang et al., "ShuffleNet", arXiv 1707.01083, section 3.1.
    """
    num, channels, height, width = features.shape
    last = features.permute(0, 2, 3, 1).reshape(num, height, width, groups, channels // groups)
    return last.transpose(3, 4).reshape(num, height, width, channels).permute(0, 3, 1, 2)


@final
class Stem(nn.Module):
    """Quantised image, 3x3 convolution, batch norm, ReLU. Its output is quantised by whoever reads it."""

    def __init__(self, widths: tuple[int, int], stride: int, kernel: int, bits: int, generator: Generator) -> None:
        super().__init__()
        self.image_quantiser = Quantiser((bits,), is_signed=True, per_sample=True)
        self.conv = QuantisedConv(widths, (bits,), generator, kernel=kernel, stride=stride)
        self.norm = nn.BatchNorm2d(widths[1])

    def forward(self, images: Tensor, mix: BitMix) -> Tensor:
        """Features of normalised images."""
        return torch.relu(self.norm(self.conv(self.image_quantiser(images, mix), mix)))


@final
class Head(nn.Module):
    """1x1 convolution, ReLU, global average pooling and classifier; pooled features are what is stored."""

    def __init__(self, widths: tuple[int, int, int], bits: int, generator: Generator) -> None:
        super().__init__()
        self.input_quantiser = Quantiser((bits,), is_signed=True, per_sample=True)
        self.conv = QuantisedConv((widths[0], widths[1]), (bits,), generator)
        self.norm = nn.BatchNorm2d(widths[1])
        self.pooled_quantiser = Quantiser((bits,), is_signed=False, per_sample=True)
        self.classifier = QuantisedConv((widths[1], widths[2]), (bits,), generator, has_bias=True)

    def forward(self, features: Tensor, mix: BitMix) -> Tensor:
        """Logits, one row an image."""
        hidden = torch.relu(self.norm(self.conv(self.input_quantiser(features, mix), mix)))
        pooled = self.pooled_quantiser(hidden.mean(dim=(2, 3), keepdim=True), mix)
        return self.classifier(pooled, mix).flatten(1)
