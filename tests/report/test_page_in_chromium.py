"""The page as a browser sees it: every chart is drawn, nothing is fetched, nothing goes wrong."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cosearch.design import Design, Front, RunFolder
from cosearch.records import canonical_json
from cosearch.report import save_picture, write_report

pytestmark = pytest.mark.chromium

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--enable-logging=stderr",
    "--v=0",
    "--virtual-time-budget=10000",
)


def load(page: Path, profile: Path) -> tuple[str, list[str]]:
    """The document after its scripts have run, and what the console said."""
    binary = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    command = [binary, *FLAGS, f"--user-data-dir={profile}", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    return done.stdout, console


@pytest.mark.parametrize(("feasible", "charts"), [(True, 14), (False, 10)])
def test_every_chart_is_drawn_and_the_console_is_silent(
    make_run: Callable[[bool], RunFolder], tmp_path: Path, feasible: bool, charts: int
) -> None:
    document, console = load(write_report(make_run(feasible)), tmp_path / "profile")
    assert console == []
    assert "data-error" not in document[:1000]
    assert f'data-charts="{charts}"' in document[:1000]
    assert document.count('<g class="cartesianlayer">') == charts
    assert document.count('class="picture ') == (4 if feasible else 0)


def test_the_chart_of_a_front_is_drawn(
    front_folder: RunFolder, make_front: Callable[..., Front], tmp_path: Path
) -> None:
    front_folder.front.write_text(canonical_json(make_front(whole=False)), encoding="utf-8")
    document, console = load(write_report(front_folder), tmp_path / "profile")
    assert console == []
    assert 'data-charts="1"' in document[:1000]
    assert document.count('<path class="point') == 3
    assert document.count('class="shapelayer"') >= 1


def test_a_script_error_is_seen(make_run: Callable[[bool], RunFolder], tmp_path: Path) -> None:
    """Guards the test above: were the console not heard, it would pass on any page."""
    page = write_report(make_run(True))
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace('"id":"energy-parts"', '"id":"nowhere"'), encoding="utf-8")
    document, console = load(page, tmp_path / "profile")
    assert len(console) == 1
    assert re.search(r"nowhere", console[0])
    assert 'data-error="Uncaught' in document[:1000]
    assert "data-charts" not in document[:1000]


def test_a_request_would_be_heard(make_run: Callable[[bool], RunFolder], tmp_path: Path) -> None:
    """The page forbids itself every request, and the browser says so when one is tried."""
    page = write_report(make_run(True))
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("<main>", '<main><img src="http://127.0.0.1:9/x.png">'), encoding="utf-8")
    _, console = load(page, tmp_path / "profile")
    assert any("Content Security Policy" in line for line in console)


def test_the_picture_is_an_image_a_browser_can_draw(design: Design, tmp_path: Path) -> None:
    save_picture(design, tmp_path / "picture.svg")
    page = tmp_path / "host.html"
    page.write_text(
        "<img src='picture.svg' onload='document.title=this.naturalWidth' onerror='document.title=\"broken\"'>",
        encoding="utf-8",
    )
    document, _ = load(page, tmp_path / "profile")
    assert "<title>1160</title>" in document
