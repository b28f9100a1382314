"""The exact engine against brute force on random small spaces, and impossible requests with their relaxations.

``python benchmarks/exact_engine.py [--spaces N] [--requests N] [--seed S]`` prints JSON and writes
``results/exact_engine.json``. A space is a random network of two to five layers on random choices of chunks under a
random allocation rule, with a random objective and up to three limits, drawn from what its accelerators reach. Brute
force builds every accelerator (`exact_cases`). Every accelerator that the engine returns is evaluated by the cost
model, which has to find the engine's value and all limits kept, and simulated, which has to take its cycles.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from exact_cases import CLOCK_HERTZ, RELATIVE, Case, Values, random_network, random_space, reached

from cosearch.accelerate import (
    SHAPE_RULES,
    Budget,
    DesignTable,
    EngineResult,
    Exact,
    Problem,
    explain,
    solve_allocation,
)
from cosearch.cost import evaluate, metric_values
from cosearch.design import METRICS, Limit
from cosearch.errors import HardwareError
from cosearch.hardware import load_platform
from cosearch.records import canonical_json, write_atomically
from cosearch.simulate import simulate_accelerator

RESULT = Path(__file__).parent / "results" / "exact_engine.json"
OBJECTIVES = (
    "fps",
    "latency_seconds",
    "latency_loaded_seconds",
    "energy_joules",
    "edp",
    "power_watts",
    "dram_bits",
    "dsp",
    "bram18",
    "lut",
)


def best_of(rows: list[Values], objective: str, limits: tuple[Limit, ...]) -> float | None:
    """By brute force; None where nothing keeps the limits."""
    kept = [row[objective] for row in rows if all(limit.met_by(row[limit.metric]) for limit in limits)]
    return (max if METRICS[objective].more_is_better else min)(kept, default=None)


def random_limits(rng: np.random.Generator, rows: list[Values], metrics: list[str], most: int) -> tuple[Limit, ...]:
    """Bounds between the best and the worst that is reached, a little beyond either."""
    limits: list[Limit] = []
    for metric in rng.choice(metrics, int(rng.integers(0, most + 1)), replace=False):
        values = [row[metric] for row in rows]
        low, high = min(values), max(values)
        bound = low + float(rng.uniform(-0.05, 1.05)) * (high - low)
        bound *= 1 + (RELATIVE if metric != "fps" else -RELATIVE)  # no bound at a value itself: energies are rounded
        limits.append(Limit(metric=str(metric), op=">=" if metric == "fps" else "<=", limit=max(0.0, bound)))
    return tuple(limits)


def make_case(rng: np.random.Generator, rules: tuple[str, ...]) -> Case:
    """A space in which some accelerator fits."""
    platform = load_platform("pynq-z2")
    while True:
        workload, space = random_network(rng), random_space(rng, str(rng.choice(rules)))
        try:
            rows = reached(workload, space, platform)
        except HardwareError:
            continue
        if 2 <= len(rows) <= 60_000:
            return Case(workload, space, platform, rows)


def compare_spaces(number: int, seed: int) -> dict[str, object]:
    """How often engine and brute force agree, and on what."""
    agree, infeasible, branching, wrong = 0, 0, 0, list[str]()
    by_rule: dict[str, int] = {}
    by_metric: dict[str, int] = {}
    rng = np.random.default_rng(seed)
    for _ in range(number):
        case = make_case(rng, (*SHAPE_RULES, "contiguous"))
        is_run = case.space.allocation == "contiguous"
        objective = "fps" if is_run else str(rng.choice(OBJECTIVES))
        metrics = ["fps", "dsp", "bram18", "lut"] if is_run else list(OBJECTIVES)
        limits = random_limits(rng, case.reached, metrics, 3)
        wanted = best_of(case.reached, objective, limits)
        found = solve_allocation(
            case.workload, case.platform, case.space, clock_hertz=CLOCK_HERTZ, objective=objective, limits=limits
        )
        infeasible += wanted is None
        branching += any(len(case.workload.reads(layer)) > 1 for layer in case.workload.layers)
        by_rule[case.space.allocation] = by_rule.get(case.space.allocation, 0) + 1
        for metric in dict.fromkeys((objective, *(limit.metric for limit in limits))):
            by_metric[metric] = by_metric.get(metric, 0) + 1
        reason = difference(case, found, objective, limits, wanted)
        agree += not reason
        if reason:
            wrong.append(f"{case.space.allocation} {objective} {[str(x) for x in limits]}: {reason}")
    return {
        "spaces": number,
        "agree": agree,
        "infeasible": infeasible,
        "branching": branching,
        "by_rule": by_rule,
        "by_metric": dict(sorted(by_metric.items())),
        "wrong": wrong,
    }


def difference(
    case: Case, found: EngineResult, objective: str, limits: tuple[Limit, ...], wanted: float | None
) -> str:
    """What the engine has wrong; nothing if it is right."""
    if wanted is None or found.accelerator is None:
        is_same = wanted is None and found.status == "infeasible"
        return "" if is_same else f"{found.status} instead of {wanted}"
    predicted = evaluate(case.workload, found.accelerator, case.platform)
    values, trace = metric_values(predicted), simulate_accelerator(case.workload, found.accelerator)
    if not found.certified:
        return "not certified"
    if not (_near(found.value, wanted) and _near(values[objective], wanted)):
        return f"{found.value}, evaluated {values[objective]}, instead of {wanted}"
    if not all(limit.met_by(values[limit.metric]) for limit in limits):
        return "a limit is broken"
    timed = (predicted.period_cycles, predicted.latency_seconds, predicted.latency_loaded_seconds)
    if timed != (
        trace.period_cycles,
        trace.latency_cycles / CLOCK_HERTZ,
        trace.latency_loaded_cycles / CLOCK_HERTZ,
    ):
        return f"simulated {trace.period_cycles, trace.latency_cycles, trace.latency_loaded_cycles}"
    return ""


def _near(value: float | None, wanted: float) -> bool:
    return value is not None and bool(np.isclose(value, wanted, rtol=RELATIVE))


def compare_requests(number: int, seed: int) -> dict[str, object]:
    """Impossible requests: proved so, enough where `explain` says so, and 1 % less is not, by brute force."""
    proved, tight, alone_tight, done = 0, 0, 0, 0
    rng = np.random.default_rng(seed + 1)
    while done < number:
        case = make_case(rng, SHAPE_RULES)
        limits = _impossible(rng, case)
        if limits is None:
            continue
        done += 1
        table = DesignTable.build(case.workload.layers, case.space, case.platform, CLOCK_HERTZ, prune=False)
        problem = Problem.of(table, case.workload, "fps", limits)
        proved += Exact().run(problem, seed=0, budget=Budget()).status == "infeasible"
        found = explain([problem])
        factor = found.joint_factor
        assert factor is not None
        tight += _possible(case, [x.relaxed(factor) for x in limits]) and not _possible(
            case, [x.relaxed(factor / 1.01) for x in limits]
        )
        alone_tight += all(_alone_is_right(case, limits, row.limit, row.sufficient) for row in found.relaxations)
    return {"requests": number, "proved": proved, "joint_factor_tight": tight, "alone_tight": alone_tight}


def _impossible(rng: np.random.Generator, case: Case) -> tuple[Limit, ...] | None:
    """Bounds that each some accelerator keeps, or nearly, and none keeps together."""
    limits = random_limits(rng, case.reached, list(OBJECTIVES), 4)
    limits = tuple(limit for limit in limits if limit.limit > 0)
    return None if not limits or _possible(case, list(limits)) else limits


def _possible(case: Case, limits: list[Limit]) -> bool:
    return best_of(case.reached, "fps", tuple(limits)) is not None


def _alone_is_right(case: Case, limits: tuple[Limit, ...], limit: Limit, sufficient: float | None) -> bool:
    """A bound that is enough while the others stay, and 1 % tighter is not; or none at all."""
    others = [other for other in limits if other.metric != limit.metric]
    if sufficient is None:
        return not _possible(case, others)
    loose = limit.model_copy(update={"limit": sufficient})
    tight = limit.model_copy(update={"limit": sufficient * (1.01 if limit.op == ">=" else 1 / 1.01)})
    return _possible(case, [*others, loose]) and not _possible(case, [*others, tight])


def main() -> None:
    """Compare, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spaces", type=int, default=200)
    parser.add_argument("--requests", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    found = {
        "command": "python benchmarks/exact_engine.py",
        "brute_force": compare_spaces(arguments.spaces, arguments.seed),
        "impossible": compare_requests(arguments.requests, arguments.seed),
    }
    text = canonical_json(found)
    print(text, end="")
    write_atomically(RESULT, text)


if __name__ == "__main__":
    main()
