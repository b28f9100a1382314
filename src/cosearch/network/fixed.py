"""The network that is trained and deployed: one operator and one pair of bitwidths a block."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Generator, Tensor, nn

from cosearch.design import Block, NetworkSpace
from cosearch.network.describe import check_blocks
from cosearch.network.geometry import STEM_KERNEL, geometry_of
from cosearch.network.operators import Head, InvertedResidual, Stem
from cosearch.network.quantiser import BitMix


@final
class FixedNetwork(nn.Module):
    """One network of a space at its bits: exactly what `workload_of` describes.

    Args:
        space: The space.
        blocks: What was chosen in it.
        generator: Of the initial weights; seed 0 by default.

    Attributes:
        is_quantised: Full precision while False, for a float warm-up.

    Raises:
        WorkloadError: if the space does not hold the network.
    """

    def __init__(self, space: NetworkSpace, blocks: Sequence[Block], generator: Generator | None = None) -> None:
        super().__init__()
        check_blocks(space, blocks)
        generator = generator or torch.Generator().manual_seed(0)
        geometry = geometry_of(space)
        self.space, self.choice = space, tuple(blocks)
        self.is_quantised = True
        self.stem = Stem(
            (space.input[0], space.stem_channels), space.stem_stride, STEM_KERNEL, space.edge_bits, generator
        )
        self.blocks = nn.ModuleDict()
        for index, (block, shape) in enumerate(zip(blocks, geometry.blocks, strict=True)):
            if block.weight_bits is None or block.activation_bits is None:
                continue
            self.blocks[str(index)] = InvertedResidual(
                shape.operators[block.op],
                shape,
                (block.weight_bits,),
                (block.activation_bits,),
                generator,
                reads_stem=index == 0,
            )
        widths = (geometry.head_in_channels, space.head_channels, space.classes)
        self.head = Head(widths, space.edge_bits, generator)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of normalised images, one row an image."""
        mix: BitMix = 0 if self.is_quantised else None
        features = self.stem(images.contiguous(memory_format=torch.channels_last), mix)
        for block in self.blocks.values():
            features = block(features, mix)
        return self.head(features, mix)
