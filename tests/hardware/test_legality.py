from dataclasses import replace
from typing import Any

import pytest

from cosearch.errors import MappingError
from cosearch.hardware import (
    INPUT_STATIONARY,
    PIXELS_OUTER,
    WEIGHT_STATIONARY,
    WEIGHTS_OUTER,
    Capacity,
    Chunk,
    ChunkKind,
    Mapping,
    Tile,
    Unroll,
    check_mapping,
    resident_bits,
    splits_reduction,
    tile_bits,
    words_per_beat,
)
from cosearch.workload import IMAGE, Layer

CONV = Layer(
    name="conv",
    source=IMAGE,
    K=64,
    C=32,
    OY=14,
    OX=14,
    FY=3,
    FX=3,
    IY=28,
    IX=28,
    stride_y=2,
    stride_x=2,
    padding_y=1,
    padding_x=1,
    weight_bits=4,
    input_bits=8,
    output_bits=8,
)
DEPTHWISE = replace(CONV, G=64, K=1, C=1)
TILE = Tile(K=16, C=16, OY=7, OX=14)
CHUNK = Chunk(
    kind=ChunkKind.STANDARD,
    weight_bits=4,
    activation_bits=8,
    unroll=Unroll(K=16, C=8),
    capacity_bits=Capacity(I=16 * 15 * 28 * 8, W=16 * 16 * 9 * 4, O=16 * 7 * 14 * 32),
    read_slots=8,
    write_slots=4,
    max_channels=64,
    output_bits=32,
)
BEAT_BITS = 128


def changed(record: Any, **changes: Any) -> Any:
    return type(record).model_validate({**record.model_dump(), **changes})


def refusal(layer: Layer, tile: Tile, chunk: Chunk, beat_bits: int = BEAT_BITS) -> str:
    with pytest.raises(MappingError) as caught:
        check_mapping(layer, Mapping(tile=tile, loop_order=WEIGHTS_OUTER), chunk, beat_bits)
    return str(caught.value)


@pytest.mark.parametrize("order", [WEIGHTS_OUTER, PIXELS_OUTER])
def test_a_tile_that_fills_its_banks_is_legal(order: Any) -> None:
    bits = tile_bits(CONV, TILE, CHUNK)
    assert bits == (CHUNK.capacity_bits.I, CHUNK.capacity_bits.W, CHUNK.capacity_bits.O)
    check_mapping(CONV, Mapping(tile=TILE, loop_order=order), CHUNK, BEAT_BITS)


def test_an_input_tile_holds_stride_and_halo_but_never_more_than_the_input() -> None:
    one_row = tile_bits(CONV, changed(TILE, OY=1), CHUNK)[0]
    all_rows = tile_bits(CONV, changed(TILE, OY=14), CHUNK)[0]
    assert one_row == 16 * 3 * 28 * 8
    assert all_rows == 16 * 28 * 28 * 8  # 29 rows of windows, 28 of input


def test_words_in_a_bank_are_as_wide_as_the_chunk() -> None:
    wide = changed(CHUNK, weight_bits=8, activation_bits=16)
    narrow_i, narrow_w, narrow_o = tile_bits(CONV, TILE, CHUNK)
    assert tile_bits(CONV, TILE, wide) == (2 * narrow_i, 2 * narrow_w, narrow_o)


@pytest.mark.parametrize("operand", ["I", "W", "O"])
def test_a_tile_larger_than_its_bank_is_refused(operand: str) -> None:
    need = getattr(CHUNK.capacity_bits, operand)
    small = changed(CHUNK, capacity_bits={**CHUNK.capacity_bits.model_dump(), operand: need - 1})
    message = f"{operand} tile of {need} bits does not fit the bank of {need - 1} bits; shrink the tile"
    assert refusal(CONV, TILE, small) == message


def test_resident_weights_are_not_bound_by_a_tile() -> None:
    small = {**CHUNK.capacity_bits.model_dump(), "W": 1}
    resident = changed(CHUNK, capacity_bits=small, resident_weights=True)
    check_mapping(CONV, Mapping(tile=TILE, loop_order=WEIGHTS_OUTER), resident, BEAT_BITS)
    assert refusal(CONV, TILE, changed(resident, resident_weights=False)).startswith("W tile of 9216 bits")


