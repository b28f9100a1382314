"""Data sets of images in memory, and where they are found."""

import hashlib
import os
from collections.abc import Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import torch
from jaxtyping import Int, UInt8
from torch import Tensor
from torch.utils.data import Dataset

from cosearch.errors import DataError
from cosearch.train.augment import Augmentation
from cosearch.train.idx import read_idx

DataName = Literal["fashion-mnist", "digits"]
_FASHION_SIZE = 28
_TEST_SHARE = 5


@dataclass(frozen=True, slots=True, eq=False)
class ImageData:
    """Official training and test images, 8 bits a channel.

    Attributes:
        name: For messages and the manifest.
        train_images, test_images: [images, channels, height, width].
        train_labels, test_labels: From 0 to ``classes - 1``.
        augmentation: What suits the images.
    """

    name: str
    classes: int
    train_images: UInt8[Tensor, "train channels height width"]
    train_labels: Int[Tensor, " train"]
    test_images: UInt8[Tensor, "test channels height width"]
    test_labels: Int[Tensor, " test"]
    augmentation: Augmentation

    def __post_init__(self) -> None:
        for part, labels in (("training", self.train_labels), ("test", self.test_labels)):
            if len(labels) == 0 or int(labels.min()) < 0 or int(labels.max()) >= self.classes:
                raise DataError(f"{self.name}: {part} labels must lie from 0 to {self.classes - 1}")
        if self.train_images.shape[1:] != self.test_images.shape[1:]:
            raise DataError(f"{self.name}: training and test images differ in shape; give one shape")

    def hashes(self) -> dict[str, str]:
        """SHA-256 of the arrays, whatever files they came in."""
        return {
            f"{self.name}/{part}": hashlib.sha256(array.contiguous().numpy().tobytes()).hexdigest()
            for part, array in (
                ("train_images", self.train_images),
                ("train_labels", self.train_labels.to(torch.uint8)),
                ("test_images", self.test_images),
                ("test_labels", self.test_labels.to(torch.uint8)),
            )
        }


def load_images(name: DataName, path: Path | None = None) -> ImageData:
    """A known data set.

    Args:
        name: ``fashion-mnist`` or ``digits``.
        path: Folder of the files; by default where `find_fashion_mnist` looks. Digits need none.

    Raises:
        DataError: if files are missing or wrong.
    """
    if name == "digits":
        return _digits()
    return _fashion_mnist(path if path is not None else find_fashion_mnist())


def find_fashion_mnist() -> Path:
    """The folder that holds Fashion-MNIST: ``$COSEARCH_DATA``, the cache, or Debian's package.

    Raises:
        DataError: if none does.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folders = [cache / "cosearch" / "fashion-mnist", Path("/usr/share/datasets/fashion-mnist")]
    if given := os.environ.get("COSEARCH_DATA"):
        folders = [Path(given), Path(given) / "fashion-mnist", *folders]
    for folder in folders:
        if (folder / "train-images-idx3-ubyte.gz").is_file():
            return folder
    raise DataError(
        f"fashion-mnist is not in {', '.join(map(str, folders))}; "
        "run `make data` or give its folder with --set data.path=DIR"
    )


def images_from_datasets(
    name: str,
    train: Dataset[Any],
    test: Dataset[Any],
    *,
    classes: int,
    augmentation: Augmentation | None = None,
) -> ImageData:
    """Any pair of map-style PyTorch data sets, read into memory once.

    Args:
        name: For messages and the manifest.
        train: Yields (image, label). An image is a uint8 array, a PIL image or a float tensor from 0 to 1; of shape
            [height, width] or [channels, height, width] as a tensor, [height, width, channels] otherwise.
        test: The same.
        classes: Labels lie from 0 to one less.
        augmentation: None by default.

    Raises:
        DataError: if an item is of another form.
    """
    train_images, train_labels = _collect(name, train)
    test_images, test_labels = _collect(name, test)
    return ImageData(
        name=name,
        classes=classes,
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
        augmentation=augmentation or Augmentation(),
    )


def _fashion_mnist(folder: Path) -> ImageData:
    parts: list[Tensor] = []
    for prefix in ("train", "t10k"):
        images = read_idx(folder / f"{prefix}-images-idx3-ubyte.gz", 3)
        if tuple(images.shape[1:]) != (_FASHION_SIZE, _FASHION_SIZE):
            raise DataError(f"{folder}: images are {list(images.shape[1:])}, not 28x28; give the original files")
        labels = read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz", 1).long()
        if len(images) != len(labels):
            raise DataError(
                f"{folder}: {len(images)} {prefix} images but {len(labels)} labels; give the original files"
            )
        parts += [images.unsqueeze(1), labels]
    return ImageData("fashion-mnist", 10, *parts, augmentation=Augmentation(flip=True))


def _digits() -> ImageData:
    """scikit-learn's digits with every fifth held out; it has no official test set."""
    from sklearn.datasets import load_digits  # slow to import, and no other data set needs it

    bunch = cast(Any, load_digits())
    images = torch.from_numpy(np.round(bunch.images * (255 / 16)).astype(np.uint8)).unsqueeze(1)
    labels = torch.from_numpy(np.asarray(bunch.target, dtype=np.int64))
    is_test = torch.arange(len(labels)) % _TEST_SHARE == 0
    return ImageData(
        "digits",
        10,
        images[~is_test],
        labels[~is_test],
        images[is_test],
        labels[is_test],
        augmentation=Augmentation(shift=1),
    )


def _collect(name: str, dataset: Dataset[Any]) -> tuple[Tensor, Tensor]:
    images: list[Tensor] = []
    labels: list[int] = []
    for index in range(len(cast(Sized, dataset))):
        image, label = dataset[index]
        images.append(_as_bytes(name, index, image))
        labels.append(int(label))
        if images[-1].shape != images[0].shape:
            raise DataError(
                f"{name}: image {index} is {list(images[-1].shape)}, image 0 {list(images[0].shape)}; give one shape"
            )
    if not images:
        raise DataError(f"{name}: the data set is empty")
    return torch.stack(images), torch.tensor(labels)


def _as_bytes(name: str, index: int, image: Any) -> Tensor:
    """One image as uint8 [channels, height, width]."""
    is_tensor = isinstance(image, Tensor)
    values = image if is_tensor else torch.from_numpy(np.array(image))
    if values.dim() == 2:
        values = values.unsqueeze(0)
    elif values.dim() == 3 and not is_tensor:
        values = values.permute(2, 0, 1)
    if values.dim() == 3 and values.dtype == torch.uint8:
        return values.contiguous()
    is_unit = values.is_floating_point() and float(values.min()) >= 0 and float(values.max()) <= 1
    if values.dim() != 3 or not is_unit:
        raise DataError(
            f"{name}: image {index} is {values.dtype} {list(values.shape)}; give uint8, or floats from 0 to 1"
        )
    return (values * 255).round().to(torch.uint8).contiguous()
