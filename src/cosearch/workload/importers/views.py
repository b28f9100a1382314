"""Operators that compute nothing, as both file formats have them: other shapes, repeats, quantisers."""

import math
from collections.abc import Sequence

from cosearch.errors import UnsupportedLayerError
from cosearch.workload.importers.builder import Builder
from cosearch.workload.importers.constants import Constant
from cosearch.workload.importers.elementwise import Signal, plain
from cosearch.workload.importers.operations import Value


def quantised(builder: Builder, of: Signal | Constant, bits: int) -> Signal | Constant:
    """A signal or weights behind a quantiser."""
    if isinstance(of, Constant):
        return Constant(of.shape, of.name, bits)
    return builder.quantise(of, bits)


def flattened(builder: Builder, signal: Signal, start: int, end: int) -> Value:
    """Dimensions from `start` to before `end` as one."""
    sizes = builder.shape(signal)
    return builder.reshape(signal, (*sizes[:start], math.prod(sizes[start:end]), *sizes[end:]))


def squeezed(builder: Builder, signal: Signal, dims: Sequence[int] | None) -> Value:
    """Without dimensions of length 1: without all of them if `dims` is None; longer ones stay."""
    sizes = builder.shape(signal)
    gone = range(len(sizes)) if dims is None else {dim % len(sizes) for dim in dims}
    return builder.reshape(signal, [size for index, size in enumerate(sizes) if index not in gone or size != 1])


def unsqueezed(builder: Builder, signal: Signal, dims: Sequence[int]) -> Value:
    """With dimensions of length 1 at these places of the result."""
    sizes = list(builder.shape(signal))
    rank = len(sizes) + len(dims)
    for dim in sorted(dim % rank for dim in dims):
        sizes.insert(dim, 1)
    return builder.reshape(signal, sizes)


def expanded(builder: Builder, signal: Signal, sizes: Sequence[int]) -> Signal:
    """Numbers of a channel repeated over pixels, for a product with a map."""
    own = builder.shape(signal)
    fits = len(own) == len(sizes) and all(
        size in (-1, wide) or wide == 1 for wide, size in zip(own, sizes, strict=True)
    )
    target = tuple(wide if size == -1 else size for wide, size in zip(own, sizes, strict=False))
    if fits and target == own:
        return signal
    if not fits or len(own) != 4 or target[:2] != own[:2]:
        raise UnsupportedLayerError(
            f"{'x'.join(map(str, own))} expanded to {'x'.join(map(str, sizes))}; supported is one pixel repeated"
        )
    return plain(builder.tape.settle(signal))._replace(spread=target[2:])


def shuffled(builder: Builder, signal: Signal, groups: int) -> Value:
    """Channels dealt out again: the first of every group, then the second of every group, and so on."""
    sizes = builder.shape(signal)
    split = builder.reshape(signal, (sizes[0], groups, sizes[1] // groups, *sizes[2:]))
    return builder.reshape(builder.permute(split, [0, 2, 1, *range(3, len(sizes) + 1)]), sizes)


def padded(builder: Builder, signal: Signal, ends: Sequence[tuple[int, int]]) -> Value:
    """Zeros before and after the last dimensions, of which only rows and columns may have some.

    Args:
        builder: That follows the network.
        signal: To pad.
        ends: Of the last dimensions, in order.
    """
    rank = len(builder.shape(signal))
    pixels = min(len(ends), rank - 2)
    if pixels < 1 or any(any(end) for end in ends[:-pixels]):
        raise UnsupportedLayerError("padding of other dimensions than rows and columns is not modelled")
    (top, bottom), (left, right) = ((0, 0), (0, 0), *ends[-pixels:])[-2:]
    return builder.pad(signal, (top, left, bottom, right))
