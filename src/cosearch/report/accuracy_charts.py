"""Charts of comparisons: all at a glance, model over reference, errors case by case and how they spread."""

import math
from typing import Any

import plotly.graph_objects as go

from cosearch.report.accuracy import Judged, JudgedCase
from cosearch.report.charts import figure
from cosearch.report.palette import ACCENT, NEUTRAL, chunk_colour
from cosearch.report.words import percent

MOST_CASES = 1500
"""Drawn in one chart; more would only make the page slow."""

_BANDS = (0.05, 0.10)
_BAND_COLOUR = "rgba(139,149,161,0.16)"
_CLIP = 0.5
_GOLDEN = (math.sqrt(5) - 1) / 2
_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "star", "hexagon", "triangle-down")
_SIGNED = "+.0%"


def drawn_cases(judged: Judged) -> list[JudgedCase]:
    """The cases a chart draws: all, or every n-th."""
    step = math.ceil(len(judged.cases) / MOST_CASES)
    return list(judged.cases[:: max(1, step)])


def overview(comparisons: list[Judged]) -> go.Figure:
    """Signed errors of every case of every comparison, a row each; what lies beyond half is drawn at the edge."""
    chart = figure(
        height=90 + 46 * len(comparisons),
        margin={"l": 120, "r": 96, "t": 28, "b": 48},
        showlegend=False,
        xaxis={
            "range": [-1.04 * _CLIP, 1.04 * _CLIP],
            "tickformat": _SIGNED,
            "zeroline": False,
            "title": {"text": "error of the model; beyond the edges at the edge"},
        },
        yaxis={
            "range": [len(comparisons) - 0.5, -0.5],
            "tickvals": list(range(len(comparisons))),
            "ticktext": [judged.name for judged in comparisons],
            "showgrid": False,
            "zeroline": False,
        },
    )
    _upright_bands(chart)
    for row, judged in enumerate(comparisons):
        _strip(chart, row, judged)
        chart.add_annotation(
            x=1,
            xref="paper",
            xanchor="left",
            xshift=8,
            y=row,
            text="exact" if judged.is_exact else f"mean {percent(judged.mean_error)}",
            showarrow=False,
        )
    return chart


def _strip(chart: go.Figure, row: int, judged: Judged) -> None:
    """The row of one comparison; points are spread across it so that they do not hide each other."""
    cases = [(case, case.error) for case in drawn_cases(judged)]
    known = [(case, error) for case, error in cases if error is not None]
    chart.add_scatter(
        x=[max(-_CLIP, min(_CLIP, error)) for _, error in known],
        y=[row + 0.62 * ((index * _GOLDEN) % 1 - 0.5) for index in range(len(known))],
        mode="markers",
        name=judged.name,
        marker={
            "size": 6,
            "opacity": 0.65,
            "color": chunk_colour(row),
            "symbol": ["circle" if abs(error) <= _CLIP else "x-thin-open" for _, error in known],
        },
        customdata=[f"{case.name}: {error:+.2%}" for case, error in known],
        hovertemplate="%{customdata}<extra>" + judged.name + "</extra>",
    )


def scatter(judged: Judged) -> go.Figure:
    """The model over the reference, with the line of agreement and bands of 5 and 10 %."""
    cases = drawn_cases(judged)
    low, high, is_log = _span([value for case in cases for value in (case.reference, case.model)])
    axis: dict[str, Any] = {
        "type": "log" if is_log else "linear",
        "range": [math.log10(low), math.log10(high)] if is_log else [low, high],
        "tickformat": "~s" if high >= 1e4 else "~g",
        "zeroline": False,
        "nticks": 6,
    }
    if is_log and math.log10(high / low) >= 2:
        axis |= {"dtick": 1}
    unit = f", {judged.unit}" if judged.unit else ""
    chart = figure(
        height=400,
        margin={"l": 64, "r": 16, "t": 44, "b": 48},
        xaxis=axis | {"title": {"text": f"reference{unit}"}},
        yaxis=axis | {"title": {"text": f"model{unit}", "standoff": 14}},
    )
    _bands_of_agreement(chart, low, high)
    groups = _groups(cases)
    for index, (group, members) in enumerate(groups.items()):
        chart.add_scatter(
            x=[case.reference for case in members],
            y=[case.model for case in members],
            mode="markers",
            name=group or "cases",
            showlegend=1 < len(groups) <= len(_SYMBOLS),
            marker={
                "size": 8,
                "opacity": 0.75,
                "color": chunk_colour(index),
                "symbol": _SYMBOLS[index % len(_SYMBOLS)],
            },
            customdata=[[case.name, _signed(case)] for case in members],
            hovertemplate="%{customdata[0]}<br>reference %{x:,.6~g}, model %{y:,.6~g}<br>%{customdata[1]}"
            "<extra>" + group + "</extra>",
        )
    return chart


