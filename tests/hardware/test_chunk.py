from typing import Any

import pytest
from pydantic import ValidationError

from cosearch.hardware import FRAME_SLOTS, Capacity, Chunk, ChunkKind, Unroll

CHUNK: dict[str, Any] = {
    "kind": "standard",
    "weight_bits": 4,
    "activation_bits": 8,
    "unroll": {"K": 8, "C": 4},
    "capacity_bits": {"I": 4096, "W": 2048, "O": 8192},
    "read_slots": 12,
    "write_slots": 4,
    "max_channels": 64,
    "output_bits": 32,
}


def test_a_chunk_is_read_from_plain_data() -> None:
    chunk = Chunk.model_validate(CHUNK)
    assert chunk.kind is ChunkKind.STANDARD
    assert chunk.unroll == Unroll(K=8, C=4)
    assert chunk.capacity_bits == Capacity(I=4096, W=2048, O=8192)
    assert not chunk.resident_weights


@pytest.mark.parametrize(
    "changes",
    [
        {"weight_bits": 1, "activation_bits": 1},
        {"weight_bits": 16, "activation_bits": 16},
        {"read_slots": 1, "write_slots": 1},
        {"read_slots": FRAME_SLOTS, "write_slots": FRAME_SLOTS},
        {"unroll": {"K": 1, "C": 1}, "capacity_bits": {"I": 1, "W": 1, "O": 1}, "max_channels": 1},
    ],
)
def test_the_ends_of_every_range_are_possible(changes: dict[str, Any]) -> None:
    chunk, expected = Chunk.model_validate({**CHUNK, **changes}), Chunk.model_validate(CHUNK)
    for name, value in changes.items():
        kind = type(getattr(expected, name))
        assert getattr(chunk, name) == (kind(**value) if isinstance(value, dict) else value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "dense"}, "Input should be 'standard', 'depthwise' or 'both'"),
        ({"weight_bits": 17}, "less than or equal to 16"),
        ({"activation_bits": 0}, "greater than or equal to 1"),
        ({"unroll": {"K": 0}}, "greater than or equal to 1"),
        ({"capacity_bits": {"I": 1, "W": 1, "O": 0}}, "greater than or equal to 1"),
        ({"read_slots": FRAME_SLOTS + 1}, "less than or equal to 64"),
        ({"write_slots": 0}, "greater than or equal to 1"),
        ({"max_channels": 0}, "greater than or equal to 1"),
        ({"kind": "depthwise"}, "a depthwise chunk unrolls channels only; set unroll.C=4 to 1"),
    ],
)
def test_an_impossible_chunk_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Chunk.model_validate({**CHUNK, **changes})
    assert message in str(caught.value)


def test_a_depthwise_chunk_has_lanes_only() -> None:
    chunk = Chunk.model_validate({**CHUNK, "kind": "depthwise", "unroll": {"K": 8}})
    assert chunk.unroll == Unroll(K=8, C=1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"unroll": {"K": 4, "OX": 2, "OYOX": 2}}, "unroll.OX=2 and unroll.OYOX=2 both unroll pixels; keep one"),
        ({"products_per_dsp": 2, "unroll": {"K": 3, "C": 4}}, "needs an even unrolling of K or of pixels"),
        ({"products_per_dsp": 2, "weight_bits": 9}, "two products of 9 and 8 bits do not fit a DSP slice; at most 8"),
        (
            {"products_per_dsp": 2, "lut_multipliers": True},
            "products_per_dsp=2 and lut_multipliers exclude each other",
        ),
        ({"products_per_dsp": 3}, "Input should be 1 or 2"),
        ({"uram": ["X"]}, "Input should be 'I', 'W' or 'O'"),
    ],
)
def test_options_that_exclude_each_other(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Chunk.model_validate({**CHUNK, "weight_bits": 8, "activation_bits": 8, **changes})


def test_lanes_of_a_depthwise_array_share_no_operand() -> None:
    depthwise = {**CHUNK, "kind": "depthwise", "weight_bits": 8, "activation_bits": 8, "products_per_dsp": 2}
    with pytest.raises(ValidationError, match="needs an even unrolling"):
        Chunk.model_validate({**depthwise, "unroll": {"K": 4}})
    assert Chunk.model_validate({**depthwise, "unroll": {"K": 3, "OX": 2}}).unroll.multipliers == 6
