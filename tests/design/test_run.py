import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosearch.design import EventLog, Manifest, RunFolder
from cosearch.errors import RunError

MANIFEST = Manifest(
    recipe="demo",
    seeds={"search": 1},
    threads=1,
    versions={"python": "3.11", "torch": "2.13.0"},
    hashes={"recipe": "00ff"},
    cpu_seconds={"search": 1.5},
    wall_seconds={"search": 2.5},
    restarts=1,
    test_reads={"7": 1},
)


def test_a_folder_is_made_and_every_file_lies_in_it(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "runs" / "demo")
    run.create()
    run.create()
    names = {"recipe.yaml", "events.jsonl", "checkpoint.pt", "weights.safetensors", "design.json", "manifest.json"}
    paths = [run.recipe, run.events, run.checkpoint, run.weights, run.design, run.manifest]
    assert {path.name for path in paths} == names
    assert all(path.parent == run.path for path in paths)
    assert list(run.path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=r"cannot write to .*demo: Not a directory; give a folder .* with --out"):
        RunFolder(tmp_path / "file" / "demo").create()


def test_a_missing_file_names_the_command_that_makes_it(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    with pytest.raises(RunError, match=r"design\.json is missing; run `cosearch search` first"):
        run.require(run.design, "search")
    run.design.touch()
    assert run.require(run.design, "search") == run.design


def test_the_manifest_is_written_and_read_back(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    with pytest.raises(RunError, match=r"manifest\.json is missing; run `cosearch search` first"):
        run.load_manifest()
    run.save_manifest(MANIFEST)
    assert run.load_manifest() == MANIFEST


def test_a_wrong_manifest_is_refused(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.save_manifest(MANIFEST)
    run.manifest.write_text(run.manifest.read_text().replace('"threads"', '"thread"'))
    with pytest.raises(RunError) as caught:
        run.load_manifest()
    assert str(caught.value) == "manifest.json: thread: unknown key; did you mean 'threads'?"


def test_events_are_read_in_order(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    assert log.read() == []
    assert log.size_bytes() == 0
    log.append("epoch", index=0, loss=0.5)
    log.append("solve", fps=200, note="K×C")
    assert log.read() == [
        {"event": "epoch", "index": 0, "loss": 0.5},
        {"event": "solve", "fps": 200, "note": "K×C"},
    ]
    assert log.size_bytes() == len(log.path.read_bytes())


@settings(deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_stays_one_event(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    log = EventLog(tmp_path_factory.mktemp("log") / "events.jsonl")
    log.append("note", text=text)
    log.append("end")
    assert log.read() == [{"event": "note", "text": text}, {"event": "end"}]


def test_the_log_is_cut_back_to_a_checkpoint_and_written_on_to_the_same_bytes(tmp_path: Path) -> None:
    log, whole = EventLog(tmp_path / "a.jsonl"), EventLog(tmp_path / "b.jsonl")
    log.append("epoch", index=0)
    at_checkpoint = log.size_bytes()
    log.append("epoch", index=1)
    log.path.write_bytes(log.path.read_bytes() + b'{"event": "ep')
    log.cut_back(at_checkpoint)
    for index in range(3):
        whole.append("epoch", index=index)
        if index:
            log.append("epoch", index=index)
    assert log.path.read_bytes() == whole.path.read_bytes()


def test_a_log_that_is_not_there_is_cut_back_to_nothing(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    log.cut_back(0)
    assert not log.path.exists()


def test_a_log_shorter_than_its_checkpoint_is_refused(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    log.append("epoch")
    with pytest.raises(RunError, match=r"events\.jsonl has 19 bytes, the checkpoint knows of 20; restore the file"):
        log.cut_back(20)
    assert log.size_bytes() == 19


def test_a_line_that_a_kill_cut_short_is_no_event(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    log.append("epoch")
    with log.path.open("a") as file:
        file.write('{"event": "ep')
    assert log.read() == [{"event": "epoch"}]


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    log.path.write_text(json.dumps({"event": "a"}) + "\nnot json\n")
    with pytest.raises(RunError, match=r"^events\.jsonl:2: not JSON; delete the line or restore the file$"):
        log.read()


def test_an_event_holds_finite_numbers_only(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    with pytest.raises(ValueError, match="not JSON compliant"):
        log.append("epoch", loss=float("nan"))
    assert log.read() == []


def test_a_log_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"cannot write .*events\.jsonl: No such file or directory"):
        EventLog(tmp_path / "none" / "events.jsonl").append("epoch")


@pytest.mark.parametrize("line", ["[]", "3", '"epoch"', "{}", '{"event": 3}', '{"epoch": 1}'])
def test_a_line_that_is_no_event_is_named(tmp_path: Path, line: str) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    log.append("start")
    log.path.write_text(log.path.read_text() + line + "\n")
    with pytest.raises(RunError) as caught:
        log.read()
    assert str(caught.value) == "events.jsonl:2: not an event; delete the line or restore the file"


@pytest.mark.parametrize("line", ["[" * 100_000, '{"event": ' + "1" * 5000 + "}", "{"])
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: str) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    log.path.write_text(line + "\n")
    with pytest.raises(RunError) as caught:
        log.read()
    assert str(caught.value) == "events.jsonl:1: not JSON; delete the line or restore the file"


def test_a_log_that_cannot_be_cut_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = EventLog(tmp_path / "events.jsonl")
    folder.path.mkdir()
    with pytest.raises(RunError, match=r"cannot write .*events.jsonl: Is a directory; delete it or use --out"):
        folder.cut_back(0)
    folder.path.rmdir()
    folder.append("start")

    def refuse(path: Path, size: int) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.truncate", refuse)
    with pytest.raises(RunError, match=r"cannot write .*events.jsonl: Permission denied; delete it or use --out"):
        folder.cut_back(0)


def test_events_are_brought_to_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    log.sync()
    assert not log.path.exists()
    log.append("start")
    synced: list[str] = []
    monkeypatch.setattr("os.fsync", lambda number: synced.append(os.readlink(f"/proc/self/fd/{number}")))
    log.sync()
    assert synced == [str(log.path)]
    assert [event["event"] for event in log.read()] == ["start"]


def test_a_disk_that_refuses_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    log.append("start")

    def refuse(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(RunError, match=r"cannot write .*events.jsonl: No space left on device; free the disk"):
        log.sync()


def test_an_infeasible_run_has_no_design_to_require(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.infeasible.write_text("{}")
    with pytest.raises(RunError) as caught:
        run.require(run.design, "search")
    assert str(caught.value) == (
        f"{run.design} is missing: the run ended infeasible (see infeasible.json); loosen its limits and search again"
    )
    with pytest.raises(RunError, match=r"manifest.json is missing; run `cosearch search` first"):
        run.require(run.manifest, "search")
    run.design.write_text("{}")
    assert run.require(run.design, "search") == run.design
