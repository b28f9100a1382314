"""Operators of a torch.export graph that compute nothing: other shapes and orders, padding, quantisers."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from cosearch.errors import UnsupportedLayerError
from cosearch.workload.importers.builder import Builder
from cosearch.workload.importers.constants import Constant, levels_to_bits
from cosearch.workload.importers.elementwise import Signal
from cosearch.workload.importers.torch_arguments import Arguments

View = Callable[[Builder, Arguments], Any]


def _nothing(builder: Builder, a: Arguments) -> Signal:
    return a.signal("input" if "input" in a else "self")


def _reshape(name: str) -> View:
    return lambda builder, a: builder.reshape(a.signal("self"), a.integers(name))


def _flatten(builder: Builder, a: Arguments) -> Signal:
    signal = a.signal("self")
    sizes = builder.shape(signal)
    start, end = (a.integer(name) % len(sizes) for name in ("start_dim", "end_dim"))
    return builder.reshape(signal, (*sizes[:start], math.prod(sizes[start : end + 1]), *sizes[end + 1 :]))


def _unflatten(builder: Builder, a: Arguments) -> Signal:
    signal = a.signal("self")
    sizes = builder.shape(signal)
    dim, parts = a.integer("dim") % len(sizes), a.integers("sizes")
    known = math.prod(part for part in parts if part != -1)
    filled = [sizes[dim] // known if part == -1 else part for part in parts]
    return builder.reshape(signal, (*sizes[:dim], *filled, *sizes[dim + 1 :]))


def _squeeze(builder: Builder, a: Arguments) -> Signal:
    signal = a.signal("self")
    sizes = builder.shape(signal)
    dims = {dim % len(sizes) for dim in a.integers("dim")} if "dim" in a else set(range(len(sizes)))
    return builder.reshape(signal, [size for i, size in enumerate(sizes) if i not in dims or size != 1])


def _unsqueeze(builder: Builder, a: Arguments) -> Signal:
    signal = a.signal("self")
    sizes = list(builder.shape(signal))
    sizes.insert(a.integer("dim") % (len(sizes) + 1), 1)
    return builder.reshape(signal, sizes)


def _permute(builder: Builder, a: Arguments) -> Signal:
    return builder.permute(a.signal("self"), a.integers("dims"))


def _transpose(builder: Builder, a: Arguments) -> Signal:
    signal = a.signal("self")
    order = list(range(len(builder.shape(signal))))
    first, second = a.integer("dim0"), a.integer("dim1")
    order[first], order[second] = order[second], order[first]
    return builder.permute(signal, order)


def _turn(builder: Builder, a: Arguments) -> Signal:
    signal = a.signal("self")
    return builder.permute(signal, list(range(len(builder.shape(signal))))[::-1])


def _expand(builder: Builder, a: Arguments) -> Signal:
    """Numbers of a channel repeated over pixels: the product that follows repeats them itself."""
    signal, sizes = a.signal("self"), a.integers("size")
    own = builder.shape(signal)
    if len(own) != len(sizes) or any(size not in (1, -1, wide) for size, wide in zip(own, sizes, strict=True)):
        raise UnsupportedLayerError(f"{'x'.join(map(str, own))} does not expand to {'x'.join(map(str, sizes))}")
    return signal


def _shuffle(builder: Builder, a: Arguments) -> Signal:
    signal, groups = a.signal("self"), a.integer("groups")
    sizes = builder.shape(signal)
    split = builder.reshape(signal, (sizes[0], groups, sizes[1] // groups, *sizes[2:]))
    order = [0, 2, 1, *range(3, len(sizes) + 1)]
    return builder.reshape(builder.permute(split, order), sizes)


def _pad(builder: Builder, a: Arguments) -> Signal:
    value = a.raw("value")
    if ("mode" in a and a.raw("mode") != "constant") or value not in (None, 0):
        raise UnsupportedLayerError("padding by anything else than zeros is not modelled")
    left, right, top, bottom, *others = (*a.integers("pad"), 0, 0, 0, 0)
    if any(others):
        raise UnsupportedLayerError("padding of other dimensions than rows and columns")
    return builder.pad(a.signal("self"), (top, left, bottom, right))


def _quantise(tensor: str) -> View:
    """A quantiser between whole numbers, of a signal or of weights."""

    def quantise(builder: Builder, a: Arguments) -> Any:
        bits = levels_to_bits(a.integer("quant_min"), a.integer("quant_max"))
        value = a.raw(tensor)
        if isinstance(value, Constant):
            return Constant(value.shape, value.name, bits, value.values)
        return builder.quantise(a.signal(tensor), bits)

    return quantise


def _dequantise(builder: Builder, a: Arguments) -> Any:
    return a.raw("input")


_PASSED = (
    "contiguous",
    "clone",
    "detach",
    "alias",
    "dropout",
    "feature_dropout",
    "to",
    "_to_copy",
    "lift_fresh_copy",
)
_FAKE = ("fake_quantize_per_tensor_affine", "fake_quantize_per_channel_affine")
_DECOMPOSED = ("quantize_per_tensor", "quantize_per_channel")

VIEWS: Mapping[str, View] = MappingProxyType(
    {
        **{f"aten.{name}": _nothing for name in _PASSED},
        **{f"aten.{name}": _quantise("self") for name in _FAKE},
        **{f"quantized_decomposed.{name}": _quantise("input") for name in _DECOMPOSED},
        **{f"quantized_decomposed.de{name}": _dequantise for name in _DECOMPOSED},
        "aten.view": _reshape("size"),
        "aten._unsafe_view": _reshape("size"),
        "aten.reshape": _reshape("shape"),
        "aten.flatten": _flatten,
        "aten.unflatten": _unflatten,
        "aten.squeeze": _squeeze,
        "aten.unsqueeze": _unsqueeze,
        "aten.permute": _permute,
        "aten.transpose": _transpose,
        "aten.t": _turn,
        "aten.numpy_T": _turn,
        "aten.expand": _expand,
        "aten.channel_shuffle": _shuffle,
        "aten.constant_pad_nd": _pad,
        "aten.pad": _pad,
    }
)
"""By name, without the overload."""
