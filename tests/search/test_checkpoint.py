import pytest
import torch

from cosearch.design import EventLog, RunFolder
from cosearch.errors import RunError
from cosearch.search.checkpoint import load_checkpoint, save_checkpoint


def _folder(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.create()
    return folder


def test_tensors_and_plain_values_come_back(tmp_path):
    folder = _folder(tmp_path)
    save_checkpoint(folder, {"stage": "search", "joint": {"weights": torch.arange(3), "rate": 0.5, "rows": [1, "a"]}})
    state = load_checkpoint(folder)
    assert state is not None
    assert state["stage"] == "search"
    assert torch.equal(state["joint"]["weights"], torch.arange(3))
    assert state["joint"]["rows"] == [1, "a"]


def test_events_after_the_checkpoint_are_forgotten(tmp_path):
    folder = _folder(tmp_path)
    log = EventLog(folder.events)
    log.append("epoch", epoch=1)
    save_checkpoint(folder, {})
    log.append("epoch", epoch=2)
    load_checkpoint(folder)
    assert [event["epoch"] for event in log.read()] == [1]


def test_without_a_checkpoint_a_run_starts_over(tmp_path):
    folder = _folder(tmp_path)
    EventLog(folder.events).append("epoch", epoch=1)
    assert load_checkpoint(folder) is None
    assert EventLog(folder.events).read() == []


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 broken", b"\x80\x05K\x01."])
def test_an_unreadable_checkpoint_is_one_clear_line(tmp_path, content):
    folder = _folder(tmp_path)
    folder.checkpoint.write_bytes(content)
    with pytest.raises(
        RunError, match=r"cannot read .*checkpoint.pt: not a checkpoint.*delete it to start the run over"
    ):
        load_checkpoint(folder)


def test_a_truncated_checkpoint_is_one_clear_line(tmp_path):
    folder = _folder(tmp_path)
    save_checkpoint(folder, {"weights": torch.zeros(1000)})
    folder.checkpoint.write_bytes(folder.checkpoint.read_bytes()[:600])
    with pytest.raises(RunError, match=r"cannot read .*checkpoint.pt: not a checkpoint"):
        load_checkpoint(folder)


def test_code_in_a_checkpoint_is_never_run(tmp_path):
    import pickle

    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "owned"), "w"))

    folder = _folder(tmp_path)
    torch.save({"events_bytes": 0, "evil": Evil()}, folder.checkpoint, pickle_module=pickle)
    with pytest.raises(RunError, match="not a checkpoint"):
        load_checkpoint(folder)
    assert not (tmp_path / "owned").exists()
