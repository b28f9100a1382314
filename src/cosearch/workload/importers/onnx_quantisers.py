"""Quantisers of ONNX graphs: QuantizeLinear and DequantizeLinear, and the nodes of QONNX.

Scales and zero points change values, not costs, so all that is read is a width.
"""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from onnx import TensorProto

from cosearch.errors import UnsupportedLayerError
from cosearch.workload.importers import views
from cosearch.workload.importers.builder import Builder
from cosearch.workload.importers.constants import Constant, levels_to_bits
from cosearch.workload.importers.onnx_node import Codes, Held, OnnxNode

CODE_BITS: Mapping[int, int] = MappingProxyType(
    {
        getattr(TensorProto, f"{sign}INT{bits}"): bits
        for bits in (2, 4, 8, 16)
        for sign in ("", "U")
        if hasattr(TensorProto, f"{sign}INT{bits}")  # two bits are younger than the others
    }
)
"""Bits of the types of quantised numbers."""


def _quantise_linear(builder: Builder, node: OnnxNode) -> Held:
    zero = node.input(2)
    if isinstance(zero, Constant):
        bits = zero.bits
    else:
        bits = CODE_BITS.get(node.attributes.get("output_dtype") or TensorProto.UINT8)
    if bits is None:
        raise UnsupportedLayerError("quantises to a type that is no integer of 2 to 16 bits")
    return Codes(node.operand(0), bits)


def _dequantise_linear(builder: Builder, node: OnnxNode) -> Held:
    held = node.input(0)
    if isinstance(held, Codes):
        return views.quantised(builder, held.of, held.bits)
    weights = node.constant(0)
    if weights.bits is None:
        raise UnsupportedLayerError("dequantises a type that is no integer of 2 to 16 bits")
    return weights


def narrowed(node: OnnxNode) -> Held | None:
    """What a Clip makes of whole numbers, which then need fewer bits; None if it clips other numbers."""
    held = node.input(0)
    if not isinstance(held, Codes | Constant) or held.bits is None:
        return None
    low, high = node.number("min", 1), node.number("max", 2)
    if low is None or high is None:
        raise UnsupportedLayerError("clips whole numbers at one end only; give both bounds")
    bits = min(held.bits, levels_to_bits(low, high))
    return Codes(held.of, bits) if isinstance(held, Codes) else Constant(held.shape, held.name, bits, held.values)


def _quant(index: int) -> Callable[[Builder, OnnxNode], Held]:
    """A quantiser of QONNX, whose width is its last input or the given one."""

    def quant(builder: Builder, node: OnnxNode) -> Held:
        bits = node.number("bit_width", index if index >= 0 else len(node.inputs) - 1)
        if bits is None:
            raise UnsupportedLayerError("has no width")
        return views.quantised(builder, node.operand(0), math.ceil(bits))

    return quant


def _bipolar(builder: Builder, node: OnnxNode) -> Held:
    return views.quantised(builder, node.operand(0), 1)


QUANTISERS: Mapping[str, Callable[[Builder, OnnxNode], Held]] = MappingProxyType(
    {
        "QuantizeLinear": _quantise_linear,
        "DequantizeLinear": _dequantise_linear,
        "Quant": _quant(3),
        "IntQuant": _quant(3),
        "Trunc": _quant(-1),
        "BipolarQuant": _bipolar,
    }
)
"""By name, of ONNX and of QONNX."""
