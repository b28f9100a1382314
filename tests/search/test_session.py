import platform
import time
from hashlib import sha256

import pytest
import torch
import yaml

from cosearch.design import RunFolder
from cosearch.errors import RunError
from cosearch.search import Silent, load_recipe
from cosearch.search.session import Session

RECIPE = load_recipe("digits", ["seed=5"])


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "new" / "run")


def _session(folder, *overrides):
    return Session(load_recipe("digits", ["seed=5", *overrides]), folder, Silent())


def test_the_resolved_recipe_stands_in_the_folder(folder):
    _session(folder)
    text = folder.recipe.read_text()
    assert yaml.safe_load(text) == RECIPE.model_dump(mode="json")
    assert yaml.safe_load(text)["search"]["arch_betas"] == [0.5, 0.999]  # a default that no file gives
    assert load_recipe(str(folder.recipe)) == RECIPE


def _sleep_and_fail():
    time.sleep(0.07)
    raise KeyError


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seed=6", r"differs in seed \(5 there, 6 here\)"),
        ("search.arch_lr=0.5", r"differs in search.arch_lr \(0.05 there, 0.5 here\)"),
        ('limits=["dsp<=9"]', r"differs in limits \(\['fps>=28000', .*\] there, \['dsp<=9'\] here\)"),
        ("train.epochs=1", r"differs in train.epochs \(12 there, 1 here\)"),
    ],
)
def test_another_recipe_in_a_used_folder_is_refused_by_its_first_key(folder, override, message):
    _session(folder)
    written = folder.recipe.read_bytes()
    with pytest.raises(RunError, match=message + "; give another --out, or delete the folder"):
        _session(folder, override)
    assert folder.recipe.read_bytes() == written


def test_what_was_saved_is_there_after_a_restart(folder):
    session = _session(folder)
    assert session.state == {}
    session.save(stage="search", joint={"weights": torch.arange(4)})
    session.save(retrained_val=0.5)
    again = _session(folder)
    assert (again.state["stage"], again.state["retrained_val"]) == ("search", 0.5)
    assert torch.equal(again.state["joint"]["weights"], torch.arange(4))


def test_events_that_no_checkpoint_covers_are_forgotten(folder):
    session = _session(folder)
    session.events.append("epoch", epoch=1)
    session.save(stage="search")
    session.events.append("epoch", epoch=2)
    assert [event["epoch"] for event in _session(folder).events.read()] == [1]


def test_the_checkpoint_of_another_recipe_is_refused(folder, tmp_path):
    other = RunFolder(tmp_path / "other")
    session = _session(other, "seed=6")
    session.save(stage="search")
    _session(folder)
    folder.checkpoint.write_bytes(other.checkpoint.read_bytes())
    with pytest.raises(RunError, match=r"checkpoint.pt is of another run; give another --out"):
        _session(folder)


def test_a_design_without_a_checkpoint_is_refused(folder):
    _session(folder)
    folder.design.write_text("{}")
    with pytest.raises(RunError, match="holds a design but no checkpoint to go on from; give another --out"):
        _session(folder)


def test_seconds_of_a_stage_add_up_over_restarts_and_errors(folder):
    session = _session(folder)
    with session.stage("price"):
        time.sleep(0.05)
    first = folder.load_manifest().wall_seconds["price"]
    assert 0.049 <= first < 2
    session.save(stage="search")
    again = _session(folder)
    with pytest.raises(KeyError), again.stage("price"):
        _sleep_and_fail()
    with again.stage("search"):
        pass
    manifest = folder.load_manifest()
    assert manifest.wall_seconds["price"] >= first + 0.069
    assert manifest.cpu_seconds["price"] < 0.1  # nobody computes in his sleep
    assert set(manifest.wall_seconds) == set(manifest.cpu_seconds) == {"price", "search"}
    assert manifest.wall_seconds["search"] < 0.05


def test_the_manifest_says_what_the_run_was_made_with(folder):
    session = _session(folder)
    session.note_hashes({"train_images": "ab"})
    manifest = folder.load_manifest()
    assert manifest.hashes == {"recipe": sha256(folder.recipe.read_bytes()).hexdigest(), "train_images": "ab"}
    assert manifest.versions["python"] == platform.python_version()
    assert (manifest.recipe, manifest.threads) == ("digits", 1)
    assert manifest.seeds == {"search": 5, "train": 5}


def test_other_data_than_the_run_began_with_are_refused(folder):
    _session(folder).note_hashes({"train_images": "ab", "train_labels": "cd"})
    again = _session(folder)
    again.note_hashes({"train_images": "ab", "train_labels": "cd"})
    with pytest.raises(RunError, match=r"^train_labels is not what this run began with; restore the data or give"):
        again.note_hashes({"train_images": "ab", "train_labels": "ce"})


def test_restarts_and_looks_at_the_test_set_are_counted(folder):
    session = _session(folder)
    session.save(stage="search")
    assert session.manifest.restarts == 0
    session.count_test_read(5)
    again = _session(folder)
    again.count_test_read(5)
    again.count_test_read(7)
    manifest = folder.load_manifest()
    assert manifest.restarts == 1
    assert manifest.test_reads == {"5": 2, "7": 1}


def test_a_finished_run_that_is_looked_at_is_no_restart(folder):
    _session(folder).save(stage="done")
    assert _session(folder).manifest.restarts == 0
