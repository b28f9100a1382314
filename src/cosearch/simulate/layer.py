"""The timing contract of a chunk, executed: one layer, step by step, in integers.

Three servers work at once: the read engine, the array and the write engine. They begin and end a step together. Every
line of `simulate_layer` and `_Run` below is one sentence of docs/timing.md.
"""

from dataclasses import dataclass
from typing import Literal

from cosearch.errors import HardwareError
from cosearch.hardware import FRAME_SLOTS, Chunk, DramPort, Mapping, check_mapping
from cosearch.simulate.work import Step, Store, Transfer, parameters, steps_of
from cosearch.workload import Layer

EventKind = Literal["P", "W", "I", "S", "R", "COMPUTE", "STORE"]

_LOADS: tuple[EventKind, ...] = ("P", "W", "I", "S", "R")


@dataclass(frozen=True, slots=True)
class Event:
    """One load (P parameters, S partial sums, R residual), COMPUTE or STORE, in cycles from the layer's start."""

    kind: EventKind
    start_cycles: int
    end_cycles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerTrace:
    """What a layer did on its chunk.

    Attributes:
        cycles: From the start of the setup to the end of the last STORE.
        compute_cycles, read_cycles, write_cycles: How long each server was busy.
        beats: Beats moved, by P, W, I, S, R and STORE.
        bursts: Bursts, likewise.
        operations: Iterations of the loop nest done.
        array_cycles: Cycles in which the array computed, without its overhead.
        num_tiles: Output tiles stored, partial ones included.
        events: Everything that happened, in order of issue.
    """

    cycles: int
    compute_cycles: int
    read_cycles: int
    write_cycles: int
    beats: dict[EventKind, int]
    bursts: dict[EventKind, int]
    operations: int
    array_cycles: int
    num_tiles: int
    events: tuple[Event, ...]


def transfer_cycles(transfer: Transfer, slots: int, port: DramPort) -> int:
    """Bursts cost their latency, beats pass at `slots` in a frame, metered from the start of the transfer."""
    return transfer.bursts * port.burst_latency_cycles - (-transfer.beats * FRAME_SLOTS // slots)


def simulate_layer(layer: Layer, mapping: Mapping, chunk: Chunk, port: DramPort) -> LayerTrace:
    """Run one layer on one chunk.

    Raises:
        MappingError: if the mapping is illegal for the chunk.
    """
    try:
        check_mapping(layer, mapping, chunk, port.beat_bits)
    except HardwareError as error:
        raise error.at(layer.name) from None
    steps = list(steps_of(layer, mapping, chunk, port))
    run = _Run(chunk, port)
    run.load("P", parameters(layer, port))
    run.load_operands(steps[0])
    run.wait()
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        run.step(step, following)
    run.drain()
    return run.trace()


class _Run:
    """The state of a chunk while a layer runs: when each server is free, and the STORE that is due.

    `now` is the start of the present step, `write_free` the end of the STORE beside the present output tile.
    """

    def __init__(self, chunk: Chunk, port: DramPort) -> None:
        self.chunk, self.port = chunk, port
        self.now = self.read_free = self.compute_free = self.write_free = port.layer_overhead_cycles
        self.due: Store | None = None
        self.beats: dict[EventKind, int] = dict.fromkeys((*_LOADS, "STORE"), 0)
        self.bursts: dict[EventKind, int] = dict.fromkeys((*_LOADS, "STORE"), 0)
        self.operations = self.array_cycles = self.num_tiles = 0
        self.events: list[Event] = []

    def step(self, step: Step, following: Step | None) -> None:
        """COMPUTE and the next loads begin together; the step ends with the later of both."""
        self.start_store()
        self.compute(step)
        if following is not None:
            self.load_operands(following)
        if step.load_S is not None:
            self.load("S", step.load_S)
        if step.load_R is not None:
            self.load("R", step.load_R)
        self.wait()
        if step.store is not None:  # the output tile is complete: it ends when the STORE beside it has ended
            self.now = self.read_free = self.compute_free = max(self.now, self.write_free)
            self.due = step.store
            self.num_tiles += 1

    def load_operands(self, step: Step) -> None:
        """Weights before inputs, each if its tile changes."""
        if step.load_W is not None:
            self.load("W", step.load_W)
        if step.load_I is not None:
            self.load("I", step.load_I)

    def load(self, kind: EventKind, transfer: Transfer) -> None:
        """One request to the read engine, which serves strictly in order."""
        start = self.read_free
        self.read_free = start + transfer_cycles(transfer, self.chunk.read_slots, self.port)
        self.beats[kind] += transfer.beats
        self.bursts[kind] += transfer.bursts
        self.events.append(Event(kind, start, self.read_free))

    def compute(self, step: Step) -> None:
        """One step on the array."""
        start = self.compute_free
        self.compute_free = start + step.array_cycles + self.port.step_overhead_cycles
        self.operations += step.operations
        self.array_cycles += step.array_cycles
        self.events.append(Event("COMPUTE", start, self.compute_free))

    def wait(self) -> None:
        """The barrier: array and read engine go on together."""
        self.now = self.read_free = self.compute_free = max(self.read_free, self.compute_free)

    def start_store(self) -> None:
        """Write the output tile that is due: a beat passes when its slots have come and its words are drained."""
        if self.due is None:
            return
        transfer, start = self.due.transfer, self.now
        slots = self.chunk.write_slots
        passed = sum(num * max(FRAME_SLOTS, cycles * slots) for num, cycles in self.due.drain_cycles)
        latency = self.port.store_overhead_cycles + transfer.bursts * self.port.burst_latency_cycles
        self.write_free = start + latency - (-passed // slots)
        self.beats["STORE"] += transfer.beats
        self.bursts["STORE"] += transfer.bursts
        self.events.append(Event("STORE", start, self.write_free))
        self.due = None

    def drain(self) -> None:
        """The last STORE runs alone."""
        self.start_store()

    def trace(self) -> LayerTrace:
        """What happened."""

        def busy(*kinds: EventKind) -> int:
            return sum(event.end_cycles - event.start_cycles for event in self.events if event.kind in kinds)

        return LayerTrace(
            cycles=self.write_free,
            compute_cycles=busy("COMPUTE"),
            read_cycles=busy(*_LOADS),
            write_cycles=busy("STORE"),
            beats=self.beats,
            bursts=self.bursts,
            operations=self.operations,
            array_cycles=self.array_cycles,
            num_tiles=self.num_tiles,
            events=tuple(self.events),
        )
