"""Data of another space and rates that are too high end a search at once, with the way out."""

import pytest
import torch

from cosearch.errors import DataError, RunError
from cosearch.search import load_recipe
from cosearch.search.joint import JointSearch
from cosearch.train import DataRecipe, Splits, load_splits


@pytest.fixture(scope="module")
def splits() -> Splits:
    return load_splits(DataRecipe(name="digits", train_w=64, train_arch=64, val=50))


def _search(splits, *overrides):
    return JointSearch(load_recipe("digits", ["search.val_images=50", *overrides]), splits, None)


@pytest.mark.parametrize(
    ("override", "takes"), [("space.classes=5", r"\[1, 8, 8\] of 5"), ("space.input=[3, 8, 8]", r"\[3, 8, 8\] of 10")]
)
def test_data_of_another_space_are_refused_before_anything_runs(splits, override, takes):
    message = rf"digits has \[1, 8, 8\] images of 10 classes, space 'digits' takes {takes}; change the space"
    with pytest.raises(DataError, match=message):
        _search(splits, override)


def test_weights_that_diverge_name_their_rate(splits):
    search = _search(splits, "search.weight_lr=1e30", "search.clip_norm=1e30", "search.warmup_epochs=1")
    with pytest.raises(RunError, match=r"the loss is not finite in epoch \d; lower search.weight_lr"):
        list(search.epochs())


@pytest.mark.parametrize("warmup_epochs", [0, 1])
def test_weights_that_are_no_numbers_are_seen_in_the_first_step(splits, warmup_epochs):
    search = _search(splits, f"search.warmup_epochs={warmup_epochs}")
    for parameter in search.supernet.parameters():
        torch.nn.init.constant_(parameter, float("nan"))
    with pytest.raises(RunError, match=r"the loss is not finite in epoch 1; lower search.weight_lr"):
        search.run_epoch()
    assert not search.weight_optimiser.state


def test_weights_that_are_no_numbers_after_the_last_step_are_seen(splits):
    search = _search(splits, "search.warmup_epochs=1", "search.weight_steps=1")
    parameter = next(search.supernet.parameters())

    def spoil(*_):
        torch.nn.init.constant_(parameter, float("nan"))

    search.weight_optimiser.register_step_post_hook(spoil)
    with pytest.raises(RunError, match=r"the loss is not finite in epoch 1; lower search.weight_lr"):
        search.run_epoch()


def test_logits_that_diverge_name_their_rate(splits):
    search = _search(splits, "search.warmup_epochs=0")
    search.arch_optimiser.primal_optimizers[0].param_groups[0]["lr"] = float("inf")
    with pytest.raises(RunError, match=r"the loss is not finite in epoch 1; lower search.arch_lr"):
        search.run_epoch()


def test_the_temperature_has_a_floor(splits):
    search = _search(splits, "search.temperature_decay=1e-200")
    search.epoch = 6
    assert search.temperature == 1e-3
    search.epoch = 0
    assert search.temperature == 5.0
