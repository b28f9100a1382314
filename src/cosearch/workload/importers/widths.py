"""At how many bits tensors are stored: at what their readers ask for."""

from cosearch.errors import WorkloadError
from cosearch.workload.importers.fusion import Draft, DraftGraph
from cosearch.workload.layer import IMAGE

OUTPUT_BITS = 32
"""Of what the network returns, where no quantiser states it."""


def stored_bits(graph: DraftGraph, bits: int | None) -> dict[str, int]:
    """Bits of every tensor.

    A tensor is stored once, at the widest width that a reader asks for; parts of a concatenation share a width with
    it, and a mere copy with what it copies. What only the network's caller reads is stored at `OUTPUT_BITS`.

    Args:
        graph: With the widths that quantisers ask for.
        bits: Where no quantiser stands before a reader; None refuses such a reader.

    Raises:
        WorkloadError: if a reader has no width.
    """
    groups = _Groups()
    for joined in graph.joined:
        for part in joined.parts:
            groups.unite(joined.output, part)
    for draft in graph.drafts:
        if draft.moves:
            groups.unite(draft.source.tensor, draft.output)
    asked: dict[str, int] = {}
    for draft in graph.drafts:
        for read in () if draft.moves else draft.reads:
            wanted = read.bits if read.bits is not None else bits
            if wanted is None:
                raise _unstated(read.tensor, draft)
            asked[groups.of(read.tensor)] = max(wanted, asked.get(groups.of(read.tensor), 0))
    returned: dict[str, int] = {}
    for read in graph.outputs:
        group = groups.of(read.tensor)
        returned[group] = max(read.bits or OUTPUT_BITS, returned.get(group, 0))
    asked = returned | asked
    return {name: asked[groups.of(name)] for name in graph.shapes if groups.of(name) in asked}


def _unstated(tensor: str, draft: Draft) -> WorkloadError:
    read = "the network's input" if tensor == IMAGE else "its input"
    return WorkloadError(
        f"reads {read} at a width that no quantiser states; give bits= for what the file does not quantise"
    ).at(draft.place)


class _Groups:
    """Tensors that share a width (union-find)."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}

    def of(self, name: str) -> str:
        """The one that stands for a tensor's group."""
        while (parent := self._parents.get(name, name)) != name:
            name = parent
        return name

    def unite(self, first: str, second: str) -> None:
        self._parents[self.of(first)] = self.of(second)
