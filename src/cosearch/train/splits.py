"""Named splits of a data set, and the one guarded way to the test set."""

from dataclasses import dataclass
from pathlib import Path
from typing import final

import torch
from jaxtyping import Float, Int, UInt8
from pydantic import Field
from torch import Tensor

from cosearch.design import NetworkSpace
from cosearch.errors import DataError
from cosearch.records import Record
from cosearch.train.images import DataName, ImageData, load_images


class DataRecipe(Record):
    """Which data, and how it is split.

    Attributes:
        path: Folder of the files; None looks where the data usually lies.
        train_w: Images for weights, batch norm and quantisers; None takes all that remain.
        train_arch: Images for the logits of operators and bits.
        val: Images for every selection and score.
        seed: Of the permutation that splits the official training images.
    """

    name: DataName = "fashion-mnist"
    path: Path | None = None
    train_w: int | None = Field(default=None, ge=1)
    train_arch: int = Field(default=0, ge=0)
    val: int = Field(default=5000, ge=1)
    seed: int = Field(default=0, ge=0, le=2**62)


@dataclass(frozen=True, slots=True, eq=False)
class ImageSplit:
    """Images of one named split, in memory, 8 bits a channel."""

    name: str
    images: UInt8[Tensor, "images channels height width"]
    labels: Int[Tensor, " images"]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True, eq=False)
class Normalisation:
    """Mean and standard deviation of every channel, on pixels from 0 to 1."""

    mean: Float[Tensor, " channels"]
    deviation: Float[Tensor, " channels"]

    def __call__(
        self, images: UInt8[Tensor, "images channels height width"]
    ) -> Float[Tensor, "images channels height width"]:
        """Normalised images, channels last in memory."""
        scale = 1 / (255 * self.deviation)
        values = images.to(torch.float32, memory_format=torch.channels_last)
        return values * scale[:, None, None] - (self.mean / self.deviation)[:, None, None]


@final
class Splits:
    """`train_w`, `train_arch` and `val` of the official training images; the official test set behind a counter.

    Args:
        data: The images.
        recipe: Sizes and seed.

    Attributes:
        normalisation: Computed on all training images but `val`.

    Raises:
        DataError: if there are fewer images than the sizes ask for.
    """

    def __init__(self, data: ImageData, recipe: DataRecipe) -> None:
        available = len(data.train_labels)
        held = recipe.train_arch + recipe.val
        num_weights = available - held if recipe.train_w is None else recipe.train_w
        if num_weights < 1 or num_weights + held > available:
            raise DataError(
                f"{data.name} has {available} training images; train_w, train_arch={recipe.train_arch} and "
                f"val={recipe.val} need {max(num_weights, 1) + held}; make them smaller"
            )
        generator = torch.Generator().manual_seed(recipe.seed)
        order = torch.randperm(available, generator=generator)
        val, arch, weights = order[: held + num_weights].split([recipe.val, recipe.train_arch, num_weights])
        self._data = data
        self._test_reads: list[str] = []
        self.name, self.classes, self.augmentation = data.name, data.classes, data.augmentation
        self.val = self._split("val", val)
        self.train_arch = self._split("train_arch", arch)
        self.train_w = self._split("train_w", weights)
        self.normalisation = _normalisation(self.training.images)

    @property
    def training(self) -> ImageSplit:
        """`train_w` and `train_arch` together, for training a network that has been chosen."""
        return ImageSplit(
            "train_w+train_arch",
            torch.cat([self.train_w.images, self.train_arch.images]),
            torch.cat([self.train_w.labels, self.train_arch.labels]),
        )

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        channels, height, width = self.val.images.shape[1:]
        return channels, height, width

    def hashes(self) -> dict[str, str]:
        """SHA-256 of the data set's arrays, by name; no image is looked at."""
        return self._data.hashes()

    @property
    def test_reads(self) -> tuple[str, ...]:
        """The reasons for which the test set was read, in order."""
        return tuple(self._test_reads)

    def read_test(self, reason: str) -> ImageSplit:
        """The test set; every call is counted.

        Args:
            reason: Such as ``final accuracy, seed 0``; for the manifest.
        """
        self._test_reads.append(reason)
        return ImageSplit("test", self._data.test_images, self._data.test_labels)

    def _split(self, name: str, indices: Tensor) -> ImageSplit:
        return ImageSplit(name, self._data.train_images[indices], self._data.train_labels[indices])


def load_splits(recipe: DataRecipe) -> Splits:
    """Read a known data set and split it.

    Raises:
        DataError: if files are missing or wrong, or there are too few images.
    """
    return Splits(load_images(recipe.name, recipe.path), recipe)


def _normalisation(images: UInt8[Tensor, "images channels height width"]) -> Normalisation:
    """Exact moments from counts of the 256 values, whatever the order of the images."""
    means: list[Tensor] = []
    deviations: list[Tensor] = []
    levels = torch.arange(256, dtype=torch.float64) / 255
    for channel in range(images.shape[1]):
        counts = torch.bincount(images[:, channel].flatten(), minlength=256).double()
        mean = (counts * levels).sum() / counts.sum()
        variance = (counts * (levels - mean) ** 2).sum() / counts.sum()
        means.append(mean)
        deviations.append(variance.sqrt().clamp_min(1 / 255))
    return Normalisation(torch.stack(means).float(), torch.stack(deviations).float())


def check_data(space: NetworkSpace, splits: Splits) -> None:
    """See that a space takes the images of a data set and has its classes.

    Raises:
        DataError: if it does not.
    """
    if space.input != splits.input_shape or space.classes != splits.classes:
        raise DataError(
            f"{splits.name} has {list(splits.input_shape)} images of {splits.classes} classes, space "
            f"{space.name!r} takes {list(space.input)} of {space.classes}; change the space or the data"
        )
