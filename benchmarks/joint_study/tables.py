"""Every table of the page docs/choosing.md, from the committed results.

``python -m benchmarks.joint_study.tables`` prints them as Markdown.
"""

import json
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from benchmarks.joint_study import losses
from benchmarks.joint_study.analysis import markdown
from benchmarks.joint_table import JointTable
from scipy.stats import spearmanr, t

RESULTS = Path(__file__).parent / "results"


def read(name: str) -> dict[str, object]:
    """A result."""
    return json.loads((RESULTS / name).read_text(encoding="utf-8"))


def lines_of(name: str) -> list[dict[str, object]]:
    """A result of one line a run."""
    return [json.loads(line) for line in (RESULTS / name).read_text(encoding="utf-8").splitlines()]


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and 95 % interval of the mean by Student's t."""
    rows = np.asarray(values, np.float64)
    half = float(t.ppf(0.975, len(rows) - 1) * rows.std(ddof=1) / np.sqrt(len(rows)))
    return float(rows.mean()), float(rows.mean()) - half, float(rows.mean()) + half


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown."""
    written = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(head)} |", "|---" * len(head) + "|", *written])


def shown(values: Sequence[float], digits: int = 2) -> str:
    """Mean and interval."""
    mean, low, high = spread(values)
    return f"{mean:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def ceiling_table() -> str:
    """How far one training's ranking of all networks agrees with another's."""
    val = JointTable.load().val
    pairs = [float(spearmanr(val[:, a], val[:, b]).statistic) for a, b in combinations(range(val.shape[1]), 2)]
    noise, between = float(np.sqrt(val.var(axis=1, ddof=1).mean())), float(val.mean(axis=1).std(ddof=1))
    figures = [*(f"{pair:.3f}" for pair in sorted(pairs)), f"{noise:.4f}", f"{between:.4f}"]
    head = ["rank correlation of two seeds", "", "", "standard deviation between seeds", "between networks"]
    return table(head, [figures])


def ranking_table() -> str:
    """Rank correlation of shared weights with training alone, by the way they were trained."""
    rows = lines_of("ranking.jsonl")
    ways = list(dict.fromkeys(str(row["way"]) for row in rows))
    cells: list[list[str]] = []
    for way in ways:
        own = [row for row in rows if row["way"] == way]
        keys = ("recalibrated", "shared statistics", "recalibrated, mean accuracy")
        cells.append([way, *(shown([row[key] for row in own]) for key in keys)])
    head = ["weights trained with", "networks' own statistics", "shared statistics", "mean accuracy"]
    return table(head, cells)


def hardware_table(limits: str) -> str:
    """Cosine of every hardware gradient with the true one, on platform A."""
    rows = [r for r in read("hardware_gradients.json")["rows"] if r["platform"] == "a" and r["limits"] == limits]
    names = list(dict.fromkeys(row["estimator"] for row in rows if "estimator" in row))
    sharpnesses = sorted({row["sharpness"] for row in rows if "sharpness" in row})
    cells: list[list[str]] = []
    for name in names:
        own = {row["sharpness"]: row for row in rows if row.get("estimator") == name}
        found = [f"{own[s]['mean']:.2f} ({own[s]['low']:.2f} to {own[s]['high']:.2f})" for s in sharpnesses]
        cells.append([name, *found])
    return table(["gradient", *(f"logits of spread {s:g}" for s in sharpnesses)], cells)


def task_table(kind: str) -> str:
    """Share of the true gradient, its direction and the spread, on the linear loss or on a supernet."""
    cells: list[list[str]] = []
    for row in read("task_gradients.json")[kind]:
        figures = [f"{row['share']:.2f}", f"{row['cosine']:.2f}", f"{row['spread']:.1f}", f"{row['error']:.1f}"]
        says = {True: ["yes"], False: ["no"], None: []}[row.get("unbiased")]
        cells.append([row["variable"], row["probabilities"], row["estimator"], *says, *figures])
    head = ["of", "at", "estimator", *(["unbiased"] if kind == "linear" else [])]
    return table([*head, "share", "cosine", "spread", "error in standard errors"], cells)


def regret_table(platform: str) -> str:
    """Regret of every way."""
    return markdown(read(f"analysis_{platform}.json"))


def skip_table() -> str:
    """Probability of skip after the warm-up, half-way and at the end."""
    cells: list[list[str]] = []
    for name, row in read("skips.json")["shares"].items():
        last = len(row["mean"]) - 1
        places = (2, 5, last)
        cells.append([name, *(f"{row['mean'][p]:.2f} ({row['low'][p]:.2f} to {row['high'][p]:.2f})" for p in places)])
    return table(["search", "after epoch 3", "after epoch 6", "at the end"], cells)


def losses_table() -> str:
    """Regret of the best finalist, of the chosen one and of a random one, by the number of finalists."""
    found = losses.losses(losses.read(), JointTable.load().val.mean(axis=1))
    cells = [
        [str(number) if number < max(found) else "all", *(f"{100 * value:.2f}" for value in row)]
        for number, row in found.items()
    ]
    return table(["finalists", "the best of them", "the one with the best score", "one at random"], cells)


def correlations_table() -> str:
    """How well probabilities and scores rank the networks within a limit."""
    found = losses.correlations(losses.read(), JointTable.load().val.mean(axis=1))
    return table(list(found), [[f"{value:.2f}" for value in found.values()]])


def all_tables() -> dict[str, str]:
    """By heading."""
    return {
        "ceiling": ceiling_table(),
        "ranking": ranking_table(),
        "hardware, limits bind": hardware_table("bind"),
        "hardware, limits do not bind": hardware_table("do not bind"),
        "task, linear": task_table("linear"),
        "task, supernet": task_table("supernet"),
        "skips": skip_table(),
        "regret on A": regret_table("a"),
        "regret on B": regret_table("b"),
        "confirmation on B": regret_table("confirmation"),
        "losses": losses_table(),
        "ranking within limits": correlations_table(),
    }


def main() -> None:
    """Print."""
    for name, text in all_tables().items():
        print(f"## {name}\n\n{text}\n")


if __name__ == "__main__":
    main()
