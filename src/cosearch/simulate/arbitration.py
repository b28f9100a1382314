"""Work-conserving arbitration: slots that their owners leave unused go to whoever asks. Reported, never certified.

Between two events every transfer that waits for slots has those its chunk owns; slots of the port that nobody asks
for are divided among the others in proportion to what they own, up to a beat a cycle. Bursts cost their latency as
ever. A chunk keeps the order of its turns in the modulo schedule, but does not wait for their time: it takes up an
image's layer when its previous layer has ended and so have the layer's producers. No more images are in flight than
in the modulo schedule: an image enters when the one so many before it has ended.

All of these are waits for other work to end, no transfer takes longer than with its own slots alone, and the modulo
schedule satisfies every wait. So no image ends later than there, whatever the number of chunks.

Slots are divisible here, so times are real numbers; a round-robin of whole slots would be a little slower.
"""

import itertools
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cosearch.hardware import FRAME_SLOTS, Accelerator, Chunk, DramPort
from cosearch.simulate.stream import StreamTrace
from cosearch.simulate.work import Step, Store, Transfer, parameters, steps_of
from cosearch.workload import Workload

_SMALL = 1e-6
"""Slots and cycles below this are rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedTrace:
    """What an accelerator does with a network if slots that are left over are shared.

    Attributes:
        period_cycles: Mean between two images at full rate, once the pipeline is full.
        latency_cycles: One image alone.
        latency_loaded_cycles: Mean once the pipeline is full, images arriving at the rate that owned slots sustain.
    """

    period_cycles: float
    latency_cycles: float
    latency_loaded_cycles: float


@dataclass(slots=True)
class _Piece:
    """A stretch of one server's work.

    Attributes:
        left: Cycles still to pass, or slots if it asks for them.
        most: Slots a cycle that it can take: a beat, or what the drain of the accumulators allows. 0 if it asks for
            none: the latency of bursts, the fill of the store path, a COMPUTE.
    """

    left: float
    most: float = 0.0


@dataclass(slots=True)
class _Server:
    """Pieces of work, one after another, and the slots of the frame that are its own."""

    owned: int = 0
    pieces: deque[_Piece] = field(default_factory=deque[_Piece])

    def add(self, left: float, most: float = 0.0) -> None:
        """A piece more, if there is anything to it."""
        if left > 0:
            self.pieces.append(_Piece(left, most))


class _Runner:
    """One chunk with its image's layers: a process that starts work on its servers and waits for it."""

    def __init__(self, chunk: Chunk, port: DramPort) -> None:
        self.port = port
        self.read = _Server(owned=chunk.read_slots)
        self.array = _Server()
        self.write = _Server(owned=chunk.write_slots)
        self.servers = (self.read, self.array, self.write)

    def layer(self, steps: Sequence[Step], first: Transfer) -> Iterator[tuple[_Server, ...]]:
        """Run a layer; every yield names the servers that must be done before it goes on."""
        self.array.add(self.port.layer_overhead_cycles)
        yield (self.array,)
        self.load([first, steps[0].load_W, steps[0].load_I])
        yield (self.read,)
        due: Store | None = None
        for step, following in zip(steps, [*steps[1:], None], strict=True):
            if due is not None:
                self.store(due)
                due = None
            self.array.add(step.array_cycles + self.port.step_overhead_cycles)
            ahead = [following.load_W, following.load_I] if following else []
            self.load([*ahead, step.load_S, step.load_R])
            due = step.store
            yield self.servers if due is not None else (self.read, self.array)
        if due is not None:
            self.store(due)
            yield (self.write,)

    def load(self, transfers: Sequence[Transfer | None]) -> None:
        """Requests to the read engine."""
        for transfer in transfers:
            if transfer is not None:
                self.read.add(transfer.bursts * self.port.burst_latency_cycles)
                self.read.add(transfer.beats * FRAME_SLOTS, FRAME_SLOTS)

    def store(self, store: Store) -> None:
        """A STORE: beats that are filled slowly pass slowly, whoever gives them slots."""
        self.write.add(store.transfer.bursts * self.port.burst_latency_cycles + self.port.store_overhead_cycles)
        for num, cycles in store.drain_cycles:
            self.write.add(num * FRAME_SLOTS, FRAME_SLOTS / max(1, cycles))


@dataclass(slots=True)
class _Chunk:
    """A chunk in the stream: its turn, the turns still to come, and what it waits for."""

    runner: _Runner
    turn: tuple[str, int]
    turns: Iterator[tuple[str, int]]
    process: Iterator[tuple[_Server, ...]] | None = None
    waits: tuple[_Server, ...] = ()


def share_slots(
    workload: Workload, accelerator: Accelerator, stream: StreamTrace, num_images: int = 16
) -> SharedTrace:
    """Run a network on an accelerator with work-conserving arbitration.

    Args:
        workload: The network.
        accelerator: Chunks with their own slots, which they always get.
        stream: The same under the contract: gives order, arrivals and images in flight.
        num_images: Images of each stream; means are over the second half of them.
    """
    period, rounds = stream.period_cycles, stream.rounds
    half = num_images // 2
    alone = _Shared(workload, accelerator, dict.fromkeys(rounds, 0), num_in_flight=1).run(1)
    waiting = _Shared(workload, accelerator, rounds, stream.num_in_flight).run(num_images)
    arriving = _Shared(workload, accelerator, rounds, stream.num_in_flight, period).run(num_images)
    latencies = [end - image * period for image, end in enumerate(arriving)]
    return SharedTrace(
        period_cycles=(waiting[-1] - waiting[half - 1]) / (num_images - half),
        latency_cycles=alone[0],
        latency_loaded_cycles=sum(latencies[half:]) / (num_images - half),
    )


