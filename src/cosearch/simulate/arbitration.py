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
    """A stretch of one server's work: first a fixed time, then slots at no more than a pace.

    Attributes:
        wait_cycles: Latency of bursts, fill of the store path, or all of a COMPUTE.
        slots: Still to pass.
        most: Slots a cycle at most: a beat, or what the drain of the accumulators allows.
    """

    wait_cycles: float
    slots: float = 0.0
    most: float = float(FRAME_SLOTS)

    @property
    def asks(self) -> bool:
        """Whether it is waiting for slots."""
        return self.wait_cycles <= _SMALL and self.slots > _SMALL

    @property
    def is_over(self) -> bool:
        """Whether nothing is left."""
        return self.wait_cycles <= _SMALL and self.slots <= _SMALL


@dataclass(slots=True)
class _Server:
    """Pieces of work, one after another, and the slots of the frame that are its own."""

    owned: int = 0
    pieces: list[_Piece] = field(default_factory=list[_Piece])

    def head(self) -> _Piece | None:
        """The piece at work; what is over is dropped."""
        while self.pieces and self.pieces[0].is_over:
            self.pieces.pop(0)
        return self.pieces[0] if self.pieces else None


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
        self.array.pieces.append(_Piece(self.port.layer_overhead_cycles))
        yield (self.array,)
        self.load([first, steps[0].load_W, steps[0].load_I])
        yield (self.read,)
        due: Store | None = None
        for step, following in zip(steps, [*steps[1:], None], strict=True):
            if due is not None:
                self.store(due)
                due = None
            self.array.pieces.append(_Piece(step.array_cycles + self.port.step_overhead_cycles))
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
                latency = transfer.bursts * self.port.burst_latency_cycles
                self.read.pieces.append(_Piece(latency, float(transfer.beats * FRAME_SLOTS)))

    def store(self, store: Store) -> None:
        """A STORE: beats that are filled slowly pass slowly, whoever gives them slots."""
        latency = store.transfer.bursts * self.port.burst_latency_cycles + self.port.store_overhead_cycles
        self.write.pieces.append(_Piece(latency))
        for num, cycles in store.drain_cycles:
            if num:
                self.write.pieces.append(_Piece(0, float(num * FRAME_SLOTS), FRAME_SLOTS / max(1, cycles)))


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
        self.workload, self.port = workload, accelerator.port
        self.num_in_flight, self.interval_cycles = num_in_flight, interval_cycles
        self.steps: dict[str, list[Step]] = {}
        self.chunks: list[_Chunk] = []
        for program in accelerator.chunks:
            for entry in program.layers:
                layer = workload.layer(entry.name)
                self.steps[entry.name] = list(steps_of(layer, entry, program, accelerator.port))
            turns = _turns([entry.name for entry in program.layers], rounds)
            self.chunks.append(_Chunk(_Runner(program, accelerator.port), next(turns), turns))
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
            rates = self.rates()
            step = min([*(self.remaining(piece, rate) for piece, rate in rates), *self.arrivals()])
            self.now += step
            for piece, rate in rates:
                if piece.wait_cycles > _SMALL:
                    piece.wait_cycles -= step
                else:
                    piece.slots -= rate * step

    def advance(self, chunk: _Chunk) -> bool:
        """Start what a chunk can start; whether it started anything."""
        if chunk.process is None:
            return self.take_up(chunk)
        if any(server.head() for server in chunk.waits):
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
        layer = self.workload.layer(name)
        has_arrived = self.now >= image * self.interval_cycles - _SMALL
        if not has_arrived or image >= len(self.ends) + self.num_in_flight:
            return False
        if any(self.num_ended[producer] <= image for producer in self.workload.reads(layer)):
            return False
        chunk.process = chunk.runner.layer(self.steps[layer.name], parameters(layer, self.port))
        chunk.waits = ()
        return True

    def arrivals(self) -> Iterator[float]:
        """Cycles until images arrive that chunks wait for."""
        for chunk in self.chunks:
            until = chunk.turn[1] * self.interval_cycles - self.now
            if chunk.process is None and until > _SMALL:
                yield until

    def rates(self) -> list[tuple[_Piece, float]]:
        """Every piece at work with the slots it gets in a cycle: its own, and its share of those left over."""
        heads = [(server.owned, server.head()) for chunk in self.chunks for server in chunk.runner.servers]
        pieces = [(owned, piece) for owned, piece in heads if piece is not None]
        given = {id(piece): min(float(owned), piece.most) for owned, piece in pieces if piece.asks}
        left = self.port.total_slots - sum(given.values())
        hungry = [(owned, piece) for owned, piece in pieces if piece.asks and given[id(piece)] < piece.most]
        while left > _SMALL and hungry:
            share = left / sum(owned for owned, _ in hungry)
            for owned, piece in hungry:
                more = min(share * owned, piece.most - given[id(piece)])
                given[id(piece)] += more
                left -= more
            hungry = [(owned, piece) for owned, piece in hungry if given[id(piece)] < piece.most - _SMALL]
        return [(piece, given.get(id(piece), 0.0)) for _, piece in pieces]

    def remaining(self, piece: _Piece, rate: float) -> float:
        """Cycles until a piece's fixed time, or its slots, have passed."""
        return piece.wait_cycles if piece.wait_cycles > _SMALL else piece.slots / rate


def _turns(names: Sequence[str], rounds: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Layers and images in the order in which a chunk runs them, for ever."""
    for turn in itertools.count():
        yield from ((name, turn - rounds[name]) for name in names if turn >= rounds[name])
