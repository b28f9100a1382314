"""Which operations share a layer: what the store path can do behind a convolution, on the way to memory.

The store path adds a residual, applies an activation and pools, in this order, so a layer takes up the operations
that follow it as long as each comes later in that order than the one before, and nobody else reads what lies between.
"""

from dataclasses import dataclass, field
from enum import IntEnum

from cosearch.workload.importers.axes import Shape
from cosearch.workload.importers.functions import MONOTONE
from cosearch.workload.importers.operations import POINT, Operation, OperationGraph, Read, Window
from cosearch.workload.layer import IMAGE, Activation, Op, Pool

_OPS: dict[str, Op] = {
    "convolution": "convolution",
    "max_pool": "max_pool",
    "average_pool": "average_pool",
    "multiply": "multiply",
}


class Stage(IntEnum):
    """How far along the store path a layer is; `STARTED` takes scales and shifts, which its constants hold."""

    STARTED = 0
    ADDED = 1
    ACTIVATED = 2
    POOLED = 3


@dataclass(slots=True, kw_only=True)
class Draft:
    """A layer in the making.

    Attributes:
        op: What it computes.
        label: Name of its weights, else empty.
        place: Of its first operation, for messages.
        source: Tensor it reads.
        shape: Of its output before pooling.
        output: Name of the tensor it stores.
        scale: Of a `multiply`, one number a channel.
        stage: Of the store path, of what has been taken up last.
        moves: Whether it is a copy that changes nothing, such as one into a concatenation.
    """

    op: Op
    label: str
    place: str
    source: Read
    shape: Shape
    output: str
    window: Window = POINT
    groups: int = 1
    input_runs: int = 1
    weight_bits: int | None = None
    scale: Read | None = None
    residual: Read | None = None
    activation: Activation = "linear"
    pool: Pool = "max"
    pool_size: tuple[int, int] = (1, 1)
    stage: Stage = Stage.STARTED
    moves: bool = False

    @property
    def stored(self) -> Shape:
        """Shape of the tensor it stores."""
        C, H, W = self.shape
        return C, H // self.pool_size[0], W // self.pool_size[1]

    @property
    def reads(self) -> tuple[Read, ...]:
        """All that it reads."""
        return tuple(read for read in (self.source, self.residual, self.scale) if read is not None)


@dataclass(frozen=True, slots=True)
class Joined:
    """A concatenation: the tensor's name, and its parts in order."""

    output: str
    parts: tuple[str, ...]


@dataclass(slots=True)
class DraftGraph:
    """Layers in the making.

    Attributes:
        shapes: Of every stored tensor.
        drafts: In the order of their first operation; a residual may be made by a later one.
        joined: Concatenations, parts first.
        outputs: What the network returns.
    """

    shapes: dict[str, Shape]
    drafts: list[Draft] = field(default_factory=list)
    joined: list[Joined] = field(default_factory=list)
    outputs: tuple[Read, ...] = ()


def fuse(graph: OperationGraph) -> DraftGraph:
    """Layers of a network, without what no output needs."""
    return _Fusion(graph).run()


