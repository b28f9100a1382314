import pytest
from pydantic import ValidationError

from cosearch.hardware import PIXELS_OUTER, WEIGHTS_OUTER, Mapping, Tile


def test_a_mapping_is_read_from_plain_data() -> None:
    mapping = Mapping.model_validate({"tile": {"K": 8, "OY": 4, "OX": 4}, "loop_order": ["G", "OY", "OX", "K", "C"]})
    assert mapping == Mapping(tile=Tile(G=1, K=8, C=1, OY=4, OX=4), loop_order=PIXELS_OUTER)
    assert mapping.loop_order != WEIGHTS_OUTER


def test_both_orders_reduce_innermost() -> None:
    assert WEIGHTS_OUTER[-1] == PIXELS_OUTER[-1] == "C"
    assert sorted(WEIGHTS_OUTER) == sorted(PIXELS_OUTER)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"tile": {"OY": 0, "OX": 1}, "loop_order": WEIGHTS_OUTER}, "greater than or equal to 1"),
        ({"tile": {"OY": 1, "OX": 1, "FY": 3}, "loop_order": WEIGHTS_OUTER}, "Extra inputs are not permitted"),
        ({"tile": {"OY": 1, "OX": 1}, "loop_order": ["G", "K", "OY", "OX"]}, "Field required"),
        ({"tile": {"OY": 1, "OX": 1}, "loop_order": ["G", "K", "OY", "OX", "FX"]}, "Input should be 'G', 'K'"),
    ],
)
def test_what_is_no_mapping_is_refused(value: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Mapping.model_validate(value)
    assert message in str(caught.value)
