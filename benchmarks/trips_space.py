"""The accelerator space of the public TRIPS (Auto-NBA) code, with its predictor as the cost, solved by any engine.

``python benchmarks/trips_space.py FILE --data cifar|imagenet --mode fixed|free --engine NAME [--dsp N] [--bram N]
[--evaluations N] [--seed S] [--json]``, NAME one of exact, differentiable, random, evolutionary. FILE is JSON with a
``layers`` list; each layer has C, K, OY, OX, FY, FX, depthwise and bits. Up to 12 chunks, by kind, size of the map
and bits, have nine parameters each: a dataflow, and a tile and an unrolling of OY, OX, K and C. Exit status: 0
feasible, 2 bad input, 3 infeasible or not found.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from pydantic import Field

from cosearch.accelerate import (
    AbstractEngine,
    Budget,
    Differentiable,
    EngineResult,
    Evolutionary,
    Exact,
    Parameter,
    Part,
    PricedPart,
    Random,
    SeparableQuestion,
)
from cosearch.accelerate.question import Columns
from cosearch.cost.legacy import TripsChunks, TripsLayers, trips_bram_banks, trips_cycles, trips_dsp
from cosearch.errors import CosearchError, DataError
from cosearch.records import Record, parse_record, read_json

CLOCK_HERTZ = 2e8
DSP, BRAM_BANKS = 900, 700
FIXED_MODE = 1

SIZES = ("OY", "OX", "K", "C")

CHOICES: dict[str, dict[str, tuple[int, ...]]] = {
    "cifar": {"large": (16, 8, 4, 2, 1), "small": (4, 2, 1)},
    "imagenet": {"large": (28, 14, 7, 2, 1), "small": (7, 2, 1)},
}
"""Of rows and columns, on chunks for large maps and for small ones. Source: the public Auto-NBA code (MIT, 2022)."""

ENGINES: dict[str, Callable[[], AbstractEngine]] = {
    "exact": Exact,
    "differentiable": Differentiable,
    "random": Random,
    "evolutionary": Evolutionary,
}
SAMPLED_SHARE = 0.05
"""Of all valid designs, what an engine that samples may price unless the user says otherwise."""

CHANNELS = {"large": (8, 4, 2, 1), "small": (32, 16, 8, 4, 2, 1)}
LARGE_ROWS = {"cifar": 16, "imagenet": 28}


class TripsLayer(Record):
    """One layer; other keys of the file are not read."""

    C: int = Field(ge=1)
    K: int = Field(ge=1)
    OY: int = Field(ge=1)
    OX: int = Field(ge=1)
    FY: int = Field(ge=1)
    FX: int = Field(ge=1)
    depthwise: bool
    bits: int = Field(ge=1)
    chunk: str = ""


def read_layers(path: Path) -> list[TripsLayer]:
    """The layers of a file.

    Raises:
        DataError: if it has no list of layers, or a layer is not of that form.
    """
    value = read_json(path, DataError)
    rows = value.get("layers") if isinstance(value, dict) else None
    if not isinstance(rows, list) or not rows:
        raise DataError("no `layers`; give a JSON object with a list of at least one layer").at(path.name)
    layers = [
        parse_record(TripsLayer, row, source=f"{path.name}: layers.{index}", error=DataError)
        for index, row in enumerate(rows)
    ]
    for index, layer in enumerate(layers):
        if layer.OY != layer.OX or layer.FY != layer.FX:
            raise DataError("the predictor knows square maps and kernels alone").at(f"{path.name}: layers.{index}")
    return layers


def trips_question(
    layers: Sequence[TripsLayer], data: str, mode: str, dsp: float = DSP, bram: float = BRAM_BANKS
) -> SeparableQuestion:
    """The fewest cycles of the slowest chunk within DSPs and BRAM banks; one part for each chunk that has layers."""
    shares: dict[tuple[bool, str, int], list[TripsLayer]] = {}
    for layer in layers:
        size = "large" if LARGE_ROWS[data] <= layer.OY else "small"
        shares.setdefault((layer.depthwise, size, layer.bits), []).append(layer)
    parts = tuple(_chunk(data, mode, *key, share) for key, share in sorted(shares.items()))
    return SeparableQuestion(
        priced_parts=parts,
        combine={"cycles": "max", "dsp": "sum", "bram": "sum"},
        objective="cycles",
        bounds={"dsp": dsp, "bram": bram},
    )


def _chunk(data: str, mode: str, depthwise: bool, size: str, bits: int, layers: Sequence[TripsLayer]) -> PricedPart:
    pixels, channels = CHOICES[data][size], CHANNELS[size]
    lists = {"OY": pixels, "OX": pixels, "K": channels, "C": (1,) if depthwise else channels}
    modes = (FIXED_MODE,) if mode == "fixed" else (0, 1) if depthwise else (0, 1, 2)
    parameters = (
        Parameter(name="mode", choices=modes),
        *(Parameter(name=f"{what} {name}", choices=lists[name]) for name in SIZES for what in ("tile", "unroll")),
    )
    distinct: dict[tuple[int, ...], int] = {}
    for layer in layers:
        key = (layer.K, layer.C, layer.OY, layer.FY)
        distinct[key] = distinct.get(key, 0) + 1
    columns = torch.tensor(list(distinct), dtype=torch.int64).T
    shapes = TripsLayers(
        K=columns[0], C=columns[1], H=columns[2], F=columns[3], bits=torch.full((len(distinct),), bits)
    )
    counts = torch.tensor(list(distinct.values()), dtype=torch.float64)

    def rule(values: Columns) -> np.ndarray:
        return np.logical_and.reduce([values[f"unroll {name}"] <= values[f"tile {name}"] for name in SIZES])

    def cost(values: Columns) -> dict[str, np.ndarray]:
        tile, unroll = (
            torch.from_numpy(np.stack([values[f"{what} {name}"] for name in SIZES], axis=1))
            for what in ("tile", "unroll")
        )
        designs = TripsChunks(
            depthwise=depthwise, mode=torch.from_numpy(np.asarray(values["mode"])), tile=tile, unroll=unroll
        )
        return {
            "cycles": (trips_cycles(designs, shapes) @ counts).numpy(),
            "dsp": trips_dsp(designs, bits).numpy(),
            "bram": trips_bram_banks(designs, shapes).amax(dim=1).numpy(),
        }

    name = f"{'dwa' if depthwise else 'a'}{0 if size == 'large' else 1}q{bits}"
    return PricedPart(part=Part(name=name, parameters=parameters, rule=rule), cost=cost)


def num_designs(question: SeparableQuestion) -> int:
    """Valid designs of all chunks."""
    return sum(int(part.valid(part.codes(np.arange(part.num_designs))).sum()) for part in question.parts)


def run(arguments: argparse.Namespace) -> tuple[EngineResult, float]:
    """Solve, and the CPU seconds it took."""
    question = trips_question(
        read_layers(arguments.file), arguments.data, arguments.mode, arguments.dsp, arguments.bram
    )
    evaluations = arguments.evaluations
    if evaluations is None and arguments.engine != "exact":
        evaluations = int(SAMPLED_SHARE * num_designs(question))
    start = time.process_time()
    result = ENGINES[arguments.engine]().run(question, seed=arguments.seed, budget=Budget(evaluations=evaluations))
    return result, time.process_time() - start


def main() -> int:
    """Print what was found; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--data", choices=tuple(CHOICES), default="cifar")
    parser.add_argument("--mode", choices=("fixed", "free"), default="free")
    parser.add_argument("--engine", choices=tuple(ENGINES), default="exact")
    parser.add_argument("--dsp", type=float, default=DSP)
    parser.add_argument("--bram", type=float, default=BRAM_BANKS)
    parser.add_argument("--evaluations", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    try:
        result, seconds = run(arguments)
    except CosearchError as error:
        print(f"trips_space: error: {error}", file=sys.stderr)
        return 2
    found: dict[str, object] = {"status": result.status, "evaluations": result.evaluations, "seconds": seconds}
    if result.value is not None:
        found |= {
            "cycles": result.value,
            "fps": CLOCK_HERTZ / result.value,
            "certified": result.certified,
            "bound": result.bound,
            "gap": result.gap,
            "chunks": result.choices,
        }
    else:
        found["reason"] = result.reason
    if arguments.json:
        print(json.dumps(found, indent=2))
    else:
        for name, value in found.items():
            print(f"{name}: {value}")
    return 0 if result.status == "feasible" else 3


if __name__ == "__main__":
    sys.exit(main())
