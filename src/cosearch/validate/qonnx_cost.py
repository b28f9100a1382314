"""Networks as QONNX files of mixed widths, and what the tools of QONNX count in them. Needs the extra `onnx`."""

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import torch
from onnx import ModelProto, NodeProto, helper, numpy_helper
from qonnx.util.inference_cost import inference_cost
from torch import Tensor, nn

_IR_VERSION = 10
"""QONNX and ONNX Runtime read up to 13; 10 is what PyTorch writes."""

_DOMAIN = "qonnx.custom_op.general"


class QonnxCost(NamedTuple):
    """What `qonnx.util.inference_cost` counts."""

    macs: int
    weights: int
    weight_bits: int
    bit_operations: int


def write_quantised(network: nn.Module, example: Tensor, bits: Sequence[int], path: Path) -> None:
    """A network as ONNX with a quantiser behind every tensor and every weight.

    Args:
        network: With weights.
        example: An input.
        bits: Of the quantisers in turn: one goes through them for tensors, the other, backwards, for weights.
        path: To write to.
    """
    program = torch.onnx.export(network, (example,), dynamo=True, verbose=False)
    if program is None:
        raise RuntimeError("torch.onnx.export returned nothing")
    model = program.model_proto
    model.ir_version = _IR_VERSION
    model.opset_import.append(helper.make_opsetid(_DOMAIN, 1))
    _quantise(model, bits)
    onnx.save(model, path)


def count(path: Path) -> QonnxCost:
    """What QONNX counts in a file; zeros among the weights count like others."""
    total: dict[str, Any] = inference_cost(str(path), discount_sparsity=False)["total_cost"]
    names = ("total_macs", "total_mem_w_elems", "total_mem_w_bits", "total_bops")
    return QonnxCost(*(int(total[name]) for name in names))


def _quantise(model: ModelProto, bits: Sequence[int]) -> None:
    graph = model.graph
    outputs = {entry.name for entry in graph.output}
    weights = {tensor.name for tensor in graph.initializer if len(tensor.dims) > 1}
    floats = {entry.name for entry in graph.input} | {
        name for node in graph.node for name in node.output if name not in outputs
    }
    forwards, backwards = cycle(bits), cycle(reversed(bits))
    scale, zero = (numpy_helper.from_array(np.array(value, np.float32), name) for value, name in _CONSTANTS)
    widths = [numpy_helper.from_array(np.array(width, np.float32), f"{width}_bits") for width in sorted({*bits})]
    nodes: list[NodeProto] = []
    renamed: dict[str, str] = {}
    for name in (*(entry.name for entry in graph.input), *sorted(weights)):
        nodes.append(_quantiser(name, next(backwards if name in weights else forwards), renamed))
    for node in graph.node:
        names = [renamed.get(name, name) for name in node.input]
        del node.input[:]
        node.input.extend(names)
        nodes.append(node)
        nodes += [_quantiser(name, next(forwards), renamed) for name in node.output if name in floats]
    del graph.node[:]
    graph.node.extend(nodes)
    graph.initializer.extend([scale, zero, *widths])


_CONSTANTS = ((0.01, "quantiser_scale"), (0.0, "quantiser_zero"))


def _quantiser(name: str, bits: int, renamed: dict[str, str]) -> NodeProto:
    renamed[name] = f"{name}_quantised"
    return helper.make_node(
        "Quant",
        [name, "quantiser_scale", "quantiser_zero", f"{bits}_bits"],
        [renamed[name]],
        domain=_DOMAIN,
        name=f"quantise_{name}",
        signed=1,
        narrow=0,
        rounding_mode="ROUND",
    )
