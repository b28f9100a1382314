"""The notation is read level by level, in our words."""

import pytest

from cosearch.errors import MappingError
from cosearch.validate.gemmini import parse_mapping


def test_levels_keep_their_loops_in_order():
    levels = parse_mapping("L3[WIO] P7 K2 - L2[WI] N1 K16X - L1[O] S3 R2 C4 C16X - L0[W] Q4")
    assert levels[3] == (("OX", 7), ("K", 2))
    assert levels[2] == (("N", 1), ("K", 16))
    assert levels[1] == (("FY", 3), ("FX", 2), ("C", 4), ("C", 16))
    assert levels[0] == (("OY", 4),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("L3[WIO] P7 - L2 K16X", "cannot read the level 'L2 K16X'; write one as L1[O] K4 C16X"),
        ("L3[WIO] P7 - L2[WI] N1", "levels [0, 1] are missing in 'L3[WIO] P7 - L2[WI] N1'; give L3 to L0"),
        (
            "L3[WIO] T7 - L2[WI] N1 - L1[O] N1 - L0[W] N1",
            "loop T7 is not a dimension and its bound; dimensions: N K C Q P S R, bounds from 1",
        ),
        (
            "L3[WIO] K0 - L2[WI] N1 - L1[O] N1 - L0[W] N1",
            "loop K0 is not a dimension and its bound; dimensions: N K C Q P S R, bounds from 1",
        ),
    ],
)
def test_what_is_not_of_the_notation_is_refused(text: str, message: str):
    with pytest.raises(MappingError) as fault:
        parse_mapping(text)
    assert str(fault.value) == message
