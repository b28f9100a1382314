"""Networks in ONNX files: float, QDQ and QONNX."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import AttributeProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper
from onnx.checker import ValidationError
from onnx.external_data_helper import load_external_data_for_tensor, uses_external_data
from onnx.inliner import inline_local_functions
from onnx.reference import ReferenceEvaluator

from cosearch.errors import UnsupportedLayerError, WorkloadError
from cosearch.workload.importers.builder import Builder
from cosearch.workload.importers.constants import Constant
from cosearch.workload.importers.elementwise import Formula
from cosearch.workload.importers.input_shapes import settled
from cosearch.workload.importers.onnx_node import Codes, Held, OnnxNode
from cosearch.workload.importers.onnx_operators import OPERATORS
from cosearch.workload.importers.onnx_quantisers import CODE_BITS
from cosearch.workload.importers.operations import OperationGraph, Value

_KEPT_VALUES = 1 << 12
"""Constants of more numbers are weights: their shape is kept, not their values."""

_QUANTISER_DOMAINS = ("qonnx.custom_op.general", "finn.custom_op.general", "onnx.brevitas")
_STANDARD_DOMAINS = ("", "ai.onnx")
_ON_CONSTANTS = ("QuantizeLinear", "DequantizeLinear", "Quant", "IntQuant", "BipolarQuant", "Clip")
"""Operators that say at how many bits weights are held."""


def read_graph(path: Path, input_shape: Sequence[int] | None) -> OperationGraph:
    """The operations of an ONNX file.

    Raises:
        UnsupportedLayerError: naming the operator and its place.
        WorkloadError: if the file cannot be read, or a dimension is not settled or settled wrongly.
    """
    try:
        model = onnx.load(path, load_external_data=False)
    except OSError as error:
        raise WorkloadError(f"cannot read {path}: {error.strerror}; check the path") from None
    except DecodeError:
        raise WorkloadError("is no ONNX file; export it anew").at(path.name) from None
    try:
        return _Reader(inline_local_functions(model) if model.functions else model, path, input_shape).read()
    except WorkloadError as error:
        raise error.at(path.name) from None


class _Reader:
    """Walks a graph, holding what every tensor is."""

    def __init__(self, model: ModelProto, path: Path, input_shape: Sequence[int] | None) -> None:
        self._graph = model.graph
        self._opsets = list(model.opset_import)
        self._held: dict[str, Held] = {
            tensor.name: _constant(tensor, path.parent) for tensor in model.graph.initializer
        }
        self._nodes = _needed(model)
        inputs = [entry for entry in model.graph.input if entry.name not in self._held]
        if len(inputs) != 1:
            names = ", ".join(entry.name for entry in inputs)
            raise UnsupportedLayerError(f"a network of {len(inputs)} inputs ({names}); supported is one")
        self._builder = Builder(settled(inputs[0].name, _sizes(inputs[0]), input_shape))
        self._held[inputs[0].name] = self._builder.image

    def read(self) -> OperationGraph:
        for index, node in enumerate(self._nodes, start=1):
            place = f"node {index} of {len(self._nodes)} {node.name or node.output[0]!r} ({node.op_type})"
            self._builder.tape.place = place
            try:
                self._held[node.output[0]] = self._call(node)
            except WorkloadError as error:
                raise error if error.where else error.at(place) from None
        outputs = OnnxNode("", {}, [self._held[entry.name] for entry in self._graph.output])
        return self._builder.finish([outputs.signal(index) for index in range(len(outputs.inputs))])

    def _call(self, node: NodeProto) -> Held:
        inputs = [self._input(name) for name in node.input]
        attributes = {entry.name: _attribute(entry) for entry in node.attribute}
        if node.op_type in ("Shape", "Size") and not isinstance(inputs[0], Constant):
            return self._shape(node, inputs[0], attributes)
        constant = not any(isinstance(held, Value | Formula | Codes) for held in inputs)
        if constant and not _is_quantiser(node, inputs):
            return self._folded(node, inputs)
        domains = _STANDARD_DOMAINS + _QUANTISER_DOMAINS
        if node.op_type not in OPERATORS or node.domain not in domains:
            name = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
            known = ", ".join(sorted(OPERATORS))
            raise UnsupportedLayerError(
                f"operator {name} is not supported; export the network without it; supported: {known}"
            )
        return OPERATORS[node.op_type](self._builder, OnnxNode(_name(node), attributes, inputs))

    def _input(self, name: str) -> Held | None:
        if not name:
            return None
        if name not in self._held:
            raise UnsupportedLayerError(
                f"reads {name!r}, which is no first output of a node; supported is that alone"
            )
        return self._held[name]

    def _shape(self, node: NodeProto, held: Held | None, attributes: Mapping[str, Any]) -> Constant:
        of = held.of if isinstance(held, Codes) else held
        assert isinstance(of, Value | Formula)
        sizes = self._builder.shape(of)
        if node.op_type == "Size":
            return Constant((), values=np.array(int(np.prod(sizes))))
        part = sizes[attributes.get("start", 0) : attributes.get("end")]
        return Constant((len(part),), values=np.array(part, dtype=np.int64))

    def _alone(self, node: NodeProto) -> ModelProto:
        """A model of one node, which means what it means in this file's version of the operators."""
        inputs = [helper.make_tensor_value_info(name, TensorProto.UNDEFINED, None) for name in node.input if name]
        outputs = [helper.make_tensor_value_info(name, TensorProto.UNDEFINED, None) for name in node.output if name]
        graph = helper.make_graph([node], "constants", inputs, outputs)
        return helper.make_model(graph, opset_imports=self._opsets)

    def _folded(self, node: NodeProto, inputs: Sequence[Held | None]) -> Constant:
        """What a node makes of constants alone; it goes on under the name and the width of the first of them.

        Numbers that are not known stand as zeros, for the shape of the result alone.
        """
        constants = [held for held in inputs if isinstance(held, Constant)]
        known = all(held.values is not None for held in constants)
        feeds = {
            name: held.values if held.values is not None else np.broadcast_to(np.float32(0), held.shape)
            for name, held in zip(node.input, inputs, strict=True)
            if isinstance(held, Constant)
        }
        try:
            results: Any = ReferenceEvaluator(self._alone(node)).run(None, feeds)
            result = np.asarray(results[0])
        except (NotImplementedError, RuntimeError, TypeError, ValueError) as error:
            raise UnsupportedLayerError(f"cannot be computed from constants: {error}") from None
        first = constants[0] if constants else Constant(result.shape)
        kept = result if known and result.size <= _KEPT_VALUES else None
        return Constant(result.shape, first.name, first.bits, kept)


