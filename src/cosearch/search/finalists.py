"""The networks that may win: probable ones that keep the limits, each on its exact accelerator."""

from collections.abc import Iterator, Sequence

from cosearch.design import Block, NetworkSpace
from cosearch.network import Architecture
from cosearch.search.build import Builder, Built

MAX_RANKED = 1000
"""Networks tried in the order of their probability before one is repaired."""


def finalists(
    builder: Builder, architecture: Architecture, number: int, witness: Sequence[Block] | None
) -> Iterator[Built]:
    """The most probable networks that keep the limits, most probable first.

    Where none of the first `MAX_RANKED` does, the most probable network is repaired, one block at a time; the witness
    of the feasibility proof stands by if that fails.

    Args:
        builder: Builds each network's accelerator.
        architecture: The distribution over networks.
        number: At most so many.
        witness: A network that keeps the limits, if one is known.
    """
    found = 0
    for blocks in architecture.most_probable(MAX_RANKED):
        built = builder.build(blocks)
        if built is not None:
            found += 1
            yield built
        if found == number:
            return
    if found:
        return
    built = repaired(builder, architecture.argmax()) or (None if witness is None else builder.build(witness))
    if built is not None:
        yield built


def repaired(builder: Builder, blocks: Sequence[Block]) -> Built | None:
    """A network with single blocks changed until it keeps the limits, the lowest violation first.

    A change that does not lower the violation is made too: the last layer of a chunk must go before the chunk does;
    no network is visited twice, and after two changes a block the repair is given up.
    """
    visited = {tuple(blocks)}
    for _ in range(2 * len(blocks)):
        unseen = [trial for trial in neighbours(builder.space, blocks) if tuple(trial) not in visited]
        trials = sorted((builder.violation(trial), i) for i, trial in enumerate(unseen))
        for violation, i in trials:
            built = builder.build(unseen[i]) if violation <= 0 else None
            if built is not None:
                return built
        if not trials:
            return None
        blocks = unseen[trials[0][1]]
        visited.add(tuple(blocks))
    return None


def neighbours(space: NetworkSpace, blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """All networks that differ in one block."""
    for index, block in enumerate(blocks):
        for op in space.legal_operators(index):
            for bits in (None,) if op == "skip" else space.bits:
                other = Block(op=op, weight_bits=bits, activation_bits=bits)
                if other != block:
                    yield [*blocks[:index], other, *blocks[index + 1 :]]
