import io
from typing import final

import pytest
import torch

from cosearch.search import load_recipe
from cosearch.search.hardware import AbstractHardwarePrice, Priced
from cosearch.search.joint import JointSearch
from cosearch.search.step_losses import path_loss
from cosearch.train import ImageSplit, load_splits

TINY = (
    "search.warmup_epochs=2",
    "search.epochs=2",
    "search.weight_steps=5",
    "search.arch_steps=3",
    "search.val_images=50",
    "search.recalibration_batches=1",
)


def _recipe(*more):
    return load_recipe("digits", [*TINY, *more])


@final
class _NoisyPrice(AbstractHardwarePrice):
    """Large operators break a limit, by an amount that is drawn."""

    def __init__(self):
        self.on_call = lambda: None

    def __call__(self, architecture, generator):
        self.on_call()
        large = architecture.op_probs()[:, 1].mean()
        return Priced(large + torch.rand((), generator=generator), {"expected_violation": float(large.detach())})


@pytest.fixture(scope="module")
def splits():
    return load_splits(_recipe().data)


@pytest.fixture
def own_splits():
    """Splits whose labels a test may change."""
    return load_splits(_recipe().data)


def _copied(state):
    """The state as a checkpoint gives it back."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    buffer.seek(0)
    return torch.load(buffer, weights_only=True)


def _flat(value, where=""):
    """Every leaf of a nested state by its place."""
    if isinstance(value, dict):
        return {k: v for key, item in value.items() for k, v in _flat(item, f"{where}/{key}").items()}
    if isinstance(value, list | tuple):
        return {k: v for i, item in enumerate(value) for k, v in _flat(item, f"{where}/{i}").items()}
    return {where: value}


def _differences(one, other):
    one, other = _flat(one), _flat(other)
    assert one.keys() == other.keys()
    return [
        place
        for place, value in one.items()
        if not (torch.equal(value, other[place]) if isinstance(value, torch.Tensor) else value == other[place])
    ]


@pytest.mark.parametrize(
    "more", [(), ("search.precision=sampled", "search.estimator=gumbel-top-k")], ids=["default", "sampled"]
)
def test_a_run_left_after_any_epoch_goes_on_bit_for_bit(splits, more):
    recipe = _recipe(*more)
    whole = JointSearch(recipe, splits, _NoisyPrice())
    states, reports = [], []
    for report in whole.epochs():
        states.append(_copied(whole.state_dict()))
        reports.append(report)
    assert [report.stage for report in reports] == ["warmup", "warmup", "search", "search"]
    assert whole.problem.multiplier > 0
    for left in (1, 2, 3):
        resumed = JointSearch(recipe.model_copy(update={"seed": 9}), splits, _NoisyPrice())
        resumed.load_state_dict(_copied(states[left - 1]))
        assert list(resumed.epochs()) == reports[left:]
        assert _differences(resumed.state_dict(), states[-1]) == []


def test_equal_seeds_give_equal_states_and_others_do_not(splits):
    one, same, other = (
        JointSearch(_recipe("search.epochs=1", "search.warmup_epochs=0", f"seed={seed}"), splits, None)
        for seed in (3, 3, 4)
    )
    reports = [joint.run_epoch() for joint in (one, same, other)]
    assert reports[0] == reports[1] != reports[2]
    assert _differences(one.state_dict(), same.state_dict()) == []


def test_logits_and_multiplier_rest_in_the_warmup_and_move_afterwards(splits):
    joint = JointSearch(_recipe(), splits, _NoisyPrice())
    for _ in range(2):
        report = joint.run_epoch()
        assert not joint.architecture.op_logits.any()
        assert not joint.architecture.bit_logits.any()
        assert joint.problem.multiplier == 0
        assert "arch_loss" not in report.numbers
    report = joint.run_epoch()
    assert float(joint.architecture.op_logits.detach()[joint.architecture.mask].abs().min()) > 1e-3
    assert joint.architecture.bit_logits.any()
    assert report.numbers["multiplier"] == joint.problem.multiplier > 0


def test_the_temperature_falls_from_the_first_search_epoch_on(splits):
    joint = JointSearch(_recipe("search.temperature=4", "search.temperature_decay=0.5"), splits, None)
    seen = []
    while joint.epoch < joint.num_epochs:
        seen.append(joint.temperature)
        joint.run_epoch()
    assert seen == [4, 4, 4, 2]


def test_weight_steps_descend_on_the_loss_they_are_given(splits):
    seen = []

    def frozen(supernet, path, images, labels, full_precision):
        seen.append((len(path), len(images) == len(labels), full_precision))
        return 0.0 * path_loss(supernet, path, images, labels, full_precision)

    joint = JointSearch(_recipe("search.weight_decay=0"), splits, None, weight_loss=frozen)
    before = {name: value.detach().clone() for name, value in joint.supernet.named_parameters()}
    numbers = [joint.run_epoch().numbers for _ in range(2)]
    assert [row["train_loss"] for row in numbers] == [0, 0]
    assert seen == [(joint.architecture.space.num_blocks, True, True)] * 10
    assert all(torch.equal(before[name], value) for name, value in joint.supernet.named_parameters())


def test_a_penalty_moves_the_logits_and_learns_how_far_the_search_is(splits):
    shares = []

    def large_costs(architecture, share):
        shares.append(share)
        return 1e3 * architecture.op_probs()[:, 1].mean()

    joint = JointSearch(_recipe(), splits, None, arch_penalty=large_costs)
    for _ in joint.epochs():
        pass
    assert shares == [0.0] * 3 + [0.5] * 3
    logits = joint.architecture.op_logits.detach()
    legal = joint.architecture.mask[:, 1] & (joint.architecture.mask.sum(dim=1) > 1)
    assert legal.any()
    assert bool((logits[legal, 1] < -0.1).all())


@pytest.mark.parametrize(("weight_steps", "arch_steps"), [(5, 3), (3, 7), (4, 4)])
def test_every_epoch_takes_the_steps_that_the_recipe_asks_for(splits, weight_steps, arch_steps):
    recipe = _recipe(
        "search.warmup_epochs=0", f"search.weight_steps={weight_steps}", f"search.arch_steps={arch_steps}"
    )
    price, order = _NoisyPrice(), []
    price.on_call = lambda: order.append("a")
    JointSearch(recipe, splits, price, on_step=lambda loss: order.append("w")).run_epoch()
    assert order.count("w") == weight_steps
    assert order.count("a") == arch_steps
    runs = [len(run) for run in "".join(order).split("w")[:-1]]
    assert max(runs) - min(runs) <= 1


def test_architecture_steps_change_nothing_that_belongs_to_the_weights(splits):
    """Four architecture steps follow one weight step: seen inside each of them, and after the last."""
    recipe = _recipe("search.warmup_epochs=0", "search.weight_steps=1", "search.arch_steps=4")
    seen = []

    def look(loss=0.0):
        state = joint.supernet.state_dict()
        seen.append(
            {name: value.clone() for name, value in state.items() if not name.endswith("num_batches_tracked")}
            | {f"moment {i}": v["momentum_buffer"].clone() for i, v in enumerate(_moments(joint)) if v}
        )

    price = _NoisyPrice()
    price.on_call = look
    joint = JointSearch(recipe, splits, price, on_step=look)
    before = _copied(joint.supernet.state_dict())
    joint.run_epoch()
    assert len(seen) == 5
    changed = {
        name.rpartition(".")[2] for name in before if not torch.equal(before[name], seen[0].get(name, before[name]))
    }
    assert {"weight", "steps", "running_mean", "running_var"} <= changed  # there was something to protect
    for later in seen[1:]:
        assert _differences(seen[0], later) == []
    assert all(parameter.requires_grad for parameter in joint.supernet.parameters())
    assert joint.architecture.op_logits.any()


def _moments(joint):
    return joint.weight_optimiser.state_dict()["state"].values()


@pytest.mark.parametrize(
    ("poisoned", "number"), [("train_w", "train_loss"), ("train_arch", "arch_loss"), ("val", "val_accuracy")]
)
def test_each_split_is_read_for_one_purpose(splits, own_splits, poisoned, number):
    """The one architecture step comes last, so wrong labels of a split can show in its own number alone."""
    numbers = ("train_loss", "arch_loss", "val_accuracy")
    recipe = _recipe(
        "search.warmup_epochs=0", "search.weight_steps=8", "search.arch_steps=1", "search.val_images=300"
    )
    split = getattr(own_splits, poisoned)
    setattr(own_splits, poisoned, ImageSplit(split.name, split.images, (split.labels + 1) % 10))
    right = JointSearch(recipe, splits, None).run_epoch().numbers
    wrong = JointSearch(recipe, own_splits, None).run_epoch().numbers
    assert wrong[number] != right[number]
    before = numbers[: numbers.index(number)]
    assert [wrong[name] for name in before] == [right[name] for name in before]


def test_the_warmup_never_reads_train_arch(splits, own_splits):
    split = own_splits.train_arch
    own_splits.train_arch = ImageSplit(split.name, 255 - split.images, (split.labels + 1) % 10)
    joints = [JointSearch(_recipe(), of, None) for of in (splits, own_splits)]
    assert joints[0].run_epoch() == joints[1].run_epoch()
    assert _differences(joints[0].state_dict(), joints[1].state_dict()) == []


@pytest.mark.parametrize("estimator", ["leave-one-out", "gumbel-top-k", "re-softmax"])
def test_the_task_loss_raises_the_operators_that_help(splits, own_splits, monkeypatch, estimator):
    """A linear stand-in for the supernet: every operator adds its quality to the score of the one label there is."""
    recipe = _recipe("search.warmup_epochs=0", "search.arch_steps=60", f"search.estimator={estimator}")
    quality = torch.tensor([-1.0, 1.0, -1.0])
    for split in (own_splits.train_w, own_splits.train_arch):
        split.labels.zero_()
    joint = JointSearch(recipe, own_splits, None)

    def scores(images, path, *, full_precision=False):
        values = [quality[list(block.operators)] for block in path]
        gated = [v[0] if b.gates is None else b.gates @ v for b, v in zip(path, values, strict=True)]
        scores = torch.zeros(len(images), 10)
        scores[:, 0] = torch.stack(gated).sum() + 0.0 * sum(p.sum() for p in joint.supernet.parameters())
        return scores

    monkeypatch.setattr(joint.supernet, "forward", scores)
    before = joint.architecture.op_probs().detach()
    report = joint.run_epoch()
    after = joint.architecture.op_probs().detach()
    assert joint.architecture.mask[:, 1].all()
    assert float((after - before)[:, 1].min()) > 0.2
    assert report.numbers["skip_share"] < 0.2
    assert not joint.architecture.bit_logits.any()
