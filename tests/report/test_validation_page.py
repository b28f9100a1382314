"""The page "How wrong is the model?", on comparisons small enough to check by hand."""

import json
import math
import re
import shutil
import subprocess

import pytest

from cosearch.report import Judged, JudgedCase, JudgedFigure, write_accuracy_page
from cosearch.report.accuracy import figure_text
from cosearch.report.accuracy_charts import MOST_CASES, overview, scatter, signed_errors, spread
from cosearch.report.accuracy_page import charts_of, render_accuracy


def case(name: str, reference: float, model: float, group: str = "") -> JudgedCase:
    return JudgedCase(name=name, group=group, reference=reference, model=model)


def judged(name: str, cases: tuple[JudgedCase, ...] = (), **fields: object) -> Judged:
    return Judged(**{"name": name, "title": f"{name} against hardware", "cases": cases} | fields)


MEAN = JudgedFigure(name="mean_error", value=0.0425, op="<=", bound=0.06, met=True)
TAU = JudgedFigure(name="tau", value=0.7, op=">=", bound=0.9, met=False)
FEW = judged(
    "few",
    (case("a", 100, 104, "x"), case("b", 200, 190, "y"), case("zero", 0, 3, "y")),
    figures=(MEAN, JudgedFigure(name="num_layers", value=3)),
    cause="The board waits.",
    source="Run now on few.csv.",
    notes=("nothing is <fitted>",),
    unit="ms",
)
MANY = judged("many", tuple(case(f"case {i}", 1e3 * 1.2**i, 1.1e3 * 1.2**i) for i in range(40)), figures=(TAU,))
EXACT = judged("exact", (case("a", 5, 5), case("b", 0, 0)), figures=(JudgedFigure(name="num_cases", value=2),))
ABSENT = judged("absent", was_run=False, source="Not run: needs absent.csv.")
ALL = [FEW, MANY, EXACT, ABSENT]


def own_part(page: str) -> str:
    """The page without plotly's script."""
    start = page.index("<script>")
    return page[:start] + page[page.index("</script>", start) :]


def trace(figure: object, name: str) -> object:
    (found,) = [one for one in figure.data if one.name == name]
    return found


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("mean_error", 0.0425, "4.25 %"),
        ("mean_error", 0.06, "6 %"),
        ("worst_error", 0.8956, "89.6 %"),
        ("total_error", -0.027, "-2.70 %"),
        ("worst_cycles_error", 0.0, "0 %"),
        ("worst_cycles_error", 1e-9, "1e-9"),
        ("mape_without_stores", 0.095, "9.50 %"),
        ("M32P64.error_validated", 0.031, "3.10 %"),
        ("tau", 0.9569, "0.9569"),
        ("num_layers", 5600.0, "5,600"),
        ("wrong_cycles", 0.0, "0"),
    ],
)
def test_fractions_are_in_percent_and_counts_are_not(name, value, text):
    assert figure_text(name, value) == text


def test_a_verdict_is_over_all_targets():
    assert [one.status for one in ALL] == ["met", "missed", "no target", "not run"]
    assert judged("both", figures=(MEAN, TAU)).status == "missed"
    assert (MEAN.target, TAU.target) == ("at most 6 %", "at least 0.9")
    assert [figure.name for figure in FEW.headline] == ["mean_error"]
    assert [figure.label for figure in EXACT.headline] == ["cases"]


def test_errors_are_signed_and_a_reference_of_zero_has_none():
    assert FEW.errors == pytest.approx([0.04, -0.05])
    assert FEW.mean_error == pytest.approx(0.045)
    assert EXACT.errors == [0.0, 0.0]
    assert (EXACT.is_exact, FEW.is_exact, ABSENT.is_exact) == (True, False, False)


@pytest.mark.parametrize("cases", [FEW.cases, (case("a", 100, 104), case("b", 120, 110)), MANY.cases])
def test_bands_of_five_and_ten_percent_lie_around_the_identity(cases):
    chart = scatter(judged("any", cases))
    low, high = chart.layout.xaxis.range
    if chart.layout.xaxis.type == "log":
        low, high = 10**low, 10**high
    lines = [list(one.y) for one in chart.data[:5]]
    assert lines == [pytest.approx([low * part, high * part]) for part in (1.1, 0.9, 1.05, 0.95, 1)]
    assert all(list(one.x) == pytest.approx([low, high]) for one in chart.data[:5])


def test_the_scatter_holds_every_group_on_equal_axes():
    chart = scatter(FEW)
    assert list(trace(chart, "y").x) == [200, 0]
    assert list(trace(chart, "y").y) == [190, 3]
    low, high = chart.layout.xaxis.range
    assert list(chart.layout.yaxis.range) == [low, high]
    assert chart.layout.xaxis.type == "linear"
    assert chart.layout.xaxis.title.text == "reference, ms"


