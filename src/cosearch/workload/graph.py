"""A network as a graph of layers."""

from dataclasses import dataclass

from cosearch.errors import WorkloadError
from cosearch.workload.layer import IMAGE, Layer


@dataclass(frozen=True, slots=True)
class Workload:
    """Layers in an order in which each comes after what it reads.

    Raises:
        WorkloadError: if a name repeats, or a layer reads what no earlier layer makes.
    """

    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        shapes: dict[str, tuple[int, int, int]] = {}
        for layer in self.layers:
            for producer in (layer.source, layer.residual):
                if producer not in (None, IMAGE) and producer not in shapes:
                    raise WorkloadError(f"reads {producer!r}, which no earlier layer makes").at(layer.name)
            if layer.source in shapes and shapes[layer.source] != (layer.in_channels, layer.IY, layer.IX):
                raise WorkloadError(
                    f"reads {layer.in_channels}x{layer.IY}x{layer.IX}, "
                    f"but {layer.source!r} makes {'x'.join(map(str, shapes[layer.source]))}"
                ).at(layer.name)
            if layer.name in shapes:
                raise WorkloadError(f"two layers are called {layer.name!r}; rename one")
            shapes[layer.name] = (layer.out_channels, layer.OY // layer.pool_y, layer.OX // layer.pool_x)

    def layer(self, name: str) -> Layer:
        """The layer of a name.

        Raises:
            WorkloadError: if there is none.
        """
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise WorkloadError(f"no layer is called {name!r}")

    @property
    def num_macs(self) -> int:
        """Multiply-accumulates of one image."""
        return sum(layer.num_macs for layer in self.layers)

    @property
    def model_bits(self) -> int:
        """Bits of all weights at their own widths."""
        return sum(layer.num_weights * layer.weight_bits for layer in self.layers)
