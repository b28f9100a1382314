"""Charts of a run's events: small multiples over its epochs, and the finalists."""

from typing import Any

import plotly.graph_objects as go

from cosearch.design import Design
from cosearch.report.charts import figure
from cosearch.report.history import PANELS, Candidate, Epoch, Panel, series_of, stages_of
from cosearch.report.palette import ACCENT, NEUTRAL, chunk_colour

_CHART_WIDTH = 260
_LETTER_WIDTH = 7.5
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def panels_of(epochs: list[Epoch]) -> list[tuple[Panel, go.Figure]]:
    """Every panel that has something to show, with its chart."""
    return [(panel, _small_chart(panel, epochs)) for panel in PANELS if series_of(panel, epochs)]


def candidate_scatter(candidates: list[Candidate], design: Design | None) -> go.Figure:
    """Finalists by throughput and accuracy on val; the one that became the design stands out."""
    chosen = _plain_blocks(design) if design else None
    groups: dict[str, list[Candidate]] = {"keeps the limits": [], "breaks a limit": [], "chosen": []}
    for candidate in candidates:
        is_chosen = chosen is not None and candidate.blocks == chosen
        groups["chosen" if is_chosen else "keeps the limits" if candidate.feasible else "breaks a limit"].append(
            candidate
        )
    looks: dict[str, dict[str, Any]] = {
        "keeps the limits": {"symbol": "circle", "size": 11, "color": chunk_colour(0)},
        "breaks a limit": {"symbol": "x-thin-open", "size": 10, "color": NEUTRAL, "line": {"width": 2}},
        "chosen": {"symbol": "star", "size": 19, "color": chunk_colour(1)},
    }
    chart = figure(
        height=360,
        margin={"l": 64, "r": 16, "t": 40, "b": 48},
        xaxis={"title": {"text": "images/s"}, "tickformat": ","},
        yaxis={"title": {"text": "accuracy on val"}, "tickformat": ".1%"},
    )
    for name, members in groups.items():
        if members:
            chart.add_scatter(
                x=[member.fps for member in members],
                y=[member.val_accuracy for member in members],
                mode="markers",
                name=name,
                marker=looks[name],
                hovertemplate="%{x:,.0f} images/s<br>%{y:.2%} on val<extra>" + name + "</extra>",
            )
    for limit in design.limits if design else ():
        if limit.metric == "fps":
            chart.add_vline(x=limit.limit, line={"dash": "dash", "width": 1.5, "color": NEUTRAL})
    return chart


def _plain_blocks(design: Design) -> list[dict[str, Any]]:
    return [block.model_dump(mode="json") for block in design.found_network.blocks]


def _small_chart(panel: Panel, epochs: list[Epoch]) -> go.Figure:
    """Lines over all epochs of the run, broken between stages, with the stages as bands."""
    named = series_of(panel, epochs)
    stages = stages_of(epochs)
    chart = figure(
        height=210,
        margin={"l": 52, "r": 10, "t": 38, "b": 30},
        showlegend=len(named) > 1,
        legend={"orientation": "h", "y": -0.16, "yanchor": "top", "x": 0},
        xaxis={"showticklabels": False, "range": [-0.6, len(epochs) - 0.4], "zeroline": False, "showgrid": False},
        yaxis=_value_axis(panel, [epoch.values[key] for epoch in epochs for key in named if key in epoch.values]),
    )
    for order, (key, name) in enumerate(named.items()):
        xs, ys, where = _broken_at_stages(key, epochs, stages)
        chart.add_scatter(
            x=xs,
            y=ys,
            mode="lines+markers",
            name=name,
            line={"color": (ACCENT, *map(chunk_colour, range(8)))[order % 9], "width": 2, "dash": _DASHES[order % 6]},
            marker={"size": 4},
            customdata=where,
            hovertemplate="%{customdata}: %{y:"
            + (".2%" if panel.is_share else ".4~g")
            + "}<extra>"
            + name
            + "</extra>",
        )
    _mark_stages(chart, stages)
    if panel.line is not None:
        chart.add_hline(y=panel.line, line={"dash": "dash", "width": 1.5, "color": "#d1495b"})
    return chart


def _value_axis(panel: Panel, values: list[float]) -> dict[str, Any]:
    axis: dict[str, Any] = {"tickformat": ".0%" if panel.is_share else ".3~g", "zeroline": False, "nticks": 5}
    if panel.is_whole:
        return axis | {"range": [-0.02, 1.04]}
    return axis | {"rangemode": "nonnegative" if min(values) >= 0 else "normal"}


def _broken_at_stages(
    key: str, epochs: list[Epoch], stages: list[tuple[str, int, int]]
) -> tuple[list[float], list[float | None], list[str]]:
    xs: list[float] = []
    ys: list[float | None] = []
    where: list[str] = []
    for stage, first, last in stages:
        for position in range(first, last + 1):
            if key in epochs[position].values:
                xs.append(position)
                ys.append(epochs[position].values[key])
                where.append(f"{stage}, epoch {epochs[position].number}")
        xs.append(last + 0.5)
        ys.append(None)
        where.append("")
    return xs, ys, where


def _mark_stages(chart: go.Figure, stages: list[tuple[str, int, int]]) -> None:
    """Bands with their names; in two rows where a name is wider than its band."""
    epochs = stages[-1][2] + 1
    is_tight = any(_CHART_WIDTH * (last - first + 1) / epochs < _LETTER_WIDTH * len(s) for s, first, last in stages)
    for order, (stage, first, last) in enumerate(stages):
        if order % 2 == 0:
            chart.add_vrect(
                x0=first - 0.5, x1=last + 0.5, fillcolor=NEUTRAL, opacity=0.11, line={"width": 0}, layer="below"
            )
        chart.add_annotation(
            x=(first + last) / 2,
            y=1.0,
            yref="paper",
            yanchor="bottom",
            text=stage,
            showarrow=False,
            font={"size": 11},
            yshift=11 if is_tight and order % 2 else 0,
        )
