import pytest

from cosearch.accelerate import AcceleratorSpace
from cosearch.errors import RecipeError
from cosearch.records import parse_record


def _refused(value: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        parse_record(AcceleratorSpace, value, source="recipe.yaml", error=RecipeError)


def test_one_choice_fixes_a_parameter() -> None:
    space = parse_record(
        AcceleratorSpace,
        {"widths": 8, "chunk": {"lanes": 16, "resident_weights": True, "capacity_bits": {"W": 65536}}},
        source="recipe.yaml",
        error=RecipeError,
    )
    assert space.widths == (8,)
    assert space.chunk.lanes == (16,)
    assert space.chunk.resident_weights == (True,)
    assert space.chunk.capacity_bits.W == (65536,)
    assert space.chunk.capacity_bits.I == AcceleratorSpace().chunk.capacity_bits.I


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"chunk": {"lanes": []}}, r"recipe.yaml: chunk.lanes: give at least one choice"),
        ({"chunk": {"lanes": [0, 4]}}, r"chunk.lanes: choice 0 is below 1"),
        ({"chunk": {"read_slots": [8, 4]}}, r"chunk.read_slots: .*increase without repeats: \[4, 8\]"),
        ({"chunk": {"capacity_bits": {"O": [4, 4]}}}, r"chunk.capacity_bits.O: .*increase without repeats: \[4\]"),
        ({"chunk": {"resident_weights": [True, True]}}, r"takes false, true or both"),
        ({"chunk": {"read_slots": 60, "write_slots": 8}}, r"the fewest .* make 68, a frame has 64; offer fewer"),
        ({"widths": [2, 3, 4, 6, 8]}, r"widths: 5 widths; at most 4 width classes, drop some"),
        ({"widths": [4, 32]}, r"widths: width 32 exceeds the 16 bits of a multiplier"),
        ({"allocation": "kinds"}, r"allocation: .*'kinds'"),
        ({"chunk": {"lane": 4}}, r"unknown key; did you mean 'lanes'\?"),
    ],
)
def test_refuses_with_one_line(value: dict[str, object], message: str) -> None:
    _refused(value, message)
