"""Unrollings of a layer, the most promising first, without what is beaten by the time that their turn comes."""

from collections.abc import Iterator, Sequence

import numpy as np

from cosearch.accelerate.asic.bounds import Context, bound_pairs, free_outer, inner_half, least_inner
from cosearch.accelerate.asic.buffered import BufferedTiles
from cosearch.accelerate.asic.halves import Halves, Keeps, register_tiles, with_buffer
from cosearch.accelerate.asic.nests import Tiled
from cosearch.accelerate.asic.space import MappingSpace
from cosearch.accelerate.asic.unrollings import Unrolling
from cosearch.hardware import OPERANDS, ArrayAccelerator

_MOST_AT_ONCE = 32


def promising(
    context: Context, array: ArrayAccelerator, choices: Sequence[Unrolling], space: MappingSpace, keeps: Keeps
) -> Iterator[Halves]:
    """Batches of unrollings with their tiles, to be explored one after another.

    Args:
        context: The layer on the array.
        array: For the sizes of its memories.
        choices: The unrollings.
        space: Which tiles there are.
        keeps: Which bounds nothing that is known matches or beats, at the time of asking.
    """
    tiles = register_tiles(context, array, choices, space)
    rows = Tiled.joined([own.tiled() for own in tiles])
    inner = [inner_half(context, rows, operand) for operand in OPERANDS]
    every = np.arange(len(rows))
    owner = np.repeat(np.arange(len(tiles)), [len(own.registers) for own in tiles])
    once = np.ones(1), np.zeros(1, np.int64)
    cycles, joules = bound_pairs(context, least_inner(inner, every), free_outer(context), every, once[1], once[0])
    buffered = BufferedTiles(context)
    promise = np.full(len(tiles), np.inf)
    np.minimum.at(promise, owner, cycles * joules)
    starts = np.searchsorted(owner, np.arange(len(tiles)))
    waiting, size = np.argsort(promise, kind="stable"), 1
    while len(waiting):
        kept = keeps(cycles, joules)
        waiting = waiting[np.isin(waiting, owner[kept])]
        batch, waiting = waiting[:size], waiting[size:]
        size = min(2 * size, _MOST_AT_ONCE)
        if not len(batch):
            return
        places = [np.flatnonzero(kept & (owner == each)) for each in batch]
        yield Halves(
            context,
            [
                with_buffer(context, array, tiles[each], own - starts[each], space)
                for each, own in zip(batch, places, strict=True)
            ],
            [least_inner([half], np.concatenate(places)) for half in inner],
            buffered,
        )
