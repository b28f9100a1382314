"""The check of annotations itself: without it, every other test would pass with wrong shapes."""

import pytest
from jaxtyping import TypeCheckError

from cosearch.units import cycles_of
from cosearch.workload import Layer


def test_a_wrong_type_is_refused() -> None:
    with pytest.raises(TypeCheckError, match="parameter 'seconds'"):
        cycles_of("3", 2.0)  # pyright: ignore[reportArgumentType]


def test_an_int_stands_for_a_float() -> None:
    assert cycles_of(3, 2) == 6


def test_a_dataclass_is_checked() -> None:
    with pytest.raises(TypeCheckError, match="parameter 'K'"):
        Layer(
            name="a",
            source="image",
            K=1.5,  # pyright: ignore[reportArgumentType]
            C=1,
            OY=1,
            OX=1,
            IY=1,
            IX=1,
            weight_bits=8,
            input_bits=8,
            output_bits=8,
        )
