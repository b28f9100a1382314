"""Splits: disjoint, replayed from a seed, the test set behind a counter."""

import pytest
import torch
from pydantic import ValidationError

from cosearch.design import NetworkSpace, Stage
from cosearch.errors import DataError
from cosearch.train import Augmentation, DataRecipe, ImageData, Splits, check_data, load_splits


@pytest.fixture
def numbered() -> ImageData:
    """Two-pixel images that hold their own number."""
    pixels = torch.arange(100, dtype=torch.uint8)[:, None, None, None].expand(100, 1, 1, 2).contiguous()
    labels = torch.arange(100) % 10
    return ImageData("numbered", 10, pixels, labels, pixels[:20], labels[:20], Augmentation())


def numbers(split) -> list[int]:
    return split.images[:, 0, 0, 0].tolist()


def test_splits_are_disjoint_and_of_the_sizes_asked_for(numbered):
    splits = Splits(numbered, DataRecipe(train_w=30, train_arch=20, val=10))
    parts = [numbers(splits.train_w), numbers(splits.train_arch), numbers(splits.val)]
    assert [len(part) for part in parts] == [30, 20, 10]
    assert len({n for part in parts for n in part}) == 60
    assert [int(n) % 10 for n in parts[0]] == splits.train_w.labels.tolist()
    assert sorted(numbers(splits.training)) == sorted(parts[0] + parts[1])


def test_train_w_takes_what_remains(numbered):
    assert len(Splits(numbered, DataRecipe(train_arch=20, val=10)).train_w) == 70


def test_a_seed_fixes_the_splits_and_val_does_not_depend_on_the_other_sizes(numbered):
    def val(**sizes) -> list[int]:
        return numbers(Splits(numbered, DataRecipe(val=10, **sizes)).val)

    assert val(train_w=30, seed=1) == val(train_arch=40, seed=1)
    assert val(seed=1) != val(seed=2)


def test_the_test_set_counts_its_reads(numbered):
    splits = Splits(numbered, DataRecipe(val=10))
    assert splits.test_reads == ()
    assert len(splits.read_test("final accuracy, seed 0")) == 20
    splits.read_test("final accuracy, seed 1")
    assert splits.test_reads == ("final accuracy, seed 0", "final accuracy, seed 1")


def test_normalisation_is_that_of_the_training_images_without_val(numbered):
    splits = Splits(numbered, DataRecipe(val=10))
    values = splits.training.images.double() / 255
    assert float(splits.normalisation.mean) == pytest.approx(float(values.mean()), rel=1e-6)
    assert float(splits.normalisation.deviation) == pytest.approx(float(values.std(correction=0)), rel=1e-6)
    normal = splits.normalisation(splits.training.images)
    assert float(normal.mean()) == pytest.approx(0, abs=1e-5)
    assert float(normal.std(correction=0)) == pytest.approx(1, abs=1e-5)


def test_too_few_images_are_refused_with_the_numbers(numbered):
    with pytest.raises(DataError, match=r"numbered has 100 training images; .*val=90 need 111; make them smaller"):
        Splits(numbered, DataRecipe(train_arch=20, val=90))


def test_digits_split_from_their_recipe():
    splits = load_splits(DataRecipe(name="digits", val=200, train_arch=300))
    assert [len(s) for s in (splits.train_w, splits.train_arch, splits.val)] == [937, 300, 200]
    assert splits.input_shape == (1, 8, 8)


def test_data_are_held_against_a_space() -> None:
    splits = load_splits(DataRecipe(name="digits", val=100))
    space = NetworkSpace(
        name="other",
        input=(1, 8, 8),
        classes=10,
        stem_channels=8,
        stages=(Stage(channels=8, blocks=1),),
        head_channels=8,
        operators=("k3_e1", "skip"),
        bits=(4,),
    )
    check_data(space, splits)
    for update, takes in (({"classes": 5}, "[1, 8, 8] of 5"), ({"input": (3, 8, 8)}, "[3, 8, 8] of 10")):
        with pytest.raises(DataError) as caught:
            check_data(space.model_copy(update=update), splits)
        assert str(caught.value) == (
            f"digits has [1, 8, 8] images of 10 classes, space 'other' takes {takes}; change the space or the data"
        )


@pytest.mark.parametrize("seed", [-1, 2**62 + 1])
def test_a_seed_that_no_generator_takes_is_refused(seed: int) -> None:
    with pytest.raises(ValidationError, match="seed"):
        DataRecipe(seed=seed)
