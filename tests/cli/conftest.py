import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

QUICK = ["--set", "search.epochs=2", "--set", "train.epochs=8", "--set", "data.val=200"]
"""The digits recipe, cut to what takes seconds."""


def _cosearch(*arguments, **env):
    return subprocess.run(
        [sys.executable, "-m", "cosearch", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200", "NO_COLOR": "1", **env},
        timeout=280,
        check=False,
    )


@pytest.fixture(scope="session")
def command():
    """The command as a user types it, in a process of its own."""
    return _cosearch


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A finished run of the quick recipe, and what the command printed. Tests must not change it."""
    folder: Path = tmp_path_factory.mktemp("finished") / "run"
    return folder, _cosearch("search", "digits", *QUICK, "--out", folder)


@pytest.fixture
def copied(finished, tmp_path):
    """A copy of the finished run that a test may change."""
    return Path(shutil.copytree(finished[0], tmp_path / "copied"))
