"""Tensors in memory: where every word lies."""

import numpy as np
import pytest

from cosearch.errors import HardwareError, UnsupportedLayerError
from cosearch.handoff.rtl import (
    check_layer,
    chunk_parameters,
    layer_program,
    memory_image,
    program_registers,
    random_tensors,
    read_output,
    verilog_sources,
)
from cosearch.hardware import (
    PIXELS_OUTER,
    WEIGHT_STATIONARY,
    WEIGHTS_OUTER,
    Capacity,
    Chunk,
    ChunkKind,
    DramPort,
    Mapping,
    Tile,
    Unroll,
)
from cosearch.simulate import simulate_layer
from cosearch.workload import IMAGE, Layer

PORT = DramPort(beat_bits=64, burst_latency_cycles=3, total_slots=64)
CHUNK = Chunk(
    kind=ChunkKind.STANDARD, weight_bits=8, activation_bits=8, unroll=Unroll(K=4, C=2),
    capacity_bits=Capacity(I=1 << 16, W=1 << 16, O=1 << 16), read_slots=8, write_slots=8, max_channels=64,
    output_bits=16,
)  # fmt: skip
LAYER = Layer(
    name="conv", source=IMAGE, K=20, C=10, OY=4, OX=5, FY=3, FX=3, IY=4, IX=5, padding_y=1, padding_x=1,
    weight_bits=5, input_bits=6, output_bits=7, residual=IMAGE, residual_bits=8,
)  # fmt: skip
MAPPING = Mapping(tile=Tile(K=16, C=10, OY=2, OX=5), loop_order=WEIGHTS_OUTER)


def word(image, beat, index, bits):
    value = sum(int(part) << (32 * place) for place, part in enumerate(image.beats[beat]))
    return (value >> (index * bits)) & ((1 << bits) - 1)


def test_every_tensor_lies_where_the_layout_says():
    tensors = random_tensors(LAYER, np.random.default_rng(0))
    image = memory_image(LAYER, MAPPING, tensors, PORT)
    # channel 9 of pixel (2, 3): the 10-word beats of block 0, row 2, column 3
    assert word(image, image.bases["I"] + 2 * 5 + 3, 9, 6) == tensors.inputs[9, 2, 3] % 64
    assert word(image, image.bases["R"] + (2 * 4 + 1) * 5 + 4, 3, 8) == tensors.residual[19, 1, 4] % 256
    # the second tile of lanes begins at a beat: 16 x 90 words of 12 a beat before it
    assert word(image, image.bases["W"] + 120, 7, 5) == tensors.weights[0, 16].reshape(-1)[7] % 32
    assert word(image, image.bases["P"] + 11, 0, 32) == tensors.bias[11] % 2**32
    assert image.out_beats == 3 * 20  # nine words a beat


def test_outputs_are_read_as_they_are_written():
    tensors = random_tensors(LAYER, np.random.default_rng(1))
    image = memory_image(LAYER, MAPPING, tensors, PORT)
    memory = image.beats.copy()
    beat = image.bases["O"] + 1 * 20 + 3 * 5 + 2  # channels 9 to 17 of pixel (3, 2)
    memory[beat] = [0b1000000 << 14, 0]  # the third word: channel 11
    found = read_output(LAYER, image, memory, is_signed=True)
    assert found[11, 3, 2] == -64
    assert np.count_nonzero(found) == 1
    assert read_output(LAYER, image, memory, is_signed=False)[11, 3, 2] == 64


def test_traffic_of_the_image_is_that_of_the_specification():
    tensors = random_tensors(LAYER, np.random.default_rng(2))
    whole = Mapping(tile=Tile(K=20, C=10, OY=4, OX=5), loop_order=WEIGHTS_OUTER)
    image = memory_image(LAYER, whole, tensors, PORT)
    beats = simulate_layer(LAYER, whole, CHUNK, PORT).beats
    assert len(image.beats) == sum(beats.values())


