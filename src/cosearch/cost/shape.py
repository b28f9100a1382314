"""The numbers of a layer that cost depends on, of one layer or of a batch of layers of one form."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from cosearch.hardware import ACCUMULATOR_BITS, PARAMETER_BITS, words_per_beat
from cosearch.numerics import EXACT, Scalar
from cosearch.workload import Layer


@dataclass(frozen=True, slots=True)
class Form:
    """What layers of one batch have in common.

    Attributes:
        loads_weights: Whether it has a W operand: weights of its own, or the scale of a `multiply`.
        own_weights: Whether those may be resident.
    """

    is_depthwise: bool
    is_grouped: bool
    has_residual: bool
    loads_weights: bool
    own_weights: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerShape:
    """Loop bounds and layout of a layer, here ints or tensors that broadcast against tiles.

    Attributes:
        window_y, window_x: Input pixels that one output pixel reads.
        kernel: Weights of one input channel in one output channel.
        weight_words, input_words, output_words, residual_words, sum_words: Of one beat; 1 for an operand that is
            not there.
        input_spread, output_spread, residual_spread: Channels added to a tile's because it may begin inside a beat.
        parameter_beats: Of all biases and requantisation constants.
    """

    form: Form
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
    window_y: Scalar
    window_x: Scalar
    kernel: Scalar
    pool_y: Scalar
    pool_x: Scalar
    input_runs: Scalar
    weight_words: Scalar
    input_words: Scalar
    output_words: Scalar
    residual_words: Scalar
    sum_words: Scalar
    input_spread: Scalar
    output_spread: Scalar
    residual_spread: Scalar
    parameter_beats: Scalar


_LOOPS = ("G", "K", "C", "OY", "OX", "FY", "FX", "IY", "IX")
_PLACES = ("stride_y", "stride_x", "padding_y", "padding_x", "window_y", "window_x", "pool_y", "pool_x", "input_runs")
_NUMBERS = tuple(field.name for field in fields(LayerShape) if field.name != "form")


def form_of(layer: Layer) -> Form:
    """What decides which formulas price a layer."""
    return Form(
        is_depthwise=layer.is_depthwise,
        is_grouped=layer.G > 1 and not layer.is_depthwise,
        has_residual=layer.residual is not None,
        loads_weights=layer.op in ("convolution", "multiply"),
        own_weights=layer.has_weights,
    )


def shape_of(layer: Layer, beat_bits: int) -> LayerShape:
    """The shape of one layer behind a port of some beat width, in ints."""
    grouped = layer.G > 1 and not layer.is_depthwise
    words = {
        "input": words_per_beat(beat_bits, layer.input_bits),
        "output": words_per_beat(beat_bits, layer.output_bits),
        "residual": words_per_beat(beat_bits, layer.residual_bits) if layer.residual_bits else 1,
    }
    grains = {
        "input": math.gcd(layer.input_offset, layer.C // layer.input_runs if grouped else 0),
        "output": math.gcd(layer.output_offset, layer.K if grouped else 0),
        "residual": math.gcd(layer.residual_offset, layer.K if grouped else 0),
    }
    spreads = {f"{name}_spread": words[name] - math.gcd(grains[name], words[name]) for name in words}
    numbers: dict[str, int] = {name: getattr(layer, name) for name in (*_LOOPS, *_PLACES)}
    return LayerShape(
        form=form_of(layer),
        **numbers,
        **spreads,
        **{f"{name}_words": count for name, count in words.items()},
        weight_words=words_per_beat(beat_bits, layer.weight_bits),
        sum_words=max(1, words_per_beat(beat_bits, ACCUMULATOR_BITS)),
        kernel=layer.FY * layer.FX if layer.has_weights else 1,
        parameter_beats=-(-layer.out_channels * PARAMETER_BITS // beat_bits),
    )


def stack_shapes(layers: Sequence[Layer], repeats: Tensor, beat_bits: int) -> LayerShape:
    """Shapes of several layers of one form, each repeated for its tilings, as exact floats of one dimension."""
    shapes = [shape_of(layer, beat_bits) for layer in layers]
    numbers = {
        name: torch.tensor([getattr(shape, name) for shape in shapes], dtype=EXACT).repeat_interleave(repeats)
        for name in _NUMBERS
    }
    return LayerShape(form=shapes[0].form, **numbers)
