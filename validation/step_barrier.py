"""What the barrier after every step costs where every layer has the best mapping: exhaustively, on whole networks.

``python validation/step_barrier.py [NUM_PAIRS] [NUM_CHUNKS] [SEED]`` prints JSON and writes it to
``results/step_barrier.json``.

Decoupled: a load waits for the read engine and for the last COMPUTE that read its bank; the first COMPUTE of an
output tile waits for the STORE before the last, whose bank it takes; a STORE waits for its COMPUTE, what it adds and
the STORE before. Every operand has two banks and loads come in the order of the contract, as in step. Slowdowns are
cycles in step over cycles decoupled, less one: of random (layer, mapping, chunk) triples, and of known networks layer
by layer on random chunks, where each way of timing chooses its own mapping among all candidates.
"""

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from cosearch.cost import best_mapping, candidate_tilings, time_layer
from cosearch.errors import HardwareError
from cosearch.hardware import FRAME_SLOTS, Capacity, Chunk, ChunkKind, DramPort, Mapping, Unroll, load_platform
from cosearch.network.zoo import build, example_input
from cosearch.records import canonical_json, write_atomically
from cosearch.simulate import simulate_layer
from cosearch.simulate.layer import transfer_cycles
from cosearch.simulate.work import Step, Store, Transfer, parameters, steps_of
from cosearch.validate.cases import num_steps, random_case
from cosearch.workload import Layer
from cosearch.workload.importers import from_module

RESULT = Path(__file__).parent / "results" / "step_barrier.json"
NETWORKS = ("mobilenet_v2", "resnet18")
MAX_STEPS = 3000


def decoupled_cycles(layer: Layer, mapping: Mapping, chunk: Chunk, port: DramPort) -> int:
    """Cycles of a layer whose servers each start as early as their banks allow."""
    return _Decoupled(chunk, port).run(parameters(layer, port), list(steps_of(layer, mapping, chunk, port)))


