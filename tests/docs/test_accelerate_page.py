"""The page of `cosearch accelerate`: its Python runs, and its commands print what it shows.

``UPDATE_PAGES=1 pytest tests/docs/test_accelerate_page.py`` writes what they print into the page.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import fronts

PAGE = Path(__file__).parents[2] / "docs" / "accelerate.md"
_FENCE = re.compile(r"^```(python|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

RUN_ALL = """
import contextlib, io, json, shlex, sys
from cosearch.cli.app import app
results = []
for kind, text in json.load(sys.stdin):
    printed, status = io.StringIO(), 0
    with contextlib.redirect_stdout(printed):
        if kind == "python":
            exec(text, globals())
        else:
            status = app(shlex.split(text)[1:], standalone_mode=False)
    results.append([status, printed.getvalue()])
json.dump(results, sys.stdout)
"""
"""One process for the whole page, as a user's: imports are paid once."""


def steps_of(page: str) -> list[tuple[str, str]]:
    """Blocks of Python and single commands, in order."""
    steps: list[tuple[str, str]] = []
    for kind, text in _FENCE.findall(page):
        commands = [line[2:] for line in text.splitlines() if line.startswith("$ ")]
        steps += [("python", text)] if kind == "python" else [("console", command) for command in commands]
    return steps


def with_outputs(page: str, printed: list[str]) -> str:
    """The page with what its commands printed below them."""
    left = iter(printed)

    def shown(block: re.Match[str]) -> str:
        if block[1] == "python":
            next(left)
            return block[0]
        commands = [line for line in block[2].splitlines() if line.startswith("$ ")]
        return "```console\n" + "".join(f"{command}\n{next(left)}" for command in commands) + "```"

    return _FENCE.sub(shown, page)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, str]]:
    """Exit status and output of every step of the page."""
    result = subprocess.run(
        [sys.executable, "-c", RUN_ALL],
        input=json.dumps(steps_of(PAGE.read_text(encoding="utf-8"))),
        capture_output=True,
        text=True,
        cwd=tmp_path_factory.mktemp("page"),
        env={**os.environ, "OMP_NUM_THREADS": "1", "NO_COLOR": "1"},
        timeout=570,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return [(status, printed) for status, printed in json.loads(result.stdout)]


def test_commands_print_what_the_page_shows(done: list[tuple[int, str]]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    again = with_outputs(page, [printed for _, printed in done])
    if os.environ.get("UPDATE_PAGES"):
        PAGE.write_text(again, encoding="utf-8")
    assert again.splitlines() == page.splitlines()


def test_commands_end_as_the_page_says(done: list[tuple[int, str]]) -> None:
    steps = steps_of(PAGE.read_text(encoding="utf-8"))
    failed = {text: status for (_, text), (status, _) in zip(steps, done, strict=True) if status}
    assert list(failed.values()) == [3]
    assert "--out none" in next(iter(failed))


def test_python_finds_the_front_of_the_command(done: list[tuple[int, str]]) -> None:
    speeds = re.findall(r"[\d,]+", done[-1][1].split("[")[1].split("]")[0])
    assert done[-1][1].startswith("True [")
    assert len(speeds) == len(re.findall(r"│ front/\d\d │", PAGE.read_text(encoding="utf-8")))


def test_the_table_of_fronts_is_that_of_the_results() -> None:
    assert fronts.table() in PAGE.read_text(encoding="utf-8")


def test_what_is_said_of_brute_force_is_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PAGE.parents[1] / "benchmarks"))
    from benchmarks import fronts_checked

    assert all(row["agrees"] for row in fronts_checked.rows())
    assert fronts_checked.summary() in " ".join(PAGE.read_text(encoding="utf-8").split())


def test_brute_force_knows_a_front(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PAGE.parents[1] / "benchmarks"))
    from benchmarks import fronts_checked

    rows = [{"fps": fps, "dsp": dsp} for fps, dsp in ((9.0, 5.0), (9.0, 4.0), (7.0, 4.0), (6.0, 3.0), (2.0, 3.0))]
    assert fronts_checked.front_of(rows, ("fps", "dsp")) == [(9.0, 4.0), (6.0, 3.0)]
    assert fronts_checked.front_of(rows, ("dsp", "fps")) == [(3.0, 6.0), (4.0, 9.0)]
    near = [(1.0, 3.0), (1.0 + 1e-12, 2.0), (2.0, 1.0)]
    assert fronts_checked.distinct(near) == [(1.0, 3.0), (2.0, 1.0)]
