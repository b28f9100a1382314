"""What the operators of a torch.export graph mean, one function each."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from cosearch.errors import UnsupportedLayerError
from cosearch.workload.importers import functions
from cosearch.workload.importers.arithmetic import arithmetic
from cosearch.workload.importers.builder import Builder
from cosearch.workload.importers.constants import pair
from cosearch.workload.importers.elementwise import Joining, Signal
from cosearch.workload.importers.functions import Function
from cosearch.workload.importers.operations import OperationKind
from cosearch.workload.importers.torch_arguments import Arguments
from cosearch.workload.importers.torch_views import VIEWS
from cosearch.workload.importers.windows import Sliding

Operator = Callable[[Builder, Arguments], Any]


def _convolution(builder: Builder, a: Arguments) -> Signal:
    if "transposed" in a and a.raw("transposed"):
        raise UnsupportedLayerError("a transposed convolution is not modelled")
    weight = a.constant("weight")
    sliding = _window(a, weight.shape[2:], padding=a.raw("padding"))
    flat = len(weight.shape) == 3
    shape = (*weight.shape[:2], 1, weight.shape[2]) if flat else weight.shape
    return builder.convolve(
        a.signal("input"),
        shape,
        sliding,
        groups=a.integer("groups"),
        weight_bits=weight.bits,
        label=weight.label,
    )


def _window(a: Arguments, kernel: tuple[int, ...] | list[int], padding: Any) -> Sliding:
    """How a window of one or two dimensions moves; that of one dimension moves along a single row."""
    flat = len(kernel) == 1
    stride = a.integers("stride") or list(kernel)
    dilation = a.integers("dilation") if "dilation" in a else [1]
    if padding == "same":
        ends = [(size - 1) * step for size, step in zip(kernel, _wide(dilation, len(kernel)), strict=True)]
        before, after = [end // 2 for end in ends], [end - end // 2 for end in ends]
    else:
        before = after = [0] if padding == "valid" else a.integers("padding")
    before, after = _wide(before, len(kernel)), _wide(after, len(kernel))
    top, left = _rows(before, flat, 0)
    bottom, right = _rows(after, flat, 0)
    return Sliding(
        size=_rows(kernel, flat, 1),
        stride=_rows(stride, flat, 1),
        dilation=_rows(dilation, flat, 1),
        padding=(top, left, bottom, right),
        ceil="ceil_mode" in a and bool(a.raw("ceil_mode")),
    )


def _wide(values: list[int], rank: int) -> list[int]:
    return values * rank if len(values) == 1 else values


def _rows(values: tuple[int, ...] | list[int], flat: bool, neutral: int) -> tuple[int, int]:
    return (neutral, values[0]) if flat else pair(values)


def _linear(builder: Builder, a: Arguments) -> Signal:
    weight = a.constant("weight")
    return builder.linear(
        a.signal("input"), (weight.shape[0], weight.shape[1]), weight_bits=weight.bits, label=weight.label
    )


def _product(left: str, right: str) -> Operator:
    """A matrix product of a signal and constant weights, inputs by outputs."""

    def product(builder: Builder, a: Arguments) -> Signal:
        weight = a.constant(right)
        if len(weight.shape) != 2:
            raise UnsupportedLayerError(f"weights of {len(weight.shape)} dimensions; a linear layer has two")
        shape = (weight.shape[1], weight.shape[0])
        return builder.linear(a.signal(left), shape, weight_bits=weight.bits, label=weight.label)

    return product


def _batch_norm(builder: Builder, a: Arguments) -> Signal:
    if "training" in a and a.raw("training"):
        raise UnsupportedLayerError("a batch norm in training mode; export the network in evaluation mode")
    return builder.normalise(a.signal("input"))


def _pool(kind: OperationKind, rank: int) -> Operator:
    def pool(builder: Builder, a: Arguments) -> Signal:
        kernel = _wide(a.integers("kernel_size"), rank)
        return builder.pool(a.signal("self"), kind, _window(a, kernel, padding=None))

    return pool


def _adaptive(kind: OperationKind, rank: int) -> Operator:
    def pool(builder: Builder, a: Arguments) -> Signal:
        size = _wide(a.integers("output_size"), rank)
        return builder.adaptive_pool(a.signal("self"), kind, _rows(size, rank == 1, 1))

    return pool


def _reduce(kind: OperationKind) -> Operator:
    def reduce(builder: Builder, a: Arguments) -> Signal:
        signal = a.signal("self")
        dims = a.integers("dim") or list(range(len(builder.shape(signal))))
        return builder.reduce(signal, kind, dims, keep=bool(a.raw("keepdim")))

    return reduce


def _first(operator: Operator) -> Operator:
    """An operator that returns several tensors, of which only the first is read."""
    return lambda builder, a: (operator(builder, a),)


def _function(function: Function) -> Operator:
    return lambda builder, a: builder.function(function, a.signal("self"))


def _clip(low: str | None, high: str | None) -> Operator:
    def clip(builder: Builder, a: Arguments) -> Signal:
        bounds = functions.clip(a.number(low) if low else None, a.number(high) if high else None)
        return builder.function(bounds, a.signal("self"))

    return clip


def _gelu(builder: Builder, a: Arguments) -> Signal:
    function = functions.gelu_tanh if a.raw("approximate") == "tanh" else functions.gelu
    return builder.function(function, a.signal("self"))


def _power(builder: Builder, a: Arguments) -> Signal:
    exponent = a.raw("exponent")
    if not isinstance(exponent, int | float):
        raise UnsupportedLayerError("a power whose exponent is no number")
    return builder.function(functions.power(exponent), a.signal("self"))


def _joining(joining: Joining, *, turned: bool = False) -> Operator:
    def join(builder: Builder, a: Arguments) -> Signal:
        alpha = a.raw("alpha") if "alpha" in a else 1
        if alpha != 1:
            raise UnsupportedLayerError(f"alpha={alpha}; supported is 1, scale the second operand before")
        if "rounding_mode" in a and a.raw("rounding_mode") is not None:
            raise UnsupportedLayerError("a division that rounds is not modelled")
        names = ("other", "self") if turned else ("self", "other")
        return arithmetic(builder, joining, a.raw(names[0]), a.raw(names[1]))

    return join


def _concatenate(builder: Builder, a: Arguments) -> Signal:
    return builder.concatenate(a.signals("tensors"), a.integer("dim"))


_CONVOLUTIONS: dict[str, Operator] = {
    name: _convolution for name in ("aten.conv1d", "aten.conv2d", "aten.convolution")
}

OPERATORS: Mapping[str, Operator] = MappingProxyType(
    {
        **_CONVOLUTIONS,
        **VIEWS,
        "aten.linear": _linear,
        "aten.addmm": _product("mat1", "mat2"),
        "aten.mm": _product("self", "mat2"),
        "aten.matmul": _product("self", "other"),
        "aten.batch_norm": _batch_norm,
        "aten._native_batch_norm_legit_no_training": _first(_batch_norm),
        "aten.max_pool1d": _pool("max_pool", 1),
        "aten.max_pool2d": _pool("max_pool", 2),
        "aten.max_pool2d_with_indices": _first(_pool("max_pool", 2)),
        "aten.avg_pool1d": _pool("average_pool", 1),
        "aten.avg_pool2d": _pool("average_pool", 2),
        "aten.adaptive_avg_pool1d": _adaptive("average_pool", 1),
        "aten.adaptive_avg_pool2d": _adaptive("average_pool", 2),
        "aten._adaptive_avg_pool2d": _adaptive("average_pool", 2),
        "aten.adaptive_max_pool1d": _first(_adaptive("max_pool", 1)),
        "aten.adaptive_max_pool2d": _first(_adaptive("max_pool", 2)),
        "aten.mean": _reduce("average_pool"),
        "aten.amax": _reduce("max_pool"),
        "aten.relu": _function(functions.relu),
        "aten.relu6": _function(functions.clip(0, 6)),
        "aten.hardtanh": _clip("min_val", "max_val"),
        "aten.clamp": _clip("min", "max"),
        "aten.clamp_min": _clip("min", None),
        "aten.clamp_max": _clip(None, "max"),
        "aten.hardsigmoid": _function(functions.hard_sigmoid()),
        "aten.hardswish": _function(functions.hard_swish),
        "aten.sigmoid": _function(functions.sigmoid),
        "aten.silu": _function(functions.swish),
        "aten.tanh": _function(functions.tanh),
        "aten.erf": _function(functions.error_function),
        "aten.neg": _function(functions.negative),
        "aten.exp": _function(functions.exponential),
        "aten.reciprocal": _function(functions.reciprocal),
        "aten.gelu": _gelu,
        "aten.pow": _power,
        "aten.add": _joining("add"),
        "aten.sub": _joining("subtract"),
        "aten.rsub": _joining("subtract", turned=True),
        "aten.mul": _joining("multiply"),
        "aten.div": _joining("divide"),
        "aten.cat": _concatenate,
    }
)
"""By name, without the overload."""
