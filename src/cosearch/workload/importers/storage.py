"""Where tensors lie: concatenated ones one behind the other, with copies of what would have to lie in two places."""

from dataclasses import dataclass, field

from cosearch.workload.importers.fusion import Draft, DraftGraph, Joined
from cosearch.workload.importers.operations import Read
from cosearch.workload.layer import IMAGE


@dataclass(slots=True, eq=False)
class _Store:
    """A region of memory, and which of its channels are taken."""

    taken: list[tuple[int, int]] = field(default_factory=list)

    def is_free(self, start: int, end: int) -> bool:
        return all(end <= low or high <= start for low, high in self.taken)

    @property
    def start(self) -> int:
        """Its first channel: tensors found later may lie in front of those found first."""
        return min(low for low, _ in self.taken)


@dataclass(frozen=True, slots=True)
class _Place:
    store: _Store
    offset: int


def place(graph: DraftGraph) -> dict[str, int]:
    """Channel at which every tensor starts, after adding copies to the graph where they are needed.

    A tensor may be a part of several concatenations if they agree on its place, as those of a dense block do: each
    begins with the one before. Where they do not agree, where a tensor stands twice in one, or where it is the
    network's input, a copy goes into the concatenation. One number a channel, which `multiply` reads, starts a store
    of its own.
    """
    storage = _Storage(graph)
    for index in reversed(range(len(graph.joined))):  # what lies in another comes after it
        storage.join(index)
    for draft in graph.drafts:
        if draft.scale is not None and storage.offset(draft.scale.tensor):
            draft.scale = Read(storage.copied(draft.scale.tensor), draft.scale.bits)
    return {name: storage.offset(name) for name in graph.shapes}


class _Storage:
    def __init__(self, graph: DraftGraph) -> None:
        self._graph = graph
        self._places: dict[str, _Place] = {}
        self._num_copies = 0

    def offset(self, name: str) -> int:
        place = self._places.get(name)
        return place.offset - place.store.start if place else 0

    def copied(self, name: str) -> str:
        """Name of a copy of a tensor."""
        copy, shape = f"{name}.copy{self._num_copies}", self._graph.shapes[name]
        self._num_copies += 1
        self._graph.shapes[copy] = shape
        self._graph.drafts.append(
            Draft(
                op="copy",
                label="",
                place="",
                source=Read(name, None),
                shape=shape,
                output=copy,
                groups=shape[0],
                moves=True,
            )
        )
        return copy

    def join(self, index: int) -> None:
        """Give a concatenation and its parts their places."""
        joined = self._graph.joined[index]
        base = self._places.get(joined.output) or self._base(joined)
        parts: list[str] = []
        offset = base.offset
        for name in joined.parts:
            channels = self._graph.shapes[name][0]
            stays = self._fits(name, _Place(base.store, offset))
            part = name if stays else self.copied(name)
            self._put(part, _Place(base.store, offset), channels)
            parts.append(part)
            offset += channels
        self._graph.joined[index] = Joined(joined.output, tuple(parts))
        self._places[joined.output] = base

    def _base(self, joined: Joined) -> _Place:
        """Where the concatenation starts: around the first part that has a place already, if there is room."""
        offset = 0
        for name in joined.parts:
            place = self._places.get(name)
            if place is not None:
                start = _Place(place.store, place.offset - offset)
                if self._has_room(joined, start):
                    return start
            offset += self._graph.shapes[name][0]
        return _Place(_Store(), 0)

    def _has_room(self, joined: Joined, start: _Place) -> bool:
        """Whether every part lies where it has to, or its place is free."""
        offset = start.offset
        for name in joined.parts:
            channels = self._graph.shapes[name][0]
            here = self._places.get(name) == _Place(start.store, offset)
            if not here and not start.store.is_free(offset, offset + channels):
                return False
            offset += channels
        return True

    def _fits(self, name: str, place: _Place) -> bool:
        return name != IMAGE and self._places.get(name, place) == place

    def _put(self, name: str, place: _Place, channels: int) -> None:
        if name not in self._places:
            self._places[name] = place
            place.store.taken.append((place.offset, place.offset + channels))
