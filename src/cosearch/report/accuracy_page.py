"""The page "How wrong is the model?": every comparison with its targets, plots and notes, in one file."""

from pathlib import Path
from typing import Any

from cosearch.records import write_atomically
from cosearch.report import accuracy_charts as charts
from cosearch.report.accuracy import Judged
from cosearch.report.sheet import Chart, plain, render_sheet
from cosearch.report.words import count

FEW_CASES = 24
"""Up to so many, every case gets a bar of its own."""

_SCATTER_NOTE = "The dashed line is agreement; the bands are 5 and 10 % around it."


def write_accuracy_page(comparisons: list[Judged], path: Path) -> Path:
    """Write the page; it works without a network, and equal comparisons give equal bytes.

    Raises:
        RunError: if the file cannot be written.
    """
    write_atomically(path, render_accuracy(comparisons))
    return path


def render_accuracy(comparisons: list[Judged]) -> str:
    """The page as text."""
    drawn = {judged.name: charts_of(judged) for judged in comparisons}
    plotted = [judged for judged in comparisons if judged.errors]
    glance = [_glance(plotted)] if plotted else []
    by_status = {
        status: [judged for judged in comparisons if judged.status == status]
        for status in ("met", "missed", "no target", "not run")
    }
    context: dict[str, Any] = {
        "comparisons": comparisons,
        "by_status": by_status,
        "charts": drawn,
        "glance": glance,
        "count": count,
    }
    return render_sheet(
        "accuracy.html.j2",
        context,
        [*glance, *(chart for group in drawn.values() for chart in group)],
        "accuracy.css",
    )


def charts_of(judged: Judged) -> list[Chart]:
    """Model over reference; beside it the errors case by case, or how they spread where there are many."""
    if not judged.cases:
        return []
    number, shown = len(judged.cases), len(charts.drawn_cases(judged))
    drawn = "" if shown == number else f" {count(shown)} of {count(number)} cases are drawn."
    first = Chart(
        f"{judged.name}-scatter", "Model over reference", _SCATTER_NOTE + drawn, plain(charts.scatter(judged))
    )
    if judged.is_exact or not judged.errors:
        return [first]
    if number <= FEW_CASES:
        note = "To the right the model is too high, to the left too low."
        return [
            first,
            Chart(f"{judged.name}-errors", "Error of every case", note, plain(charts.signed_errors(judged))),
        ]
    note = "How many cases are at most so wrong; the bands end at 5 and 10 %."
    return [first, Chart(f"{judged.name}-spread", "Spread of the errors", note, plain(charts.spread(judged)))]


def _glance(plotted: list[Judged]) -> Chart:
    note = (
        "One point a case, by how far the model is off; a cross at the edge lies beyond it. "
        "The bands are 5 and 10 %. Figures and targets are in the table below."
    )
    return Chart("glance", "Every case at a glance", note, plain(charts.overview(plotted)), 560)