@pytest.mark.parametrize(("groups", "shown"), [(1, False), (2, True), (8, True), (9, False)])
def test_a_legend_names_a_few_groups(groups, shown):
    chart = scatter(judged("any", tuple(case(str(i), 10 + i, 10 + i, f"group {i}") for i in range(groups))))
    assert [one.showlegend for one in chart.data[5:]] == [shown] * groups


def test_values_far_apart_are_drawn_on_logarithmic_axes():
    chart = scatter(MANY)
    assert chart.layout.xaxis.type == "log"
    assert chart.layout.xaxis.range[0] == pytest.approx(math.log10(1e3 / 1.4))


def test_errors_of_few_cases_are_bars_by_name():
    chart = signed_errors(FEW)
    assert {one.name: (list(one.y), list(one.x)) for one in chart.data} == {
        "x": (["x, a"], pytest.approx([0.04])),
        "y": (["y, b"], pytest.approx([-0.05])),
    }
    twice = judged("twice", (case("a", 1, 2), case("a", 1, 3)))
    assert list(signed_errors(twice).layout.yaxis.categoryarray) == ["a", "a (2)"]


def test_the_spread_climbs_to_all_cases():
    line = spread(judged("three", (case("a", 10, 11), case("b", 10, 8), case("c", 10, 10)))).data[0]
    assert list(line.x) == pytest.approx([0, 0, 0.1, 0.2])
    assert list(line.y) == pytest.approx([0, 1 / 3, 2 / 3, 1])


def test_the_overview_clips_what_lies_far_off_and_says_so():
    far = judged("far", (case("a", 10, 30), case("b", 10, 10.4)))
    row = overview([far, EXACT]).data[0]
    assert list(row.x) == pytest.approx([0.5, 0.04])
    assert list(row.marker.symbol) == ["x-thin-open", "circle"]
    assert row.customdata[0] == "a: +200.00%"
    assert [note.text for note in overview([far, EXACT]).layout.annotations] == ["mean 102 %", "exact"]


def test_few_cases_get_bars_many_a_curve_and_exact_ones_neither():
    assert [chart.id for chart in charts_of(FEW)] == ["few-scatter", "few-errors"]
    assert [chart.id for chart in charts_of(MANY)] == ["many-scatter", "many-spread"]
    assert [chart.id for chart in charts_of(EXACT)] == ["exact-scatter"]
    assert charts_of(ABSENT) == []
    crowd = judged("crowd", tuple(case(str(i), 1, 1.01) for i in range(2 * MOST_CASES)))
    assert "1,500 of 3,000 cases are drawn." in charts_of(crowd)[0].note


def test_the_page_says_every_verdict():
    page = own_part(render_accuracy(ALL))
    for said in (
        "✓ 1 of 2 comparisons meet every target",
        "✗ 1 misses a target",
        "1 without a target",
        "1 not run",
        "The board waits.",
        "Not run: needs absent.csv.",
        "nothing is &lt;fitted&gt;",
        "✗ at least 0.9",
    ):
        assert said in page
    assert all(page.count(f'<section id="{one.name}"') == 1 for one in ALL)


def test_the_page_is_one_file_that_asks_nobody(tmp_path):
    page = write_accuracy_page(ALL, tmp_path / "page.html").read_text(encoding="utf-8")
    assert page == render_accuracy(ALL)
    assert page.count("plotly.js v") == 1
    own = own_part(page)
    assert not re.search(r"""(src|href)\s*=\s*["'](?!data:,|#)""", own)
    assert not re.findall(r"https?://", own)
    figures = json.loads(re.search(r'id="figures">(.*?)</script>', own, re.DOTALL)[1])
    assert [one["id"] for one in figures][:3] == ["glance", "few-scatter", "few-errors"]
    assert all(own.count(f'id="{one["id"]}"') == 1 for one in figures)


def test_a_page_of_nothing_that_ran_has_no_charts():
    page = render_accuracy([ABSENT])
    assert "plotly.js v" not in page
    assert "Every case at a glance" not in page


@pytest.mark.chromium
def test_a_browser_draws_every_chart_and_the_console_is_silent(tmp_path):
    page = write_accuracy_page(ALL, tmp_path / "page.html")
    binary = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    flags += [
        "--enable-logging=stderr",
        "--v=0",
        "--virtual-time-budget=10000",
        f"--user-data-dir={tmp_path / 'user'}",
    ]
    command = [binary, *flags, "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert [line for line in done.stderr.splitlines() if ":CONSOLE" in line] == []
    assert "data-error" not in done.stdout[:1000]
    assert 'data-charts="6"' in done.stdout[:1000]
    assert done.stdout.count('<g class="cartesianlayer">') == 6
