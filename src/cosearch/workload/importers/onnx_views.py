"""Operators of an ONNX graph that compute nothing: other shapes and orders, padding, casts."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from onnx import TensorProto

from cosearch.errors import UnsupportedLayerError
from cosearch.workload.importers import views
from cosearch.workload.importers.builder import Builder
from cosearch.workload.importers.onnx_node import Held, OnnxNode

_FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.DOUBLE)


def _nothing(builder: Builder, node: OnnxNode) -> Held:
    return node.signal()


def _cast(builder: Builder, node: OnnxNode) -> Held:
    if node.attributes["to"] not in _FLOATS:
        raise UnsupportedLayerError("a cast to a type that is not floating point")
    return node.signal()


def _reshape(builder: Builder, node: OnnxNode) -> Held:
    signal, target = node.signal(), node.integers("shape", 1) or ()
    own = builder.shape(signal)
    if not node.attributes.get("allowzero", 0):
        target = tuple(own[index] if size == 0 else size for index, size in enumerate(target))
    return builder.reshape(signal, target)


def _flatten(builder: Builder, node: OnnxNode) -> Held:
    signal = node.signal()
    rank = len(builder.shape(signal))
    axis = node.attributes.get("axis", 1)
    axis += rank if axis < 0 else 0
    return views.flattened(builder, views.flattened(builder, signal, axis, rank), 0, axis)


def _squeeze(builder: Builder, node: OnnxNode) -> Held:
    return views.squeezed(builder, node.signal(), node.integers("axes", 1))


def _unsqueeze(builder: Builder, node: OnnxNode) -> Held:
    return views.unsqueezed(builder, node.signal(), node.integers("axes", 1) or ())


def _transpose(builder: Builder, node: OnnxNode) -> Held:
    signal = node.signal()
    order = node.attributes.get("perm") or list(range(len(builder.shape(signal))))[::-1]
    return builder.permute(signal, order)


def _expand(builder: Builder, node: OnnxNode) -> Held:
    return views.expanded(builder, node.signal(), node.constant(1).integers())


def _pad(builder: Builder, node: OnnxNode) -> Held:
    signal, pads = node.signal(), node.integers("pads", 1) or ()
    if node.attributes.get("mode", "constant") != "constant" or (node.number("value", 2) or 0) != 0:
        raise UnsupportedLayerError("padding by anything else than zeros is not modelled")
    rank = len(builder.shape(signal))
    axes = node.integers("axes", 3)
    ends = [(0, 0)] * rank
    for place, axis in enumerate(range(rank) if axes is None else axes):
        ends[axis] = (pads[place], pads[place + len(pads) // 2])
    return views.padded(builder, signal, ends)


VIEWS: Mapping[str, Callable[[Builder, OnnxNode], Held]] = MappingProxyType(
    {
        "Identity": _nothing,
        "Dropout": _nothing,
        "Cast": _cast,
        "Reshape": _reshape,
        "Flatten": _flatten,
        "Squeeze": _squeeze,
        "Unsqueeze": _unsqueeze,
        "Transpose": _transpose,
        "Expand": _expand,
        "Pad": _pad,
    }
)
"""By name."""