def _needed(model: ModelProto) -> list[NodeProto]:
    """Nodes that an output needs, in order."""
    wanted = {entry.name for entry in model.graph.output}
    kept: list[NodeProto] = []
    for node in reversed(model.graph.node):
        if wanted & set(node.output):
            kept.append(node)
            wanted |= set(node.input)
    return kept[::-1]


def _sizes(entry: ValueInfoProto) -> list[int | str]:
    dims = entry.type.tensor_type.shape.dim
    return [dim.dim_value if dim.HasField("dim_value") else dim.dim_param or "unnamed" for dim in dims]


def _constant(tensor: TensorProto, folder: Path) -> Constant:
    shape = tuple(tensor.dims)
    known = int(np.prod(shape)) <= _KEPT_VALUES
    if known and uses_external_data(tensor):
        try:
            load_external_data_for_tensor(tensor, str(folder))
        except ValidationError:
            known = False  # the file beside this one is missing; most networks are read without it
    values = numpy_helper.to_array(tensor) if known else None
    return Constant(shape, tensor.name, CODE_BITS.get(tensor.data_type), values)


def _attribute(entry: AttributeProto) -> Any:
    """An attribute as a Python value, bytes as text."""
    value = helper.get_attribute_value(entry)
    return value.decode() if isinstance(value, bytes) else value


def _name(node: NodeProto) -> str:
    """A node's name without its operator, as exporters write ``/stem/conv/Conv``."""
    return node.name.strip("/").removesuffix(f"/{node.op_type}")


def _is_quantiser(node: NodeProto, inputs: Sequence[Held | None]) -> bool:
    """Whether an operator on constants is kept for the width that it states."""
    first = inputs[0] if inputs else None
    coded = isinstance(first, Constant) and first.bits is not None
    return node.op_type in _ON_CONSTANTS and (node.op_type != "Clip" or coded)
