import pytest

from cosearch.report.words import amount, count, duration, listing, percent, quantity, ranges


@pytest.mark.parametrize(
    ("metric", "value", "written"),
    [
        ("fps", 2028.4, "2,028 images/s"),
        ("fps", 21.25, "21.2 images/s"),
        ("latency_seconds", 0.00163, "1.63 ms"),
        ("energy_joules", 154e-6, "154 µJ"),
        ("dsp", 70, "70"),
        ("lut", 11352, "11,352"),
        ("accuracy", 0.8726, "87.26 %"),
        ("model_bits", 703_000, "703 kbit"),
    ],
)
def test_amounts_carry_their_unit(metric: str, value: float, written: str) -> None:
    assert amount(metric, value) == written


def test_quantity_holds_number_and_unit_together() -> None:
    assert quantity(2.1e-3, "s") == "2.1\u00a0ms" or quantity(2.1e-3, "s") == "2.1 ms"
    assert quantity(3e-6, "s").endswith("µs")


def test_counts() -> None:
    assert [count(0), count(999), count(0.12345), count(98600)] == ["0", "999", "0.123", "98,600"]


def test_percent_drops_only_whole_zeros() -> None:
    assert [percent(0.5), percent(0.273), percent(1.0), percent(0.8726, 2)] == ["50 %", "27.3 %", "100 %", "87.26 %"]


def test_ranges_and_listings() -> None:
    assert ranges([5, 0, 1, 2, 3, 1]) == "0–3, 5"
    assert listing([]) == ""
    assert listing(["a"]) == "a"
    assert listing(["a", "b", "c"]) == "a, b and c"


def test_durations() -> None:
    assert [duration(0.84), duration(214.3), duration(7260)] == ["0.84 s", "3 min 34 s", "2 h 1 min"]
