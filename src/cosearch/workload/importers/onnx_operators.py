"""What the operators of an ONNX graph mean, one function each."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from cosearch.errors import UnsupportedLayerError
from cosearch.workload.importers import functions
from cosearch.workload.importers.arithmetic import arithmetic
from cosearch.workload.importers.builder import Builder
from cosearch.workload.importers.constants import Constant
from cosearch.workload.importers.elementwise import Joining, Signal
from cosearch.workload.importers.functions import Function
from cosearch.workload.importers.onnx_node import Held, OnnxNode
from cosearch.workload.importers.onnx_quantisers import QUANTISERS, narrowed
from cosearch.workload.importers.onnx_views import VIEWS
from cosearch.workload.importers.operations import OperationKind
from cosearch.workload.importers.windows import Sliding

Operator = Callable[[Builder, OnnxNode], Held]


def _convolution(builder: Builder, node: OnnxNode) -> Held:
    weight = node.constant(1)
    kernel = weight.shape[2:]
    shape = (*weight.shape[:2], 1, *kernel) if len(kernel) == 1 else weight.shape
    return builder.convolve(
        node.signal(),
        shape,
        _sliding(builder, node, kernel),
        groups=node.attributes.get("group", 1),
        weight_bits=weight.bits,
        label=node.label(weight),
    )


def _sliding(builder: Builder, node: OnnxNode, kernel: Sequence[int]) -> Sliding:
    """How a window of one or two dimensions moves; that of one dimension moves along a single row."""
    rank = len(kernel)
    if rank not in (1, 2):
        raise UnsupportedLayerError(f"a window of {rank} dimensions; supported are one and two")
    stride = list(node.attributes.get("strides", [1] * rank))
    dilation = list(node.attributes.get("dilations", [1] * rank))
    pads = _pads(builder, node, kernel, stride, dilation)
    before, after = pads[:rank], pads[rank:]
    top, left = _rows(before, 0)
    bottom, right = _rows(after, 0)
    return Sliding(
        size=_rows(kernel, 1),
        stride=_rows(stride, 1),
        dilation=_rows(dilation, 1),
        padding=(top, left, bottom, right),
        ceil=bool(node.attributes.get("ceil_mode", 0)),
    )


def _rows(values: Sequence[int], neutral: int) -> tuple[int, int]:
    return (neutral, values[0]) if len(values) == 1 else (values[0], values[1])


def _pads(
    builder: Builder, node: OnnxNode, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> list[int]:
    """Padding before every dimension, then after; SAME makes as many windows as strides begin in the map."""
    mode = node.attributes.get("auto_pad", "NOTSET")
    if mode == "NOTSET":
        return list(node.attributes.get("pads", [0] * 2 * len(kernel)))
    if mode == "VALID":
        return [0] * 2 * len(kernel)
    less: list[int] = []
    more: list[int] = []
    sizes = builder.shape(node.signal())[2:]
    for size, window, step, spread in zip(sizes, kernel, stride, dilation, strict=True):
        total = max(0, (-(-size // step) - 1) * step + (window - 1) * spread + 1 - size)
        less.append(total // 2)
        more.append(total - total // 2)
    return less + more if mode == "SAME_UPPER" else more + less


def _gemm(builder: Builder, node: OnnxNode) -> Held:
    if node.attributes.get("transA", 0):
        raise UnsupportedLayerError("a transposed first operand; supported is transA=0")
    weight = node.constant(1)
    rows, columns = _matrix(weight)
    shape = (rows, columns) if node.attributes.get("transB", 0) else (columns, rows)
    return builder.linear(node.signal(), shape, weight_bits=weight.bits, label=node.label(weight))


def _matmul(builder: Builder, node: OnnxNode) -> Held:
    weight = node.constant(1)
    rows, columns = _matrix(weight)
    return builder.linear(node.signal(), (columns, rows), weight_bits=weight.bits, label=node.label(weight))


def _matrix(weight: Constant) -> tuple[int, int]:
    if len(weight.shape) != 2:
        raise UnsupportedLayerError(f"weights of {len(weight.shape)} dimensions; a linear layer has two")
    return weight.shape[0], weight.shape[1]


def _batch_norm(builder: Builder, node: OnnxNode) -> Held:
    if node.attributes.get("training_mode", 0):
        raise UnsupportedLayerError("a batch norm in training mode; export the network in evaluation mode")
    return builder.normalise(node.signal())


def _pool(kind: OperationKind) -> Operator:
    def pool(builder: Builder, node: OnnxNode) -> Held:
        return builder.pool(node.signal(), kind, _sliding(builder, node, node.attributes["kernel_shape"]))

    return pool


def _global(kind: OperationKind) -> Operator:
    def pool(builder: Builder, node: OnnxNode) -> Held:
        signal = node.signal()
        return builder.reduce(signal, kind, list(range(2, len(builder.shape(signal)))), keep=True)

    return pool


def _reduce(kind: OperationKind) -> Operator:
    def reduce(builder: Builder, node: OnnxNode) -> Held:
        signal, dims = node.signal(), node.integers("axes", 1)
        if dims is None:
            dims = tuple(range(len(builder.shape(signal))))
        return builder.reduce(signal, kind, dims, keep=bool(node.attributes.get("keepdims", 1)))

    return reduce


def _function(function: Function) -> Operator:
    return lambda builder, node: builder.function(function, node.signal())


def _clip(builder: Builder, node: OnnxNode) -> Held:
    codes = narrowed(node)
    if codes is not None:
        return codes
    return builder.function(functions.clip(node.number("min", 1), node.number("max", 2)), node.signal())


def _bound(side: int) -> Operator:
    """Max or Min with a number, as one side of a clip."""

    def bound(builder: Builder, node: OnnxNode) -> Held:
        signal, other = (0, 1) if not isinstance(node.input(0), Constant) else (1, 0)
        number = node.number("bound", other)
        if len(node.inputs) != 2 or number is None:
            raise UnsupportedLayerError("supported is that of a map and one number")
        bounds = (number, None) if side == 0 else (None, number)
        return builder.function(functions.clip(*bounds), node.signal(signal))

    return bound


def _hard_sigmoid(builder: Builder, node: OnnxNode) -> Held:
    slope, offset = node.attributes.get("alpha", 0.2), node.attributes.get("beta", 0.5)
    return builder.function(functions.hard_sigmoid(slope, offset), node.signal())


def _gelu(builder: Builder, node: OnnxNode) -> Held:
    function = functions.gelu_tanh if node.attributes.get("approximate") == "tanh" else functions.gelu
    return builder.function(function, node.signal())


def _power(builder: Builder, node: OnnxNode) -> Held:
    exponent = node.number("exponent", 1)
    return builder.function(functions.power(1.0 if exponent is None else exponent), node.signal())


def _joining(joining: Joining) -> Operator:
    return lambda builder, node: arithmetic(builder, joining, node.operand(0), node.operand(1))


def _sum(builder: Builder, node: OnnxNode) -> Held:
    total: Signal | Constant = node.operand(0)
    for index in range(1, len(node.inputs)):
        total = arithmetic(builder, "add", total, node.operand(index))
    return total


def _concatenate(builder: Builder, node: OnnxNode) -> Held:
    return builder.concatenate([node.signal(index) for index in range(len(node.inputs))], node.attributes["axis"])


OPERATORS: Mapping[str, Operator] = MappingProxyType(
    {
        **VIEWS,
        **QUANTISERS,
        "Conv": _convolution,
        "Gemm": _gemm,
        "MatMul": _matmul,
        "BatchNormalization": _batch_norm,
        "MaxPool": _pool("max_pool"),
        "AveragePool": _pool("average_pool"),
        "GlobalMaxPool": _global("max_pool"),
        "GlobalAveragePool": _global("average_pool"),
        "ReduceMax": _reduce("max_pool"),
        "ReduceMean": _reduce("average_pool"),
        "Relu": _function(functions.relu),
        "Clip": _clip,
        "Max": _bound(0),
        "Min": _bound(1),
        "HardSigmoid": _hard_sigmoid,
        "HardSwish": _function(functions.hard_swish),
        "Sigmoid": _function(functions.sigmoid),
        "Tanh": _function(functions.tanh),
        "Erf": _function(functions.error_function),
        "Neg": _function(functions.negative),
        "Exp": _function(functions.exponential),
        "Reciprocal": _function(functions.reciprocal),
        "Gelu": _gelu,
        "Pow": _power,
        "Add": _joining("add"),
        "Sub": _joining("subtract"),
        "Mul": _joining("multiply"),
        "Div": _joining("divide"),
        "Concat": _concatenate,
        "Sum": _sum,
    }
)
"""By name."""
