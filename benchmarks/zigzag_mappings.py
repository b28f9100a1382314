"""Our best mappings beside ZigZag's own mapper, on the same arrays and layers, in one run.

``OMP_NUM_THREADS=1 python benchmarks/zigzag_mappings.py --zigzag PYTHON [--networks A B] [--seconds S]`` runs what
is missing, one line of ``results/zigzag_mappings.jsonl`` a layer, array and kind of search, and stops after S
seconds; the same command goes on. PYTHON is an interpreter that has zigzag-dse (extra `peers`), this one if it has
it. ``--table`` prints the results as Markdown.

ZigZag searches as its own interface does by default: three spatial mappings, orders of at most six temporal loops,
`even` or `uneven` memory levels. All mappings that it priced are written as ours where they can be, and priced by our
model. Two of them stand for ZigZag: what it would have picked, and the best of all by our model. Seconds are CPU time
of one thread, without starting or importing anything.
"""

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from zigzag_bridge import Priced, expressed, hardware_of, priced, question_of

from cosearch.errors import MappingError
from cosearch.hardware import (
    ArrayAccelerator,
    ArrayDram,
    ArrayNetwork,
    GlobalBuffer,
    Storage,
    Technology,
    check_array_mapping,
    load_array,
    load_technology,
)
from cosearch.network.zoo import build, example_input
from cosearch.workload import IMAGE, Layer
from cosearch.workload.importers import from_module

ROOT = Path(__file__).parent
RESULTS = ROOT / "results" / "zigzag_mappings.jsonl"

OUTPUT_STATIONARY = ArrayAccelerator(
    name="output_stationary",
    rows=8,
    columns=8,
    weight_bits=8,
    activation_bits=8,
    accumulator_bits=24,
    clock_hertz=5.0e8,
    registers=Storage(capacity_bits=384, width_bits=24, keeps=("O",)),
    buffer=GlobalBuffer(
        capacity_bits=524288,
        width_bits=64,
        banks=4,
        keeps=("I", "O"),
        double_buffered=("I", "O"),
        read_bits_per_cycle=1024,
        write_bits_per_cycle=1024,
    ),
    network=ArrayNetwork(bits_per_cycle={"I": 512, "W": 512, "O": 1024}),
    dram=ArrayDram(width_bits=64, bits_per_cycle=64),
)
"""Sums stay in the elements, weights come from DRAM; not a chip, sizes are round ones."""

ARRAYS: Mapping[str, tuple[ArrayAccelerator, str]] = {
    "eyeriss": (load_array("eyeriss"), "65nm"),
    "weight_stationary": (load_array("weight_stationary"), "28nm"),
    "output_stationary": (OUTPUT_STATIONARY, "45nm"),
}
NETWORKS = ("resnet18", "alexnet", "mobilenet_v2")
KINDS = ("even", "uneven")
OBJECTIVES = ("energy_joules", "cycles", "edp")
THEIRS = {"energy_joules": "energy", "cycles": "cycles", "edp": "edp"}


def layers_of(network: str, bits: int) -> list[Layer]:
    """Convolutions and fully connected layers of a network, each shape once, without what the store path adds."""
    seen: dict[tuple[int, ...], Layer] = {}
    for layer in from_module(build(network), example_input(network), bits=bits).layers:
        if layer.op != "convolution":
            continue
        plain = replace(layer, source=IMAGE, residual=None, residual_bits=0, pool_y=1, pool_x=1)
        shape = (layer.N, layer.G, layer.K, layer.C, layer.OY, layer.OX, layer.FY, layer.FX, layer.stride_y)
        seen.setdefault(shape, plain)
    return list(seen.values())


def asked(networks: Sequence[str]) -> Iterator[tuple[str, str, Layer, str]]:
    """All cases: array, network, layer, kind of search."""
    for network in networks:
        for name, (array, _) in ARRAYS.items():
            for layer in layers_of(network, array.activation_bits):
                for kind in KINDS:
                    yield name, network, layer, kind


def run_zigzag(python: str, question: Mapping[str, Any]) -> dict[str, Any]:
    """ZigZag's answer to a question."""
    told = subprocess.run(
        [python, str(ROOT / "zigzag_search.py")],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=True,
        timeout=550,
    )
    return json.loads(told.stdout)


