"""The numbers of a layer that cost depends on, of one layer or of a batch of layers of one form."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from cosearch.numerics import Scalar
from cosearch.workload import Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerShape:
    """Loop bounds and bits as in `Layer`, here ints or tensors that broadcast against tiles.

    Attributes:
        is_depthwise, is_grouped, has_residual: The form, which a batch shares.
    """

    G: Scalar
    K: Scalar
    C: Scalar
    OY: Scalar
    OX: Scalar
    FY: Scalar
    FX: Scalar
    IY: Scalar
    IX: Scalar
    stride_y: Scalar
    stride_x: Scalar
    padding_y: Scalar
    padding_x: Scalar
    pool_y: Scalar
    pool_x: Scalar
    weight_bits: Scalar
    input_bits: Scalar
    output_bits: Scalar
    residual_bits: Scalar
    is_depthwise: bool
    is_grouped: bool
    has_residual: bool

    @property
    def form(self) -> tuple[bool, bool, bool]:
        """What layers of one batch have in common."""
        return (self.is_depthwise, self.is_grouped, self.has_residual)


_NUMBERS = tuple(field.name for field in fields(LayerShape) if not field.name.startswith(("is_", "has_")))


def shape_of(layer: Layer) -> LayerShape:
    """The shape of one layer, in ints."""
    return LayerShape(
        **{name: getattr(layer, name) for name in _NUMBERS},
        is_depthwise=layer.is_depthwise,
        is_grouped=layer.G > 1 and not layer.is_depthwise,
        has_residual=layer.residual is not None,
    )


def stack_shapes(layers: Sequence[Layer], repeats: Tensor) -> LayerShape:
    """Shapes of several layers of one form, each repeated for its tilings, as int64 tensors of one dimension."""
    first = shape_of(layers[0])
    numbers = {
        name: torch.tensor([getattr(layer, name) for layer in layers]).repeat_interleave(repeats) for name in _NUMBERS
    }
    return LayerShape(
        **numbers,
        is_depthwise=first.is_depthwise,
        is_grouped=first.is_grouped,
        has_residual=first.has_residual,
    )
