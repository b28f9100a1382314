"""What the whole command costs: ``cosearch accelerate`` for two networks on a ZC706, in CPU seconds of one thread.

``python benchmarks/command.py [--against DIR] [--repeats 3]`` writes ``results/command.json``. DIR holds another
version of the source, the parent of its package; the two take turns, so that what else a machine does meets both.
Mappings of an accelerator's layers found together and one after another are timed in the same run.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from cosearch.accelerate import load_space, solve_allocation
from cosearch.cost import best_mapping, best_mappings
from cosearch.handoff import write_layers
from cosearch.hardware import load_platform
from cosearch.network.zoo import build, example_input
from cosearch.records import canonical_json, write_atomically
from cosearch.workload import Workload
from cosearch.workload.importers import from_module

RESULTS = Path(__file__).parent / "results" / "command.json"
NETWORKS = ("resnet18", "mobilenet_v2")
BOARD = "zc706"


def command_seconds(layers: Path, source: Path | None) -> float:
    """CPU seconds of the whole command, report included."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    if source is not None:
        environment["PYTHONPATH"] = str(source)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["accelerate", str(layers), "--platform", BOARD, "--space", "broad", "--out", f"{folder}/run"]
        subprocess.run(
            [sys.executable, "-m", "cosearch", *arguments], env=environment, check=True, stdout=subprocess.DEVNULL
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def mapping_seconds(workload: Workload) -> dict[str, float]:
    """CPU seconds for the mappings of one accelerator, together and one by one; both find the same."""
    found = solve_allocation(workload, load_platform(BOARD), load_space("broad")).accelerator
    assert found is not None
    seconds = {"together": 0.0, "one_by_one": 0.0}
    for chunk in found.chunks:
        layers = [workload.layer(program.name) for program in chunk.layers]
        start = time.process_time()
        together = best_mappings(layers, chunk, found.port)
        middle = time.process_time()
        alone = [best_mapping(layer, chunk, found.port)[0] for layer in layers]
        seconds["together"] += middle - start
        seconds["one_by_one"] += time.process_time() - middle
        assert together == alone
    return seconds


def main() -> None:
    """Measure, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    results: dict[str, dict[str, float]] = {}
    for name in NETWORKS:
        workload = from_module(build(name), example_input(name), bits=8)
        own = {f"mappings_{key}_seconds": value for key, value in mapping_seconds(workload).items()}
        with tempfile.TemporaryDirectory() as folder:
            layers = Path(folder) / f"{name}.yaml"
            write_layers(workload, layers)
            sources = {"command_seconds": None, "other_version_seconds": arguments.against}
            for _ in range(arguments.repeats):
                for key, source in sources.items():
                    if key == "command_seconds" or source is not None:
                        own[key] = min(own.get(key, float("inf")), command_seconds(layers, source))
        results[name] = {key: round(value, 2) for key, value in own.items()}
    write_atomically(RESULTS, canonical_json(results))
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
