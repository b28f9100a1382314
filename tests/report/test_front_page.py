"""The page of a front: its chart, its table, and what is not known."""

import re
from collections.abc import Callable

import pytest

from cosearch.design import Design, Front, RunFolder
from cosearch.errors import DesignError
from cosearch.records import canonical_json
from cosearch.report import write_report
from cosearch.report.front_page import front_chart, front_context
from cosearch.report.sheet import plain

MakeFront = Callable[..., Front]


def body_of(page: str) -> str:
    return page[page.index("<main>") : page.index("</main>")]


def test_every_point_is_in_the_table_with_its_chunks(front_folder: RunFolder) -> None:
    body = body_of(write_report(front_folder).read_text(encoding="utf-8"))
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


def test_what_is_not_known_is_said(front_folder: RunFolder, make_front: MakeFront) -> None:
    front_folder.front.write_text(canonical_json(make_front(whole=False)), encoding="utf-8")
    body = body_of(write_report(front_folder).read_text(encoding="utf-8"))
    assert "Every point certified, 1 stretch open" in body
    assert (
        "<li>Throughput between 200 images/s and 120 images/s and energy per image between 7.5 mJ and 6 mJ</li>"
        in body
    )
    assert "grey stretches were not searched to the end" in body


def test_the_chart_has_points_steps_and_gaps(make_front: MakeFront, point_designs: tuple[Design, ...]) -> None:
    front = make_front(whole=False)
    chart = plain(front_chart(front, point_designs))
    (trace,) = chart["data"]
    assert list(zip(trace["x"], trace["y"], strict=True)) == [tuple(member.values.values()) for member in front.front]
    assert trace["line"]["shape"] == "hv"
    (box,) = chart["layout"]["shapes"]
    assert (box["x0"], box["x1"], box["y0"], box["y1"]) == (200.0, 120.0, 7.5e-3, 6.0e-3)
    assert chart["layout"]["yaxis"]["title"]["text"] == "Energy per image [J]"


def test_figures_that_all_designs_lack_are_left_out(make_front: MakeFront, point_designs: tuple[Design, ...]) -> None:
    assert point_designs[0].predicted.uram == 0
    assert "URAM" not in front_context(make_front(whole=True), point_designs)["titles"]


def test_a_point_without_its_design_is_refused(front_folder: RunFolder) -> None:
    RunFolder(front_folder.front_points / "02").design.unlink()
    with pytest.raises(DesignError, match=r"02/design\.json"):
        write_report(front_folder)
