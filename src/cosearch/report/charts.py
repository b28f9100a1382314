"""Charts of a design, as plotly figures without colours of paper and ink: the page sets those for light and dark."""

from typing import Any

import plotly.graph_objects as go

from cosearch.design import Design, Predicted
from cosearch.hardware import Platform
from cosearch.report.palette import ACCENT, NEUTRAL, SERVERS, chunk_colour
from cosearch.report.words import count, percent, quantity, title_of

RESOURCES = ("dsp", "bram18", "uram", "lut")
_PATTERNS = {"compute": "", "read": "/", "write": "x"}
_PART_NAMES = {"mac": "multipliers", "dram": "DRAM", "fill": "buffer fills"}
_SAYS = {"compute": "bound by compute", "read": "bound by reads", "write": "bound by writes"}


def figure(**layout: Any) -> go.Figure:
    """An empty figure in the style of the page."""
    base: dict[str, Any] = {
        "template": "none",
        "margin": {"l": 56, "r": 16, "t": 12, "b": 44},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        "hoverlabel": {"align": "left"},
        "bargap": 0.25,
    }
    chart = go.Figure(layout={**base, **layout})
    chart.update_xaxes(automargin=True)
    chart.update_yaxes(automargin=True)
    return chart


def layer_cycles(design: Design) -> go.Figure:
    """Cycles of each layer in network order; colour is the chunk, hatching is what bounds it."""
    layers = design.predicted.per_layer
    chart = figure(
        height=400,
        barmode="stack",
        margin={"l": 64, "r": 16, "t": 56, "b": 60},
        xaxis={
            "tickangle": -60,
            "showgrid": False,
            "categoryorder": "array",
            "categoryarray": [layer.name for layer in layers],
        },
        yaxis={"title": {"text": "cycles", "standoff": 14}, "rangemode": "tozero"},
    )
    for index in range(len(design.accelerator.chunks)):
        mine = [layer for layer in layers if layer.chunk == index]
        chart.add_bar(
            x=[layer.name for layer in mine],
            y=[layer.cycles for layer in mine],
            name=f"chunk {index}",
            legendgroup=f"chunk {index}",
            showlegend=False,
            marker={
                "color": chunk_colour(index),
                "pattern": {"shape": [_PATTERNS[layer.bound] for layer in mine], "fillmode": "overlay", "size": 6},
            },
            customdata=[
                [
                    _SAYS[layer.bound],
                    count(layer.compute_cycles),
                    count(layer.read_cycles),
                    count(layer.write_cycles),
                    quantity(layer.dram_bits, "bit"),
                    count(layer.num_macs),
                    quantity(layer.energy_joules, "J"),
                ]
                for layer in mine
            ],
            hovertemplate="<b>%{x}</b> on chunk " + str(index) + "<br>%{y:,} cycles, %{customdata[0]}"
            "<br>compute %{customdata[1]}, read %{customdata[2]}, write %{customdata[3]}"
            "<br>DRAM %{customdata[4]}, %{customdata[5]} MACs, %{customdata[6]}<extra></extra>",
        )
        _legend_entry(chart, f"chunk {index}", chunk_colour(index), "")
    for bound, pattern in _PATTERNS.items():
        if any(layer.bound == bound for layer in layers):
            _legend_entry(chart, _SAYS[bound], NEUTRAL, pattern)
    return chart


def _legend_entry(chart: go.Figure, name: str, colour: str, pattern: str) -> None:
    """An entry of its own: that of a bar trace would show the hatching of whatever layer comes first."""
    marker = {"color": colour, "pattern": {"shape": pattern, "fillmode": "overlay", "size": 6}}
    chart.add_bar(x=[None], y=[None], name=name, legendgroup=name, marker=marker, hoverinfo="skip")


def server_shares(design: Design) -> go.Figure:
    """How much of the period array, read engine and write engine of each chunk are busy."""
    chunks = range(len(design.accelerator.chunks))
    period = design.predicted.period_cycles
    chart = figure(
        height=110 + 62 * len(chunks),
        barmode="group",
        margin={"l": 76, "r": 16, "t": 40, "b": 44},
        xaxis={"tickformat": ".0%", "range": [0, 1.005], "dtick": 0.25, "title": {"text": "share of the period"}},
        yaxis={"autorange": "reversed", "showgrid": False},
    )
    for server, colour in SERVERS.items():
        busy = [
            sum(getattr(layer, f"{server}_cycles") for layer in design.predicted.per_layer if layer.chunk == index)
            for index in chunks
        ]
        chart.add_bar(
            y=[f"chunk {index}" for index in chunks],
            x=[cycles / period for cycles in busy],
            orientation="h",
            name=server,
            marker={"color": colour, "pattern": {"shape": _PATTERNS[server], "fillmode": "overlay", "size": 6}},
            customdata=[count(cycles) for cycles in busy],
            hovertemplate="%{y}, " + server + ": %{customdata} cycles, %{x:.1%} of the period<extra></extra>",
        )
    return chart


