"""Whether a mapping fits its layer and its chunk."""

from cosearch.errors import MappingError
from cosearch.hardware.chunk import Chunk, ChunkKind
from cosearch.hardware.contract import ACCUMULATOR_BITS
from cosearch.hardware.mapping import PIXELS_OUTER, WEIGHTS_OUTER, Mapping, Tile
from cosearch.workload import Layer


def words_per_beat(beat_bits: int, word_bits: int) -> int:
    """Channels that one beat of the channel-blocked layout holds."""
    return beat_bits // word_bits


def input_rows(layer: Layer, out_rows: int) -> int:
    """Rows of the input that a tile of `out_rows` output rows can need at most."""
    return min(layer.IY, (out_rows - 1) * layer.stride_y + layer.FY)


def input_columns(layer: Layer, out_columns: int) -> int:
    """Columns of the input that a tile of `out_columns` output columns can need at most."""
    return min(layer.IX, (out_columns - 1) * layer.stride_x + layer.FX)


def tile_bits(layer: Layer, tile: Tile, chunk: Chunk) -> tuple[int, int, int]:
    """Bits of one bank that a tile takes of I, W and O; words are as wide as the chunk's, sums as accumulators.

    Buffers are built in rows as wide as the array reads them, and a tile takes whole rows: of I for every pixel, of W
    for every position of the kernel, of O for every output pixel.
    """
    rows, columns = input_rows(layer, tile.OY), input_columns(layer, tile.OX)
    input_words = _whole(tile.G * tile.C, input_row_words(chunk)) * rows * columns
    lanes = _whole(tile.G * tile.K, chunk.unroll.K)
    weight_words = lanes * _whole(tile.C, chunk.unroll.C) * layer.FY * layer.FX
    output_words = lanes * tile.OY * tile.OX
    return (
        input_words * chunk.activation_bits,
        weight_words * chunk.weight_bits,
        output_words * ACCUMULATOR_BITS,
    )


def input_row_words(chunk: Chunk) -> int:
    """Words in a row of the I buffer: what the array reads in a cycle."""
    words = {
        ChunkKind.STANDARD: chunk.unroll.C,
        ChunkKind.DEPTHWISE: chunk.unroll.K,
        ChunkKind.BOTH: max(chunk.unroll.K, chunk.unroll.C),
    }
    return words[chunk.kind]


def resident_bits(layer: Layer, chunk: Chunk) -> int:
    """Bits of the W buffer that all weights of a layer take where they are resident, in whole rows."""
    groups, lanes = (1, layer.G) if layer.is_depthwise else (layer.G, layer.K)
    words = groups * _whole(lanes, chunk.unroll.K) * _whole(layer.C, chunk.unroll.C) * layer.FY * layer.FX
    return words * chunk.weight_bits


def check_mapping(layer: Layer, mapping: Mapping, chunk: Chunk, beat_bits: int) -> None:
    """Refuse what the hardware could not run.

    Raises:
        MappingError: naming the first rule that is broken and the bound.
    """
    check_chunk(layer, chunk)
    tile = mapping.tile
    _check_bounds(layer, tile)
    if chunk.resident_weights:
        _check_whole_rows(layer, tile, chunk)
    _check_alignment(layer, tile, beat_bits)
    if mapping.loop_order not in (WEIGHTS_OUTER, PIXELS_OUTER):
        orders = " or ".join(",".join(order) for order in (WEIGHTS_OUTER, PIXELS_OUTER))
        raise MappingError(f"loop order {','.join(mapping.loop_order)} is not supported; use {orders}")
    needs = dict(zip("IWO", tile_bits(layer, tile, chunk), strict=True))
    for operand, need in needs.items():
        bound: int = getattr(chunk.capacity_bits, operand)
        if operand == "W" and chunk.resident_weights:
            continue  # all weights of all layers lie there; their sum is the accelerator's rule
        if need > bound:
            raise MappingError(
                f"{operand} tile of {need} bits does not fit the bank of {bound} bits; shrink the tile"
            )


