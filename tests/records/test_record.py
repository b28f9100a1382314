import pytest
from pydantic import ValidationError

from cosearch.records import Record


class Inner(Record):
    size: float = 1.0


class Outer(Record):
    inner: Inner = Inner()


def test_records_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Outer().inner = Inner(size=2)  # pyright: ignore[reportAttributeAccessIssue]


def test_records_of_equal_content_are_equal_and_hash_alike() -> None:
    assert Outer(inner=Inner(size=2)) == Outer(inner=Inner(size=2.0))
    assert hash(Inner(size=2)) == hash(Inner(size=2.0))


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Inner(sise=2)  # pyright: ignore[reportCallIssue]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_is_finite(value: float) -> None:
    with pytest.raises(ValidationError, match="finite number"):
        Inner(size=value)


def test_defaults_are_checked_too() -> None:
    class Wrong(Record):
        size: int = "many"  # pyright: ignore[reportAssignmentType]

    with pytest.raises(ValidationError, match="valid integer"):
        Wrong()