def resource_use(design: Design, platform: Platform) -> go.Figure:
    """Resources of all chunks, stacked, as a share of what the platform lets a design use."""
    budget = platform.budget()
    keys = [key for key in RESOURCES if budget[key] > 0]
    limits = {limit.metric: limit.limit for limit in design.limits}
    rows = [f"{title_of(key)}: {count(getattr(design.predicted, key))} of {count(budget[key])}" for key in keys]
    chart = figure(
        height=120 + 58 * len(keys),
        barmode="stack",
        margin={"l": 76, "r": 24, "t": 48, "b": 52},
        xaxis={"tickformat": ".0%", "rangemode": "tozero", "title": {"text": "share of the platform's budget"}},
        yaxis={"autorange": "reversed", "showgrid": False},
    )
    for name, colour, values in _stack(design.predicted, keys):
        chart.add_bar(
            y=rows,
            x=[value / budget[key] for key, value in zip(keys, values, strict=True)],
            orientation="h",
            name=name,
            width=0.5,
            marker={"color": colour},
            customdata=[count(value) for value in values],
            hovertemplate="%{y}: " + name + " takes %{customdata}, %{x:.1%} of the budget<extra></extra>",
        )
    marks = {
        "budget": ("line-ns", [float(budget[key]) for key in keys]),
        "whole part": ("line-ns", [float(getattr(platform.resources, key)) for key in keys]),
        "your limit": ("diamond-tall", [limits.get(key) for key in keys]),
    }
    for name, (symbol, values) in marks.items():
        shown = [(row, key, v) for row, key, v in zip(rows, keys, values, strict=True) if v is not None]
        if shown:
            chart.add_scatter(
                y=[row for row, _, _ in shown],
                x=[value / budget[key] for _, key, value in shown],
                mode="markers",
                name=name,
                meta="ink" if name == "budget" else "soft" if name == "whole part" else None,
                marker={
                    "symbol": symbol,
                    "size": 26 if symbol == "line-ns" else 12,
                    "color": "#d1495b",
                    "line": {"width": 2.5 if symbol == "line-ns" else 0, "color": NEUTRAL},
                },
                customdata=[count(value) for _, _, value in shown],
                hovertemplate="%{y}: " + name + " %{customdata}<extra></extra>",
            )
    return chart


def energy_parts(design: Design) -> go.Figure:
    """Where the energy of an image goes."""
    parts = sorted(design.predicted.energy_by_part_joules.items(), key=lambda part: -part[1])
    total = sum(value for _, value in parts) or 1.0
    chart = figure(
        height=76 + 34 * len(parts),
        margin={"l": 110, "r": 24, "t": 8, "b": 44},
        xaxis={
            "title": {"text": "share of the energy of an image"},
            "tickformat": ".0%",
            "range": [0, 1.3 * max([value for _, value in parts], default=1.0) / total],
        },
        yaxis={"autorange": "reversed", "showgrid": False},
    )
    chart.add_bar(
        y=[_PART_NAMES.get(name, name.replace("_", " ")) for name, _ in parts],
        x=[value / total for _, value in parts],
        orientation="h",
        marker={"color": ACCENT},
        text=[f"{quantity(value, 'J')}, {percent(value / total)}" for _, value in parts],
        textposition="outside",
        hovertemplate="%{y}: %{text}<extra></extra>",
        showlegend=False,
    )
    return chart


def _stack(predicted: Predicted, keys: list[str]) -> list[tuple[str, str, list[int]]]:
    """A layer of the stack for each chunk, and one for what no chunk owns."""
    stack = [
        (f"chunk {index}", chunk_colour(index), [int(getattr(chunk, key)) for key in keys])
        for index, chunk in enumerate(predicted.per_chunk)
    ]
    shared = [
        int(getattr(predicted, key)) - sum(int(getattr(chunk, key)) for chunk in predicted.per_chunk) for key in keys
    ]
    return [*stack, ("shared", NEUTRAL, shared)] if any(shared) else stack