@pytest.mark.parametrize("name", ["K", "C", "OY", "OX"])
def test_a_tile_stays_inside_its_layer(name: str) -> None:
    bound = getattr(CONV, name)
    tile = changed(TILE, **{name: bound + 1})
    assert refusal(CONV, tile, CHUNK) == f"tile {name}={bound + 1} exceeds the layer's {name}={bound}"


def test_only_depthwise_layers_tile_groups() -> None:
    grouped = replace(CONV, G=2, K=32, C=16)
    assert refusal(grouped, changed(TILE, G=2), CHUNK) == "tile G=2; only depthwise layers tile G, set it to 1"


@pytest.mark.parametrize(("name", "pool"), [("OY", "pool_y"), ("OX", "pool_x")])
def test_a_tile_does_not_cut_a_pooling_window(name: str, pool: str) -> None:
    pooled = replace(CONV, **{pool: 2})
    message = f"tile {name}=5 cuts the pooling window of 2; use a multiple of 2"
    assert refusal(pooled, changed(TILE, **{name: 5}), CHUNK) == message


def test_a_tile_does_not_split_a_beat() -> None:
    assert words_per_beat(BEAT_BITS, 6) == 21
    message = "tile C=8 splits a beat of 16 8-bit input channels; use a multiple of 16 or all 32"
    assert refusal(CONV, changed(TILE, C=8), CHUNK) == message
    message = "tile K=8 splits a beat of 16 8-bit output channels; use a multiple of 16 or all 64"
    assert refusal(CONV, changed(TILE, K=8), CHUNK) == message
    six = replace(CONV, residual="a", residual_bits=6)
    message = "tile K=16 splits a beat of 21 6-bit residual channels; use a multiple of 21 or all 64"
    assert refusal(six, TILE, CHUNK) == message


def test_all_channels_may_end_inside_a_beat() -> None:
    narrow = replace(CONV, K=10, C=3)
    check_mapping(narrow, Mapping(tile=changed(TILE, K=10, C=3), loop_order=WEIGHTS_OUTER), CHUNK, BEAT_BITS)


def test_depthwise_tiles_align_their_groups() -> None:
    both = changed(CHUNK, kind="both")
    message = "tile G=8 splits a beat of 16 8-bit input channels; use a multiple of 16 or all 64"
    assert refusal(DEPTHWISE, Tile(G=8, OY=7, OX=14), both) == message
    check_mapping(DEPTHWISE, Mapping(tile=Tile(G=16, OY=7, OX=14), loop_order=WEIGHTS_OUTER), both, BEAT_BITS)


def test_a_beat_holds_at_least_one_word() -> None:
    wide = replace(CONV, output_bits=32)
    message = "a beat of 16 bits holds no 32-bit output word; use a wider port"
    assert refusal(wide, TILE, CHUNK, beat_bits=16) == message


def test_a_depthwise_chunk_runs_depthwise_layers_only() -> None:
    chunk = changed(CHUNK, kind="depthwise", unroll={"K": 16})
    message = "is not depthwise, and a depthwise chunk runs nothing else; give it a standard chunk"
    assert refusal(CONV, TILE, chunk) == message
    check_mapping(DEPTHWISE, Mapping(tile=Tile(G=16, OY=7, OX=14), loop_order=WEIGHTS_OUTER), chunk, BEAT_BITS)


def test_a_standard_chunk_refuses_depthwise_layers() -> None:
    message = "is depthwise, which a standard chunk does not run; give it a depthwise or a both chunk"
    assert refusal(DEPTHWISE, Tile(G=16, OY=7, OX=14), CHUNK) == message


