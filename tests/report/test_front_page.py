"""The page of a front: its chart, its table, and what is not known."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cosearch.design import Design, Front, FrontMember, OpenStretch, RunFolder, load_design
from cosearch.errors import DesignError
from cosearch.records import canonical_json
from cosearch.report import write_report
from cosearch.report.front_page import front_chart, front_context

MakeRun = Callable[[bool], RunFolder]
POINTS = ((220.0, 9.0e-3), (200.0, 7.5e-3), (120.0, 6.0e-3))


def named(point: tuple[float, float]) -> dict[str, float]:
    return {"fps": point[0], "energy_joules": point[1]}


def example_front(*, whole: bool) -> Front:
    return Front(
        recipe="net <b>",
        objectives=("fps", "energy_joules"),
        certified=whole,
        scope="closed form, declared space",
        front=tuple(
            FrontMember(values=named(point), certified=True, folder=f"front/{n:02}")
            for n, point in enumerate(POINTS, start=1)
        ),
        gaps=() if whole else (OpenStretch(better_in_first=named(POINTS[1]), better_in_second=named(POINTS[2])),),
    )


def example_designs(design: Design) -> tuple[Design, ...]:
    return tuple(
        design.model_copy(update={"predicted": design.predicted.model_copy(update=named(point))}) for point in POINTS
    )


@pytest.fixture
def folder(make_run: MakeRun, tmp_path: Path) -> RunFolder:
    """A front in a folder, with the example's design at every point."""
    folder = RunFolder(tmp_path / "front-run")
    designs = example_designs(load_design(make_run(True).design))
    for member, design in zip(example_front(whole=True).front, designs, strict=True):
        own = RunFolder(folder.path / member.folder)
        own.create()
        own.design.write_text(canonical_json(design), encoding="utf-8")
    folder.front.write_text(canonical_json(example_front(whole=True)), encoding="utf-8")
    return folder


def body_of(page: str) -> str:
    return page[page.index("<main>") : page.index("</main>")]


def test_every_point_is_in_the_table_with_its_chunks(folder: RunFolder) -> None:
    body = body_of(write_report(folder).read_text(encoding="utf-8"))
    assert "3 accelerators on a front" in body
    assert "the best there is in throughput and energy per image" in body
    assert "✓ Certified: the whole front" in body
    assert "net &lt;b&gt;" in body
    assert "What is not known" not in body
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", body)
    assert len(rows) == 3
    assert rows[0].startswith("220 images/s</th><td>9 mJ</td>")
    assert rows[0].count("<br>") == 3
    assert "standard, 8×8 bits, K 16×C 8" in rows[0]
    assert "<code>front/01</code>" in rows[0]
    for title in ("Throughput", "Energy per image", "DSP", "BRAM18", "LUT"):
        assert f'<th scope="col">{title}</th>' in body


def test_what_is_not_known_is_said(folder: RunFolder) -> None:
    folder.front.write_text(canonical_json(example_front(whole=False)), encoding="utf-8")
    body = body_of(write_report(folder).read_text(encoding="utf-8"))
    assert "Every point certified, 1 stretch open" in body
    assert (
        "<li>Throughput between 200 images/s and 120 images/s and energy per image between 7.5 mJ and 6 mJ</li>"
        in body
    )
    assert "grey stretches were not searched to the end" in body


def test_the_chart_has_points_steps_and_gaps(make_run: MakeRun) -> None:
    designs = example_designs(load_design(make_run(True).design))
    chart = json.loads(front_chart(example_front(whole=False), designs).to_json())
    (trace,) = chart["data"]
    assert list(zip(trace["x"], trace["y"], strict=True)) == list(POINTS)
    assert trace["line"]["shape"] == "hv"
    (box,) = chart["layout"]["shapes"]
    assert (box["x0"], box["x1"], box["y0"], box["y1"]) == (200.0, 120.0, 7.5e-3, 6.0e-3)
    assert chart["layout"]["yaxis"]["title"]["text"] == "Energy per image [J]"


def test_figures_that_all_designs_lack_are_left_out(make_run: MakeRun) -> None:
    design = load_design(make_run(True).design)
    assert design.predicted.uram == 0
    assert "URAM" not in front_context(example_front(whole=True), example_designs(design))["titles"]


def test_a_point_without_its_design_is_refused(folder: RunFolder) -> None:
    RunFolder(folder.front_points / "02").design.unlink()
    with pytest.raises(DesignError, match=r"02/design\.json"):
        write_report(folder)
