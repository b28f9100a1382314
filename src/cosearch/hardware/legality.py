"""Whether a mapping fits its layer and its chunk."""

from cosearch.errors import MappingError
from cosearch.hardware.chunk import Chunk, ChunkKind, Unroll
from cosearch.hardware.contract import ACCUMULATOR_BITS
from cosearch.hardware.mapping import (
    LOOP_ORDERS,
    OUTPUT_STATIONARY,
    WEIGHT_STATIONARY,
    WEIGHTS_OUTER,
    Mapping,
    Tile,
)
from cosearch.workload import Layer


def words_per_beat(beat_bits: int, word_bits: int) -> int:
    """Channels that one beat of the channel-blocked layout holds."""
    return beat_bits // word_bits


def input_rows(layer: Layer, out_rows: int) -> int:
    """Rows of the input that a tile of `out_rows` output rows can need at most."""
    return min(layer.IY, (out_rows - 1) * layer.stride_y + layer.window_y)


def input_columns(layer: Layer, out_columns: int) -> int:
    """Columns of the input that a tile of `out_columns` output columns can need at most."""
    return min(layer.IX, (out_columns - 1) * layer.stride_x + layer.window_x)


def pixel_rounds(rows: int, columns: int, unroll: Unroll) -> int:
    """Cycles in which an array passes over the output pixels of a tile, one position of the kernel each."""
    return rows * -(-columns // unroll.OX) if unroll.OYOX == 1 else -(-rows * columns // unroll.OYOX)


def tile_bits(layer: Layer, tile: Tile, chunk: Chunk) -> tuple[int, int, int]:
    """Bits of one bank that a tile takes of I, W and O; words are as wide as the chunk's, sums as accumulators.

    Buffers are built in rows as wide as the array reads them, and a tile takes whole rows: of I for all pixels that
    are read at once, of W for every position of the kernel, of O for all output pixels that are summed at once.
    """
    unroll = chunk.unroll
    pixels = input_rows(layer, tile.OY) * input_columns(layer, tile.OX)
    input_words = _whole(tile.G * tile.C, input_row_channels(chunk)) * _whole(pixels, unroll.pixels * unroll.FX)
    lanes = _whole(tile.G * tile.K, unroll.K)
    weight_words = lanes * _whole(tile.C, unroll.C) * _kernel_words(layer, unroll)
    output_words = lanes * pixel_rounds(tile.OY, tile.OX, unroll) * unroll.pixels
    return (
        input_words * chunk.activation_bits,
        weight_words * chunk.weight_bits,
        output_words * ACCUMULATOR_BITS,
    )


def input_row_channels(chunk: Chunk) -> int:
    """Channels in a row of the I buffer: what the array reads of a pixel in a cycle."""
    channels = {
        ChunkKind.STANDARD: chunk.unroll.C,
        ChunkKind.DEPTHWISE: chunk.unroll.K,
        ChunkKind.BOTH: max(chunk.unroll.K, chunk.unroll.C),
    }
    return channels[chunk.kind]


def resident_bits(layer: Layer, chunk: Chunk) -> int:
    """Bits of the W buffer that all weights of a layer take where they are resident, in whole rows."""
    if not layer.has_weights:
        return 0
    groups, lanes = (1, layer.G) if layer.is_depthwise else (layer.G, layer.K)
    words = groups * _whole(lanes, chunk.unroll.K) * _whole(layer.C, chunk.unroll.C)
    return words * _kernel_words(layer, chunk.unroll) * chunk.weight_bits


def _kernel_words(layer: Layer, unroll: Unroll) -> int:
    """Positions of the kernel that a lane's rows of W hold for each input channel."""
    if layer.op == "multiply":
        return unroll.FX
    return layer.FY * _whole(layer.FX, unroll.FX) if layer.has_weights else 0


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
    _check_windows(layer, tile)
    _check_order(layer, mapping, chunk)
    _check_alignment(layer, mapping, beat_bits)
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
    if layer.needs_table and not chunk.activation_table:
        raise MappingError(
            f"{layer.activation} is looked up, and the chunk's store path has no table; set activation_table"
        )
    if layer.op == "multiply" and chunk.resident_weights:
        raise MappingError("its scale changes with every image; give it a chunk that streams its weights")
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


def shortest_tile(layer: Layer) -> tuple[int, int]:
    """Output rows and columns of which every tile of several must have as many, the last one too.

    Then only the first and the last tile reach into the padding, and all between read windows of one size.
    """
    return (
        _shortest(layer.OY, layer.stride_y, layer.padding_y, layer.window_y, layer.IY),
        _shortest(layer.OX, layer.stride_x, layer.padding_x, layer.window_x, layer.IX),
    )


def _shortest(bound: int, stride: int, padding: int, window: int, in_bound: int) -> int:
    overhang = (bound - 1) * stride - padding + window - in_bound
    return max(1, -(-max(padding, overhang) // stride))


def _check_windows(layer: Layer, tile: Tile) -> None:
    for name, least in zip(("OY", "OX"), shortest_tile(layer), strict=True):
        size, bound = getattr(tile, name), getattr(layer, name)
        last = bound - (-(-bound // size) - 1) * size
        if size < bound and min(size, last) < least:
            raise MappingError(
                f"tile {name}={size}, the last {last}, lies in the padding; use at least {least}, for the last too"
            )


def _check_order(layer: Layer, mapping: Mapping, chunk: Chunk) -> None:
    """Refuse an order that is none, or that splits a reduction where nothing can add it up again."""
    if mapping.loop_order not in LOOP_ORDERS:
        orders = " or ".join(",".join(order) for order in LOOP_ORDERS)
        raise MappingError(f"loop order {','.join(mapping.loop_order)} is not supported; use {orders}")
    tile = mapping.tile
    if mapping.loop_order in OUTPUT_STATIONARY or tile.C == layer.C:
        return
    order = ",".join(mapping.loop_order)
    if not chunk.partial_sums:
        raise MappingError(
            f"loop order {order} with tile C={tile.C} stores partial sums; set the chunk's partial_sums"
        )
    inner = {"OY", "OX"} if mapping.loop_order == WEIGHT_STATIONARY else {"K"}
    if all(getattr(tile, name) == getattr(layer, name) for name in inner):
        raise MappingError(
            f"loop order {order} needs several tiles along {' or '.join(sorted(inner))} between two reduction steps "
            f"of an output; use {','.join(WEIGHTS_OUTER)}"
        )


def _check_alignment(layer: Layer, mapping: Mapping, beat_bits: int) -> None:
    """A tile boundary inside a beat could not be stored without reading the beat back."""
    tile = mapping.tile
    in_name = "G" if layer.is_depthwise else "C"
    out_name = "G" if layer.is_depthwise else "K"
    rules = [(in_name, layer.input_bits, "input"), (out_name, layer.output_bits, "output")]
    if layer.residual:
        rules.append((out_name, layer.residual_bits, "residual"))
    if splits_reduction(layer, mapping):
        rules.append((out_name, ACCUMULATOR_BITS, "partial sum"))
    for name, bits, tensor in rules:
        size, bound, block = getattr(tile, name), getattr(layer, name), words_per_beat(beat_bits, bits)
        if block == 0:
            raise MappingError(f"a beat of {beat_bits} bits holds no {bits}-bit {tensor} word; use a wider port")
        if size != bound and size % block:
            raise MappingError(
                f"tile {name}={size} splits a beat of {block} {bits}-bit {tensor} channels; "
                f"use a multiple of {block} or all {bound}"
            )


def splits_reduction(layer: Layer, mapping: Mapping) -> bool:
    """Whether partial sums go to memory and come back."""
    return mapping.loop_order not in OUTPUT_STATIONARY and mapping.tile.C < layer.C
