"""What a layer must come to: plain integer arithmetic on whole tensors, without tiles, bits of beats or time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosearch.workload import Layer

Ints = NDArray[np.int64]

MULTIPLIER_BITS = 18
"""Of the requantisation, with its sign."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tensors:
    """Operands of one layer.

    Attributes:
        inputs: [channels, IY, IX].
        weights: [groups, K, C, FY, FX]; of a depthwise layer [channels, 1, 1, FY, FX].
        bias, multiplier, shift: [output channels].
        residual: [output channels, OY, OX], or None.
        residual_shift: How far the residual is shifted left before it is added.
        relu, pool_sum: Whether negative sums are clipped; whether a pooling window is summed.
        signed_inputs, signed_outputs, signed_residual: Whether words have a sign.
    """

    inputs: Ints
    weights: Ints
    bias: Ints
    multiplier: Ints
    shift: Ints
    residual: Ints | None
    residual_shift: int
    relu: bool
    pool_sum: bool
    signed_inputs: bool
    signed_outputs: bool
    signed_residual: bool


def golden_output(layer: Layer, tensors: Tensors) -> Ints:
    """The stored output, [output channels, OY / pool_y, OX / pool_x]."""
    sums = _convolve(layer, tensors) + tensors.bias[:, None, None]
    if tensors.residual is not None:
        sums = sums + (tensors.residual << tensors.residual_shift)
    if tensors.relu:
        sums = np.maximum(sums, 0)
    channels = layer.out_channels
    windows = sums.reshape(channels, layer.OY // layer.pool_y, layer.pool_y, layer.OX // layer.pool_x, layer.pool_x)
    pooled = windows.sum(axis=(2, 4)) if tensors.pool_sum else windows.max(axis=(2, 4))
    scaled = pooled * tensors.multiplier[:, None, None]
    shift = tensors.shift[:, None, None]
    rounded = (scaled + (np.int64(1) << (shift - 1))) >> shift
    low, high = word_range(layer.output_bits, is_signed=tensors.signed_outputs)
    return np.clip(rounded, low, high)


def _convolve(layer: Layer, tensors: Tensors) -> Ints:
    """Sums of products, [output channels, OY, OX]."""
    padded = np.zeros(
        (layer.in_channels, layer.IY + layer.padding_y + layer.FY, layer.IX + layer.padding_x + layer.FX)
    )
    padded = padded.astype(np.int64)
    padded[:, layer.padding_y : layer.padding_y + layer.IY, layer.padding_x : layer.padding_x + layer.IX] = (
        tensors.inputs
    )
    grouped = padded.reshape(layer.G, layer.C, *padded.shape[1:])
    sums = np.zeros((layer.G, layer.K, layer.OY, layer.OX), np.int64)
    for fy in range(layer.FY):
        for fx in range(layer.FX):
            rows = slice(fy, fy + (layer.OY - 1) * layer.stride_y + 1, layer.stride_y)
            columns = slice(fx, fx + (layer.OX - 1) * layer.stride_x + 1, layer.stride_x)
            pixels = grouped[:, :, rows, columns]
            sums += np.einsum("gkc,gcyx->gkyx", tensors.weights[:, :, :, fy, fx], pixels)
    return sums.reshape(layer.out_channels, layer.OY, layer.OX)


def word_range(bits: int, *, is_signed: bool) -> tuple[int, int]:
    """Least and largest word of a width."""
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if is_signed else (0, (1 << bits) - 1)


def random_tensors(layer: Layer, rng: np.random.Generator) -> Tensors:
    """Operands whose outputs vary, unless there is one alone: multipliers are chosen from the spread of the sums.

    Args:
        layer: A convolution or fully connected layer.
        rng: Source of chance.
    """
    while True:
        tensors = _drawn_tensors(layer, rng)
        outputs = golden_output(layer, tensors)
        if outputs.size == 1 or outputs.std() > 0:
            return tensors


def _drawn_tensors(layer: Layer, rng: np.random.Generator) -> Tensors:
    signed_in, signed_out, signed_residual = (bool(rng.integers(2)) for _ in range(3))

    def words(bits: int, shape: tuple[int, ...], *, is_signed: bool) -> Ints:
        low, high = word_range(bits, is_signed=is_signed)
        return rng.integers(low, high, shape, endpoint=True, dtype=np.int64)

    inputs = words(layer.input_bits, (layer.in_channels, layer.IY, layer.IX), is_signed=signed_in)
    weights = words(layer.weight_bits, (layer.G, layer.K, layer.C, layer.FY, layer.FX), is_signed=True)
    residual = None
    if layer.residual is not None:
        shape = (layer.out_channels, layer.OY, layer.OX)
        residual = words(layer.residual_bits, shape, is_signed=signed_residual)
    channels = layer.out_channels
    plain = Tensors(
        inputs=inputs,
        weights=weights,
        bias=np.zeros(channels, np.int64),
        multiplier=np.ones(channels, np.int64),
        shift=np.ones(channels, np.int64),
        residual=None,
        residual_shift=0,
        relu=False,
        pool_sum=False,
        signed_inputs=signed_in,
        signed_outputs=signed_out,
        signed_residual=signed_residual,
    )
    spread = max(4.0, float(_convolve(layer, plain).std()))
    pool_sum = bool(rng.integers(2)) and layer.pool_y * layer.pool_x > 1
    reach = spread * (layer.pool_y * layer.pool_x if pool_sum else 1)
    shift = 30
    scale = (1 << layer.output_bits) / (4 * reach) * (1 << shift)
    while scale >= (1 << (MULTIPLIER_BITS - 1)) and shift > 1:
        scale, shift = scale / 2, shift - 1
    multiplier = max(1, int(min(scale, (1 << (MULTIPLIER_BITS - 1)) - 1)))
    residual_shift = 0
    if residual is not None:
        residual_shift = max(0, min(15, int(np.log2(spread)) - layer.residual_bits + 1))
    return Tensors(
        inputs=inputs,
        weights=weights,
        bias=rng.integers(-int(spread), int(spread), channels, endpoint=True, dtype=np.int64),
        multiplier=np.maximum(1, multiplier - rng.integers(0, max(1, multiplier // 4), channels, dtype=np.int64)),
        shift=np.full(channels, shift, np.int64),
        residual=residual,
        residual_shift=residual_shift,
        relu=bool(rng.integers(2)),
        pool_sum=pool_sum,
        signed_inputs=signed_in,
        signed_outputs=signed_out,
        signed_residual=signed_residual,
    )
