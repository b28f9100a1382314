"""Batches: each image once a pass, the same again from a state; augmentation moves pixels and loses none it shows."""

import pytest
import torch

from cosearch.errors import DataError
from cosearch.train import Augmentation, BatchStream, ImageSplit, Normalisation, ordered_batches

PLAIN = Normalisation(torch.zeros(1), torch.ones(1))


def split_of(num: int) -> ImageSplit:
    images = torch.arange(num, dtype=torch.uint8)[:, None, None, None].expand(num, 1, 5, 4).contiguous()
    return ImageSplit("train_w", images, torch.arange(num))


def stream(seed: int = 0, augmentation: Augmentation | None = None) -> BatchStream:
    return BatchStream(split_of(50), PLAIN, 8, torch.Generator().manual_seed(seed), augmentation)


def test_a_pass_shows_each_image_at_most_once_and_labels_go_with_images():
    batches = list(stream().one_pass())
    assert len(batches) == 6
    labels = torch.cat([labels for _, labels in batches])
    assert len(labels.unique()) == 48
    for images, labels in batches:
        assert torch.allclose(images[:, 0, 0, 0] * 255, labels.float(), atol=1e-4)
        assert images.is_contiguous(memory_format=torch.channels_last)


def test_passes_differ_and_seeds_replay():
    one, two = stream(), stream()
    first = [labels.tolist() for _, labels in one.one_pass()]
    assert [labels.tolist() for _, labels in two.one_pass()] == first
    assert [labels.tolist() for _, labels in one.one_pass()] != first
    assert [labels.tolist() for _, labels in stream(1).one_pass()] != first


def test_a_stream_resumes_in_the_middle_of_a_pass():
    augmentation = Augmentation(flip=True, shift=1)
    one, other = stream(0, augmentation), stream(9, augmentation)
    for _ in range(4):
        one.next_batch()
    other.load_state_dict(one.state_dict())
    for _ in range(5):
        (images, labels), (again, same) = one.next_batch(), other.next_batch()
        assert torch.equal(images, again)
        assert torch.equal(labels, same)


def test_a_batch_above_the_split_is_refused():
    with pytest.raises(DataError, match="split train_w has 50 images; a batch of 64 is impossible"):
        BatchStream(split_of(50), PLAIN, 64, torch.Generator())


def test_ordered_batches_show_all_images_once():
    labels = torch.cat([labels for _, labels in ordered_batches(split_of(50), PLAIN, 8)])
    assert labels.tolist() == list(range(50))


def test_flips_and_shifts_are_the_ones_meant():
    image = torch.arange(1, 13, dtype=torch.uint8).reshape(1, 1, 3, 4)
    images = image.expand(400, 1, 3, 4)
    flipped = Augmentation(flip=True)(images, torch.Generator().manual_seed(0))
    is_mirrored = (flipped == image.flip(3)).flatten(1).all(dim=1)
    is_same = (flipped == image).flatten(1).all(dim=1)
    assert (is_mirrored ^ is_same).all()
    assert 150 < int(is_mirrored.sum()) < 250
    shifted = Augmentation(shift=1)(images, torch.Generator().manual_seed(0))
    padded = torch.nn.functional.pad(image, (1, 1, 1, 1))[0, 0]
    windows = {tuple(padded[y : y + 3, x : x + 4].flatten().tolist()) for y in range(3) for x in range(3)}
    assert {tuple(s.flatten().tolist()) for s in shifted} == windows


def test_no_augmentation_leaves_images_alone():
    images = split_of(5).images
    assert Augmentation()(images, torch.Generator()) is images
