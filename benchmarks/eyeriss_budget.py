"""The best array within Eyeriss's budget, against Eyeriss with its own dataflow in the same model.

``python benchmarks/eyeriss_budget.py [--network NAME ...] [--seconds N] [--file FILE]`` maps known networks, one
image of 16 bits, and appends a line to FILE, ``results/eyeriss_budget.jsonl`` unless said, for every network and
array; what the file has already is skipped, and no new line is begun after N seconds. ``--table`` prints the table
of docs/arrays_engine.md.

For each network three things are found in one model, in 65 nm:

- ``row_stationary``: Eyeriss's array with the best of all row-stationary mappings of each layer;
- ``eyeriss``: the same array with the best of all mappings, row-stationary ones among them;
- one line for each array of the space `eyeriss_budget`: its energy-delay product, or that it was left out because
  a bound says that it is no better than the best before it.

Whole networks count, with their fully connected layers, pooling, biases and residuals. One image leaves the fully
connected layers of AlexNet and VGG-16 to DRAM, whatever the array; `_features` are these networks without them.
"""

import argparse
import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from cosearch.accelerate.asic import (
    ArrayProblem,
    Share,
    array_candidates,
    least_sum,
    load_array_space,
    map_network,
    row_stationary_mappings,
    share_of,
)
from cosearch.cost.asic import rates_of_array
from cosearch.errors import MappingError
from cosearch.hardware import load_array, load_technology
from cosearch.network.zoo import build, example_input
from cosearch.workload import Workload
from cosearch.workload.importers import from_module

RESULT = Path(__file__).parent / "results" / "eyeriss_budget.jsonl"
NETWORKS = ("alexnet", "alexnet_features", "resnet18", "mobilenet_v2", "vgg16", "vgg16_features")
SPACE = "eyeriss_budget"
BITS = 16

Row = dict[str, Any]


def read_rows(path: Path = RESULT) -> list[Row]:
    """Lines that are there."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def keep(row: Row, path: Path) -> None:
    """Append a line."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row, sort_keys=True) + "\n")


def problem_of(name: str) -> ArrayProblem:
    """A network on the arrays of the space."""
    whole = name.removesuffix("_features")
    workload = from_module(build(whole), example_input(whole), bits=BITS)
    if whole != name:
        workload = Workload(layers=tuple(layer for layer in workload.layers if layer.OY * layer.OX > 1))
    return ArrayProblem(workload=workload, space=load_array_space(SPACE), technology=load_technology("65nm"))


def row_stationary(problem: ArrayProblem) -> Row:
    """Eyeriss with its own dataflow."""
    array = load_array("eyeriss")
    rates = rates_of_array(array, problem.technology)
    shares: list[Share] = []
    for group in problem.shapes().values():
        shares.append(share_of(row_stationary_mappings(group[0], array, rates), len(group)))
    least = least_sum(shares, "product")
    return problem.metrics(array, least.cycles, least.joules)


def any_mapping(problem: ArrayProblem, best: float) -> Row:
    """Eyeriss's array with the best mappings of all, or its passes if nothing is better."""
    space = problem.space.dataflows["free"].model_copy(update={"row_stationary": True})
    found = map_network(problem, load_array("eyeriss"), space, best * (1 + 1e-9))
    assert found is not None, "passes are among the mappings"
    return dict(found.reached.metrics)


def value_of(rows: list[Row], kind: str) -> float:
    """The energy-delay product of a kind of line."""
    return next(row["edp"] for row in rows if row["kind"] == kind)


