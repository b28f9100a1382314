"""Chunks that work on different images at the same time: period and latencies of an accelerator."""

from dataclasses import dataclass

from cosearch.hardware import Accelerator
from cosearch.simulate.layer import LayerTrace, simulate_layer
from cosearch.workload import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceleratorTrace:
    """What an accelerator does with a network.

    Attributes:
        period_cycles: Between two images at full rate: the slowest chunk's sum of layer cycles.
        latency_cycles: One image alone, from the start of the first layer's setup to the end of the last STORE.
        latency_loaded_cycles: The same at full rate.
        chunk_cycles: Sum of layer cycles, by chunk.
        layers: Trace of each layer, by name.
        starts: Start of each layer's setup for one image alone, by name.
    """

    period_cycles: int
    latency_cycles: int
    latency_loaded_cycles: int
    chunk_cycles: tuple[int, ...]
    layers: dict[str, LayerTrace]
    starts: dict[str, int]


def simulate_accelerator(workload: Workload, accelerator: Accelerator) -> AcceleratorTrace:
    """Run a network on an accelerator. Each chunk runs its layers in network order.

    Raises:
        HardwareError: if the accelerator could not run the network.
    """
    accelerator.check(workload)
    chunk_of: dict[str, int] = {}
    layers: dict[str, LayerTrace] = {}
    for index, program in enumerate(accelerator.chunks):
        for entry in program.layers:
            chunk_of[entry.name] = index
            layers[entry.name] = simulate_layer(workload.layer(entry.name), entry, program, accelerator.port)
    layers = {layer.name: layers[layer.name] for layer in workload.layers}
    cycles = {name: trace.cycles for name, trace in layers.items()}
    chunk_cycles = tuple(sum(cycles[entry.name] for entry in program.layers) for program in accelerator.chunks)
    period = max(chunk_cycles)
    starts = _starts_alone(workload, cycles, chunk_of)
    loaded = _starts_loaded(workload, cycles, chunk_of, period)
    return AcceleratorTrace(
        period_cycles=period,
        latency_cycles=max(starts[name] + cycles[name] for name in cycles),
        latency_loaded_cycles=max(loaded[name] + cycles[name] for name in cycles),
        chunk_cycles=chunk_cycles,
        layers=layers,
        starts=starts,
    )


def _ready(workload: Workload, name: str, ends: dict[str, int]) -> int:
    """When all that a layer reads is in memory; the image is there at 0."""
    return max((ends[producer] for producer in workload.reads(workload.layer(name))), default=0)


def _starts_alone(workload: Workload, cycles: dict[str, int], chunk_of: dict[str, int]) -> dict[str, int]:
    """As early as the producers and the chunk's previous layer allow."""
    starts: dict[str, int] = {}
    ends: dict[str, int] = {}
    free: dict[int, int] = {}
    for name in cycles:
        starts[name] = max(_ready(workload, name, ends), free.get(chunk_of[name], 0))
        ends[name] = free[chunk_of[name]] = starts[name] + cycles[name]
    return starts


def _starts_loaded(
    workload: Workload, cycles: dict[str, int], chunk_of: dict[str, int], period: int
) -> dict[str, int]:
    """A chunk repeats its layers back to back every period, beginning when its first layer's producers end."""
    starts: dict[str, int] = {}
    ends: dict[str, int] = {}
    slot: dict[int, int] = {}  # end of the image's previous layer on a chunk: its next layer's turn in that round
    for name in cycles:
        ready, chunk = _ready(workload, name, ends), chunk_of[name]
        at = slot.get(chunk, ready)
        starts[name] = at + max(0, -(-(ready - at) // period)) * period
        ends[name] = starts[name] + cycles[name]
        slot[chunk] = ends[name]
    return starts
