"""Tensors in the memory behind the port, as docs/timing.md lays them out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosearch.handoff.rtl.golden import Ints, Tensors
from cosearch.handoff.rtl.program import weight_beats
from cosearch.hardware import DramPort, Mapping, words_per_beat
from cosearch.workload import PARAMETER_BITS, Layer

Bits = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MemoryImage:
    """All of the memory that a layer touches.

    Attributes:
        beats: [beats, 32-bit words of a beat], uint32.
        bases: First beat of the tensors P, W, I, R and O.
        out_beats: Beats of the output.
    """

    beats: NDArray[np.uint32]
    bases: dict[str, int]
    out_beats: int


def memory_image(layer: Layer, mapping: Mapping, tensors: Tensors, port: DramPort) -> MemoryImage:
    """Parameters, weights, inputs, residual and room for the output, one behind the other."""
    parts: dict[str, Bits] = {
        "P": _parameters(tensors, port),
        "W": _weights(layer, mapping, tensors.weights, port),
        "I": _features(tensors.inputs, layer.input_bits, port),
    }
    parts["R"] = (
        np.zeros((0, port.beat_bits), np.bool_)
        if tensors.residual is None
        else _features(tensors.residual, layer.residual_bits, port)
    )
    out = (layer.out_channels, layer.OY // layer.pool_y, layer.OX // layer.pool_x)
    parts["O"] = np.zeros((_num_beats(out, layer.output_bits, port), port.beat_bits), np.bool_)
    bases: dict[str, int] = {}
    at = 0
    for name, bits in parts.items():
        bases[name] = at
        at += len(bits)
    bits = np.concatenate(list(parts.values()))
    packed = np.packbits(bits, axis=1, bitorder="little").view("<u4")
    return MemoryImage(beats=packed.astype(np.uint32), bases=bases, out_beats=len(parts["O"]))


def read_output(layer: Layer, image: MemoryImage, memory: NDArray[np.uint32], *, is_signed: bool) -> Ints:
    """The output that lies in a memory, [output channels, OY / pool_y, OX / pool_x]."""
    beats = memory[image.bases["O"] : image.bases["O"] + image.out_beats]
    bits = np.unpackbits(np.ascontiguousarray(beats).view(np.uint8), axis=1, bitorder="little").astype(np.int64)
    width = layer.output_bits
    words = bits.shape[1] // width
    values = bits[:, : words * width].reshape(len(bits), words, width) @ (np.int64(1) << np.arange(width))
    if is_signed:
        values = np.where(values >= 1 << (width - 1), values - (1 << width), values)
    rows, columns = layer.OY // layer.pool_y, layer.OX // layer.pool_x
    blocks = values.reshape(-1, rows, columns, words).transpose(0, 3, 1, 2)
    return blocks.reshape(-1, rows, columns)[: layer.out_channels]


def _parameters(tensors: Tensors, port: DramPort) -> Bits:
    """64 bits a channel: bias in the low 32, then the multiplier in 18, then the shift."""
    low, high = np.int64(0xFFFFFFFF), np.int64(0x3FFFF)
    words = (tensors.bias & low) | ((tensors.multiplier & high) << 32) | (tensors.shift << 50)
    return _in_beats(_bits_of(words, PARAMETER_BITS).reshape(-1), port)


def _weights(layer: Layer, mapping: Mapping, weights: Ints, port: DramPort) -> Bits:
    """Tile by tile in the order of reading; each begins a beat."""
    tile = mapping.tile
    if layer.is_depthwise:
        weights = weights.reshape(1, layer.G, 1, layer.FY, layer.FX)
    tile_lanes = tile.G if layer.is_depthwise else tile.K
    parts: list[Bits] = []
    for group in weights:
        for m in range(0, group.shape[0], tile_lanes):
            for c in range(0, group.shape[1], tile.C):
                words = group[m : m + tile_lanes, c : c + tile.C].reshape(-1)
                parts.append(_words_in_beats(words, layer.weight_bits, port))
    found = np.concatenate(parts)
    assert len(found) == weight_beats(layer, mapping, port)[1] * len(weights)
    return found


def _features(values: Ints, bits: int, port: DramPort) -> Bits:
    """Channel-blocked: blocks, then rows, then columns; a beat holds one block of one pixel."""
    channels, rows, columns = values.shape
    block = words_per_beat(port.beat_bits, bits)
    blocks = -(-channels // block)
    padded = np.zeros((blocks * block, rows, columns), np.int64)
    padded[:channels] = values
    by_pixel = padded.reshape(blocks, block, rows, columns).transpose(0, 2, 3, 1)
    return _words_in_beats(by_pixel.reshape(-1), bits, port)


def _words_in_beats(words: Ints, bits: int, port: DramPort) -> Bits:
    """As many whole words as a beat holds; the rest of it is zeros."""
    block = words_per_beat(port.beat_bits, bits)
    padded = np.zeros(-(-len(words) // block) * block, np.int64)
    padded[: len(words)] = words
    found = np.zeros((len(padded) // block, port.beat_bits), np.bool_)
    found[:, : block * bits] = _bits_of(padded, bits).reshape(-1, block * bits)
    return found


def _in_beats(bits: Bits, port: DramPort) -> Bits:
    padded = np.zeros(-(-len(bits) // port.beat_bits) * port.beat_bits, np.bool_)
    padded[: len(bits)] = bits
    return padded.reshape(-1, port.beat_bits)


def _bits_of(words: Ints, width: int) -> Bits:
    """Lowest bit first, [words, width]."""
    return ((words[:, None] >> np.arange(width)) & 1).astype(np.bool_)


def _num_beats(shape: tuple[int, int, int], bits: int, port: DramPort) -> int:
    return -(-shape[0] // words_per_beat(port.beat_bits, bits)) * shape[1] * shape[2]
