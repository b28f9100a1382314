"""Operators of a torch.export graph that compute nothing: other shapes and orders, padding, quantisers."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from cosearch.errors import UnsupportedLayerError
from cosearch.workload.importers import views
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
    rank = len(builder.shape(signal))
    return views.flattened(builder, signal, a.integer("start_dim") % rank, a.integer("end_dim") % rank + 1)


def _unflatten(builder: Builder, a: Arguments) -> Signal:
    signal = a.signal("self")
    sizes = builder.shape(signal)
    dim, parts = a.integer("dim") % len(sizes), a.integers("sizes")
    known = math.prod(part for part in parts if part != -1)
    filled = [sizes[dim] // known if part == -1 else part for part in parts]
    return builder.reshape(signal, (*sizes[:dim], *filled, *sizes[dim + 1 :]))


def _squeeze(builder: Builder, a: Arguments) -> Signal:
    return views.squeezed(builder, a.signal("self"), a.integers("dim") if "dim" in a else None)


def _unsqueeze(builder: Builder, a: Arguments) -> Signal:
    return views.unsqueezed(builder, a.signal("self"), [a.integer("dim")])


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
    return views.expanded(builder, a.signal("self"), a.integers("size"))


def _slice(builder: Builder, a: Arguments) -> Signal:
    """What is left of an index such as ``x[:, :, None]``: all of a dimension."""
    signal = a.signal("self")
    size = builder.shape(signal)[a.integer("dim")]
    start, end, step = a.integers("start") or [0], a.integers("end") or [size], a.integer("step")
    if start[0] not in (0, -size) or end[0] < size or step != 1:
        raise UnsupportedLayerError("a part of a dimension is not modelled; supported is the whole")
    return signal


def _shuffle(builder: Builder, a: Arguments) -> Signal:
    return views.shuffled(builder, a.signal("self"), a.integer("groups"))


def _pad(builder: Builder, a: Arguments) -> Signal:
    if ("mode" in a and a.raw("mode") != "constant") or a.raw("value") not in (None, 0):
        raise UnsupportedLayerError("padding by anything else than zeros is not modelled")
    pads = a.integers("pad")  # of the last dimension first
    ends = [(pads[index], pads[index + 1]) for index in range(0, len(pads), 2)]
    return views.padded(builder, a.signal("self"), ends[::-1])


def _quantise(tensor: str) -> View:
    """A quantiser between whole numbers, of a signal or of weights."""

    def quantise(builder: Builder, a: Arguments) -> Any:
        bits = levels_to_bits(a.integer("quant_min"), a.integer("quant_max"))
        value = a.raw(tensor)
        return views.quantised(builder, value if isinstance(value, Constant) else a.signal(tensor), bits)

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
        "aten.slice": _slice,
        "aten.channel_shuffle": _shuffle,
        "aten.constant_pad_nd": _pad,
        "aten.pad": _pad,
    }
)
"""By name, without the overload."""