def theirs(
    layer: Layer, array: ArrayAccelerator, technology: Technology, answer: Mapping[str, Any]
) -> dict[str, Any]:
    """What ZigZag found, in our terms."""
    why: Counter[str] = Counter()
    legal: list[tuple[Mapping[str, Any], Priced]] = []
    known: dict[str, Priced | str] = {}
    for each in answer["mappings"]:
        key = json.dumps((each["spatial"], each["loops"], each["held"]))
        if key not in known:
            known[key] = best_form(layer, array, technology, each)
        form = known[key]
        if isinstance(form, str):
            why[form] += 1
        else:
            legal.append((each, form))
    found: dict[str, Any] = {
        "seconds": round(answer["seconds"], 3),
        "failed": answer["failed"],
        "mappings": len(answer["mappings"]),
        "legal": len(legal),
        "not_ours": dict(sorted(why.items())),
    }
    for objective in OBJECTIVES:
        chosen = min(answer["mappings"], key=lambda each: value(each, THEIRS[objective]), default=None)
        if legal:
            picked = min(legal, key=lambda pair: value(pair[0], THEIRS[objective]))
            best = min((form for _, form in legal), key=lambda form: form.metric(objective, array))
            found[objective] = {
                "pick_is_legal": any(each is chosen for each, _ in legal),
                "pick": picked[1].metric(objective, array),
                "best": best.metric(objective, array),
                "best_mapping": best.mapping.model_dump(mode="json", exclude_defaults=True),
            }
    return found


def value(mapping: Mapping[str, Any], objective: str) -> float:
    """ZigZag's own number of a mapping."""
    return mapping["energy"] * mapping["cycles"] if objective == "edp" else mapping[objective]


def best_form(
    layer: Layer, array: ArrayAccelerator, technology: Technology, mapping: Mapping[str, Any]
) -> Priced | str:
    """A mapping of ZigZag's as ours, the cheapest of its forms, or why there is none."""
    forms = expressed(mapping, array)
    if not forms:
        return "uneven"
    good: list[Priced] = []
    refused = ""
    for form in forms:
        try:
            check_array_mapping(layer, form, array)
        except MappingError as error:
            refused = next((level for level in ("registers", "buffer") if f" in {level} " in str(error)), "array")
            continue
        good.append(priced(layer, form, array, technology))
    return min(good, key=lambda each: each.energy_joules * each.cycles) if good else f"too large for {refused}"


def missing(cases: Iterable[tuple[str, str, Layer, str]]) -> Iterator[tuple[str, str, Layer, str]]:
    """Cases that have no line yet."""
    done = {row["case"] for row in rows()}
    for case in cases:
        if case_name(*case) not in done:
            yield case


def case_name(array: str, network: str, layer: Layer, kind: str) -> str:
    """The name of a case."""
    return f"{array} {network} {layer.name} {kind}"


def rows() -> list[dict[str, Any]]:
    """Committed lines."""
    return [json.loads(line) for line in RESULTS.read_text().splitlines()] if RESULTS.exists() else []


def measure(python: str, name: str, network: str, layer: Layer, kind: str) -> dict[str, Any]:
    """One line."""
    array, technology = ARRAYS[name][0], load_technology(ARRAYS[name][1])
    answer = run_zigzag(python, question_of(layer, hardware_of(array, technology), kind))
    return {
        "case": case_name(name, network, layer, kind),
        "array": name,
        "network": network,
        "layer": layer.name,
        "kind": kind,
        "macs": layer.num_operations,
        "zigzag": theirs(layer, array, technology, answer),
    }


def main() -> None:
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zigzag", default=sys.executable if find_spec("zigzag") else None)
    parser.add_argument("--networks", nargs="+", default=NETWORKS, choices=NETWORKS)
    parser.add_argument("--seconds", type=float, default=500.0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if not arguments.zigzag:
        raise SystemExit("zigzag-dse is not installed; give an interpreter that has it with --zigzag")
    start = time.monotonic()
    for case in missing(asked(arguments.networks)):
        if time.monotonic() - start > arguments.seconds:
            break
        row = measure(arguments.zigzag, *case)
        with RESULTS.open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(row["case"], row["zigzag"]["seconds"], row["zigzag"]["legal"], row["zigzag"]["mappings"])


if __name__ == "__main__":
    main()
