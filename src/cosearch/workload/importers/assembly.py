"""Layers in the making as a workload: names, order, offsets and widths."""

from collections.abc import Sequence
from typing import NamedTuple

from cosearch.errors import WorkloadError
from cosearch.workload.graph import Concatenation, Workload
from cosearch.workload.importers.axes import Shape
from cosearch.workload.importers.fusion import Draft, DraftGraph, fuse
from cosearch.workload.importers.operations import OperationGraph
from cosearch.workload.importers.storage import place
from cosearch.workload.importers.widths import stored_bits
from cosearch.workload.layer import IMAGE, Layer


def assemble(graph: OperationGraph, bits: int | None) -> Workload:
    """The workload of a network.

    Layers with weights are called after them; others after what they compute, and counted.

    Args:
        graph: The network.
        bits: Of weights and activations that no quantiser states.

    Raises:
        WorkloadError: if `bits` is out of range or missing, or nothing is computed.
    """
    if bits is not None and not 1 <= bits <= 32:
        raise WorkloadError(f"bits={bits}; it must be from 1 to 32")
    drafts = fuse(graph)
    offsets = place(drafts)
    widths = stored_bits(drafts, bits)
    ordered = _ordered(drafts)
    names = _names(ordered, [joined.output for joined in drafts.joined])
    tensors = {
        name: _Stored(names[name], drafts.shapes[name], widths[name], offsets[name])
        for name in drafts.shapes
        if name in names
    }
    layers = [_layer(draft, tensors, bits) for draft in ordered]
    joined = [
        Concatenation(name=names[j.output], parts=tuple(names[part] for part in j.parts)) for j in drafts.joined
    ]
    return Workload(tuple(layers), tuple(joined))


def _ordered(graph: DraftGraph) -> list[Draft]:
    """Layers in an order in which each comes after what it reads, close to the one in which they stand."""
    makers = {draft.output: draft for draft in graph.drafts}
    parts = {joined.output: joined.parts for joined in graph.joined}
    done: set[str] = {IMAGE}
    ordered: list[Draft] = []
    for draft in graph.drafts:
        waiting = [draft.output]
        while waiting:
            name = waiting[-1]
            needs = parts[name] if name in parts else tuple(read.tensor for read in makers[name].reads)
            missing = [need for need in needs if need not in done]
            waiting += missing[::-1]
            if not missing:
                waiting.pop()
                if name not in done and name in makers:
                    ordered.append(makers[name])
                done.add(name)
    return ordered


def _names(ordered: Sequence[Draft], joined: Sequence[str]) -> dict[str, str]:
    """Name of every layer and concatenation, by its tensor."""
    names = {IMAGE: IMAGE}
    taken = {IMAGE}
    counts: dict[str, int] = {}
    for tensor, stem, numbered in (
        *((draft.output, draft.label or draft.op, not draft.label) for draft in ordered),
        *((tensor, "concatenation", True) for tensor in joined),
    ):
        name = stem
        while numbered or name in taken:
            counts[stem] = counts.get(stem, 0 if numbered else 1) + 1
            name, numbered = f"{stem}{counts[stem]}" if numbered else f"{stem}#{counts[stem]}", False
        taken.add(name)
        names[tensor] = name
    return names


class _Stored(NamedTuple):
    """A tensor: its name in the workload, and how it lies in memory."""

    name: str
    shape: Shape
    bits: int
    offset: int


def _layer(draft: Draft, tensors: dict[str, _Stored], bits: int | None) -> Layer:
    source, output = tensors[draft.source.tensor], tensors[draft.output]
    residual = tensors[draft.residual.tensor] if draft.residual else None
    scale = tensors[draft.scale.tensor] if draft.scale else None
    channels, OY, OX = draft.shape
    in_channels, IY, IX = source.shape
    return Layer(
        name=output.name,
        source=source.name,
        op=draft.op,
        G=draft.groups,
        K=channels // draft.groups,
        C=in_channels // draft.groups,
        OY=OY,
        OX=OX,
        FY=draft.window.size[0],
        FX=draft.window.size[1],
        IY=IY,
        IX=IX,
        stride_y=draft.window.stride[0],
        stride_x=draft.window.stride[1],
        dilation_y=draft.window.dilation[0],
        dilation_x=draft.window.dilation[1],
        padding_y=draft.window.padding[0],
        padding_x=draft.window.padding[1],
        activation=draft.activation,
        pool=draft.pool,
        pool_y=draft.pool_size[0],
        pool_x=draft.pool_size[1],
        weight_bits=scale.bits if scale else _weight_bits(draft, bits),
        input_bits=source.bits,
        output_bits=output.bits,
        residual=residual.name if residual else None,
        residual_bits=residual.bits if residual else 0,
        scale=scale.name if scale else None,
        input_offset=source.offset,
        output_offset=output.offset,
        residual_offset=residual.offset if residual else 0,
        input_runs=draft.input_runs,
    )


def _weight_bits(draft: Draft, bits: int | None) -> int:
    """Of weights, or the least there is where there are none."""
    if draft.op != "convolution":
        return 1
    weight_bits = draft.weight_bits if draft.weight_bits is not None else bits
    if weight_bits is None:
        raise WorkloadError(
            "has weights of a width that no quantiser states; give bits= for what the file does not quantise"
        ).at(draft.place)
    return weight_bits
