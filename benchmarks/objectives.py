"""Published networks at 8 bits: the proven best of every objective, its price in CPU seconds, and a simulated check.

``python benchmarks/objectives.py [--networks N,N] [--platform NAME]`` prints JSON and writes
``results/objectives.json``. The space is the shipped `broad`, allocation by kind and bits. Seconds are CPU seconds of
one thread for the search alone; the table is built once a network, its energies are priced once. Every accelerator is
evaluated by the cost model and simulated.
"""

import argparse
import time
from pathlib import Path

import torch

from cosearch.accelerate import Budget, DesignTable, Exact, Problem, load_space
from cosearch.cost import evaluate, metric_values
from cosearch.hardware import load_platform
from cosearch.network.zoo import build, example_input
from cosearch.records import canonical_json, write_atomically
from cosearch.simulate import simulate_accelerator
from cosearch.workload.importers import from_module

RESULT = Path(__file__).parent / "results" / "objectives.json"
OBJECTIVES = ("fps", "latency_seconds", "latency_loaded_seconds", "energy_joules", "edp", "power_watts", "dram_bits")
WALL_SECONDS = 120.0
"""Of one search, after which the best found is returned with its bound."""


def solved(network: str, platform_name: str) -> dict[str, object]:
    """One network, all objectives."""
    platform = load_platform(platform_name)
    workload = from_module(build(network), example_input(network), bits=8)
    clock = time.process_time()
    table = DesignTable.build(workload.layers, load_space("broad"), platform, platform.clock_hertz, prune=False)
    seconds = {"table": time.process_time() - clock}
    clock = time.process_time()
    problem = Problem.of(table, workload, "energy_joules")
    designs = sum(len(energy) for energy, _ in problem.moves)
    seconds["energies"] = time.process_time() - clock
    found: dict[str, object] = {"designs": designs, "cpu_seconds": {k: round(s, 2) for k, s in seconds.items()}}
    for objective in OBJECTIVES:
        clock = time.process_time()
        result = Exact().run(
            Problem.of(table, workload, objective), seed=0, budget=Budget(seconds=WALL_SECONDS)
        )  # fmt: skip
        spent = time.process_time() - clock
        assert result.accelerator is not None
        assert result.value is not None
        predicted = evaluate(workload, result.accelerator, platform)
        trace = simulate_accelerator(workload, result.accelerator)
        found[objective] = {
            "value": result.value,
            "certified": result.certified,
            "gap": result.gap,
            "cpu_seconds": round(spent, 2),
            "evaluated_less_value": metric_values(predicted)[objective] / result.value - 1,
            "simulated_less_period": trace.period_cycles - predicted.period_cycles,
        }
    return found


def main() -> None:
    """Solve, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", default="resnet18,mobilenet_v2,efficientnet_b0")
    parser.add_argument("--platform", default="zc706")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    found: dict[str, object] = {"command": "python benchmarks/objectives.py", "platform": arguments.platform}
    for network in arguments.networks.split(","):
        found[network] = solved(network, arguments.platform)
    text = canonical_json(found)
    print(text, end="")
    write_atomically(RESULT, text)


if __name__ == "__main__":
    main()
