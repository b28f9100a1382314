import numpy as np
import pytest

from cosearch.accelerate import Budget, Parameter, Part, PricedPart, SeparableQuestion
from cosearch.accelerate.sampling.meter import Meter, SpentError


def question(calls=None):
    def part(name, factor):
        def cost(columns):
            if calls is not None:
                calls.append(len(columns["x"]))
            return {"cycles": factor * (10 - columns["x"]), "dsp": columns["x"]}

        return PricedPart(
            part=Part(name=name, parameters=(Parameter(name="x", choices=tuple(range(10))),)), cost=cost
        )

    return SeparableQuestion(
        priced_parts=(part("a", 1.0), part("b", 2.0)),
        combine={"cycles": "max", "dsp": "sum"},
        objective="cycles",
        bounds={"dsp": 10},
    )


def codes(*values):
    return np.array(values, np.int64)[:, None]


def test_a_design_is_paid_for_once():
    calls: list[int] = []
    meter = Meter(question(calls), Budget(evaluations=10))
    first = meter.price(0, codes(3, 5, 3))
    assert first.tolist() == [[7, 3], [5, 5], [7, 3]]
    assert (meter.evaluations, calls) == (2, [2])
    meter.price(0, codes(5, 4))
    assert (meter.evaluations, calls) == (3, [2, 1])
    meter.price(1, codes(5))
    assert meter.left == 6


def test_what_the_budget_does_not_hold_is_not_priced_at_all():
    meter = Meter(question(), Budget(evaluations=3))
    meter.price(0, codes(0, 1))
    with pytest.raises(SpentError):
        meter.price(0, codes(1, 2, 3))
    assert meter.evaluations == 2
    meter.price(0, codes(1, 2))
    assert meter.is_over


def test_the_best_keeps_the_limits_first_and_parts_of_different_draws_are_put_together():
    meter = Meter(question(), Budget(evaluations=100))
    for a, b in ((9, 9), (2, 1), (1, 6)):
        own = codes(a), codes(b)
        meter.offer(own, [meter.price(0, own[0]), meter.price(1, own[1])])
    assert meter.best is not None
    assert (meter.best.value, meter.best.violation) == (9.0, 0.0)  # the third; the first takes 18 of 10
    assert [entry.value for entry in meter.history] == [18.0, 9.0]
    before = meter.evaluations
    meter.assemble()
    assert meter.best.value == 8.0  # 2 of the second draw with 6 of the third
    assert meter.evaluations == before


def test_a_state_holds_everything():
    meter = Meter(question(), Budget(evaluations=100))
    own = codes(2, 4), codes(1, 5)
    meter.offer(own, [meter.price(0, own[0]), meter.price(1, own[1])])
    other = Meter(question(), Budget(evaluations=100))
    other.load_state_dict(meter.state_dict())
    assert (other.evaluations, other.history, other.best.value) == (4, meter.history, meter.best.value)
    assert other.price(0, codes(4)).tolist() == meter.price(0, codes(4)).tolist()
    assert other.evaluations == 4
