import pytest
import torch

from cosearch.design import Block
from cosearch.network import accuracy, path_of
from cosearch.search import load_recipe
from cosearch.search.joint import JointSearch
from cosearch.search.scoring import score
from cosearch.train import ImageSplit, load_splits, ordered_batches

RECIPE = load_recipe(
    "digits",
    [
        "search.warmup_epochs=4",
        "search.epochs=6",
        "search.arch_steps=1",
        "search.weight_lr=0.1",
        "search.recalibration_batches=2",
    ],
)
RARE = [Block(op="skip"), Block(op="k3_e1", weight_bits=8, activation_bits=8), Block(op="skip")]


@pytest.fixture(scope="module")
def splits():
    return load_splits(RECIPE.data)


@pytest.fixture(scope="module")
def trained(splits):
    joint = JointSearch(RECIPE, splits, None)
    for _ in joint.epochs():
        pass
    return joint.supernet, {name: value.clone() for name, value in joint.supernet.state_dict().items()}


@pytest.fixture
def supernet(trained):
    """The trained supernet; what a test does to it is undone."""
    network, state = trained
    network.load_state_dict(state)
    return network


def _path():
    return path_of(RECIPE.space, RARE)


def _statistics(supernet):
    state = supernet.state_dict()
    return {name: state[name].clone() for name in state if "running_" in name}


def _equal(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def test_a_rare_network_is_scored_with_statistics_of_its_own(supernet, splits):
    """Fewer layers than its neighbours: their statistics are not its own."""
    other = [Block(op="k3_e3", weight_bits=8, activation_bits=8)] * 3
    score(supernet, path_of(RECIPE.space, other), splits, splits.val, RECIPE.search)
    batches = list(ordered_batches(splits.val, splits.normalisation))
    shared = accuracy(supernet, lambda images: supernet(images, _path()), batches)
    own = score(supernet, _path(), splits, splits.val, RECIPE.search)
    assert own > shared + 0.1


def test_the_same_call_gives_the_same_value_and_leaves_the_weights(supernet, splits):
    before = {name: value.detach().clone() for name, value in supernet.named_parameters()}
    first = score(supernet, _path(), splits, splits.val, RECIPE.search)
    statistics = _statistics(supernet)
    other = [Block(op="k3_e3", weight_bits=8, activation_bits=8)] * 3
    score(supernet, path_of(RECIPE.space, other), splits, splits.val, RECIPE.search)
    assert not _equal(statistics, _statistics(supernet))
    assert score(supernet, _path(), splits, splits.val, RECIPE.search) == first
    assert _equal(before, dict(supernet.named_parameters()))


def test_statistics_come_from_the_first_images_of_train_w(supernet, splits):
    """Two batches of 250 images: their mean and mean variance, at the first convolution."""
    score(supernet, _path(), splits, splits.val, RECIPE.search)
    images = splits.normalisation(splits.train_w.images[:500])
    state = supernet.state_dict()
    name = next(name for name in state if name.startswith("stem") and name.endswith("running_mean"))
    norm = supernet.get_submodule(name.removesuffix(".running_mean"))
    seen = []
    handle = norm.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0].mean((0, 2, 3))))
    with torch.no_grad():
        supernet.eval()
        for batch in images.split(250):
            supernet(batch, _path())
    handle.remove()
    torch.testing.assert_close(state[name], torch.stack(seen).mean(0), atol=1e-5, rtol=1e-4)


def test_the_split_that_is_scored_is_the_one_that_is_given(supernet, splits):
    part = ImageSplit("val", splits.val.images[:100], splits.val.labels[:100])
    right = score(supernet, _path(), splits, part, RECIPE.search)
    wrong = ImageSplit("val", part.images, (part.labels + 1) % 10)
    assert right > 0.2
    assert score(supernet, _path(), splits, wrong, RECIPE.search) <= 1 - right


def test_full_precision_quantises_nothing(supernet, splits):
    exact = score(supernet, _path(), splits, splits.val, RECIPE.search, full_precision=True)
    with torch.no_grad():
        for name, value in supernet.named_parameters():
            if name.endswith("steps"):
                value.mul_(100)
    assert score(supernet, _path(), splits, splits.val, RECIPE.search, full_precision=True) == exact
    assert score(supernet, _path(), splits, splits.val, RECIPE.search) < exact
