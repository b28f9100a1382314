"""The timing contract of a chunk, executed: one layer, event by event, in integers.

Three servers work at once: the read engine, the array and the write engine. Each serves its requests in order; each
buffer has two banks. Every line of `simulate_layer` below is one sentence of docs/timing.md.
"""

from dataclasses import dataclass
from typing import Literal

from cosearch.errors import HardwareError
from cosearch.hardware import FRAME_SLOTS, LAYER_SETUP_CYCLES, Chunk, DramPort, Mapping, check_mapping
from cosearch.simulate.work import OutputTile, Transfer, output_tiles, parameters
from cosearch.workload import Layer

EventKind = Literal["P", "W", "I", "R", "COMPUTE", "STORE"]


@dataclass(frozen=True, slots=True)
class Event:
    """One load (P: parameters), COMPUTE or STORE, in cycles from the start of the layer's setup."""

    kind: EventKind
    start_cycles: int
    end_cycles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerTrace:
    """What a layer did on its chunk.

    Attributes:
        cycles: From the start of the setup to the end of the last STORE.
        compute_cycles, read_cycles, write_cycles: How long each server was busy.
        beats: Beats moved, by P, W, I, R and STORE.
        bursts: Bursts, likewise.
        macs: Multiply-accumulates done.
        num_tiles: Output tiles.
        events: Everything that happened, in order of issue.
    """

    cycles: int
    compute_cycles: int
    read_cycles: int
    write_cycles: int
    beats: dict[EventKind, int]
    bursts: dict[EventKind, int]
    macs: int
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
    run = _Run(chunk, port)
    run.load("P", parameters(layer, port), after=0)
    for tile in output_tiles(layer, mapping, chunk, port):
        run.output_tile(tile)
    return run.trace()


class _Run:
    """The state of a chunk while a layer runs: when each server is free and when each bank is."""

    def __init__(self, chunk: Chunk, port: DramPort) -> None:
        self.chunk, self.port = chunk, port
        self.read_free = self.compute_free = self.write_free = LAYER_SETUP_CYCLES
        self.bank_free: dict[EventKind, list[int]] = {"W": [0, 0], "I": [0, 0]}  # [bank of the next load, other bank]
        self.store_ends = [0, 0]  # of output tiles o-2 and o-1
        self.beats: dict[EventKind, int] = dict.fromkeys(("P", "W", "I", "R", "STORE"), 0)
        self.bursts: dict[EventKind, int] = dict.fromkeys(("P", "W", "I", "R", "STORE"), 0)
        self.macs = 0
        self.num_tiles = 0
        self.events: list[Event] = []

    def output_tile(self, tile: OutputTile) -> None:
        """All reduction steps of an output tile, its residual and its STORE."""
        self.compute_free = max(self.compute_free, self.store_ends[0])  # its accumulator bank: STORE o-2
        for step in tile.steps:
            if step.load_W is not None:
                self.load_operand("W", step.load_W)
            if step.load_I is not None:
                self.load_operand("I", step.load_I)
            self.compute(step.array_cycles)
            self.macs += step.macs
        residual_end = self.load("R", tile.load_R, after=self.store_ends[0]) if tile.load_R else 0
        self.store(tile, after=max(self.compute_free, residual_end))
        self.num_tiles += 1

    def load_operand(self, kind: EventKind, transfer: Transfer) -> None:
        """Fill the bank that was filled last but one; the array has read it when `bank_free` says so."""
        banks = self.bank_free[kind]
        end = self.load(kind, transfer, after=banks[0])
        self.compute_free = max(self.compute_free, end)
        banks.reverse()  # what is loaded now is read from now on, by `compute`, as banks[1]

    def load(self, kind: EventKind, transfer: Transfer, *, after: int) -> int:
        """One request to the read engine, which serves strictly in order."""
        start = max(self.read_free, after)
        self.read_free = start + transfer_cycles(transfer, self.chunk.read_slots, self.port)
        self.beats[kind] += transfer.beats
        self.bursts[kind] += transfer.bursts
        self.events.append(Event(kind, start, self.read_free))
        return self.read_free

    def compute(self, array_cycles: int) -> None:
        """One reduction step on the array, when the array and its operands are there."""
        start = self.compute_free
        self.compute_free = start + array_cycles
        for banks in self.bank_free.values():
            banks[1] = self.compute_free
        self.events.append(Event("COMPUTE", start, self.compute_free))

    def store(self, tile: OutputTile, *, after: int) -> None:
        """Write one output tile, as fast as the port and the drain of the accumulators allow."""
        start = max(self.write_free, after)
        beats = Transfer(beats=tile.store.beats)
        moving = max(transfer_cycles(beats, self.chunk.write_slots, self.port), tile.drain_cycles)
        self.write_free = start + tile.store.bursts * self.port.burst_latency_cycles + moving
        self.store_ends = [self.store_ends[1], self.write_free]
        self.beats["STORE"] += tile.store.beats
        self.bursts["STORE"] += tile.store.bursts
        self.events.append(Event("STORE", start, self.write_free))

    def trace(self) -> LayerTrace:
        """What happened."""

        def busy(*kinds: EventKind) -> int:
            return sum(event.end_cycles - event.start_cycles for event in self.events if event.kind in kinds)

        return LayerTrace(
            cycles=self.write_free,
            compute_cycles=busy("COMPUTE"),
            read_cycles=busy("P", "W", "I", "R"),
            write_cycles=busy("STORE"),
            beats=self.beats,
            bursts=self.bursts,
            macs=self.macs,
            num_tiles=self.num_tiles,
            events=tuple(self.events),
        )
