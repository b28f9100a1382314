"""What it costs that array, loads and stores begin every step together: against fully decoupled servers.

python validation/step_barrier.py [NUM_CASES] [SEED] [--out results/step_barrier.json]

Decoupled means: every request is served as early as its server and its bank allow. A load waits for the read engine
and for the COMPUTE that last read its bank, two loads ago; partial sums and residual for STORE o-2. A COMPUTE waits
for the one before and for its loads; the first of output tile o also for STORE o-2. STORE o waits for the last COMPUTE
and what is added to tile o, and for STORE o-1. That is the fastest machine with two banks for every operand.

Two questions: how much slower is the same mapping in step, on random cases; and how much slower is the best mapping in
step than the best of the decoupled machine, on layers of two networks and chunks that suit them.
"""

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

from cosearch.cost import candidate_tilings, time_layer
from cosearch.errors import MappingError
from cosearch.hardware import (
    FRAME_SLOTS,
    Capacity,
    Chunk,
    ChunkKind,
    DramPort,
    Mapping,
    Unroll,
    check_mapping,
    load_platform,
)
from cosearch.network.zoo import build, example_input
from cosearch.records import canonical_json, write_atomically
from cosearch.simulate.layer import transfer_cycles
from cosearch.simulate.work import Transfer, parameters, steps_of
from cosearch.validate.cases import num_steps, random_case
from cosearch.workload import Layer
from cosearch.workload.importers import from_module

NETWORKS = ("mobilenet_v2", "resnet18")
CHUNKS = 20
MOST_STEPS = 1500
SHORTLIST = 12


def decoupled_cycles(layer: Layer, mapping: Mapping, chunk: Chunk, port: DramPort) -> int:
    """Cycles of a layer on decoupled servers."""

    def read(transfer: Transfer) -> int:
        return transfer_cycles(transfer, chunk.read_slots, port)

    start = port.layer_overhead_cycles
    reader = start + read(parameters(layer, port))
    array = writer = start
    banks = {"W": [0, 0], "I": [0, 0]}  # when the bank of the next load is free, and the other
    stores = [0, 0]  # ends of STORE o-2 and o-1
    added = 0
    fresh = True
    for step in steps_of(layer, mapping, chunk, port):
        ready = max(array, stores[0] if fresh else 0)
        for kind, load in (("W", step.load_W), ("I", step.load_I)):
            if load is not None:
                reader = max(reader, banks[kind][0]) + read(load)
                banks[kind].reverse()
                ready = max(ready, reader)
        array = ready + step.array_cycles + port.step_overhead_cycles
        for bank in banks.values():
            bank[1] = array
        for load in (step.load_S, step.load_R):
            if load is not None:
                reader = added = max(reader, stores[0]) + read(load)
        fresh = step.store is not None
        if step.store is not None:
            slots, transfer = chunk.write_slots, step.store.transfer
            passed = sum(num * max(FRAME_SLOTS, cycles * slots) for num, cycles in step.store.drain_cycles)
            latency = port.store_overhead_cycles + transfer.bursts * port.burst_latency_cycles
            writer = max(writer, array, added) + latency - (-passed // slots)
            stores = [stores[1], writer]
    return writer


def spread(ratios: Sequence[float]) -> dict[str, float]:
    """Mean and quantiles of slowdowns."""
    ordered = sorted(ratios)

    def quantile(part: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(part * len(ordered)))], 5)

    return {
        "cases": len(ordered),
        "mean": round(sum(ordered) / len(ordered), 5),
        "p95": quantile(0.95),
        "p99": quantile(0.99),
        "worst": quantile(1.0),
    }


def same_mapping(rng: random.Random, num: int) -> dict[str, float]:
    """Slowdown of random mappings on random chunks."""
    slowdowns: list[float] = []
    while len(slowdowns) < num:
        case = random_case(rng)
        if num_steps(case) <= MOST_STEPS:
            arguments = (case.layer, case.mapping, case.chunk, case.port)
            slowdowns.append(float(time_layer(*arguments).cycles) / decoupled_cycles(*arguments) - 1)
    return spread(slowdowns)


def chunks(rng: random.Random) -> list[Chunk]:
    """Chunks with buffers of which layers have to be cut, behind part of a port."""
    return [
        Chunk(
            kind=ChunkKind.BOTH,
            weight_bits=8,
            activation_bits=8,
            unroll=Unroll(K=rng.choice([8, 16, 32]), C=rng.choice([4, 8, 16])),
            capacity_bits=Capacity(
                I=rng.choice([1 << 18, 1 << 19, 1 << 20]),
                W=rng.choice([1 << 17, 1 << 18, 1 << 19]),
                O=rng.choice([1 << 18, 1 << 19, 1 << 20]),
            ),
            read_slots=rng.choice([4, 8, 16, 32]),
            write_slots=rng.choice([2, 4, 8, 16]),
            max_channels=4096,
            output_bits=32,
        )
        for _ in range(CHUNKS)
    ]


def best_mapping(rng: random.Random) -> dict[str, float]:
    """Slowdown of the best mapping of each machine; the decoupled one's is among the fastest in step."""
    port = load_platform("zc706").port(2e8)
    layers = {
        layer.shape_key(): layer
        for name in NETWORKS
        for layer in from_module(build(name), example_input(name), bits=8).layers
        if layer.has_weights
    }
    slowdowns: list[float] = []
    for chunk in chunks(rng):
        for layer in rng.sample(list(layers.values()), 5):
            priced = sorted(
                (int(time_layer(layer, mapping, chunk, port).cycles), index, mapping)
                for index, mapping in enumerate(legal_mappings(layer, chunk, port))
            )
            few = [mapping for _, _, mapping in priced[:SHORTLIST]]
            if few:
                decoupled = min(decoupled_cycles(layer, mapping, chunk, port) for mapping in few)
                slowdowns.append(priced[0][0] / decoupled - 1)
    return spread(slowdowns)


def legal_mappings(layer: Layer, chunk: Chunk, port: DramPort) -> list[Mapping]:
    """Candidates that fit the chunk."""
    found: list[Mapping] = []
    for tilings in candidate_tilings(layer, port.beat_bits):
        for index in range(len(tilings)):
            mapping = tilings.mapping(layer, index)
            try:
                check_mapping(layer, mapping, chunk, port.beat_bits)
            except MappingError:
                continue
            found.append(mapping)
    return found


def main() -> None:
    """Measure both and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("num_cases", nargs="?", type=int, default=1000)
    parser.add_argument("seed", nargs="?", type=int, default=0)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    result = {
        "command": f"python validation/step_barrier.py {arguments.num_cases} {arguments.seed}",
        "slowdown_same_mapping": same_mapping(rng, arguments.num_cases),
        "slowdown_best_mapping": best_mapping(rng),
    }
    print(canonical_json(result), end="")
    if arguments.out:
        write_atomically(arguments.out, canonical_json(result))


if __name__ == "__main__":
    main()
