"""The same network at other widths."""

from collections.abc import Mapping
from dataclasses import replace

from cosearch.errors import WorkloadError
from cosearch.workload.graph import Workload
from cosearch.workload.layer import Layer


def with_bits(workload: Workload, bits: Mapping[str, int]) -> Workload:
    """A network whose layers have other widths of weights and activations.

    A tensor is stored once, at the widest width that a reader asks for; a concatenation and its parts share a width.
    What nobody reads keeps its width.

    Args:
        workload: The network.
        bits: Of each layer, by name.

    Raises:
        WorkloadError: if a layer is not named, a name is no layer's, or a width is out of range.
    """
    names = [layer.name for layer in workload.layers]
    for name in names:
        if name not in bits:
            raise WorkloadError("no width is given for it; name every layer").at(name)
    for name in bits:
        if name not in names:
            raise WorkloadError(f"{name!r} is given a width, but no layer is called so")
    stores = _stores(workload)
    asked: dict[str, int] = {}
    for layer in workload.layers:
        for tensor in _tensors(layer):
            store = stores.get(tensor, tensor)
            asked[store] = max(bits[layer.name], asked.get(store, 0))
    widths = {tensor: asked.get(store) for tensor, store in stores.items()}
    return replace(workload, layers=tuple(_changed(layer, bits[layer.name], widths) for layer in workload.layers))


def _tensors(layer: Layer) -> list[str]:
    return [tensor for tensor in (layer.source, layer.residual, layer.scale) if tensor is not None]


def _stores(workload: Workload) -> dict[str, str]:
    """What stands for the store that each tensor lies in: the outermost concatenation it is a part of, or itself."""
    stores = {tensor: tensor for layer in workload.layers for tensor in (*_tensors(layer), layer.name)}
    stores |= {joined.name: joined.name for joined in workload.concatenations}
    for joined in workload.concatenations:  # parts come first, so an outer one renames what an inner one named
        inside = {joined.name, *joined.parts}
        # A part that lies in another concatenation already ties both together.
        tied = {stores[tensor] for tensor in inside}
        stores = {tensor: joined.name if store in tied else store for tensor, store in stores.items()}
    return stores


def _changed(layer: Layer, bits: int, widths: Mapping[str, int | None]) -> Layer:
    """One layer at its own widths and those of the tensors around it."""
    source, output = widths[layer.source], widths[layer.name]
    assert source is not None  # the layer itself reads it
    scale = None if layer.scale is None else widths[layer.scale]
    residual = None if layer.residual is None else widths[layer.residual]
    weights = bits if layer.has_weights else layer.weight_bits
    return replace(
        layer,
        weight_bits=weights if scale is None else scale,
        input_bits=source,
        output_bits=layer.output_bits if output is None else output,
        residual_bits=residual or 0,
    )
