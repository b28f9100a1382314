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
    """A network with single blocks changed until it keeps the limits, the steepest fall of the violation first."""
    value = builder.violation(blocks)
    while True:
        trials = sorted(
            (builder.violation(trial), i, trial) for i, trial in enumerate(neighbours(builder.space, blocks))
        )
        for violation, _, trial in trials:
            built = builder.build(trial) if violation <= 0 else None
            if built is not None:
                return built
        if not trials or trials[0][0] >= value:
            return None
        value, _, blocks = trials[0]


def neighbours(space: NetworkSpace, blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """All networks that differ in one block."""
    for index, block in enumerate(blocks):
        for op in space.legal_operators(index):
            for bits in (None,) if op == "skip" else space.bits:
                other = Block(op=op, weight_bits=bits, activation_bits=bits)
                if other != block:
                    yield [*blocks[:index], other, *blocks[index + 1 :]]
