"""How engines that sample approach the proven optimum, over evaluations and over seconds.

``python -m benchmarks.engine_curves [--seconds 540]`` appends a line a run to ``results/engine_curves.jsonl``, each
with the improvements of the best design: evaluations, CPU seconds and the share of the optimum's speed. It stops
after so many seconds, and the same command goes on. ``--plot`` writes ``docs/engines_*.svg`` of what the file says:
the median over seeds, and the range from the 10th to the 90th percentile. Runs are those of ``engines.py``.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import final

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent))

from engines import ENGINES, SEEDS, SHARES, SPACES, space
from markupsafe import Markup

from cosearch.accelerate import AbstractQuestion, Budget, Judged, Part
from cosearch.accelerate.arrays import FloatArray, IntArray
from cosearch.accelerate.question import Answer
from cosearch.records import write_atomically
from cosearch.report.svg import Drawing, tag, text

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "engine_curves.jsonl"
COLOURS = ("#8a8f98", "#5b6875", "#c4572e", "#2a6fb0", "#3d8f5b", "#9b59b6")
STYLE = """
svg { color-scheme: light dark; font: 13px system-ui, sans-serif; }
.paper { fill: #fff } text { fill: #1c2733 } .grid { stroke: #d4dae1 } .muted { fill: #5b6875; font-size: 11px }
@media (prefers-color-scheme: dark) {
  .paper { fill: #161b22 } text { fill: #e6edf3 } .grid { stroke: #39424d } .muted { fill: #9aa7b4 }
}
"""
WIDTH, PANEL, LEFT, TOP, GAP = 780.0, 190.0, 56.0, 64.0, 64.0
POINTS = 60


@final
class Timed(AbstractQuestion):
    """A question that notes when how many designs had been priced."""

    def __init__(self, question: AbstractQuestion) -> None:
        self.question, self.start = question, time.process_time()
        self.evaluations, self.clock = [0], [0.0]

    @property
    def parts(self) -> tuple[Part, ...]:
        """Of the question."""
        return self.question.parts

    @property
    def more_is_better(self) -> bool:
        """Of the question."""
        return self.question.more_is_better

    def price(self, part: int, codes: IntArray) -> FloatArray:
        """Of the question."""
        features = self.question.price(part, codes)
        self.evaluations.append(self.evaluations[-1] + len(codes))
        self.clock.append(time.process_time() - self.start)
        return features

    def judge(self, priced: Sequence[FloatArray]) -> Judged:
        """Of the question."""
        return self.question.judge(priced)

    def answer(self, codes: Sequence[IntArray]) -> Answer:
        """Of the question."""
        return self.question.answer(codes)

    def seconds(self, evaluations: int) -> float:
        """CPU seconds until so many designs had been priced."""
        return self.clock[int(np.searchsorted(self.evaluations, evaluations))]


def run(name: str, engine: str, seed: int) -> dict[str, object]:
    """One engine with the larger budget: every improvement."""
    question, number, optimum = space(name)
    timed = Timed(question)
    budget = Budget(evaluations=int(SHARES[-1] * number))
    result = ENGINES[engine]().run(timed, seed=seed, budget=budget)
    curve: list[tuple[int, float, float]] = []
    for entry in result.history:
        share = optimum * entry.value if question.more_is_better else optimum / entry.value
        curve.append((entry.evaluations, round(timed.seconds(entry.evaluations), 4), round(share, 6)))
    return {"space": name, "engine": engine, "seed": seed, "designs": number, "curve": curve}


def rows() -> list[dict[str, object]]:
    """All results so far."""
    if not RESULTS.is_file():
        return []
    return [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]


def reached(curve: Sequence[Sequence[float]], places: FloatArray, column: int) -> FloatArray:
    """The share of the optimum at some places of a column, 0 before the first design. [places]."""
    ends = np.array([point[column] for point in curve])
    shares = np.array([0.0, *(point[2] for point in curve)])
    return shares[np.searchsorted(ends, places, side="right")]


def panel(found: list[dict[str, object]], name: str, column: int, top: float, most: float, least: float) -> Markup:
    """One space: the gap to the optimum of every engine."""
    span = WIDTH - LEFT - 24
    parts = [text(name, LEFT, top - 8, "muted")]
    for gap in (0, 0.25, 0.5, 0.75, 1):
        y = top + PANEL * (1 - gap)
        parts.append(tag("line", x1=LEFT, x2=LEFT + span, y1=y, y2=y, class_="grid"))
        parts.append(text(f"{gap:.0%}", LEFT - 6, y + 4, "muted", "end"))
    places = np.geomspace(least, most, POINTS)
    for share in (0, 1 / 3, 2 / 3, 1):
        value = least * (most / least) ** share
        label = f"{value:,.0f}" if value >= 100 else f"{value:.2g}"
        parts.append(text(label, LEFT + span * share, top + PANEL + 16, "muted", "end" if share == 1 else "middle"))
    for colour, engine in zip(COLOURS, ENGINES, strict=True):
        own = [row["curve"] for row in found if row["space"] == name and row["engine"] == engine]
        if not own:
            continue
        gaps = 1 - np.stack([reached(curve, places, column) for curve in own])
        low, middle, high = np.quantile(gaps, (0.1, 0.5, 0.9), axis=0)
        x = LEFT + span * np.arange(POINTS) / (POINTS - 1)
        band = [*zip(x, high, strict=True), *zip(x[::-1], low[::-1], strict=True)]
        corners = " ".join(f"{a:.1f},{top + PANEL * (1 - b):.1f}" for a, b in band)
        line = " ".join(f"{a:.1f},{top + PANEL * (1 - b):.1f}" for a, b in zip(x, middle, strict=True))
        parts.append(tag("polygon", points=corners, fill=colour, fill_opacity=0.12))
        parts.append(tag("polyline", points=line, fill="none", stroke=colour, stroke_width=2))
    return Markup("").join(parts)


def drawing(axis: str, column: int) -> Drawing:
    """All spaces, one below another."""
    found = rows()
    height = TOP + (PANEL + GAP) * len(SPACES)
    parts: list[Markup] = [tag("rect", x=0, y=0, width=WIDTH, height=height, rx=8, class_="paper")]
    parts.append(text(f"Gap to the proven optimum over {axis}", 16, 24))
    for number, (colour, engine) in enumerate(zip(COLOURS, ENGINES, strict=True)):
        x = 16 + 124 * number
        parts.append(tag("circle", cx=x + 5, cy=38, r=4, fill=colour))
        parts.append(text(engine.removeprefix("differentiable, "), x + 13, 42, "muted"))
    for place, name in enumerate(SPACES):
        own = [row for row in found if row["space"] == name]
        if own:
            ends = [point[column] for row in own for point in row["curve"]]
            most, least = max(ends), max(min(ends), max(ends) * 1e-3)
            parts.append(panel(own, name, column, TOP + 16 + (PANEL + GAP) * place, most, least))
    return Drawing(WIDTH, height, Markup("").join(parts))


def plot() -> None:
    """Write both pictures."""
    for name, axis, column in (("evaluations", "chunk designs priced", 0), ("seconds", "CPU seconds", 1)):
        description = f"The median gap of every engine on four spaces over {axis}, with the 10th to 90th percentile."
        svg = drawing(axis, column).as_svg(title=f"Engines over {axis}", description=description, style=STYLE)
        path = ROOT / "docs" / f"engines_{name}.svg"
        write_atomically(path, f'<?xml version="1.0" encoding="UTF-8"?>\n{svg}\n')


def main() -> None:
    """Run what is missing, or draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=540.0)
    parser.add_argument("--plot", action="store_true")
    arguments = parser.parse_args()
    if arguments.plot:
        plot()
        return
    torch.set_num_threads(1)
    end = time.monotonic() + arguments.seconds
    known = {(row["space"], row["engine"], row["seed"]) for row in rows()}
    every = [(name, engine, seed) for seed in SEEDS for name in SPACES for engine in ENGINES]
    wanted = [case for case in every if case not in known]
    while wanted and time.monotonic() < end:
        line = json.dumps(run(*wanted.pop(0))) + "\n"
        handle = os.open(RESULTS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)
    print(f"{len(wanted)} runs are left" if wanted else "all runs are done")


if __name__ == "__main__":
    main()