def signed_errors(judged: Judged) -> go.Figure:
    """A bar for the error of each case, for comparisons of few cases."""
    known = [(case, case.error) for case in judged.cases if case.error is not None]
    names = _row_names([case for case, _ in known])
    reach = max(0.12, 1.15 * max(abs(error) for _, error in known))
    chart = figure(
        height=max(400, 92 + 24 * len(known)),
        margin={"l": 96, "r": 16, "t": 44, "b": 48},
        xaxis={
            "range": [-reach, reach],
            "tickformat": _SIGNED,
            "nticks": 7,
            "title": {"text": "error of the model"},
        },
        yaxis={"autorange": "reversed", "showgrid": False, "categoryorder": "array", "categoryarray": names},
    )
    _upright_bands(chart)
    for index, group in enumerate(_groups([case for case, _ in known])):
        mine = [(name, case, error) for name, (case, error) in zip(names, known, strict=True) if case.group == group]
        chart.add_bar(
            y=[name for name, _, _ in mine],
            x=[error for _, _, error in mine],
            orientation="h",
            name=group or "cases",
            showlegend=False,
            width=0.62,
            marker={"color": chunk_colour(index)},
            customdata=[f"reference {case.reference:.6g}, model {case.model:.6g}" for _, case, _ in mine],
            hovertemplate="%{y}: %{x:+.2%}<br>%{customdata}<extra>" + group + "</extra>",
        )
    return chart


def spread(judged: Judged) -> go.Figure:
    """The share of cases whose error is at most so large, for comparisons of many cases."""
    sizes = sorted(map(abs, judged.errors))
    chart = figure(
        height=400,
        margin={"l": 64, "r": 16, "t": 44, "b": 48},
        showlegend=False,
        xaxis={"tickformat": ".0%", "rangemode": "tozero", "title": {"text": "size of the error"}},
        yaxis={"tickformat": ".0%", "range": [0, 1.02], "title": {"text": "share of cases", "standoff": 14}},
    )
    for band in _BANDS:
        chart.add_vrect(x0=0, x1=band, fillcolor=_BAND_COLOUR, line={"width": 0}, layer="below")
    chart.add_scatter(
        x=[0.0, *sizes],
        y=[0.0, *((index + 1) / len(sizes) for index in range(len(sizes)))],
        mode="lines",
        line={"color": ACCENT, "width": 2.5, "shape": "hv"},
        hovertemplate="%{y:.1%} of cases within %{x:.2%}<extra></extra>",
    )
    return chart


def _span(values: list[float]) -> tuple[float, float, bool]:
    """Lowest and highest of both axes, and whether they are logarithmic: where all is positive and far apart."""
    low, high = min(values), max(values)
    if low > 0 and high / low > 20:
        return low / 1.4, high * 1.4, True
    pad = 0.08 * (high - low) or 0.08 * abs(high) or 1.0
    return (0.0 if 0 <= low < 0.5 * high else low - pad), high + pad, False


def _bands_of_agreement(chart: go.Figure, low: float, high: float) -> None:
    """The identity, and bands around it: straight on linear and on logarithmic axes."""
    for band in reversed(_BANDS):
        for sign, fill in ((1, None), (-1, "tonexty")):
            chart.add_scatter(
                x=[low, high],
                y=[low * (1 + sign * band), high * (1 + sign * band)],
                mode="lines",
                line={"width": 0},
                fill=fill,
                fillcolor=_BAND_COLOUR,
                hoverinfo="skip",
                showlegend=False,
            )
    chart.add_scatter(
        x=[low, high],
        y=[low, high],
        mode="lines",
        line={"color": NEUTRAL, "width": 1.5, "dash": "dash"},
        hoverinfo="skip",
        showlegend=False,
    )


def _upright_bands(chart: go.Figure) -> None:
    for band in _BANDS:
        chart.add_vrect(x0=-band, x1=band, fillcolor=_BAND_COLOUR, line={"width": 0}, layer="below")
    chart.add_vline(x=0, line={"color": NEUTRAL, "width": 1.5, "dash": "dash"}, layer="below")


def _groups(cases: list[JudgedCase]) -> dict[str, list[JudgedCase]]:
    groups: dict[str, list[JudgedCase]] = {}
    for case in cases:
        groups.setdefault(case.group, []).append(case)
    return groups


def _row_names(cases: list[JudgedCase]) -> list[str]:
    """Names of rows: with their group where there are several, since rows of one name would share a place."""
    many = len(_groups(cases)) > 1
    names = [f"{case.group}, {case.name}" if many and case.group else case.name for case in cases]
    return [
        f"{name} ({names[:index].count(name) + 1})" if name in names[:index] else name
        for index, name in enumerate(names)
    ]


def _signed(case: JudgedCase) -> str:
    return "reference is zero" if case.error is None else f"{case.error:+.2%}"