@pytest.mark.parametrize("changes", [{"weight_bits": 6}, {"input_bits": 10}])
def test_a_layer_runs_on_equal_or_wider_bits(changes: dict[str, int]) -> None:
    layer = replace(CONV, **changes)
    message = (
        f"{layer.weight_bits}-bit weights and {layer.input_bits}-bit inputs do not fit a chunk of 4 and 8 bits; "
        "give it a wider chunk"
    )
    assert refusal(layer, TILE, CHUNK) == message
    wide = changed(CHUNK, weight_bits=8, activation_bits=10, capacity_bits={"I": 10**6, "W": 10**6, "O": 10**6})
    tile = changed(TILE, C=32)
    check_mapping(layer, Mapping(tile=tile, loop_order=WEIGHTS_OUTER), wide, BEAT_BITS)


def test_residuals_and_outputs_fit_the_store_path() -> None:
    wide = replace(CONV, residual="a", residual_bits=16)
    message = "a 16-bit residual does not fit a chunk of 8-bit activations; give it a wider chunk"
    assert refusal(wide, TILE, CHUNK) == message
    message = "8-bit outputs exceed the 7 bits of the chunk's store path; give it a wider one"
    assert refusal(CONV, TILE, changed(CHUNK, output_bits=7)) == message
    check_mapping(CONV, Mapping(tile=TILE, loop_order=WEIGHTS_OUTER), changed(CHUNK, output_bits=8), BEAT_BITS)


def test_a_tile_takes_whole_rows() -> None:
    thin = replace(CONV, C=3, K=20)
    tile = changed(TILE, C=3, K=20)
    assert tile_bits(thin, tile, CHUNK) == (8 * 15 * 28 * 8, 32 * 8 * 9 * 4, 32 * 7 * 14 * 32)
    both = changed(CHUNK, kind="both")
    assert tile_bits(thin, tile, both)[0] == 16 * 15 * 28 * 8  # rows as wide as the lanes, for depthwise layers
    depthwise = tile_bits(replace(DEPTHWISE, G=20), Tile(G=20, OY=7, OX=14), both)
    assert depthwise == (32 * 15 * 28 * 8, 32 * 8 * 9 * 4, 32 * 7 * 14 * 32)


def test_resident_weights_lie_in_whole_rows() -> None:
    resident = changed(CHUNK, resident_weights=True, unroll={"K": 24, "C": 8})
    roomy = changed(resident, capacity_bits={"I": 10**6, "W": 1, "O": 10**6})
    message = "tile K=16 splits a row of resident weights; use a multiple of 24 or all 64"
    assert refusal(CONV, TILE, roomy) == message
    check_mapping(CONV, Mapping(tile=changed(TILE, K=64), loop_order=WEIGHTS_OUTER), roomy, BEAT_BITS)
    assert resident_bits(CONV, resident) == 72 * 32 * 9 * 4
    assert resident_bits(replace(CONV, G=2, K=25, C=9), resident) == 2 * 48 * 16 * 9 * 4
    both = changed(resident, kind="both")
    assert resident_bits(DEPTHWISE, both) == 72 * 8 * 9 * 4


def test_the_parameter_memory_bounds_the_channels() -> None:
    message = "64 output channels exceed the 63 of the chunk's parameter memory"
    assert refusal(CONV, TILE, changed(CHUNK, max_channels=63)).startswith(message)


def test_one_image_at_a_time() -> None:
    assert refusal(replace(CONV, N=2), TILE, CHUNK) == "N=2; chunks run one image at a time, set N to 1"


def test_other_loop_orders_are_refused() -> None:
    mapping = Mapping(tile=TILE, loop_order=("G", "C", "K", "OY", "OX"))
    with pytest.raises(MappingError) as caught:
        check_mapping(CONV, mapping, CHUNK, BEAT_BITS)
    assert str(caught.value) == (
        "loop order G,C,K,OY,OX is not supported; use G,K,OY,OX,C or G,OY,OX,K,C or G,K,C,OY,OX or G,OY,OX,C,K"
    )


ROOMY = changed(CHUNK, capacity_bits={"I": 1 << 30, "W": 1 << 30, "O": 1 << 30}, partial_sums=True)


