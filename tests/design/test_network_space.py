from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cosearch.design import Block, NetworkSpace, Operator, parse_operator

SPACE: dict[str, Any] = {
    "name": "test",
    "input": [3, 32, 32],
    "classes": 10,
    "stem_channels": 16,
    "stages": [{"channels": 16, "blocks": 2}, {"channels": 25, "blocks": 2, "stride": 2}],
    "head_channels": 64,
    "operators": ["k3_e1", "k3_e2_g2", "k5_e1_g2", "skip"],
    "bits": [4, 6, 8],
}


def space(**changes: Any) -> NetworkSpace:
    return NetworkSpace.model_validate({**SPACE, **changes})


@pytest.mark.parametrize(
    ("name", "operator"),
    [
        ("k3_e1", Operator(kernel=3)),
        ("k5_e6", Operator(kernel=5, expansion=6)),
        ("k3_e1_g2", Operator(kernel=3, groups=2)),
        ("skip", Operator(is_skip=True)),
    ],
)
def test_an_operator_is_read_from_its_name(name: str, operator: Operator) -> None:
    assert parse_operator(name) == operator


@settings(deadline=None)
@given(st.integers(0, 5), st.integers(1, 9), st.integers(1, 9))
def test_every_written_operator_is_read_back(half: int, expansion: int, groups: int) -> None:
    operator = parse_operator(f"k{2 * half + 1}_e{expansion}_g{groups}")
    assert operator == Operator(kernel=2 * half + 1, expansion=expansion, groups=groups)


@pytest.mark.parametrize("name", ["", "k3", "conv", "k3_e", "k3e1", "k3_e1_g", "K3_E1", "skip2", "k3_e1 "])
def test_an_unknown_operator_says_how_to_write_one(name: str) -> None:
    with pytest.raises(ValueError, match="is not known; write k<kernel>_e<expansion>, k3_e1_g2 with groups, or skip"):
        parse_operator(name)


@pytest.mark.parametrize("name", ["k4_e1", "k3_e0", "k3_e1_g0", "k0_e1"])
def test_an_impossible_operator_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="the kernel must be odd, expansion and groups at least 1"):
        parse_operator(name)


def test_widths_follow_the_stages() -> None:
    assert space().num_blocks == 4
    assert space().block_widths() == [(16, 16, 1), (16, 16, 1), (16, 25, 2), (25, 25, 1)]


def test_a_skip_keeps_shape_and_groups_divide_both_widths() -> None:
    test = space()
    assert test.legal_operators(0) == ("k3_e1", "k3_e2_g2", "k5_e1_g2", "skip")
    assert test.legal_operators(2) == ("k3_e1",)  # 25 channels have no halves, stride 2 no skip
    assert test.legal_operators(3) == ("k3_e1", "skip")


def test_a_stride_alone_forbids_a_skip() -> None:
    strided = space(stages=[{"channels": 16, "blocks": 2, "stride": 2}])
    assert "skip" not in strided.legal_operators(0)
    assert "skip" in strided.legal_operators(1)


@pytest.mark.parametrize(
    "changes",
    [
        {"input": [1, 1, 1], "classes": 2, "stem_channels": 1, "head_channels": 1},
        {"stem_stride": 4, "edge_bits": 2},
        {"edge_bits": 16, "bits": [2, 16]},
        {"stages": [{"channels": 1, "blocks": 1, "stride": 1}]},
    ],
)
def test_the_ends_of_every_range_are_possible(changes: dict[str, Any]) -> None:
    assert space(**changes).model_dump(mode="json", include=set(changes)) == changes


def test_edges_have_eight_bits_and_stems_no_stride_unless_said() -> None:
    assert (space().edge_bits, space().stem_stride, space().stages[0].stride) == (8, 1, 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"operators": ["k3_e1", "conv"]}, "operator 'conv' is not known"),
        ({"operators": ["k3_e1", "k3_e1"]}, "an operator is listed twice; list each once"),
        ({"operators": ["skip"]}, "skip alone is no space; add an operator such as k3_e3"),
        ({"operators": []}, "at least 1 item"),
        ({"operators": ["k3_e2_g2", "skip"]}, "block 2 changes shape and no operator of ['k3_e2_g2', 'skip'] can"),
        ({"bits": [1, 8]}, "bits [1, 8] must lie from 2 to 16"),
        ({"bits": [8, 17]}, "bits [8, 17] must lie from 2 to 16"),
        ({"bits": [8, 4]}, "bits [8, 4] must increase, each once"),
        ({"bits": [4, 4]}, "bits [4, 4] must increase, each once"),
        ({"bits": []}, "at least 1 item"),
        ({"input": [3, 0, 32]}, "input [3, 0, 32] must be channels, height, width, each at least 1"),
        ({"classes": 1}, "greater than or equal to 2"),
        ({"stages": []}, "at least 1 item"),
        ({"stages": [{"channels": 16, "blocks": 0}]}, "greater than or equal to 1"),
        ({"stages": [{"channels": 16, "blocks": 1, "stride": 3}]}, "less than or equal to 2"),
        ({"stem_stride": 5}, "less than or equal to 4"),
        ({"edge_bits": 1}, "greater than or equal to 2"),
    ],
)
def test_an_impossible_space_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        space(**changes)
    assert message in str(caught.value)


def test_a_block_has_bits_unless_it_skips() -> None:
    assert Block(op="skip").weight_bits is None
    assert Block(op="k3_e1", weight_bits=4, activation_bits=6).activation_bits == 6
    for wrong in (
        {"op": "skip", "weight_bits": 4, "activation_bits": 4},
        {"op": "skip", "weight_bits": 4},
        {"op": "skip", "activation_bits": 4},
        {"op": "k3_e1"},
        {"op": "k3_e1", "weight_bits": 4},
        {"op": "k3_e1", "activation_bits": 4},
    ):
        with pytest.raises(ValidationError, match="a skip has no bits, every other operator has both"):
            Block.model_validate(wrong)


@pytest.mark.parametrize("bits", [1, 17])
def test_a_block_has_sane_bits(bits: int) -> None:
    with pytest.raises(ValidationError, match="than or equal to"):
        Block(op="k3_e1", weight_bits=bits, activation_bits=4)


def test_a_block_names_a_known_operator() -> None:
    with pytest.raises(ValidationError, match="operator 'conv' is not known"):
        Block(op="conv", weight_bits=4, activation_bits=4)
