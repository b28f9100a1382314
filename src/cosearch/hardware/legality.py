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
    """Bits of one bank that a tile takes of I, W and O; words are as wide as the chunk's, sums as accumulators."""
    rows, columns = input_rows(layer, tile.OY), input_columns(layer, tile.OX)
    input_words = tile.G * tile.C * rows * columns
    weight_words = tile.G * tile.K * tile.C * layer.FY * layer.FX
    output_words = tile.G * tile.K * tile.OY * tile.OX
    return (
        input_words * chunk.activation_bits,
        weight_words * chunk.weight_bits,
        output_words * ACCUMULATOR_BITS,
    )


def check_mapping(layer: Layer, mapping: Mapping, chunk: Chunk, beat_bits: int) -> None:
    """Refuse what the hardware could not run.

    Raises:
        MappingError: naming the first rule that is broken and the bound.
    """
    _check_chunk(layer, chunk)
    tile = mapping.tile
    _check_bounds(layer, tile)
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


def _check_chunk(layer: Layer, chunk: Chunk) -> None:
    if chunk.kind is ChunkKind.DEPTHWISE and not layer.is_depthwise:
        raise MappingError("is not depthwise, and a depthwise chunk runs nothing else; give it a standard chunk")
    if chunk.kind is ChunkKind.STANDARD and layer.is_depthwise:
        raise MappingError("is depthwise, which a standard chunk does not run; give it a depthwise or a both chunk")
    if layer.weight_bits > chunk.weight_bits or layer.input_bits > chunk.activation_bits:
        raise MappingError(
            f"{layer.weight_bits}-bit weights and {layer.input_bits}-bit inputs do not fit a chunk of "
            f"{chunk.weight_bits} and {chunk.activation_bits} bits; give it a wider chunk"
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
