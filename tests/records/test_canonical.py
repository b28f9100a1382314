import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from cosearch.errors import RunError
from cosearch.records import Record, canonical_json, write_atomically

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class Point(Record):
    y: float
    x: int = Field(default=1, alias="ex")


def test_keys_keep_their_declared_order_and_their_written_name() -> None:
    assert canonical_json(Point(y=0.1)) == '{\n  "y": 0.1,\n  "ex": 1\n}\n'


def test_letters_stay_letters() -> None:
    assert canonical_json({"name": "K×C"}) == '{\n  "name": "K×C"\n}\n'


@settings(deadline=None)
@given(st.dictionaries(st.text(), JSON))
def test_what_is_written_is_read_back_and_written_the_same(value: dict[str, object]) -> None:
    text = canonical_json(value)
    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_json_cannot_say_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"fps": value})


def test_a_file_is_written_as_text_or_bytes(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", "é\n")
    write_atomically(tmp_path / "b", b"\x00\xff")
    assert (tmp_path / "a").read_bytes() == "é\n".encode()
    assert (tmp_path / "b").read_bytes() == b"\x00\xff"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failing_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "design.json"
    write_atomically(path, "old")
    if step == "fsync":
        monkeypatch.setattr(os, "fsync", no_space)
    else:
        monkeypatch.setattr(Path, "replace", no_space)
    message = r"cannot write .*design\.json: No space left on device; give a folder you may write to with --out"
    with pytest.raises(RunError, match=message):
        write_atomically(path, "new and longer")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["design.json"]


def test_a_killed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "design.json"
    write_atomically(path, "old")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", killed)
        with pytest.raises(KeyboardInterrupt):
            write_atomically(path, "new")
    assert path.read_text() == "old"
    write_atomically(path, "newer")
    assert path.read_text() == "newer"
    assert [entry.name for entry in tmp_path.iterdir()] == ["design.json"]


def test_a_missing_folder_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="No such file or directory; give a folder"):
        write_atomically(tmp_path / "no" / "design.json", "x")