class _Decoupled:
    """When each server is free, and when the tiles in the banks are loaded and no longer read."""

    def __init__(self, chunk: Chunk, port: DramPort) -> None:
        self.chunk, self.port = chunk, port
        self.read_free = self.compute_free = self.write_free = port.layer_overhead_cycles
        self.stores: list[int] = [0, 0]  # ends of the last two STOREs, the earlier first
        self.loaded = {"W": 0, "I": 0}  # when the tile in use is there
        self.last_read = {"W": [0, 0], "I": [0, 0]}  # ends of the last COMPUTEs on the tiles before and in use
        self.opens_tile = True

    def run(self, first: Transfer, steps: Sequence[Step]) -> int:
        """All steps; the read engine takes requests in the order of the contract."""
        self.load(first, after=0)
        self.load_operands(steps[0])
        for step, following in zip(steps, [*steps[1:], None], strict=True):
            end = self.compute(step)
            if following is not None:
                self.load_operands(following)
            added = max((self.load(t, after=self.stores[0]) for t in (step.load_S, step.load_R) if t), default=0)
            if step.store is not None:
                self.store(step.store, after=max(end, added))
        return self.write_free

    def load(self, transfer: Transfer, *, after: int) -> int:
        """One transfer; its end."""
        start = max(self.read_free, after)
        self.read_free = start + transfer_cycles(transfer, self.chunk.read_slots, self.port)
        return self.read_free

    def load_operands(self, step: Step) -> None:
        """Weights before inputs, each into the bank of the tile before the one in use."""
        for name, transfer in (("W", step.load_W), ("I", step.load_I)):
            if transfer is not None:
                before, present = self.last_read[name]
                self.loaded[name] = self.load(transfer, after=before)
                self.last_read[name] = [present, present]

    def compute(self, step: Step) -> int:
        """One COMPUTE; its end."""
        bank = self.stores[0] if self.opens_tile else 0
        start = max(self.compute_free, *self.loaded.values(), bank)
        self.compute_free = start + step.array_cycles + self.port.step_overhead_cycles
        for reads in self.last_read.values():
            reads[1] = self.compute_free
        self.opens_tile = step.store is not None
        return self.compute_free

    def store(self, store: Store, *, after: int) -> None:
        """One STORE, after the one before: a beat passes when its slots have come and its words are drained."""
        slots = self.chunk.write_slots
        passed = sum(num * max(FRAME_SLOTS, cycles * slots) for num, cycles in store.drain_cycles)
        latency = self.port.store_overhead_cycles + store.transfer.bursts * self.port.burst_latency_cycles
        self.write_free = max(self.write_free, after) + latency - (-passed // slots)
        self.stores = [self.stores[1], self.write_free]


def least_decoupled_cycles(layer: Layer, chunk: Chunk, port: DramPort, known: Mapping) -> int:
    """Of the best candidate mapping: from the least bound on, until no bound is below the best found."""
    best = decoupled_cycles(layer, known, chunk, port)
    for bound, mapping in sorted(_bounded(layer, chunk, port), key=lambda pair: pair[0]):
        if bound >= best:
            break
        best = min(best, decoupled_cycles(layer, mapping, chunk, port))
    return best


def _bounded(layer: Layer, chunk: Chunk, port: DramPort) -> Iterator[tuple[int, Mapping]]:
    """Every candidate that fits, with cycles that no schedule undercuts: the setup and the busiest server."""
    for tilings in candidate_tilings(layer, port.beat_bits, partial_sums=chunk.partial_sums):
        for index in range(len(tilings)):
            mapping = tilings.mapping(layer, index)
            try:
                timing = time_layer(layer, mapping, chunk, port)
            except HardwareError:
                continue
            busiest = max(int(timing.compute_cycles), int(timing.read_cycles), int(timing.write_cycles))
            yield port.layer_overhead_cycles + busiest, mapping


@dataclass(frozen=True, slots=True)
class Pair:
    """Cycles of one thing both ways."""

    in_step: int
    decoupled: int

    @property
    def slowdown(self) -> float:
        """Of going in step, as a fraction."""
        return self.in_step / self.decoupled - 1


def random_pairs(rng: random.Random, num: int) -> list[Pair]:
    """The same random mapping both ways."""
    pairs: list[Pair] = []
    while len(pairs) < num:
        case = random_case(rng)
        if num_steps(case) <= MAX_STEPS:
            parts = (case.layer, case.mapping, case.chunk, case.port)
            pairs.append(Pair(simulate_layer(*parts).cycles, decoupled_cycles(*parts)))
    return pairs


def random_chunk(rng: random.Random) -> Chunk:
    """A chunk as one would build: 64 to 1024 multipliers and bandwidth of the same order."""
    buffer = rng.choice([18, 19, 20])
    return Chunk(
        kind=ChunkKind.BOTH,
        weight_bits=8,
        activation_bits=8,
        unroll=Unroll(K=rng.choice([8, 16, 32, 64]), C=rng.choice([8, 16])),
        capacity_bits=Capacity(I=1 << buffer, W=1 << buffer, O=1 << (buffer + 1)),
        read_slots=rng.choice([8, 12, 16, 24, 32]),
        write_slots=rng.choice([4, 6, 8, 12, 16]),
        partial_sums=rng.random() < 0.5,
        max_channels=4096,
        output_bits=32,
    )


def network_pairs(layers: Sequence[Layer], chunk: Chunk, port: DramPort) -> list[Pair]:
    """Every layer at its best both ways; layers of one shape are timed once."""
    known: dict[tuple[int | str, ...], Pair] = {}
    for layer in layers:
        if layer.shape_key() not in known:
            mapping, timing = best_mapping(layer, chunk, port)
            decoupled = least_decoupled_cycles(layer, chunk, port, mapping)
            known[layer.shape_key()] = Pair(int(timing.cycles), decoupled)
    return [known[layer.shape_key()] for layer in layers]


def summary(pairs: Sequence[Pair]) -> dict[str, float]:
    """Mean, quantiles and worst of the slowdowns."""
    sizes = sorted(pair.slowdown for pair in pairs)
    quantiles = {f"p{part}": sizes[min(len(sizes) - 1, len(sizes) * part // 100)] for part in (50, 95, 99)}
    return {
        "num": len(sizes),
        "mean": sum(sizes) / len(sizes),
        **quantiles,
        "worst": sizes[-1],
        "least": sizes[0],
        "share_below_1_percent": sum(size < 0.01 for size in sizes) / len(sizes),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("num_pairs", nargs="?", type=int, default=1000)
    parser.add_argument("num_chunks", nargs="?", type=int, default=20)
    parser.add_argument("seed", nargs="?", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    numbers = (arguments.num_pairs, arguments.num_chunks, arguments.seed)
    platform = load_platform("zcu102")
    port = platform.port(platform.clock_hertz)
    rng = random.Random(arguments.seed)
    result: dict[str, object] = {
        "command": " ".join(map(str, ["python validation/step_barrier.py", *numbers])),
        "random_mappings": summary(random_pairs(rng, arguments.num_pairs)),
    }
    chunks = [random_chunk(rng) for _ in range(arguments.num_chunks)]
    for name in NETWORKS:
        layers = from_module(build(name), example_input(name), bits=8).layers
        runs = [network_pairs(layers, chunk, port) for chunk in chunks]
        whole = [Pair(sum(p.in_step for p in run), sum(p.decoupled for p in run)) for run in runs]
        result[name] = {"layers": summary([p for run in runs for p in run]), "networks": summary(whole)}
    text = canonical_json(result)
    write_atomically(RESULT, text)
    print(text, end="")


if __name__ == "__main__":
    main()
