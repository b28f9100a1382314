"""Work-conserving arbitration: slots that their owners leave unused go to whoever asks. Reported, never certified.

Between two events every transfer that waits for slots has those its chunk owns; slots of the port that nobody asks
for are divided among the others in proportion to what they own, up to a beat a cycle. Bursts cost their latency as
ever. A chunk keeps the order of its turns in the modulo schedule, but does not wait for their time: it takes up an
image's layer when its previous layer has ended and so have the layer's producers.

Slots are divisible here, so times are real numbers; a round-robin of whole slots would be a little slower.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cosearch.hardware import FRAME_SLOTS, Accelerator, Chunk, DramPort
from cosearch.simulate.work import Step, Store, Transfer, parameters, steps_of
from cosearch.workload import Workload

_NEVER = float("inf")
_SMALL = 1e-6
"""Slots and cycles below this are rounding."""


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
    """A chunk in the stream: the layers and images still to come, and what it waits for."""

    runner: _Runner
    turns: list[tuple[str, int]]
    process: Iterator[tuple[_Server, ...]] | None = None
    waits: tuple[_Server, ...] = ()


def work_conserving(
    workload: Workload, accelerator: Accelerator, rounds: Mapping[str, int], num_images: int
) -> list[float]:
    """When each image has ended, in cycles from the start, if slots that are left over are shared.

    Args:
        workload: The network.
        accelerator: Chunks with their own slots, which they always get.
        rounds: By layer, how many rounds of its chunk after the first layer's it takes up an image.
        num_images: Images, all waiting at the start.
    """
    return _Shared(workload, accelerator, rounds, num_images).run()


class _Shared:
    """All chunks on one port."""

    def __init__(
        self, workload: Workload, accelerator: Accelerator, rounds: Mapping[str, int], num_images: int
    ) -> None:
        self.workload, self.port, self.num_images = workload, accelerator.port, num_images
        self.steps: dict[str, list[Step]] = {}
        self.chunks: list[_Chunk] = []
        for program in accelerator.chunks:
            for entry in program.layers:
                layer = workload.layer(entry.name)
                self.steps[entry.name] = list(steps_of(layer, entry, program, accelerator.port))
            names = [entry.name for entry in program.layers]
            turns = _turns(names, rounds, num_images)
            self.chunks.append(_Chunk(_Runner(program, accelerator.port), turns))
        self.ends: dict[str, list[float]] = {layer.name: [] for layer in workload.layers}
        self.now = 0.0

    def run(self) -> list[float]:
        """Until the last image has ended."""
        while True:
            while any([self.advance(chunk) for chunk in self.chunks]):
                pass
            rates = self.rates()
            step = min((self.remaining(piece, rate) for piece, rate in rates), default=_NEVER)
            if step == _NEVER:
                break
            self.now += step
            for piece, rate in rates:
                if piece.wait_cycles > _SMALL:
                    piece.wait_cycles -= step
                else:
                    piece.slots -= rate * step
        return [max(self.ends[name][image] for name in self.ends) for image in range(self.num_images)]

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
        name, _ = chunk.turns.pop(0)
        self.ends[name].append(self.now)
        chunk.process, chunk.waits = None, ()
        return True

    def take_up(self, chunk: _Chunk) -> bool:
        """Begin the next layer if an image is there and what it reads of it."""
        if not chunk.turns:
            return False
        name, image = chunk.turns[0]
        layer = self.workload.layer(name)
        if any(len(self.ends[producer]) <= image for producer in self.workload.reads(layer)):
            return False
        chunk.process = chunk.runner.layer(self.steps[layer.name], parameters(layer, self.port))
        chunk.waits = ()
        return True

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


def _turns(names: Sequence[str], rounds: Mapping[str, int], num_images: int) -> list[tuple[str, int]]:
    """Layers and images in the order in which a chunk runs them."""
    last = num_images + max(rounds[name] for name in names)
    turns = [(name, turn - rounds[name]) for turn in range(last) for name in names]
    return [(name, image) for name, image in turns if 0 <= image < num_images]


def steady_period(done: Sequence[float]) -> float:
    """Mean cycles between images in the second half of a stream, when the pipeline is full."""
    half = len(done) // 2
    return (done[-1] - done[half - 1]) / (len(done) - half)
