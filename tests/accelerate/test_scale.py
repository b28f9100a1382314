import numpy as np
import pytest

from cosearch.accelerate.arrays import NEVER_CYCLES
from cosearch.accelerate.scale import ENERGY_BITS, POWER_BITS, Scale
from cosearch.design import Limit, parse_limits

SCALE = Scale(clock_hertz=2e8, static_watts=0.25, quantum_joules=2.0**-60)


@pytest.mark.parametrize("joules", [1e-9, 0.5, 1.0, 3.7])
def test_the_dearest_accelerator_takes_less_than_all_quanta_and_at_least_half(joules: float) -> None:
    quanta = joules / Scale.quantum(joules)
    assert 2.0 ** (ENERGY_BITS - 1) <= quanta < 2.0**ENERGY_BITS


def test_without_energy_a_quantum_is_a_joule() -> None:
    assert Scale.quantum(0.0) == 1.0


@pytest.mark.parametrize(
    ("metric", "whole", "value"),
    [
        ("fps", 1000, 2e5),
        ("latency_loaded_seconds", 1000, 5e-6),
        ("energy_joules", 1 << 40, 2.0**-20),
        ("edp", 1 << 48, 2.0**-12 / 2e8),
        ("power_watts", 1 << (32 + POWER_BITS), 2.0**-28 * 2e8 + 0.25),
        ("dram_bits", 12, 12.0),
    ],
)
def test_wholes_in_their_units(metric: str, whole: int, value: float) -> None:
    assert SCALE.metric(metric, whole) == value
    op = ">=" if metric == "fps" else "<="
    most = SCALE.bound(Limit(metric=metric, op=op, limit=value))  # more only where both are the same float
    assert most >= whole
    assert SCALE.metric(metric, most) == value


@pytest.mark.parametrize("metric", ["energy_joules", "edp", "power_watts"])
@pytest.mark.parametrize("limit", [1 / 3, 0.7, 1e-3 + 0.25])
def test_the_largest_whole_keeps_a_limit_and_the_next_does_not(metric: str, limit: float) -> None:
    # As floating point judges it: what rounds to the limit keeps it, so that a value keeps the limit that it is.
    asked = Limit(metric=metric, op="<=", limit=limit)
    whole = SCALE.bound(asked)
    assert asked.met_by(SCALE.metric(metric, whole))
    assert not asked.met_by(SCALE.metric(metric, whole + 1))
    assert SCALE.metric(metric, whole) == pytest.approx(limit, rel=1e-15)


def test_less_than_the_static_power_is_out_of_reach() -> None:
    assert SCALE.bound(parse_limits(["power_watts<=0.2"])[0]) < 0


def test_no_rate_is_no_bound() -> None:
    assert SCALE.bound(parse_limits(["fps>=0"])[0]) == NEVER_CYCLES


def test_static_energy_is_rounded_up() -> None:
    scale = Scale(clock_hertz=4.0, static_watts=1.0, quantum_joules=0.5)
    assert scale.static_quanta(np.array([0, 1, 2, 3, 4])).tolist() == [0, 1, 1, 2, 2]
