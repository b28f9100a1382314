import pytest
import torch
from torch.utils.data import TensorDataset

from cosearch.design import Design, RunFolder
from cosearch.errors import DataError, RunError
from cosearch.search import load_recipe, run_search, run_training
from cosearch.train import images_from_datasets

RECIPE = load_recipe(
    "digits",
    [
        "name=stripes",
        "space.classes=2",
        "data.val=40",
        "data.train_arch=40",
        "limits=[]",
        "search.warmup_epochs=1",
        "search.epochs=1",
        "search.arch_steps=2",
        "search.finalists=2",
        "search.batch_size=16",
        "train.epochs=6",
        "train.batch_size=16",
    ],
)


def _stripes(num, seed):
    """Horizontal or vertical stripes with noise: a task that a network of the space learns at once."""
    rng = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 2, (num,), generator=rng)
    stripe = (torch.arange(8) % 2).float()
    pictures = torch.stack([stripe.expand(8, 8), stripe[:, None].expand(8, 8)])[labels]
    noisy = (0.7 * pictures + 0.3 * torch.rand(num, 8, 8, generator=rng)).clamp(0, 1)
    return TensorDataset(noisy.unsqueeze(1), labels)


def _data(seed=0):
    return images_from_datasets("stripes", _stripes(240, seed), _stripes(60, 9), classes=2)


def test_a_data_set_from_python_runs_through_every_stage(tmp_path):
    folder = RunFolder(tmp_path / "run")
    design = run_search(RECIPE, folder, data=_data())
    assert isinstance(design, Design)
    assert design.accuracy.retrained_val > 0.9
    final = run_training(folder, final=True, data=_data())
    assert final.accuracy.retrained_test > 0.9
    assert folder.load_manifest().test_reads == {"0": 1}
    assert "stripes/train_images" in folder.load_manifest().hashes


def test_a_run_does_not_go_on_with_other_data(tmp_path):
    folder = RunFolder(tmp_path / "run")
    run_search(RECIPE, folder, data=_data())
    with pytest.raises(RunError, match="stripes/train_images is not what this run began with; restore the data"):
        run_training(folder, final=True, data=_data(seed=1))


def test_data_of_another_shape_are_refused_before_anything_is_priced(tmp_path):
    digits = load_recipe("digits")
    with pytest.raises(DataError, match=r"stripes has \[1, 8, 8\] images of 2 classes"):
        run_search(digits.model_copy(update={"data": RECIPE.data}), RunFolder(tmp_path / "run"), data=_data())