@pytest.mark.parametrize(
    ("layer", "tile", "message"),
    [
        (
            replace(CONV, FY=7, padding_y=3, IY=27),
            changed(TILE, OY=13),
            "tile OY=13, the last 1, lies in the padding; use at least 2, for the last too",
        ),
        (
            replace(CONV, FX=7, padding_x=3, stride_x=1, OX=28),
            changed(TILE, OX=2),
            "tile OX=2, the last 2, lies in the padding; use at least 3, for the last too",
        ),
    ],
)
def test_only_the_first_and_the_last_tile_reach_into_the_padding(layer: Layer, tile: Tile, message: str) -> None:
    with pytest.raises(MappingError, match=message):
        check_mapping(layer, Mapping(tile=tile, loop_order=WEIGHTS_OUTER), ROOMY, BEAT_BITS)


@pytest.mark.parametrize("order", [WEIGHT_STATIONARY, INPUT_STATIONARY])
def test_orders_with_partial_sums(order: Any) -> None:
    mapping = Mapping(tile=TILE, loop_order=order)
    check_mapping(CONV, mapping, ROOMY, BEAT_BITS)
    with pytest.raises(MappingError, match="with tile C=16 stores partial sums; set the chunk's partial_sums"):
        check_mapping(CONV, mapping, changed(ROOMY, partial_sums=False), BEAT_BITS)
    whole = Mapping(tile=changed(TILE, C=32), loop_order=order)
    check_mapping(CONV, whole, changed(ROOMY, partial_sums=False), BEAT_BITS)  # nothing is split
    assert not splits_reduction(CONV, whole)
    tile = changed(TILE, OY=14, K=64)
    with pytest.raises(MappingError, match=r"needs several tiles along (OX or OY|K) between two reduction steps"):
        check_mapping(CONV, Mapping(tile=tile, loop_order=order), ROOMY, BEAT_BITS)


def test_partial_sums_are_stored_in_whole_beats() -> None:
    layer = replace(CONV, K=18, output_bits=32)
    mapping = Mapping(tile=changed(TILE, K=6), loop_order=WEIGHT_STATIONARY)
    with pytest.raises(MappingError, match="tile K=6 splits a beat of 4 32-bit output channels"):
        check_mapping(layer, mapping, ROOMY, BEAT_BITS)


def test_pixels_in_parallel_widen_the_rows() -> None:
    chunk = changed(CHUNK, unroll={"K": 16, "OX": 4})
    # 15 x 28 input pixels, 4 at once; 16 channels one by one. 7 rows of 14 pixels in 4 passes each.
    assert tile_bits(CONV, TILE, chunk) == (16 * 420 * 8, 16 * 16 * 9 * 4, 16 * 7 * 4 * 4 * 32)
    fused = changed(CHUNK, unroll={"K": 16, "OYOX": 4})
    assert tile_bits(CONV, TILE, fused)[2] == 16 * 25 * 4 * 32  # 98 pixels in 25 passes
    columns = changed(CHUNK, unroll={"FX": 2, "C": 8, "K": 1})
    assert tile_bits(CONV, TILE, columns)[1] == 16 * 16 * 3 * 4 * 4  # three columns take two passes of two


def test_what_only_some_chunks_can_do() -> None:
    swish = replace(CONV, activation="swish")
    with pytest.raises(MappingError, match="swish is looked up, and the chunk's store path has no table"):
        check_mapping(swish, Mapping(tile=TILE, loop_order=WEIGHTS_OUTER), CHUNK, BEAT_BITS)
    check_mapping(
        swish, Mapping(tile=TILE, loop_order=WEIGHTS_OUTER), changed(CHUNK, activation_table=True), BEAT_BITS
    )
    scaled = Layer(
        name="scaled", source=IMAGE, op="multiply", scale="gate", G=64, K=1, C=1, OY=8, OX=8, IY=8, IX=8,
        weight_bits=4, input_bits=8, output_bits=8,
    )  # fmt: skip
    resident = changed(ROOMY, kind=ChunkKind.BOTH, resident_weights=True)
    with pytest.raises(MappingError, match="its scale changes with every image"):
        check_mapping(scaled, Mapping(tile=Tile(G=64, OY=8, OX=8), loop_order=WEIGHTS_OUTER), resident, BEAT_BITS)
    assert resident_bits(scaled, resident) == 0
