"""Published networks on three boards: the best accelerator under four allocation rules, and how long it took.

``python benchmarks/boards.py [--seconds S]`` runs what is missing, one line of ``results/boards.jsonl`` a case, and
stops after S seconds; the same command goes on. ``--table`` prints the results as Markdown. The space is the shipped
`broad`; clocks are the platforms'. Seconds are CPU seconds of one thread, importing aside: table, solution, and the
mappings of the accelerator. Deadlines count them too, so that results do not depend on what else a machine does.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import torch

from cosearch.accelerate import EngineResult, combine, load_space, solve_allocation
from cosearch.cost import evaluate
from cosearch.errors import HardwareError
from cosearch.hardware import FRAME_SLOTS, Platform, load_platform
from cosearch.network.zoo import build, example_input
from cosearch.records import read_json
from cosearch.workload import IMAGE, Layer, Workload, with_bits
from cosearch.workload.importers import from_module

RESULTS = Path(__file__).parent / "results" / "boards.jsonl"
PUBLISHED = Path(__file__).parent / "published.json"
TRIPS_FILE = Path(__file__).parents[1] / "validation" / "data" / "trips_space.json"

BOARDS = ("pynq-z2", "zc706", "zcu102")
RULES = ("kind_bits", "stage", "contiguous")
SEARCHED = "searched"
SOLVE_SECONDS = 25.0
"""For table, solution and mappings."""

PRODUCTS_PER_SLICE = 2


@cache
def published(name: str) -> Workload:
    """A network of the zoo at 8 bits."""
    return from_module(build(name), example_input(name), bits=8)


@cache
def trips() -> Workload:
    """The example network of the public TRIPS code on CIFAR, as one chain; two equal entries are groups."""
    layers: list[Layer] = []
    for entry in read_json(TRIPS_FILE, ValueError)["cifar"]["example"]["layers"]:
        before = layers[-1] if layers else None
        channels, size = (before.out_channels, before.OY) if before else (int(entry["C"]), int(entry["OY"]))
        depthwise = entry["depthwise"]
        groups = int(entry["K"]) if depthwise else channels // int(entry["C"])
        if before and groups == 1 and channels != int(entry["C"]):
            continue  # the other group of the entry before
        if before and before.G == groups > 1 and not depthwise and not before.is_depthwise:
            continue
        layers.append(
            Layer(
                name=f"layer{len(layers)}",
                source=before.name if before else IMAGE,
                G=groups,
                K=1 if depthwise else int(entry["K"]),
                C=1 if depthwise else int(entry["C"]),
                OY=entry["OY"],
                OX=entry["OX"],
                FY=entry["FY"],
                FX=entry["FX"],
                IY=size,
                IX=size,
                stride_y=size // entry["OY"],
                stride_x=size // entry["OX"],
                padding_y=entry["FY"] // 2,
                padding_x=entry["FX"] // 2,
                weight_bits=8,
                input_bits=8,
                output_bits=8,
            )
        )
    return Workload(layers=tuple(layers))


NETWORKS: dict[str, Callable[[], Workload]] = {
    "mobilenet_v2": lambda: published("mobilenet_v2"),
    "resnet18": lambda: published("resnet18"),
    "vgg16": lambda: published("vgg16"),
    "efficientnet_b0": lambda: published("efficientnet_b0"),
    "trips": trips,
}


def at_eight(workload: Workload) -> Workload:
    """8 bits everywhere."""
    return workload


def at_four(workload: Workload) -> Workload:
    """4 bits everywhere."""
    return with_bits(workload, {layer.name: 4 for layer in workload.layers})


def mixed(workload: Workload) -> Workload:
    """4 bits between a first and a last layer of 8."""
    convolutions = [layer.name for layer in workload.layers if layer.has_weights]
    ends = (convolutions[0], convolutions[-1])
    return with_bits(workload, {layer.name: 8 if layer.name in ends else 4 for layer in workload.layers})


BITS: dict[str, Callable[[Workload], Workload]] = {"8": at_eight, "4": at_four, "4, ends 8": mixed}


def figures(workload: Workload, platform: Platform, result: EngineResult) -> dict[str, object]:
    """What the accelerator uses and how far it is from the rooflines."""
    if result.accelerator is None:
        return {}
    predicted = evaluate(workload, result.accelerator, platform)
    port, clock = result.accelerator.port, result.accelerator.clock_hertz
    budget = platform.budget()
    multipliers = sum(chunk.unroll.multipliers for chunk in result.accelerator.chunks)
    port_bits = port.total_slots / FRAME_SLOTS * port.beat_bits * clock
    return {
        "fps": predicted.fps,
        "chunks": len(result.accelerator.chunks),
        "dsp": predicted.dsp,
        "dsp_budget": budget["dsp"],
        "bram18": predicted.bram18,
        "lut": predicted.lut,
        "multipliers": multipliers,
        "array_share": predicted.fps * workload.num_macs / (multipliers * clock),
        "dsp_roofline_fps": clock * budget["dsp"] * PRODUCTS_PER_SLICE / workload.num_macs,
        "bandwidth_share": predicted.fps * predicted.dram_bits / port_bits,
    }


def run(network: str, bits: str, board: str, rule: str) -> dict[str, object]:
    """One case."""
    workload = BITS[bits](NETWORKS[network]())
    platform = load_platform(board)
    space = load_space("broad").model_copy(update={"allocation": rule})
    start = time.process_time()
    case: dict[str, object] = {"network": network, "bits": bits, "board": board, "rule": rule}
    try:
        result = solve_allocation(workload, platform, space, seconds=SOLVE_SECONDS)
    except HardwareError as error:  # no chunk of the space can run some layer on this board under this rule
        return {**case, "status": "cannot run", "reason": str(error)}
    seconds = time.process_time() - start
    return {
        **case,
        "status": result.status,
        "reason": result.reason,
        "certified": result.certified,
        "gap": result.gap,
        "seconds": round(seconds, 1),
        **figures(workload, platform, result),
    }


def rows() -> list[dict[str, object]]:
    """All results so far."""
    if not RESULTS.is_file():
        return []
    return [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]


def cases() -> Iterator[tuple[str, str, str, str]]:
    """All that is compared."""
    for rule in (*RULES, SEARCHED):
        for bits in BITS:
            for network in NETWORKS:
                for board in BOARDS:
                    yield network, bits, board, rule


def table() -> str:
    """Results as Markdown, a line for each network, width and board."""
    found = {tuple(row[key] for key in ("network", "bits", "board", "rule")): row for row in rows()}
    head = ["network", "bits", "board", *RULES, "DSP", "array, port in use", "of the DSP roofline", "seconds"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for network in NETWORKS:
        for bits in BITS:
            for board in BOARDS:
                own = [found.get((network, bits, board, rule), {}) for rule in RULES]
                best = max(own, key=lambda row: row.get("fps") or 0.0)
                cells = [network, bits, board, *map(_speed, own)]
                cells += _use(best) if best.get("fps") else ["-", "-", "-"]
                cells += [f"{max(row.get('seconds', 0.0) for row in own):.1f}"]
                lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def searched_table() -> str:
    """Allocation by search beside the best of the rules, as Markdown: what has been run."""
    found = {tuple(row[key] for key in ("network", "bits", "board", "rule")): row for row in rows()}
    head = ["network", "bits", "board", "best rule", "its fps", "searched", "gain", "gap to the bound", "seconds"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for network, bits, board, rule in cases():
        row = found.get((network, bits, board, rule), {}) if rule == SEARCHED else {}
        if not row:
            continue
        own = [found.get((network, bits, board, other), {}) for other in RULES]
        best = max(own, key=lambda one: one.get("fps") or 0.0)
        cells = [network, bits, board]
        if row.get("fps"):
            gain = row["fps"] / best["fps"] - 1
            cells += [best["rule"], f"{best['fps']:.4g}", f"{row['fps']:.4g}", f"{gain:.1%}", f"{row['gap']:.0%}"]
            cells.append(f"{row['seconds']:.1f}")
        else:
            cells += ["-", "-", str(row["status"]), "-", "-", "-"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def published_table() -> str:
    """What was published for the same network and board beside our best rule at 8 bits, as Markdown."""
    found = {(row["network"], row["board"], row["rule"]): row for row in rows() if row["bits"] == "8"}
    lines = [
        "| network | board | published, built | clock | ours, modelled | clock | rule | what was built | source |",
        "|---" * 9 + "|",
    ]
    for row in json.loads(PUBLISHED.read_text(encoding="utf-8"))["rows"]:
        own = [found.get((row["network"], row["board"], rule), {}) for rule in RULES]
        best = max((one for one in own if one.get("fps")), key=lambda one: one["fps"], default=None)
        clock = f"{row['clock_megahertz']} MHz" if row["clock_megahertz"] else "not stated here"
        ours = load_platform(row["board"]).clock_hertz
        cells = [row["network"], row["board"], f"{row['fps']:.4g} fps", clock]
        cells += [f"{best['fps']:.4g} fps", f"{ours / 1e6:g} MHz", str(best["rule"])] if best else ["-", "-", "-"]
        lines.append(f"| {' | '.join([*cells, row['what'], row['source']])} |")
    return "\n".join(lines)


def _use(row: dict[str, object]) -> list[str]:
    """Slices, array and port, and the distance to the roofline of all slices."""
    shares = f"{row['array_share']:.0%}, {row['bandwidth_share']:.0%}"
    return [f"{row['dsp']} of {row['dsp_budget']}", shares, f"{row['fps'] / row['dsp_roofline_fps']:.0%}"]


def _speed(row: dict[str, object]) -> str:
    if row.get("fps") is None:
        return str(row.get("status", "-"))
    mark = "" if row["certified"] else f" (gap {row['gap']:.1%})"
    return f"{row['fps']:.4g}{mark}"


def main() -> None:
    """Run what is missing, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=540.0)
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if arguments.table:
        print(table(), searched_table(), published_table(), sep="\n\n")
        return
    torch.set_num_threads(1)
    combine.time = SimpleNamespace(monotonic=time.process_time)
    end = time.monotonic() + arguments.seconds
    known = {tuple(row[key] for key in ("network", "bits", "board", "rule")) for row in rows()}
    wanted = [case for case in cases() if case not in known]
    while wanted and time.monotonic() < end:
        line = json.dumps(run(*wanted.pop(0))) + "\n"
        handle = os.open(RESULTS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)
    print(f"{len(wanted)} cases are left" if wanted else "all cases are done")


if __name__ == "__main__":
    main()