def test_the_program_has_a_value_for_every_register():
    tensors = random_tensors(LAYER, np.random.default_rng(0))
    image = memory_image(LAYER, MAPPING, tensors, PORT)
    registers = program_registers()
    program = layer_program(LAYER, MAPPING, tensors, PORT, image.bases)
    assert list(registers.values()) == list(range(len(program)))
    named = dict(zip(registers, program, strict=True))
    assert (named["M"], named["TILE_M"], named["I_WORDS"], named["O_WORDS"]) == (20, 16, 10, 9)
    assert named["PIXELS_OUTER"] == 0
    assert (named["W_ROW"], named["W_GROUP"]) == (120, 150)
    outer = layer_program(LAYER, MAPPING.model_copy(update={"loop_order": PIXELS_OUTER}), tensors, PORT, image.bases)
    assert dict(zip(registers, outer, strict=True))["PIXELS_OUTER"] == 1


def test_parameters_of_the_module():
    found = chunk_parameters(CHUNK, PORT, least_bits=4)
    assert (found.K, found.C, found.DEPTHWISE, found.WORDS, found.BEAT) == (4, 2, 0, 16, 64)
    assert (found.I_ROWS, found.W_ROWS, found.O_ROWS) == (4096, 1024, 512)
    assert verilog_sources()[0].name == "chunk.v"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "both"}, "the RTL has standard and depthwise chunks, none for both; split it"),
        ({"unroll": {"K": 2, "OX": 2}}, "the RTL unrolls K and C, not pixels or kernel columns"),
        ({"partial_sums": True}, "the RTL has neither partial sums in memory nor an activation table"),
    ],
)
def test_chunks_that_the_module_cannot_be(changes, message):
    with pytest.raises(HardwareError, match=message):
        chunk_parameters(Chunk.model_validate({**CHUNK.model_dump(), **changes}), PORT)
    with pytest.raises(HardwareError, match="a beat of 96 bits is no multiple of 64"):
        chunk_parameters(CHUNK, PORT.model_copy(update={"beat_bits": 96}))


@pytest.mark.parametrize(
    ("changes", "mapping", "message"),
    [
        ({"dilation_y": 2, "padding_y": 2}, {"OY": 4}, "conv: the RTL has no dilation"),
        ({"output_offset": 8}, {}, "conv: the RTL has no offsets in memory"),
        ({"activation": "relu6"}, {}, "conv: the RTL has no activations other than relu"),
        ({"G": 2}, {}, "conv: the RTL has no groups that begin inside a beat"),
    ],
)
def test_layers_that_the_module_does_not_run(changes, mapping, message):
    mapping = {"K": 20, **mapping}
    layer = Layer(**{**{name: getattr(LAYER, name) for name in LAYER.__dataclass_fields__}, **changes})
    tile = MAPPING.tile.model_copy(update=mapping)
    with pytest.raises(UnsupportedLayerError, match=message):
        check_layer(layer, Mapping(tile=tile, loop_order=WEIGHTS_OUTER), CHUNK, PORT)


def test_resident_weights_must_fit_and_orders_must_be_output_stationary():
    small = CHUNK.model_copy(
        update={"resident_weights": True, "capacity_bits": Capacity(I=1 << 16, W=1000, O=1 << 16)}
    )
    aligned = Mapping(tile=MAPPING.tile.model_copy(update={"K": 20}), loop_order=WEIGHTS_OUTER)
    with pytest.raises(HardwareError, match="conv: weights of 14400 bits exceed the W buffer"):
        check_layer(LAYER, aligned, small, PORT)
    wide = CHUNK.model_copy(update={"partial_sums": True})
    split = Mapping(tile=Tile(K=20, C=10, OY=2, OX=5), loop_order=WEIGHT_STATIONARY)
    with pytest.raises(UnsupportedLayerError, match="conv: the RTL has no orders with partial sums in memory"):
        check_layer(LAYER, split, wide, PORT)
