"""Networks of PyTorch, as torch.export describes them."""

import operator
import warnings
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import torch
from torch import fx, nn
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind
from torch.fx.node import map_arg

from cosearch.errors import UnsupportedLayerError, WorkloadError
from cosearch.workload.graph import Workload
from cosearch.workload.importers.assembly import assemble
from cosearch.workload.importers.builder import Builder
from cosearch.workload.importers.constants import Constant
from cosearch.workload.importers.elementwise import Formula, Signal
from cosearch.workload.importers.input_shapes import settled
from cosearch.workload.importers.operations import OperationGraph, Value
from cosearch.workload.importers.torch_arguments import Arguments
from cosearch.workload.importers.torch_operators import OPERATORS

_ARITHMETIC: Mapping[Callable[..., Any], Callable[..., Any]] = MappingProxyType(
    {getattr(operator, name): getattr(operator, name) for name in ("add", "sub", "mul", "floordiv", "mod", "neg")}
)
"""On lengths of dimensions."""


def from_module(module: nn.Module, example: torch.Tensor, *, bits: int | None = None) -> Workload:
    """The workload of a module, exported with an example of its input.

    Args:
        module: Exported in evaluation mode; its own mode is left as it is. It may be on the meta device.
        example: An input with the batch first; only its shape and type matter.
        bits: Of weights and activations that the module does not fake-quantise.

    Raises:
        UnsupportedLayerError: naming the operator and its place.
        WorkloadError: if torch.export refuses the module, or a width is missing.
    """
    training = [part for part in module.modules() if part.training]
    module.eval()
    try:
        with quiet():
            program = torch.export.export(module, (example,))
    except RuntimeError as error:
        reason = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise WorkloadError(f"torch.export refuses {type(module).__name__}: {reason.strip()}") from error
    finally:
        for part in training:
            part.training = True
    return from_program(program, bits=bits)


def from_program(
    program: ExportedProgram, *, bits: int | None = None, input_shape: Sequence[int] | None = None
) -> Workload:
    """The workload of an exported program.

    Args:
        program: With one input.
        bits: Of weights and activations that the program does not fake-quantise.
        input_shape: Of the input with the batch first; needed where the program leaves a dimension open.

    Raises:
        UnsupportedLayerError: naming the operator and its place.
        WorkloadError: if a dimension is not settled or settled wrongly, or a width is missing.
    """
    if any(_is_mutable(node) for node in program.graph.nodes):
        with quiet():
            program = program.run_decompositions({})  # no decompositions: it only takes mutation out
    return assemble(_Reader(program, input_shape).read(), bits)


