"""Chunks that work on different images at the same time: period and latencies of an accelerator."""

from dataclasses import dataclass
from typing import Literal

from cosearch.hardware import Accelerator
from cosearch.simulate.arbitration import SharedTrace, share_slots
from cosearch.simulate.layer import LayerTrace, simulate_layer
from cosearch.simulate.stream import stream_images
from cosearch.workload import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceleratorTrace:
    """What an accelerator does with a network.

    Attributes:
        period_cycles: Between two images at full rate: the slowest chunk's sum of layer cycles.
        latency_cycles: One image alone, from the start of the first layer's setup to the end of the last STORE.
        latency_loaded_cycles: The same at full rate.
        chunk_cycles: Cycles of a period in which a chunk is busy with a layer, by chunk.
        layers: Trace of each layer, by name.
        starts: Start of each layer's setup for one image alone, by name.
        shared: The same under work-conserving arbitration, if that was asked for: reported, never certified.
    """

    period_cycles: int
    latency_cycles: int
    latency_loaded_cycles: int
    chunk_cycles: tuple[int, ...]
    layers: dict[str, LayerTrace]
    starts: dict[str, int]
    shared: SharedTrace | None

    @property
    def idle_cycles(self) -> tuple[int, ...]:
        """Cycles of a period in which a chunk waits for its next round, by chunk."""
        return tuple(self.period_cycles - busy for busy in self.chunk_cycles)


def simulate_accelerator(
    workload: Workload,
    accelerator: Accelerator,
    *,
    num_images: int = 4,
    arbitration: Literal["slots", "work_conserving"] = "slots",
) -> AcceleratorTrace:
    """Run a stream of images through an accelerator. Each chunk runs its layers in network order.

    Args:
        workload: The network.
        accelerator: Chunks with their programs.
        num_images: Images of the stream; all have the same latency, since each finds the same turns.
        arbitration: Whether slots that their owners leave unused are lost, as the contract says, or shared. What
            sharing would gain is reported beside the contract's numbers.

    Raises:
        InputError: if there is no image.
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
    chunks = [[entry.name for entry in program.layers] for program in accelerator.chunks]
    chunk_cycles = tuple(sum(cycles[name] for name in names) for names in chunks)
    starts = _starts_alone(workload, cycles, chunk_of)
    stream = stream_images(workload, cycles, chunks, num_images)
    return AcceleratorTrace(
        period_cycles=stream.period_cycles,
        latency_cycles=max(starts[name] + cycles[name] for name in cycles),
        latency_loaded_cycles=stream.latency_cycles[-1],
        chunk_cycles=chunk_cycles,
        layers=layers,
        starts=starts,
        shared=share_slots(workload, accelerator, stream) if arbitration == "work_conserving" else None,
    )


def _starts_alone(workload: Workload, cycles: dict[str, int], chunk_of: dict[str, int]) -> dict[str, int]:
    """As early as the producers and the chunk's previous layer allow."""
    starts: dict[str, int] = {}
    ends: dict[str, int] = {}
    free: dict[int, int] = {}
    for name in cycles:
        ready = max((ends[producer] for producer in workload.reads(workload.layer(name))), default=0)
        starts[name] = max(ready, free.get(chunk_of[name], 0))
        ends[name] = free[chunk_of[name]] = starts[name] + cycles[name]
    return starts