def steps(name: str, rows: list[Row]) -> Iterator[Row]:
    """Lines of a network that are missing."""
    problem = problem_of(name)
    kinds = {row["kind"] for row in rows}
    if "row_stationary" not in kinds:
        found = timed(lambda: row_stationary(problem))
        rows.append({"network": name, "kind": "row_stationary", **found})
        yield rows[-1]
    if "eyeriss" not in kinds:
        found = timed(lambda: any_mapping(problem, value_of(rows, "row_stationary")))
        rows.append({"network": name, "kind": "eyeriss", **found})
        yield rows[-1]
    done = [row["choices"] for row in rows if row["kind"] == "array"]
    for candidate in array_candidates(problem):
        if candidate.choices in done:
            continue
        best = min(row["edp"] for row in rows if row.get("edp") is not None)
        row: Row = {"network": name, "kind": "array", "choices": candidate.choices, "edp": None}
        row |= timed(lambda candidate=candidate, best=best: on_array(problem, candidate, best))
        rows.append(row)
        yield row


def on_array(problem: ArrayProblem, candidate: Any, best: float) -> Row:
    """The metrics of an array; only the best value so far if it is known to be no better."""
    if candidate.bound >= best:
        return {"left_out_at": best}
    try:
        found = map_network(problem, candidate.array, problem.space.mappings(candidate.choices), best)
    except MappingError as error:
        return {"refused": str(error)}
    return {"left_out_at": best} if found is None else dict(found.reached.metrics)


def timed(call: Any) -> Row:
    """What a call gives, with its CPU seconds."""
    start = time.process_time()
    return {**call(), "seconds": round(time.process_time() - start, 1)}


def summary(name: str, rows: list[Row]) -> Row | None:
    """What a network's lines amount to; None until Eyeriss's own are there."""
    own = [row for row in rows if row["network"] == name]
    arrays = [row for row in own if row["kind"] == "array"]
    if len(own) < len(arrays) + 2:
        return None
    part = load_array_space(SPACE).part()
    total = int(part.valid(part.codes(torch.arange(part.num_designs).numpy())).sum())
    mapped = [row for row in arrays if row["edp"] is not None]
    best = min([row for row in own if row["edp"] is not None], key=lambda row: row["edp"])
    return {
        "own": next(row for row in own if row["kind"] == "row_stationary"),
        "mapped": next(row for row in own if row["kind"] == "eyeriss"),
        "best": best,
        "left_out": len(arrays) - len(mapped),
        "arrays": total,
        "untried": total - len(arrays),
        "seconds": math.fsum(row["seconds"] for row in own if row["kind"] == "array"),
    }


def described(row: Row) -> str:
    """An array in words."""
    if row["kind"] != "array":
        return "Eyeriss's"
    own = row["choices"]
    kept = {"all": "I, W, O", "inputs_and_sums": "I, O"}[own["buffer"]]
    return f"{own['rows']} x {own['columns']}, filters {own['registers_W_bits'] // 16} words, buffer keeps {kept}"


def untried(found: Row) -> str:
    """How many arrays have no line yet, if any."""
    return f", {found['untried']} not tried" if found["untried"] else ""


def table() -> str:
    """The table of docs/arrays_engine.md."""
    head = (
        "| network | Eyeriss, row-stationary, J s | the same array, any mapping | best array of the space "
        "| which | arrays left out by a bound | CPU seconds |"
    )
    lines = [head, "|---|---|---|---|---|---|---|"]
    rows = read_rows()
    for name in NETWORKS:
        found = summary(name, rows)
        if found is None:
            continue
        own = found["own"]["edp"]
        lines.append(
            f"| {name} | {own:.3e} | {found['mapped']['edp'] / own:.3f} | {found['best']['edp'] / own:.3f} "
            f"| {described(found['best'])} | {found['left_out']} of {found['arrays']}{untried(found)} "
            f"| {found['seconds']:.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Map, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", action="append", choices=NETWORKS)
    parser.add_argument("--seconds", type=float, default=500)
    parser.add_argument("--file", type=Path, default=RESULT)
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if arguments.table:
        print(table())
        return
    torch.set_num_threads(1)
    end = time.monotonic() + arguments.seconds
    for name in arguments.network or NETWORKS:
        rows = [row for row in read_rows(arguments.file) if row["network"] == name]
        for row in steps(name, rows):
            keep(row, arguments.file)
            print(json.dumps(row, sort_keys=True), flush=True)
            if time.monotonic() > end:
                return


if __name__ == "__main__":
    main()
