import json
import shutil
from pathlib import Path

import pytest

from cosearch.design import Design, EventLog, Infeasible, RunFolder, load_design
from cosearch.search import Silent, load_recipe, run, run_search, run_training

TINY = (
    "search.warmup_epochs=2",
    "search.epochs=1",
    "search.weight_steps=8",
    "search.arch_steps=2",
    "search.hardware_samples=2",
    "search.recalibration_batches=1",
    "search.finalists=3",
    "train.epochs=2",
)


def _recipe(*more):
    return load_recipe("digits", [*TINY, *more])


def _folder(path):
    return RunFolder(path / "run")


def _kinds(folder):
    return [(event["event"], event.get("stage"), event.get("epoch")) for event in EventLog(folder.events).read()]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run, and what it returned; no test changes it."""
    folder = _folder(tmp_path_factory.mktemp("finished"))
    return folder, run_search(_recipe(), folder)


def _candidates(folder):
    (event,) = (event for event in EventLog(folder.events).read() if event["event"] == "candidates")
    return event["rows"]


def test_the_design_is_the_candidate_that_is_best_on_val(finished):
    folder, design = finished
    assert isinstance(design, Design)
    rows = _candidates(folder)
    scores = [row["val_accuracy"] for row in rows]
    assert len(rows) == _recipe().search.finalists
    assert len(set(scores)) > 1
    best = rows[scores.index(max(scores))]
    assert [block.model_dump() for block in design.network.blocks] == best["blocks"]
    assert design.accuracy.supernet_val == max(scores)
    assert [row.get("chosen", False) for row in rows] == [row is best for row in rows]
    assert best["fps"] == design.predicted.fps


def test_the_design_keeps_every_limit_and_stands_in_the_folder(finished):
    folder, design = finished
    assert load_design(folder.design) == design
    assert [judged.met for judged in design.limits] == [True, True, True]
    assert design.predicted.fps >= 28000
    assert design.predicted.dsp <= 40
    assert design.predicted.bram18 <= 40
    assert design.engine.certified
    assert not folder.infeasible.exists()


def test_events_tell_every_stage_in_order(finished):
    kinds = _kinds(finished[0])
    assert kinds == [
        ("epoch", "warmup", 1),
        ("epoch", "warmup", 2),
        ("epoch", "search", 3),
        ("candidates", None, None),
        ("epoch", "train", 1),
        ("epoch", "train", 2),
        ("design", None, None),
    ]
    assert set(finished[0].load_manifest().wall_seconds) == {"price", "search", "choose", "train"}


def test_a_finished_run_returns_the_same_design_and_writes_nothing(finished):
    folder, design = finished
    paths = (folder.design, folder.events, folder.weights, folder.manifest)
    before = [path.read_bytes() for path in paths]
    assert run_search(_recipe(), folder) == design
    assert [path.read_bytes() for path in paths] == before


def test_a_design_that_was_deleted_comes_back(finished):
    folder, design = finished
    written = folder.design.read_bytes()
    folder.design.unlink()
    assert run_search(_recipe(), folder) == design
    assert folder.design.read_bytes() == written


class _Killed(Exception):
    """As Ctrl-C would."""


class _KilledAt(Silent):
    """Stops a run where a stage begins, or at a number of its steps."""

    def __init__(self, stage, steps=0):
        self.stage, self.steps, self.now = stage, steps, ""

    def begin(self, stage, total, done):
        self.now = stage
        self.advance(0, "")

    def advance(self, amount, note):
        if self.now == self.stage:
            self.steps -= amount
            if self.steps <= 0:
                raise _Killed


def test_a_run_that_is_killed_again_and_again_ends_in_the_same_bytes(finished, tmp_path):
    folder = _folder(tmp_path)
    for stage, steps in (("search", 10), ("train", 2)):
        with pytest.raises(_Killed):
            run_search(_recipe(), folder, _KilledAt(stage, steps))
        assert not folder.design.exists()
    assert run_search(_recipe(), folder) == finished[1]
    for path in ("design", "events", "weights"):
        assert getattr(folder, path).read_bytes() == getattr(finished[0], path).read_bytes()
    assert folder.load_manifest().restarts == 2


def test_limits_that_no_network_can_keep_end_before_the_search(tmp_path):
    folder = _folder(tmp_path)
    answer = run_search(_recipe('limits=["fps>=1e9", "dsp<=40"]'), folder)
    assert isinstance(answer, Infeasible)
    assert answer.status == "infeasible"
    assert answer.binding.startswith("fps")
    assert json.loads(folder.infeasible.read_text())["status"] == "infeasible"
    assert _kinds(folder) == []
    assert not folder.design.exists()


def test_where_no_finalist_keeps_the_limits_nothing_is_said_to_be_proved(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "finalists", lambda *arguments: iter(()))
    folder = _folder(tmp_path)
    answer = run_search(_recipe("search.warmup_epochs=0"), folder)
    assert isinstance(answer, Infeasible)
    assert (answer.status, answer.relaxations, answer.joint_factor) == ("not_found", (), None)
    assert answer.reason.startswith("no network that was tried keeps fps>=28000, dsp<=40, bram18<=40, and no bound")
    assert json.loads(folder.infeasible.read_text())["status"] == "not_found"
    assert not folder.design.exists()
    assert not folder.weights.exists()


def test_training_a_finished_run_reads_the_test_set_once(finished, tmp_path):
    design = finished[1]
    folder = RunFolder(Path(shutil.copytree(finished[0].path, tmp_path / "copied")))
    weights = folder.weights.read_bytes()
    assert run_training(folder, final=False) == design
    assert folder.load_manifest().test_reads == {}
    final = run_training(folder, final=True)
    assert 0 <= final.accuracy.retrained_test <= 1
    assert final.accuracy.retrained_val == design.accuracy.retrained_val
    assert final.network == design.network
    assert load_design(folder.design) == final == run_training(folder, final=True)
    assert folder.load_manifest().test_reads == {"0": 1}
    assert folder.weights.read_bytes() == weights
