"""The plots of docs/choosing.md as SVG files: equal results give equal bytes.

``python -m benchmarks.joint_study.plots`` writes ``docs/choosing_*.svg``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.joint_study.tables import lines_of, read, spread
from markupsafe import Markup

from cosearch.records import write_atomically
from cosearch.report.svg import Drawing, tag, text

DOCS = Path(__file__).parents[2] / "docs"
LEFT, RIGHT, ROW, TOP, WIDTH = 250.0, 24.0, 24.0, 40.0, 720.0
COLOURS = ("#2a6fb0", "#c4572e", "#3d8f5b")
STYLE = """
svg { color-scheme: light dark; font: 13px system-ui, sans-serif; }
.paper { fill: #fff } text { fill: #1c2733 } .grid { stroke: #d4dae1 } .muted { fill: #5b6875; font-size: 11px }
@media (prefers-color-scheme: dark) {
  .paper { fill: #161b22 } text { fill: #e6edf3 } .grid { stroke: #39424d } .muted { fill: #9aa7b4 }
}
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A label with a mean and its interval for every series; None where a series has none."""

    label: str
    values: Sequence[tuple[float, float, float] | None]


def intervals(title: str, axis: str, series: Sequence[str], rows: Sequence[Row], low: float, high: float) -> Drawing:
    """Dots with their intervals, one row a label, one colour a series."""
    height = TOP + ROW * len(rows) * max(1, len(series) / 2) + 64
    pitch = (height - TOP - 64) / len(rows)
    scale = (WIDTH - LEFT - RIGHT) / (high - low)

    def place(value: float) -> float:
        return LEFT + (min(max(value, low), high) - low) * scale

    parts: list[Markup] = [tag("rect", x=0, y=0, width=WIDTH, height=height, rx=8, class_="paper")]
    parts.append(text(title, 16, 24))
    for step in range(6):
        value = low + (high - low) * step / 5
        x = place(value)
        parts.append(tag("line", x1=x, x2=x, y1=TOP, y2=height - 56, class_="grid"))
        parts.append(text(f"{value:.3g}", x, height - 40, "muted", "middle"))
    parts.append(text(axis, (LEFT + WIDTH - RIGHT) / 2, height - 24, "muted", "middle"))
    for index, row in enumerate(rows):
        middle = TOP + pitch * (index + 0.5)
        parts.append(text(row.label, LEFT - 10, middle + 4, "", "end"))
        for number, found in enumerate(row.values):
            if found is None:
                continue
            mean, least, most = found
            y = middle + (number - (len(row.values) - 1) / 2) * 7
            colour = COLOURS[number]
            ends = {"x1": place(least), "x2": place(most), "y1": y, "y2": y}
            parts.append(tag("line", **ends, stroke=colour, stroke_width=2.5, stroke_linecap="round"))
            parts.append(tag("circle", cx=place(mean), cy=y, r=4, fill=colour))
    for number, name in enumerate(series if len(series) > 1 else ()):
        x = 16 + number * 220
        parts.append(tag("circle", cx=x + 5, cy=height - 10, r=4, fill=COLOURS[number]))
        parts.append(text(name, x + 14, height - 6, "muted"))
    return Drawing(WIDTH, height, Markup("").join(parts))


def ranking() -> Drawing:
    """Rank correlation by the way weights are trained."""
    rows = lines_of("ranking.jsonl")
    keys = {"networks' own statistics": "recalibrated", "shared statistics": "shared statistics"}
    ways = list(dict.fromkeys(str(row["way"]) for row in rows))
    drawn = [Row(way, [spread([r[key] for r in rows if r["way"] == way]) for key in keys.values()]) for way in ways]
    title = "How well shared weights rank 294 networks"
    return intervals(title, "rank correlation with training alone, 5 seeds", list(keys), drawn, 0.0, 1.0)


def hardware() -> Drawing:
    """Cosines by gradient and sharpness where limits bind, on platform A."""
    rows = [r for r in read("hardware_gradients.json")["rows"] if r["platform"] == "a" and r["limits"] == "bind"]
    rows = [row for row in rows if "estimator" in row]
    sharpnesses = sorted({row["sharpness"] for row in rows})
    drawn: list[Row] = []
    for name in dict.fromkeys(row["estimator"] for row in rows):
        own = {r["sharpness"]: (r["mean"], r["low"], r["high"]) for r in rows if r["estimator"] == name}
        drawn.append(Row(name, [own[s] for s in sharpnesses]))
    series = [f"logits of spread {s:g}" for s in sharpnesses]
    return intervals(
        "Hardware gradients against enumeration", "cosine with the true gradient", series, drawn, 0.0, 1.0
    )


def regret(platform: str) -> Drawing:
    """Mean regret of every way in percent points."""
    ways = read(f"analysis_{platform}.json")["ways"]
    drawn = [
        Row(way, [(100 * row["val_mean"], *(100 * bound for bound in row["val_mean_interval"]))])
        for way, row in ways.items()
    ]
    title = f"What searches lose, platform {platform.upper()}, ten limits"
    return intervals(title, "regret on val in percent points, mean", ["val"], drawn, 0.0, 10.0)


def save(drawing: Drawing, name: str, description: str) -> None:
    """One file in the documentation."""
    svg = drawing.as_svg(title=name, description=description, style=STYLE)
    write_atomically(DOCS / f"choosing_{name}.svg", f'<?xml version="1.0" encoding="UTF-8"?>\n{svg}\n')


def main() -> None:
    """Draw all."""
    save(ranking(), "ranking", "The table of supernet ranking, drawn.")
    save(hardware(), "hardware", "The table of hardware gradients where limits bind, drawn.")
    for platform in "ab":
        save(regret(platform), f"regret_{platform}", f"The table of regret on platform {platform.upper()}, drawn.")


if __name__ == "__main__":
    main()