class _Shared:
    """All chunks on one port, with images that arrive at an interval for ever; at 0 all of them are waiting."""

    def __init__(
        self,
        workload: Workload,
        accelerator: Accelerator,
        rounds: Mapping[str, int],
        num_in_flight: int,
        interval_cycles: int = 0,
    ) -> None:
        self.total_slots = accelerator.port.total_slots
        self.num_in_flight, self.interval_cycles = num_in_flight, interval_cycles
        self.reads = {layer.name: workload.reads(layer) for layer in workload.layers}
        self.parameters = {layer.name: parameters(layer, accelerator.port) for layer in workload.layers}
        self.steps: dict[str, list[Step]] = {}
        self.chunks: list[_Chunk] = []
        for program in accelerator.chunks:
            for entry in program.layers:
                layer = workload.layer(entry.name)
                self.steps[entry.name] = list(steps_of(layer, entry, program, accelerator.port))
            turns = _turns([entry.name for entry in program.layers], rounds)
            self.chunks.append(_Chunk(_Runner(program, accelerator.port), next(turns), turns))
        self.servers = [server for chunk in self.chunks for server in chunk.runner.servers]
        self.num_ended = dict.fromkeys((layer.name for layer in workload.layers), 0)
        self.ends: list[float] = []
        self.now = 0.0

    def run(self, num_images: int) -> list[float]:
        """Until so many images have ended: when each of them did."""
        while True:
            while any([self.advance(chunk) for chunk in self.chunks]):
                pass
            if len(self.ends) >= num_images:
                return self.ends[:num_images]
            while not self.pass_time():
                pass

    def pass_time(self) -> bool:
        """Go on to the next event; whether a server has nothing left to do, or an image has arrived."""
        rates = self.rates()
        arrivals = list(self.arrivals())
        step = min([*(server.pieces[0].left / rate for server, rate in rates), *arrivals])
        self.now += step
        is_any_done = any(until <= step + _SMALL for until in arrivals)
        for server, rate in rates:
            piece = server.pieces[0]
            piece.left -= rate * step
            if piece.left <= _SMALL:
                server.pieces.popleft()
                is_any_done = is_any_done or not server.pieces
        return is_any_done

    def advance(self, chunk: _Chunk) -> bool:
        """Start what a chunk can start; whether it started anything."""
        if chunk.process is None:
            return self.take_up(chunk)
        if any(server.pieces for server in chunk.waits):
            return False
        following = next(chunk.process, None)
        if following is not None:
            chunk.waits = following
            return True
        name, image = chunk.turn
        self.num_ended[name] += 1
        if min(self.num_ended.values()) > image:
            self.ends.append(self.now)
        chunk.turn, chunk.process, chunk.waits = next(chunk.turns), None, ()
        return True

    def take_up(self, chunk: _Chunk) -> bool:
        """Begin the next layer if its image has entered and what it reads of it is stored."""
        name, image = chunk.turn
        has_arrived = self.now >= image * self.interval_cycles - _SMALL
        if not has_arrived or image >= len(self.ends) + self.num_in_flight:
            return False
        if any(self.num_ended[producer] <= image for producer in self.reads[name]):
            return False
        chunk.process = chunk.runner.layer(self.steps[name], self.parameters[name])
        chunk.waits = ()
        return True

    def arrivals(self) -> Iterator[float]:
        """Cycles until images arrive that chunks wait for."""
        for chunk in self.chunks:
            until = chunk.turn[1] * self.interval_cycles - self.now
            if chunk.process is None and until > _SMALL:
                yield until

    def rates(self) -> list[tuple[_Server, float]]:
        """Every server at work and its pace: of a fixed time 1, of slots its own and its share of those left over."""
        busy = [server for server in self.servers if server.pieces]
        asking = [server for server in busy if server.pieces[0].most]
        given = [min(float(server.owned), server.pieces[0].most) for server in asking]
        left = self.total_slots - sum(given)
        hungry = [index for index, server in enumerate(asking) if given[index] < server.pieces[0].most]
        while left > _SMALL and hungry:
            share = left / sum(asking[index].owned for index in hungry)
            for index in hungry:
                more = min(share * asking[index].owned, asking[index].pieces[0].most - given[index])
                given[index] += more
                left -= more
            hungry = [index for index in hungry if given[index] < asking[index].pieces[0].most - _SMALL]
        fixed = [(server, 1.0) for server in busy if not server.pieces[0].most]
        return [*fixed, *zip(asking, given, strict=True)]


def _turns(names: Sequence[str], rounds: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Layers and images in the order in which a chunk runs them, for ever."""
    for turn in itertools.count():
        yield from ((name, turn - rounds[name]) for name in names if turn >= rounds[name])
