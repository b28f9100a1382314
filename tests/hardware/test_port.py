import pytest
from pydantic import ValidationError

from cosearch.hardware import DramPort


@pytest.mark.parametrize(
    ("beat_bits", "latency", "slots", "bound"),
    [(7, 0, 2, "equal to 8"), (8, -1, 2, "equal to 0"), (8, 0, 1, "equal to 2")],
)
def test_a_port_carries_at_least_a_byte_and_two_slots(beat_bits: int, latency: int, slots: int, bound: str) -> None:
    with pytest.raises(ValidationError, match=f"greater than or {bound}"):
        DramPort(beat_bits=beat_bits, burst_latency_cycles=latency, total_slots=slots)
