import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosearch.units import cycles_of, format_quantity


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0021, "s", "2.1 ms"),
        (1.5e9, "Hz", "1.5 GHz"),
        (2e8, "Hz", "200 MHz"),
        (1234.0, "b", "1.23 kb"),
        (5.0, "J", "5 J"),
        (3.3e-6, "J", "3.3 uJ"),
        (4.2e-8, "s", "42 ns"),
        (7e-12, "J", "7 pJ"),
        (7e-14, "J", "0.07 pJ"),
        (-0.0021, "s", "-2.1 ms"),
        (0.0, "s", "0 s"),
        (5e12, "b", "5e+03 Gb"),
    ],
)
def test_a_quantity_gets_the_prefix_that_keeps_it_short(value: float, unit: str, text: str) -> None:
    assert format_quantity(value, unit) == text


def test_the_prefix_is_chosen_after_rounding() -> None:
    assert format_quantity(999.9996, "s") == "1 ks"
    assert format_quantity(0.0009999, "s") == "1 ms"


def test_a_count_has_no_trailing_space() -> None:
    assert format_quantity(720.0, "") == "720"
    assert format_quantity(0.0, "") == "0"


def test_what_is_not_finite_is_said_as_it_is() -> None:
    assert format_quantity(math.inf, "s") == "inf s"


def test_more_digits_on_request() -> None:
    assert format_quantity(1234.5678, "s", digits=6) == "1.23457 ks"


def test_cycles_cover_the_time() -> None:
    assert cycles_of(4.2e-8, 2e8) == 9  # 8.4 cycles
    assert cycles_of(0.0, 2e8) == 0


@settings(deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1e8, 1.5e8, 2e8, 3e8]))
def test_rounding_noise_adds_no_cycle(cycles: int, clock_hertz: float) -> None:
    assert cycles_of(cycles / clock_hertz, clock_hertz) == cycles


@settings(deadline=None)
@given(st.floats(0, 1e-2), st.sampled_from([1e8, 2e8, 3e8]))
def test_cycles_are_enough_and_not_one_too_many(seconds: float, clock_hertz: float) -> None:
    cycles = cycles_of(seconds, clock_hertz)
    assert cycles >= seconds * clock_hertz - 1e-6
    assert cycles < seconds * clock_hertz + 1
