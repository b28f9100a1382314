"""Whole Pareto fronts of the accelerators of published networks, and how long they took.

``python benchmarks/fronts.py [--seconds S]`` runs what is missing, one line of ``results/fronts.jsonl`` a case, and
stops after S seconds; the same command goes on. ``--table`` prints the results as Markdown. Networks have 8 bits, the
space is the shipped `broad`, clocks are the platforms'. Seconds are of processor time on one thread, importing aside.
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from cosearch.accelerate import DesignTable, Problem, front, load_space
from cosearch.design import METRICS
from cosearch.hardware import load_platform
from cosearch.network.zoo import build, example_input
from cosearch.units import format_quantity
from cosearch.workload import Workload
from cosearch.workload.importers import from_module

RESULTS = Path(__file__).parent / "results" / "fronts.jsonl"

NETWORKS = ("resnet18", "mobilenet_v2")
BOARDS = ("pynq-z2", "zc706", "zcu102")
FRONTS = (("fps", "energy_joules"), ("fps", "dsp"), ("fps", "bram18"), ("fps", "lut"), ("energy_joules", "dsp"))


def published(name: str) -> Workload:
    """A network of the zoo at 8 bits."""
    return from_module(build(name), example_input(name), bits=8)


def run(network: str, board: str) -> Iterator[dict[str, object]]:
    """All fronts of one network on one board; the table is built once."""
    workload, platform = published(network), load_platform(board)
    start = time.process_time()
    table = DesignTable.build(workload.layers, load_space("broad"), platform, platform.clock_hertz, prune=False)
    table_seconds = time.process_time() - start
    problem = Problem.of(table, workload)
    for objectives in FRONTS:
        start = time.process_time()
        found = front(problem, objectives)
        yield {
            "network": network,
            "board": board,
            "objectives": objectives,
            "status": found.status,
            "is_whole": found.is_whole,
            "points": [point.values for point in found.points],
            "designs": sum(len(table.classes[index].designs) for index in problem.used),
            "table_seconds": round(table_seconds, 1),
            "front_seconds": round(time.process_time() - start, 1),
        }


def rows() -> list[dict[str, object]]:
    """All results so far."""
    if not RESULTS.is_file():
        return []
    return [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]


def table() -> str:
    """Results as Markdown, a line for each front."""
    head = ["network", "board", "front", "points", "from", "to", "whole", "table", "front"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in rows():
        names = row["objectives"]
        ends = [row["points"][0], row["points"][-1]]
        cells = [row["network"], row["board"], ", ".join(names), str(len(row["points"]))]
        cells += [f"{_amount(names[0], a)}, {_amount(names[1], b)}" for a, b in ends]
        cells += ["proved" if row["is_whole"] else "no", f"{row['table_seconds']} s", f"{row['front_seconds']} s"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _amount(metric: str, value: float) -> str:
    unit = METRICS[metric].unit
    if unit == "J":
        return format_quantity(value, unit, 4)
    return f"{value:,.0f} {metric.upper()}" if not unit else f"{value:.4g} {unit}"


def main() -> None:
    """Run what is missing, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=540.0)
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if arguments.table:
        print(table())
        return
    torch.set_num_threads(1)
    end = time.monotonic() + arguments.seconds
    known = {(row["network"], row["board"]) for row in rows()}
    wanted = [(network, board) for network in NETWORKS for board in BOARDS if (network, board) not in known]
    while wanted and time.monotonic() < end:
        text = "".join(json.dumps(row) + "\n" for row in run(*wanted.pop(0)))
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(text)
    print(f"{len(wanted)} cases are left" if wanted else "all cases are done")


if __name__ == "__main__":
    main()