class _Reader:
    """Walks an exported graph, holding what every node gives."""

    def __init__(self, program: ExportedProgram, input_shape: Sequence[int] | None) -> None:
        self._program = program
        self._nodes = _needed(program.graph)
        self._held: dict[fx.Node, Any] = {}
        image, shape = self._inputs(input_shape)
        self._builder = Builder(shape)
        self._held[image] = self._builder.image

    def read(self) -> OperationGraph:
        outputs: Sequence[Signal] = ()
        for index, node in enumerate(self._nodes, start=1):
            place = f"node {index} of {len(self._nodes)} {node.name!r} ({_operator(node)}){_module(node)}"
            self._builder.tape.place = place
            try:
                if node.op == "output":
                    outputs = Arguments({"outputs": self._resolve(node.args[0])}).signals("outputs")
                elif node.op == "call_function":
                    self._held[node] = self._call(node)
                elif node not in self._held:
                    raise UnsupportedLayerError(f"a node of kind {node.op} is not supported")
            except WorkloadError as error:
                raise error if error.where else error.at(place) from None
        return self._builder.finish(outputs)

    def _inputs(self, input_shape: Sequence[int] | None) -> tuple[fx.Node, tuple[int, ...]]:
        """The one input and its shape; weights are held."""
        nodes = {node.name: node for node in self._program.graph.nodes}
        inputs: list[fx.Node] = []
        for spec in self._program.graph_signature.input_specs:
            node = nodes[spec.arg.name]
            if spec.kind == InputKind.USER_INPUT:
                inputs.append(node)
            else:
                self._held[node] = self._constant(node, spec.target or "")
        if len(inputs) != 1:
            names = ", ".join(node.name for node in inputs)
            raise UnsupportedLayerError(f"a network of {len(inputs)} inputs ({names}); supported is one")
        sizes = [size if isinstance(size, int) else str(size) for size in tuple(inputs[0].meta["val"].shape)]
        shape = settled(inputs[0].name, sizes, input_shape)
        self._check_ranges(inputs[0], shape)
        return inputs[0], shape

    def _check_ranges(self, node: fx.Node, shape: Sequence[int]) -> None:
        ranges = {str(symbol): bounds for symbol, bounds in self._program.range_constraints.items()}
        for index, (size, wanted) in enumerate(zip(node.meta["val"].shape, shape, strict=True)):
            bounds = ranges.get(str(size))
            if bounds is not None and not bounds.lower <= wanted <= bounds.upper:
                raise WorkloadError(
                    f"input {node.name!r}: dimension {index} of {wanted}; the program was exported for "
                    f"{bounds.lower} to {bounds.upper}"
                )

    def _constant(self, node: fx.Node, name: str) -> Constant:
        value = node.meta["val"]
        held = self._program.state_dict.get(name, self._program.constants.get(name))
        known = isinstance(held, torch.Tensor) and held.numel() == 1 and held.device.type == "cpu"
        values = held.detach().numpy() if known and isinstance(held, torch.Tensor) else None
        return Constant(_fixed(value), name, values=values)

    def _resolve(self, argument: Any) -> Any:
        """An argument with every node in it replaced by what the node gave."""
        return map_arg(argument, self._held.__getitem__)

    def _call(self, node: fx.Node) -> Any:
        arguments: Any = self._resolve(node.args)
        target: Any = node.target
        if target in _ARITHMETIC:
            return _ARITHMETIC[target](*arguments)
        if target is operator.getitem:
            return _item(arguments[0], arguments[1])
        name = _operator(node)
        if name == "aten.sym_size":
            return self._builder.shape(arguments[0])[arguments[1]]
        values = _named(node, arguments, self._resolve(node.kwargs))
        if not _has_signal(values.values()) and "quantize" not in name:
            return self._folded(node, values)
        if name not in OPERATORS:
            known = ", ".join(sorted(entry.removeprefix("aten.") for entry in OPERATORS))
            raise UnsupportedLayerError(
                f"operator {name} is not supported; export the network without it; supported: {known}"
            )
        return OPERATORS[name](self._builder, Arguments(values))

    def _folded(self, node: fx.Node, values: Mapping[str, Any]) -> Constant:
        """What a node makes of constants alone; it goes on under the name and the width of the first of them."""
        first = next((value for value in values.values() if isinstance(value, Constant)), None)
        shape = _fixed(node.meta["val"])
        return Constant(shape, first.name, first.bits) if first else Constant(shape)


def _needed(graph: fx.Graph) -> list[fx.Node]:
    """Nodes that an output needs, in order; checks of shapes are none of them."""
    wanted: set[fx.Node] = set()
    for node in reversed(graph.nodes):
        if node.op == "output" or node in wanted:
            wanted |= {node, *node.all_input_nodes}
    return [node for node in graph.nodes if node in wanted and node.op != "placeholder"]


def _item(value: Any, index: int) -> Any:
    if isinstance(value, tuple) and not isinstance(value, Value) and 0 <= index < len(value):
        return value[index]
    raise UnsupportedLayerError(f"output {index} of an operator is read; supported is the first alone")


def _named(node: fx.Node, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by the names of the operator's schema, with its defaults."""
    schema = getattr(node.target, "_schema", None)
    if schema is None:
        return {**{str(index): value for index, value in enumerate(arguments)}, **keywords}
    given = dict(zip((argument.name for argument in schema.arguments), arguments, strict=False))
    defaults = {argument.name: argument.default_value for argument in schema.arguments}
    return {**defaults, **given, **keywords}


def _has_signal(values: Any) -> bool:
    return any(
        isinstance(value, Value | Formula) or (isinstance(value, list | tuple) and _has_signal(value))
        for value in values
    )


def _fixed(value: Any) -> tuple[int, ...]:
    shape: tuple[Any, ...] = tuple(value.shape) if isinstance(value, torch.Tensor) else ()
    if not all(isinstance(size, int) for size in shape):
        raise UnsupportedLayerError(
            "a constant whose shape depends on the network's input; export it with fixed shapes"
        )
    return shape


def _operator(node: fx.Node) -> str:
    """An operator's name without its overload."""
    target: Any = node.target
    packet = getattr(target, "overloadpacket", None)
    return str(packet) if packet is not None else str(getattr(target, "__name__", target))


def _is_mutable(node: fx.Node) -> bool:
    schema = getattr(node.target, "_schema", None)
    return schema is not None and bool(schema.is_mutable)


def _module(node: fx.Node) -> str:
    """Where a node stands in the module it comes from."""
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    path = stack[-1][0] if stack else ""
    return f" in {path}" if path else ""


@contextmanager
def quiet() -> Generator[None]:
    """Without the deprecation warnings that torch.export gives about itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        yield
