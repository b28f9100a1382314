"""A value of a metric keeps the limit that it is, and not the next tighter one: what walking a front needs."""

import math
import random

import pytest

from cosearch.accelerate.scale import Scale
from cosearch.design import Limit

SCALE = Scale(clock_hertz=1.5e8, static_watts=0.31, quantum_joules=2.0**-57)


@pytest.mark.parametrize(
    ("metric", "bits"), [("energy_joules", 50), ("edp", 75), ("power_watts", 45), ("dram_bits", 40), ("dsp", 10)]
)
def test_a_value_keeps_the_limit_that_it_is(metric: str, bits: int) -> None:
    """Values of `edp` and `power_watts` are rounded when they become floats, so the bound must mind it."""
    rng = random.Random(metric)
    for whole in [0, 1, *(rng.randrange(1 << bits) for _ in range(200))]:
        value = SCALE.metric(metric, whole)
        most = SCALE.bound(Limit(metric=metric, op="<=", limit=value))
        assert most >= whole
        assert SCALE.metric(metric, most) == value < SCALE.metric(metric, most + 1)
        if value > 0:
            assert SCALE.bound(Limit(metric=metric, op="<=", limit=math.nextafter(value, 0.0))) < whole


def test_the_largest_limit_there_is() -> None:
    assert SCALE.bound(Limit(metric="edp", op="<=", limit=1.7976931348623157e308)) > 1 << 200
