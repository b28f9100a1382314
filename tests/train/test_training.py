"""End to end on digits: learns, replays, resumes; and the pieces of the schedule."""

from itertools import pairwise

import pytest
import torch

from cosearch.design import Block, NetworkSpace, Stage
from cosearch.errors import DataError, RunError
from cosearch.network import FixedNetwork, Quantiser
from cosearch.train import (
    DataRecipe,
    FixedTraining,
    Splits,
    TrainRecipe,
    evaluate,
    load_splits,
    parameter_groups,
    schedule,
)

SPACE = NetworkSpace(
    name="digits",
    input=(1, 8, 8),
    classes=10,
    stem_channels=8,
    stages=(Stage(channels=12, blocks=1, stride=2), Stage(channels=12, blocks=1)),
    head_channels=24,
    operators=("k3_e3", "skip"),
    bits=(4, 6, 8),
)
CHOICE = [Block(op="k3_e3", weight_bits=bits, activation_bits=bits) for bits in (6, 4)]


@pytest.fixture(scope="module")
def splits() -> Splits:
    return load_splits(DataRecipe(name="digits", val=300))


@pytest.fixture(scope="module")
def few() -> Splits:
    """Five batches, for what does not depend on how many there are."""
    return load_splits(DataRecipe(name="digits", val=300, train_w=160))


def training(splits: Splits, seed: int = 0, **recipe: object) -> FixedTraining:
    network = FixedNetwork(SPACE, CHOICE, torch.Generator().manual_seed(seed))
    return FixedTraining(network, splits, TrainRecipe.model_validate({"batch_size": 32} | recipe), seed)


def state(network: FixedNetwork) -> torch.Tensor:
    return torch.cat([value.flatten().double() for value in network.state_dict().values()])


def test_a_quantised_network_learns_digits_from_scratch(splits):
    run = training(splits, epochs=8, float_share=0.25)
    results = list(run.epochs())
    assert [r.epoch for r in results] == list(range(1, 9))
    assert [r.is_quantised for r in results] == [False] * 2 + [True] * 6
    assert results[-1].loss < 0.5 * results[0].loss
    assert evaluate(run.network, splits.val, splits.normalisation) >= 0.93


def test_equal_seeds_make_equal_bytes_and_other_seeds_do_not(few):
    def final(seed: int) -> torch.Tensor:
        run = training(few, seed, epochs=2)
        list(run.epochs())
        return state(run.network)

    assert torch.equal(final(0), final(0))
    assert not torch.equal(final(0), final(1))


@pytest.mark.parametrize("left_after", [1, 2])
def test_a_resumed_training_ends_in_the_same_bytes(few, left_after):
    whole = training(few, epochs=3, float_share=0.5)
    list(whole.epochs())
    first = training(few, epochs=3, float_share=0.5)
    for _ in range(left_after):
        first.run_epoch()
    second = training(few, seed=7, epochs=3, float_share=0.5)
    second.load_state_dict(first.state_dict())
    assert second.network.is_quantised == first.network.is_quantised
    assert [r.epoch for r in second.epochs()] == list(range(left_after + 1, 4))
    assert torch.equal(state(second.network), state(whole.network))


def test_steps_are_initialised_at_the_switch_and_not_before(few):
    run = training(few, epochs=2, float_share=0.5)
    quantisers = [module for module in run.network.modules() if isinstance(module, Quantiser)]
    run.run_epoch()
    assert not any(bool(q.is_initialised) for q in quantisers)
    run.run_epoch()
    assert all(bool(q.is_initialised) for q in quantisers)


def test_a_space_for_other_images_is_refused(splits):
    network = FixedNetwork(SPACE.model_copy(update={"input": (1, 28, 28)}), CHOICE)
    with pytest.raises(DataError, match=r"digits has \[1, 8, 8\] images of 10 classes, space 'digits' takes \[1, 28"):
        FixedTraining(network, splits, TrainRecipe(), 0)


def test_the_learning_rate_rises_then_falls_to_zero():
    rates = [schedule(step, 100, 0.1) for step in range(101)]
    assert rates[0] == pytest.approx(1 / 11)
    assert max(rates) == rates[10] == 1
    assert rates[55] == pytest.approx(0.5)
    assert rates[100] == pytest.approx(0)
    assert all(a > b for a, b in pairwise(rates[10:]))


def test_decay_is_for_convolution_weights_alone():
    network = FixedNetwork(SPACE, CHOICE)
    decayed, others = parameter_groups(network, 0.1)
    assert {p.dim() for p in decayed["params"]} == {4}
    assert {p.dim() for p in others["params"]} == {1}
    assert len(decayed["params"]) + len(others["params"]) == len(list(network.parameters()))
    assert (decayed["weight_decay"], others["weight_decay"]) == (0.1, 0.0)


def test_a_training_that_diverges_names_its_rate(few):
    run = training(few, epochs=3, learning_rate=1e30, clip_norm=1e30, warmup_share=0)
    with pytest.raises(RunError, match=r"^the loss is not finite in epoch \d; lower train.learning_rate$"):
        list(run.epochs())


def test_a_loss_that_is_no_number_is_seen_in_the_first_step(few):
    run = training(few, epochs=1)
    for parameter in run.network.parameters():
        torch.nn.init.constant_(parameter, float("nan"))
    steps = []
    run.optimiser.register_step_post_hook(lambda *_: steps.append(1))
    with pytest.raises(RunError, match=r"the loss is not finite in epoch 1; lower train.learning_rate"):
        run.run_epoch()
    assert steps == []


def test_weights_that_are_no_numbers_after_the_last_step_are_seen(few):
    run = training(few, epochs=1)
    run.optimiser.register_step_post_hook(lambda *_: _spoil(run, few))
    with pytest.raises(RunError, match=r"the loss is not finite in epoch 1; lower train.learning_rate"):
        run.run_epoch()


def _spoil(run, few):
    """NaN weights after the last step of the epoch."""
    run.num_steps = getattr(run, "num_steps", 0) + 1
    if run.num_steps == run.stream.num_batches:
        torch.nn.init.constant_(next(run.network.parameters()), float("nan"))
