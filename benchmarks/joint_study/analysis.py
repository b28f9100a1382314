"""What the searches are worth: regret, intervals, and paired tests against random search.

``python -m benchmarks.joint_study.analysis --platform a|b|confirmation [--test]`` reads
``results/searches_PLATFORM.jsonl``, prints Markdown and writes ``results/analysis_PLATFORM.json``. ``confirmation``
is platform B with the seeds kept for it; ``b`` is B without them. ``--test`` adds the regret on the test set; the
table counts how often that is read.

A search is one way, seed and limit. Searches of one seed may share weights, so seeds are the unit: intervals come
from resampling seeds, and a way is held against random search by the differences of their regrets, paired by seed and
limit, averaged over the limits of a seed, with all sign flips of the seeds. p values are Holm's over all ways. Ways
with twice the time are held against random search with twice the time.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from benchmarks.joint_study.ways import CONFIRMATION_SEEDS, TWICE
from benchmarks.joint_study.world import World, regret
from benchmarks.joint_table import JointTable
from scipy.stats import permutation_test

from cosearch.records import canonical_json, write_atomically

RESULTS = Path(__file__).parent / "results"
REFERENCE = "random"
CONFIRMATION = "confirmation"
RESAMPLES = 2000

Rows = list[dict[str, object]]


def read(platform: str) -> Rows:
    """All searches on a platform; those with the seeds of the confirmation are a platform of their own."""
    name = "b" if platform == CONFIRMATION else platform
    lines = (RESULTS / f"searches_{name}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [row for row in rows if (row["seed"] in CONFIRMATION_SEEDS) == (platform == CONFIRMATION)]


def regrets(world: World, rows: Rows, accuracy: np.ndarray) -> dict[str, dict[int, np.ndarray]]:
    """Regret of every search by way and seed: [limits] each."""
    limits = {str(limit): world.feasible(limit) for limit in world.limits(10)}
    found: dict[str, dict[int, dict[str, float]]] = {}
    for row in rows:
        value = regret(row["point"], limits[row["limit"]], accuracy)
        found.setdefault(row["way"], {}).setdefault(row["seed"], {})[row["limit"]] = value
    return {
        way: {seed: np.array([by_limit[limit] for limit in limits]) for seed, by_limit in sorted(by_seed.items())}
        for way, by_seed in found.items()
    }


def reference_of(way: str) -> str | None:
    """Random search with the same budget; None for random search itself."""
    reference = REFERENCE + TWICE if way.endswith(TWICE) else REFERENCE
    return None if way == reference else reference


def difference(way: dict[int, np.ndarray], reference: dict[int, np.ndarray]) -> np.ndarray:
    """How much more a way loses than another, paired by seed and limit, mean over limits. [common seeds]."""
    return np.array([(way[seed] - reference[seed]).mean() for seed in way if seed in reference])


def sign_flips(differences: np.ndarray) -> float:
    """The two-sided p value of a mean difference over seeds: how many sign flips are as far from zero. [seeds].

    All of them for up to 16 seeds, else 100,000 drawn ones.
    """
    found = permutation_test(
        (differences, np.zeros(len(differences))),
        lambda a, b, axis: (a - b).mean(axis=axis),
        permutation_type="samples",
        n_resamples=np.inf if len(differences) <= 16 else 100_000,
        rng=np.random.default_rng(0),
    )
    return float(found.pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p values. Source: Holm, Scandinavian Journal of Statistics 6 (1979)."""
    order = np.argsort(p_values)
    adjusted, highest = np.zeros(len(p_values)), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted.tolist()


def interval(values: np.ndarray, statistic: str) -> tuple[float, float]:
    """95 % of a statistic of all regrets when seeds are drawn anew. [seeds, limits]."""
    rng = np.random.default_rng(0)
    drawn = values[rng.integers(len(values), size=(RESAMPLES, len(values)))].reshape(RESAMPLES, -1)
    low, high = np.quantile(getattr(np, statistic)(drawn, axis=1), [0.025, 0.975])
    return float(low), float(high)


def summary(platform: str, on_test: bool) -> dict[str, object]:
    """All figures of a platform."""
    joint = JointTable.load()
    world, rows = World(joint, "b" if platform == CONFIRMATION else platform), read(platform)
    by_way = regrets(world, rows, joint.val.mean(axis=1))
    on = {"val": by_way}
    if on_test:
        on["test"] = regrets(world, rows, joint.read_test("final regret").mean(axis=1))
    ways = sorted(by_way, key=lambda way: float(np.mean(list(by_way[way].values()))))
    seconds = {way: [row["cpu_seconds"] for row in rows if row["way"] == way] for way in ways}
    figures: dict[str, dict[str, object]] = {}
    for way in ways:
        own: dict[str, object] = {"seeds": len(by_way[way])}
        own["cpu_seconds"] = round(float(np.mean(seconds[way])), 2)
        own["found_none"] = sum(row["point"] is None for row in rows if row["way"] == way)
        for split, values in on.items():
            stacked = np.array(list(values[way].values()))
            for statistic in ("median", "mean"):
                low, high = interval(stacked, statistic)
                own[f"{split}_{statistic}"] = round(float(getattr(np, statistic)(stacked)), 5)
                own[f"{split}_{statistic}_interval"] = [round(low, 5), round(high, 5)]
        figures[way] = own
    others, p_values = list[str](), list[float]()
    for way in ways:
        reference = reference_of(way)
        if reference is None:
            continue
        differences = difference(by_way[way], by_way[reference])
        low, high = interval(differences[:, None], "mean")
        figures[way]["difference"] = round(float(differences.mean()), 5)
        figures[way]["difference_interval"] = [round(low, 5), round(high, 5)]
        others.append(way)
        p_values.append(sign_flips(differences))
    for way, plain, adjusted in zip(others, p_values, holm(p_values), strict=True):
        figures[way] |= {"p": round(plain, 4), "p_holm": round(adjusted, 4)}
    command = f"python -m benchmarks.joint_study.analysis --platform {platform}" + (" --test" if on_test else "")
    return {"command": command, "limits_broken": 0, "ways": figures}  # `regret` stops at a broken limit


def markdown(found: dict[str, object]) -> str:
    """As a table, in percent points."""
    lines = [
        "| way | seeds | CPU s | median regret | mean regret | on test, mean | against random | p (Holm) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for way, row in found["ways"].items():
        cells = [way, str(row["seeds"]), f"{row['cpu_seconds']:.1f}"]
        for key in ("val_median", "val_mean", "test_mean"):
            if key in row:
                low, high = row[f"{key}_interval"]
                cells.append(f"{100 * row[key]:.2f} ({100 * low:.2f} to {100 * high:.2f})")
            else:
                cells.append("-")
        if "difference" in row:
            low, high = row["difference_interval"]
            cells.append(f"{100 * row['difference']:+.2f} ({100 * low:+.2f} to {100 * high:+.2f})")
        else:
            cells.append("")
        cells.append(f"{row['p_holm']:.3f}" if "p_holm" in row else "")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Work out, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--platform", choices=("a", "b", CONFIRMATION), required=True)
    parser.add_argument("--test", action="store_true")
    arguments = parser.parse_args()
    found = summary(arguments.platform, arguments.test)
    write_atomically(RESULTS / f"analysis_{arguments.platform}.json", canonical_json(found))
    print(markdown(found))


if __name__ == "__main__":
    main()
