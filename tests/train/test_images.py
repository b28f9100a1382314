"""Data sets: found, read, hashed, refused."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from cosearch.errors import DataError
from cosearch.train import find_fashion_mnist, images_from_datasets, load_images


def write_set(folder: Path, *, size: int = 28, num_labels: int = 4) -> None:
    """Four training images and four test images in upstream's form."""
    folder.mkdir(parents=True, exist_ok=True)
    for prefix in ("train", "t10k"):
        pixels = bytes(i % 256 for i in range(4 * size * size))
        header = bytes((0, 0, 8, 3)) + struct.pack(">3I", 4, size, size)
        (folder / f"{prefix}-images-idx3-ubyte.gz").write_bytes(gzip.compress(header + pixels))
        header = bytes((0, 0, 8, 1)) + struct.pack(">I", num_labels)
        (folder / f"{prefix}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(header + bytes(range(num_labels))))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """No data set of this machine is seen."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("COSEARCH_DATA", raising=False)


def test_fashion_mnist_is_read_from_a_given_folder(tmp_path):
    write_set(tmp_path)
    data = load_images("fashion-mnist", tmp_path)
    assert data.train_images.shape == (4, 1, 28, 28)
    assert data.train_images.dtype == torch.uint8
    assert data.test_labels.tolist() == [0, 1, 2, 3]
    assert (data.augmentation.flip, data.classes) == (True, 10)


def test_the_cache_and_the_environment_are_looked_at_in_order(tmp_path, monkeypatch):
    cache = tmp_path / "cache" / "cosearch" / "fashion-mnist"
    write_set(cache)
    assert find_fashion_mnist() == cache
    monkeypatch.setenv("COSEARCH_DATA", str(tmp_path / "mine"))
    assert find_fashion_mnist() == cache
    write_set(tmp_path / "mine" / "fashion-mnist")
    assert find_fashion_mnist() == tmp_path / "mine" / "fashion-mnist"
    write_set(tmp_path / "mine")
    assert find_fashion_mnist() == tmp_path / "mine"


def test_a_missing_set_says_where_it_was_sought_and_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "is_file", lambda _: False)
    with pytest.raises(DataError, match=r"cache/cosearch/fashion-mnist.*run `make data` or .* --set data.path=DIR"):
        find_fashion_mnist()
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte.gz is missing; run `make data`"):
        load_images("fashion-mnist", tmp_path / "nowhere")


def test_images_of_another_size_and_unequal_counts_are_refused(tmp_path):
    write_set(tmp_path / "small", size=8)
    with pytest.raises(DataError, match=r"images are \[8, 8\], not 28x28"):
        load_images("fashion-mnist", tmp_path / "small")
    write_set(tmp_path / "few", num_labels=3)
    with pytest.raises(DataError, match="4 train images but 3 labels"):
        load_images("fashion-mnist", tmp_path / "few")


def test_digits_are_whole_and_their_hashes_are_known():
    data = load_images("digits")
    assert data.train_images.shape == (1437, 1, 8, 8)
    assert data.test_images.shape == (360, 1, 8, 8)
    assert int(data.train_images.max()) == 255
    hashes = data.hashes()
    assert list(hashes) == [f"digits/{p}" for p in ("train_images", "train_labels", "test_images", "test_labels")]
    assert hashes["digits/test_images"] == "3bf0866715652353c65eb00318e5879d759045fa995d76eba54557b81903312b"


class Listed(torch.utils.data.Dataset):
    """A list as a data set."""

    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        return self.items[index]


def test_any_data_set_becomes_bytes():
    rgb = np.zeros((2, 3, 3), dtype=np.uint8)
    rgb[..., 1] = 7
    data = images_from_datasets("mine", Listed([(rgb, 0)]), Listed([(torch.ones(3, 2, 3) * 0.5, 1)]), classes=2)
    assert data.train_images[0, :, 0, 0].tolist() == [0, 7, 0]
    assert data.test_images.unique().tolist() == [128]
    grey = images_from_datasets("g", *[Listed([(np.full((4, 4), 9, np.uint8), 0)])] * 2, classes=1)
    assert grey.train_images.shape == (1, 1, 4, 4)


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([], "mine: the data set is empty"),
        (
            [(torch.full((1, 2, 2), 3.0), 0)],
            r"image 0 is torch.float32 \[1, 2, 2\]; give uint8, or floats from 0 to 1",
        ),
        ([(torch.zeros(1, 2, 2), 0), (torch.zeros(1, 3, 2), 0)], r"image 1 is \[1, 3, 2\], image 0 \[1, 2, 2\]"),
        ([(torch.zeros(1, 2, 2), 5)], "training labels must lie from 0 to 1"),
    ],
)
def test_a_data_set_of_another_form_is_refused(items, message):
    with pytest.raises(DataError, match=message):
        images_from_datasets("mine", Listed(items), Listed([(torch.zeros(1, 2, 2), 0)]), classes=2)
