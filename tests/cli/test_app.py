"""How the command ends: usage errors, help, Ctrl-C, and what it says of runs that are not as they should be."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from cosearch import __version__
from cosearch.design import RunFolder

QUICK = ["--set", "search.epochs=2", "--set", "train.epochs=8", "--set", "data.val=200"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["search"], "cosearch: error: missing argument 'recipe'; see cosearch --help\n"),
        (["check"], "cosearch: error: missing argument 'run'; see cosearch --help\n"),
        (["search", "digits", "--bogus"], "cosearch: error: no such option: --bogus"),
        (
            ["search", "digits", "--out"],
            "cosearch: error: option '--out' requires an argument; see cosearch --help\n",
        ),
        (["handoff", "runs/x"], "cosearch: error: missing option '--to'; see cosearch --help\n"),
        (["seach"], "cosearch: error: no such command 'seach'"),
    ],
)
def test_a_usage_error_is_one_clear_line(command, arguments, message):
    result = command(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.lower().startswith(message.lower())
    assert result.stderr.endswith("; see cosearch --help\n")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["search", "--help"]])
def test_help_is_no_error(command, arguments):
    result = command(*arguments)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.lstrip().startswith("Usage: ")


def test_the_version(command):
    result = command("--version")
    assert (result.returncode, result.stdout, result.stderr) == (0, f"cosearch {__version__}\n", "")


def test_ctrl_c_is_one_line_and_status_130(tmp_path):
    folder = RunFolder(tmp_path / "run")
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "cosearch",
            "search",
            "digits",
            "--set",
            "search.epochs=500",
            "--out",
            str(folder.path),
        ],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not folder.checkpoint.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.endswith("\ncosearch: stopped; the same command continues from the last checkpoint\n")
    assert "Traceback" not in errors


@pytest.mark.parametrize("option", ["--quiet", "--json"])
def test_a_difference_is_said_whatever_the_options(copied, command, option):
    path = copied / "design.json"
    design = json.loads(path.read_text())
    design["predicted"]["dsp"] -= 1
    path.write_text(json.dumps(design))
    result = command("search", "digits", *QUICK, "--out", copied, option)
    assert result.returncode == 1
    assert "DIFFERENT  predicted.dsp: design.json says" in result.stderr
    assert "DIFFERENT" not in result.stdout


def test_after_an_infeasible_run_check_and_train_name_it(tmp_path, command):
    folder = RunFolder(tmp_path / "run")
    folder.create()
    folder.infeasible.write_text("{}")
    for name in ("check", "train"):
        result = command(name, folder.path)
        assert result.returncode == 2
        assert result.stderr == (
            f"cosearch: error: {folder.design} is missing: the run ended infeasible (see infeasible.json); "
            "loosen its limits and search again\n"
        )


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("space.classes=5", r"digits has [1, 8, 8] images of 10 classes, space 'digits' takes [1, 8, 8] of 5"),
        ("search.weight_lr=1e30", "the loss is not finite in epoch 1; lower search.weight_lr"),
    ],
)
def test_a_search_that_cannot_work_is_one_clear_line(tmp_path, command, override, message):
    result = command("search", "digits", "--set", override, "--out", tmp_path / "run", "--quiet")
    assert result.returncode == 2
    assert result.stderr.startswith(f"cosearch: error: {message}")
    assert result.stderr.count("\n") == 1
