"""Our best mappings beside ZigZag's own mapper, on the same arrays and layers, in one run.

``OMP_NUM_THREADS=1 python benchmarks/zigzag_mappings.py --zigzag PYTHON [--seconds S]`` runs what is missing, one
line of ``results/zigzag_mappings.jsonl`` a layer, array and kind of search, and stops after S seconds; the same
command goes on. ``--networks``, ``--arrays`` and ``--kinds`` choose. PYTHON is an interpreter that has zigzag-dse
(extra `peers`), this one if it has it. ``--table`` prints the results as Markdown.

ZigZag searches as its own interface does by default: three spatial mappings, orders of at most six temporal loops,
`even` or `uneven` memory levels. All mappings that it priced are written as ours where they can be, and priced by
our model. Two of them stand for ZigZag: what it would have picked, and the best of all by our model, which cannot be
worse. A sample is written back and priced by ZigZag again, which shows whether they are the same.

Ours is the front of cycles and energy over mappings of ZigZag's kind: one loop along each axis, of each loop the
largest factor and the largest exact one; arrays do not fold. Its points are priced by ZigZag's model too, those that
it could have. It counts inputs of the padding as stored; where that keeps it from so many points that the rest is not
as good as its own, the front of the layer with such an input is searched besides. Seconds are CPU time of one thread,
without starting or importing anything; ZigZag's are those of one search, of which each objective would take another,
ours those of all that was searched.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from zigzag_bridge import hardware_of, question_of
from zigzag_sides import (
    joined,
    judged,
    our_row,
    ours,
    ours_unpadded,
    round_trip,
    run_zigzag,
    sampled,
    theirs,
)
from zigzag_tables import by_their_model, falls_short, summary, table, worst

from cosearch.hardware import (
    ArrayAccelerator,
    ArrayDram,
    ArrayNetwork,
    GlobalBuffer,
    Storage,
    load_array,
    load_technology,
)
from cosearch.network.zoo import build, example_input
from cosearch.workload import IMAGE, Layer
from cosearch.workload.importers import from_module

RESULTS = Path(__file__).parent / "results" / "zigzag_mappings.jsonl"

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


def shared(array: ArrayAccelerator) -> ArrayAccelerator:
    """An array with one memory for all operands in each element, as large as theirs together."""
    total = sum(array.registers.memories().values())
    return array.model_copy(
        update={
            "name": "shared_registers",
            "registers": array.registers.model_copy(update={"capacity_bits": total}),
        }
    )


def flat(array: ArrayAccelerator) -> ArrayAccelerator:
    """An array that does not fold."""
    return array.model_copy(update={"network": array.network.model_copy(update={"folds": False})})


ARRAYS: Mapping[str, tuple[ArrayAccelerator, str]] = {
    "eyeriss": (flat(load_array("eyeriss")), "65nm"),
    "shared_registers": (flat(shared(load_array("eyeriss"))), "65nm"),
    "weight_stationary": (load_array("weight_stationary"), "28nm"),
    "output_stationary": (OUTPUT_STATIONARY, "45nm"),
}
NETWORKS = ("resnet18", "alexnet", "mobilenet_v2")
KINDS = ("even", "uneven")


Case = tuple[str, str, Layer, str]
Row = dict[str, Any]


def layers_of(network: str, bits: int) -> list[Layer]:
    """Convolutions and fully connected layers of a network, each shape once, without what the store path adds."""
    seen: dict[tuple[int, ...], Layer] = {}
    for layer in from_module(build(network), example_input(network), bits=bits).layers:
        if layer.op == "convolution":
            plain = replace(layer, source=IMAGE, residual=None, residual_bits=0, pool_y=1, pool_x=1)
            sizes = (layer.N, layer.G, layer.K, layer.C, layer.OY, layer.OX, layer.FY, layer.FX)
            seen.setdefault((*sizes, layer.stride_y, layer.stride_x), plain)
    return list(seen.values())


def asked(networks: Sequence[str], arrays: Sequence[str], kinds: Sequence[str]) -> Iterator[Case]:
    """Cases: array, network, layer, kind of search."""
    for network in networks:
        for name in arrays:
            for layer in layers_of(network, ARRAYS[name][0].activation_bits):
                for kind in kinds:
                    yield name, network, layer, kind


def missing(cases: Iterable[Case]) -> Iterator[Case]:
    """Cases that have no line yet."""
    done = {row["case"] for row in rows()}
    for case in cases:
        if case_name(*case) not in done:
            yield case


def case_name(array: str, network: str, layer: Layer, kind: str) -> str:
    """The name of a case."""
    return f"{array} {network} {layer.name} {kind}"


def rows() -> list[Row]:
    """All lines so far."""
    return [json.loads(line) for line in RESULTS.read_text().splitlines()] if RESULTS.exists() else []


def measure(python: str, name: str, network: str, layer: Layer, kind: str) -> Row:
    """One line."""
    array, technology = ARRAYS[name][0], load_technology(ARRAYS[name][1])
    question = question_of(layer, hardware_of(array, technology), kind)
    answer = run_zigzag(python, question)
    found = ours(layer, array, technology)
    verdicts = judged(python, question, [form.mapping for form in found.forms])
    them = theirs(layer, array, technology, answer)
    if falls_short(our_row(found, array, verdicts), them):
        found = joined(found, ours_unpadded(layer, array, technology))
        verdicts = judged(python, question, [form.mapping for form in found.forms])
    sample = sampled(answer, array)
    return {
        "case": case_name(name, network, layer, kind),
        "array": name,
        "network": network,
        "layer": layer.name,
        "kind": kind,
        "macs": layer.num_operations,
        "zigzag": them,
        "round_trip": round_trip(sample, judged(python, question, [form for _, form in sample])),
        "ours": our_row(found, array, verdicts),
    }


def main() -> None:
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zigzag", default=sys.executable if find_spec("zigzag") else None)
    parser.add_argument("--networks", nargs="+", default=NETWORKS, choices=NETWORKS)
    parser.add_argument("--arrays", nargs="+", default=tuple(ARRAYS), choices=ARRAYS)
    parser.add_argument("--kinds", nargs="+", default=KINDS, choices=KINDS)
    parser.add_argument("--seconds", type=float, default=500.0)
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if arguments.table:
        print(
            summary(rows()),
            table(rows()),
            by_their_model(rows(), "pick"),
            by_their_model(rows(), "all"),
            sep="\n",
            end="",
        )
        return
    torch.set_num_threads(1)
    if not arguments.zigzag:
        raise SystemExit("zigzag-dse is not installed; give an interpreter that has it with --zigzag")
    array, technology = ARRAYS["eyeriss"]
    ours(layers_of("resnet18", 16)[-1], array, load_technology(technology))  # what is loaded once is loaded now
    start = time.monotonic()
    for case in missing(asked(arguments.networks, arguments.arrays, arguments.kinds)):
        if time.monotonic() - start > arguments.seconds:
            break
        row = measure(arguments.zigzag, *case)
        with RESULTS.open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(row["case"], row["zigzag"]["seconds"], row["ours"]["seconds"], round(worst(row), 4), flush=True)


if __name__ == "__main__":
    main()
