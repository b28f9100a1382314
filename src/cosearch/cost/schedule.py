"""When the layers of one image run: alone, and in a stream of images at full rate."""

from collections.abc import Mapping
from dataclasses import dataclass

from cosearch.workload import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Starts of the layers of one image, by name, and what follows; all in cycles from the image's first start.

    Attributes:
        starts: Start of each layer's setup.
        latency_cycles: End of the last layer.
    """

    starts: dict[str, int]
    latency_cycles: int


def schedule_alone(workload: Workload, cycles: Mapping[str, int], chunk_of: Mapping[str, int]) -> Schedule:
    """One image in an idle accelerator: each layer as early as its producers and its chunk's previous layer allow.

    Args:
        workload: The network; every chunk runs its layers in the network's order.
        cycles: Cycles of each layer, by name.
        chunk_of: Chunk of each layer, by name.
    """
    starts: dict[str, int] = {}
    free: dict[int, int] = {}
    for layer in workload.layers:
        chunk = chunk_of[layer.name]
        starts[layer.name] = max(_ready(workload, layer.name, starts, cycles), free.get(chunk, 0))
        free[chunk] = starts[layer.name] + cycles[layer.name]
    return _schedule(starts, cycles)


def schedule_loaded(workload: Workload, cycles: Mapping[str, int], chunk_of: Mapping[str, int]) -> Schedule:
    """One image among many at full rate: a modulo schedule at the period of the slowest chunk.

    A chunk repeats its layers back to back in every period. Its round is placed so that its first layer starts when
    its producers end; a later layer whose producers end after its turn waits for its turn in a later round, and the
    image's layers after it on that chunk follow in that round or later.

    Source: modulo scheduling as in Rau, MICRO-27, 1994, with fixed phases.
    """
    period = period_cycles(cycles, chunk_of)
    starts: dict[str, int] = {}
    turn: dict[int, int] = {}
    for layer in workload.layers:
        chunk = chunk_of[layer.name]
        ready = _ready(workload, layer.name, starts, cycles)
        earliest = turn.get(chunk, ready)  # right behind the chunk's previous layer, in the round that one ran in
        rounds = max(0, -(-(ready - earliest) // period))
        starts[layer.name] = earliest + rounds * period
        turn[chunk] = starts[layer.name] + cycles[layer.name]
    return _schedule(starts, cycles)


def period_cycles(cycles: Mapping[str, int], chunk_of: Mapping[str, int]) -> int:
    """Cycles between two images at full rate: the sum over the layers of the slowest chunk."""
    sums: dict[int, int] = {}
    for name, chunk in chunk_of.items():
        sums[chunk] = sums.get(chunk, 0) + cycles[name]
    return max(sums.values())


def _ready(workload: Workload, name: str, starts: Mapping[str, int], cycles: Mapping[str, int]) -> int:
    """When the last producer of a layer ends; the image is there at 0."""
    producers = workload.reads(workload.layer(name))
    return max((starts[producer] + cycles[producer] for producer in producers), default=0)


def _schedule(starts: dict[str, int], cycles: Mapping[str, int]) -> Schedule:
    return Schedule(starts=starts, latency_cycles=max(starts[name] + cycles[name] for name in starts))