class _Fusion:
    def __init__(self, graph: OperationGraph) -> None:
        self._operations = _needed(graph)
        self._graph = DraftGraph({IMAGE: graph.image}, outputs=graph.outputs)
        self._makers: dict[str, Draft] = {}
        self._num_readers: dict[str, int] = {}
        for read in (*graph.outputs, *(read for operation in self._operations for read in operation.reads)):
            self._num_readers[read.tensor] = self._num_readers.get(read.tensor, 0) + 1

    def run(self) -> DraftGraph:
        for operation in self._operations:
            self._take(operation)
            self._graph.shapes[operation.output] = operation.shape
        return self._graph

    def _take(self, operation: Operation) -> None:
        match operation.kind:
            case "convolution" | "multiply":
                self._begin(operation)
            case "max_pool" | "average_pool":
                self._pool(operation)
            case "affine":
                if not self._hosts_of_parts(operation, Stage.STARTED):
                    self._continue(operation, self._host(operation.reads[0], Stage.STARTED))
            case "activation":
                self._activate(operation)
            case "add":
                self._add(operation)
            case "concatenation":
                parts = tuple(read.tensor for read in operation.reads)
                self._graph.joined.append(Joined(operation.output, parts))

    def _host(self, read: Read, stage: Stage) -> Draft | None:
        """The layer that makes a tensor, if nobody else reads it and the layer is no further than `stage`."""
        maker = self._makers.get(read.tensor)
        return maker if maker and self._num_readers[read.tensor] == 1 and maker.stage <= stage else None

    def _begin(self, operation: Operation) -> None:
        """A layer of its own."""
        draft = Draft(
            op=_OPS.get(operation.kind, "copy"),
            label=operation.label,
            place=operation.place,
            source=operation.reads[0],
            shape=operation.shape,
            output=operation.output,
            window=operation.window,
            groups=operation.groups if operation.kind == "convolution" else operation.shape[0],
            input_runs=operation.input_runs,
            weight_bits=operation.weight_bits,
            scale=operation.reads[1] if operation.kind == "multiply" else None,
        )
        self._graph.drafts.append(draft)
        self._makers[draft.output] = draft

    def _continue(self, operation: Operation, host: Draft | None) -> Draft:
        """The host, or a copy that reads what the operation reads, now with the operation's output."""
        if host is None:
            self._begin(operation)
            return self._makers[operation.output]
        del self._makers[host.output]
        host.output = operation.output
        self._makers[host.output] = host
        return host

    def _hosts_of_parts(self, operation: Operation, stage: Stage) -> list[Draft]:
        """The layers that make the parts of a concatenation which only this operation reads, if all can take it.

        Each applies it to its own channels; the concatenation then holds the operation's output.
        """
        read = operation.reads[0]
        index = next((i for i, entry in enumerate(self._graph.joined) if entry.output == read.tensor), None)
        if index is None or self._num_readers[read.tensor] != 1:
            return []
        joined = self._graph.joined[index]
        hosts = [self._host(Read(part, None), stage) for part in joined.parts]
        able = [host for host in hosts if host is not None]
        if len(able) < len(hosts):
            return []
        self._graph.joined[index] = Joined(operation.output, joined.parts)
        return able

    def _activate(self, operation: Operation) -> None:
        for host in self._hosts_of_parts(operation, Stage.ADDED):
            host.activation, host.stage = operation.activation, Stage.ACTIVATED
        if operation.output in {joined.output for joined in self._graph.joined}:
            return
        host = self._host(operation.reads[0], Stage.ADDED)
        if host is None and operation.activation in MONOTONE:
            # The largest of a window is the same before and after a function that never falls.
            pooled = self._host(operation.reads[0], Stage.POOLED)
            if pooled and pooled.pool == "max" and pooled.stage == Stage.POOLED and pooled.activation == "linear":
                host = pooled
        draft = self._continue(operation, host)
        draft.activation = operation.activation
        draft.stage = max(draft.stage, Stage.ACTIVATED)

    def _pool(self, operation: Operation) -> None:
        host = self._host(operation.reads[0], Stage.ACTIVATED)
        size = operation.window.size
        if host is None or not _tiles(operation, host.shape):
            self._begin(operation)
            return
        self._continue(operation, host)
        host.pool = "max" if operation.kind == "max_pool" else "average"
        host.pool_size = size
        host.stage = Stage.POOLED

    def _add(self, operation: Operation) -> None:
        """A residual of the layer made last if that can take it, else of the other one, else of a copy."""
        first, second = operation.reads
        places = {draft.output: index for index, draft in enumerate(self._graph.drafts)}
        if places.get(first.tensor, -1) > places.get(second.tensor, -1):
            first, second = second, first
        # Nobody else reads what a host makes, so the other tensor never waits for it.
        hosts = ((self._host(own, Stage.STARTED), other) for own, other in ((second, first), (first, second)))
        host, other = next((pair for pair in hosts if pair[0]), (None, operation.reads[1]))
        draft = self._continue(operation, host)
        draft.residual = other
        draft.stage = Stage.ADDED


def _tiles(operation: Operation, shape: Shape) -> bool:
    """Whether pooling windows cut a map into equal parts; the stride of a single window does not matter."""
    size, stride, dilation, padding = operation.window
    return (dilation, padding) == ((1, 1), (0, 0)) and all(
        edge * moves == pixels and (step == edge or moves == 1)
        for edge, moves, pixels, step in zip(size, operation.shape[1:], shape[1:], stride, strict=True)
    )


def _needed(graph: OperationGraph) -> list[Operation]:
    """Operations that an output needs."""
    wanted = {read.tensor for read in graph.outputs}
    kept: list[Operation] = []
    for operation in reversed(graph.operations):
        if operation.output in wanted:
            kept.append(operation)
            wanted |= {read.tensor for read in operation.reads}
    return kept[::-1]
