"""Light augmentation of 8-bit images, reproducible from a generator."""

import torch
from jaxtyping import UInt8
from pydantic import Field
from torch import Generator, Tensor

from cosearch.records import Record


class Augmentation(Record):
    """What is done to every training image, at random.

    Attributes:
        flip: Mirror left and right in half of the cases.
        shift: Move by up to so many pixels along both axes; zeros come in.
    """

    flip: bool = False
    shift: int = Field(default=0, ge=0)

    def __call__(
        self, images: UInt8[Tensor, "images channels height width"], generator: Generator
    ) -> UInt8[Tensor, "images channels height width"]:
        """Augmented copies, each image on its own."""
        num, _, height, width = images.shape
        rows = torch.arange(height).expand(num, height)
        columns = torch.arange(width).expand(num, width)
        if self.flip:
            mirrored = torch.rand(num, 1, generator=generator) < 0.5
            columns = torch.where(mirrored, width - 1 - columns, columns)
        if self.shift:
            images = torch.nn.functional.pad(images, (self.shift,) * 4)
            offsets = torch.randint(0, 2 * self.shift + 1, (2, num, 1), generator=generator)
            rows, columns = rows + offsets[0], columns + offsets[1]
        elif not self.flip:
            return images
        which = torch.arange(num)[:, None, None]
        moved = images.permute(0, 2, 3, 1)[which, rows[:, :, None], columns[:, None, :]]
        return moved.permute(0, 3, 1, 2)
