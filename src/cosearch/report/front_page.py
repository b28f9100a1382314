"""The page of a front: its points in a chart, and the accelerator of every one in a table."""

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from cosearch.design import METRICS, Design, Front, FrontMember, OpenStretch
from cosearch.hardware import Chunk
from cosearch.report.charts import figure
from cosearch.report.palette import ACCENT, NEUTRAL
from cosearch.report.sheet import Chart, plain
from cosearch.report.words import amount, listing, title_of

_OTHERS = ("fps", "energy_joules", "dsp", "bram18", "uram", "lut")


@dataclass(frozen=True, slots=True)
class Row:
    """One point in words: its objectives, other figures, its chunks, and where it lies."""

    values: tuple[str, ...]
    chunks: tuple[str, ...]
    folder: str


def front_context(front: Front, designs: tuple[Design, ...]) -> dict[str, Any]:
    """What the page says of a front."""
    others = [name for name in _OTHERS if name not in front.objectives]
    others = [name for name in others if any(getattr(design.predicted, name) for design in designs)]
    first, second = front.objectives
    return {
        "front": front,
        "titles": [title_of(name) for name in (first, second, *others)],
        "names": listing([title_of(first).lower(), _inside(title_of(second))]),
        "rows": [_row(member, design, others) for member, design in zip(front.front, designs, strict=True)],
        "gaps": [_gap(front, gap) for gap in front.gaps],
    }


def front_chart_frame(front: Front, designs: tuple[Design, ...]) -> Chart:
    """The chart with its words."""
    note = "No accelerator of the declared space lies on the better side of the line."
    if front.gaps:
        note = (
            "No accelerator of the declared space betters one of these; grey stretches were not searched to the end."
        )
    return Chart("front", "The front", note, plain(front_chart(front, designs)))


def front_chart(front: Front, designs: tuple[Design, ...]) -> go.Figure:
    """Points by both objectives, with the border of what they better; grey where the front is not known."""
    first, second = front.objectives
    chart = figure(
        height=420,
        showlegend=False,
        margin={"l": 76, "r": 16, "t": 16, "b": 56},
        xaxis={"title": {"text": _axis(first)}, "tickformat": ",.4~g"},
        yaxis={"title": {"text": _axis(second)}, "tickformat": ",.4~g"},
    )
    for gap in front.gaps:
        one, other = gap.better_in_first, gap.better_in_second
        chart.add_shape(
            type="rect", x0=one[first], x1=other[first], y0=one[second], y1=other[second],
            fillcolor=NEUTRAL, opacity=0.25, line={"width": 0}, layer="below",
        )  # fmt: skip
    chart.add_scatter(
        x=[member.values[first] for member in front.front],
        y=[member.values[second] for member in front.front],
        mode="lines+markers",
        line={"color": ACCENT, "width": 1.5, "shape": "hv"},
        marker={"size": 9, "color": ACCENT},
        customdata=[
            [
                member.folder,
                amount(first, member.values[first]),
                amount(second, member.values[second]),
                "<br>".join(_chunk(chunk) for chunk in design.accelerator.chunks),
            ]
            for member, design in zip(front.front, designs, strict=True)
        ],
        hovertemplate="<b>%{customdata[1]}, %{customdata[2]}</b>"
        "<br>%{customdata[3]}<br>%{customdata[0]}<extra></extra>",
    )
    return chart


def _row(member: FrontMember, design: Design, others: list[str]) -> Row:
    said = [amount(name, value, 4) for name, value in member.values.items()]
    said += [amount(name, float(getattr(design.predicted, name)), 4) for name in others]
    return Row(tuple(said), tuple(_chunk(chunk) for chunk in design.accelerator.chunks), member.folder)


def _chunk(chunk: Chunk) -> str:
    unroll = "×".join(f"{name} {size}" for name, size in chunk.unroll.model_dump().items() if size > 1) or "1"
    return f"{chunk.kind.value}, {chunk.weight_bits}×{chunk.activation_bits} bits, {unroll}"


def _gap(front: Front, gap: OpenStretch) -> str:
    parts = [
        f"{_inside(title_of(name))} between {amount(name, gap.better_in_first[name], 4)} and "
        f"{amount(name, gap.better_in_second[name], 4)}"
        for name in front.objectives
    ]
    text = listing(parts)
    return text[0].upper() + text[1:]


def _inside(title: str) -> str:
    """A title within a sentence; an abbreviation stays as it is."""
    return title if title.isupper() or title[:2].isupper() else title[0].lower() + title[1:]


def _axis(metric: str) -> str:
    unit = METRICS[metric].unit
    return f"{title_of(metric)} [{unit}]" if unit else title_of(metric)