def check_chunk(layer: Layer, chunk: Chunk) -> None:
    """Refuse a layer that a chunk could not run under any mapping, whatever its buffers.

    Raises:
        MappingError: naming the first rule that is broken and the bound.
    """
    if chunk.kind is ChunkKind.DEPTHWISE and not layer.is_depthwise:
        raise MappingError("is not depthwise, and a depthwise chunk runs nothing else; give it a standard chunk")
    if chunk.kind is ChunkKind.STANDARD and layer.is_depthwise:
        raise MappingError("is depthwise, which a standard chunk does not run; give it a depthwise or a both chunk")
    if layer.weight_bits > chunk.weight_bits or layer.input_bits > chunk.activation_bits:
        raise MappingError(
            f"{layer.weight_bits}-bit weights and {layer.input_bits}-bit inputs do not fit a chunk of "
            f"{chunk.weight_bits} and {chunk.activation_bits} bits; give it a wider chunk"
        )
    if layer.residual_bits > chunk.activation_bits:
        raise MappingError(
            f"a {layer.residual_bits}-bit residual does not fit a chunk of {chunk.activation_bits}-bit activations; "
            "give it a wider chunk"
        )
    if layer.output_bits > chunk.output_bits:
        raise MappingError(
            f"{layer.output_bits}-bit outputs exceed the {chunk.output_bits} bits of the chunk's store path; "
            "give it a wider one"
        )
    if layer.out_channels > chunk.max_channels:
        raise MappingError(
            f"{layer.out_channels} output channels exceed the {chunk.max_channels} of the chunk's parameter memory"
        )
    if layer.N != 1:
        raise MappingError(f"N={layer.N}; chunks run one image at a time, set N to 1")


def _check_bounds(layer: Layer, tile: Tile) -> None:
    for name in ("G", "K", "C", "OY", "OX"):
        size, bound = getattr(tile, name), getattr(layer, name)
        if size > bound:
            raise MappingError(f"tile {name}={size} exceeds the layer's {name}={bound}")
    if not layer.is_depthwise and tile.G != 1:
        raise MappingError(f"tile G={tile.G}; only depthwise layers tile G, set it to 1")
    for name, window in (("OY", layer.pool_y), ("OX", layer.pool_x)):
        size = getattr(tile, name)
        if size % window:
            raise MappingError(f"tile {name}={size} cuts the pooling window of {window}; use a multiple of {window}")


def _check_whole_rows(layer: Layer, tile: Tile, chunk: Chunk) -> None:
    """Resident weights lie in rows of the unrolling, from the layer's first channel on: a tile starts at a row."""
    lanes = "G" if layer.is_depthwise else "K"
    for name, unrolled in ((lanes, chunk.unroll.K), ("C", chunk.unroll.C)):
        size, bound = getattr(tile, name), getattr(layer, name)
        if size != bound and size % unrolled:
            raise MappingError(
                f"tile {name}={size} splits a row of resident weights; use a multiple of {unrolled} or all {bound}"
            )


def _whole(words: int, row_words: int) -> int:
    """Words of the rows that some words take."""
    return -(-words // row_words) * row_words


def _check_alignment(layer: Layer, tile: Tile, beat_bits: int) -> None:
    """A tile boundary inside a beat could not be stored without reading the beat back."""
    in_name = "G" if layer.is_depthwise else "C"
    out_name = "G" if layer.is_depthwise else "K"
    rules = [(in_name, layer.input_bits, "input"), (out_name, layer.output_bits, "output")]
    if layer.residual:
        rules.append((out_name, layer.residual_bits, "residual"))
    for name, bits, tensor in rules:
        size, bound, block = getattr(tile, name), getattr(layer, name), words_per_beat(beat_bits, bits)
        if block == 0:
            raise MappingError(f"a beat of {beat_bits} bits holds no {bits}-bit {tensor} word; use a wider port")
        if size != bound and size % block:
            raise MappingError(
                f"tile {name}={size} splits a beat of {block} {bits}-bit {tensor} channels; "
                f"use a multiple of {block} or all {bound}"
            )
