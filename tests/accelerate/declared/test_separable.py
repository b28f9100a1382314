import itertools

import numpy as np
import pytest

from cosearch.accelerate import Budget, Exact, JointQuestion, Parameter, Part, PricedPart, SeparableQuestion
from cosearch.errors import RecipeError


def lanes_part(name="conv", scale=1.0):
    part = Part(
        name=name,
        parameters=(Parameter(name="lanes", choices=(1, 2, 4, 8)), Parameter(name="depth", choices=(1, 3, 9))),
        rule=lambda values: values["lanes"] * values["depth"] <= 24,
    )

    def cost(values):
        products = values["lanes"] * values["depth"]
        return {"cycles": scale * 720 / products, "dsp": products, "energy": 0.1 * values["lanes"] + 0.7}

    return PricedPart(part=part, cost=cost)


COMBINE = {"cycles": "max", "dsp": "sum", "energy": "sum"}


def question(**changes):
    fields = {
        "priced_parts": (lanes_part(), lanes_part("depthwise", 0.5)),
        "combine": COMBINE,
        "objective": "cycles",
        "bounds": {"dsp": 30},
    }
    return SeparableQuestion(**{**fields, **changes})


def solve(asked, **budget):
    return Exact().run(asked, seed=0, budget=Budget(**budget))


def test_the_least_maximum_under_a_sum():
    """18 + 9 products: 40 cycles each; with 24 + 9 the sum would be 33."""
    result = solve(question())
    assert result.certified
    assert result.value == result.bound == 40.0
    assert result.choices == {"conv": {"lanes": 2, "depth": 9}, "depthwise": {"lanes": 1, "depth": 9}}
    assert result.evaluations == 2 * 10  # of 12 combinations two are invalid


def test_a_choice_can_be_settled():
    result = solve(question(fixed={"conv.lanes": 8}))
    assert result.choices["conv"]["lanes"] == 8
    assert result.value == pytest.approx(60.0)  # 24 products at most, and 6 left for the other part


def test_the_least_sum_under_a_maximum_of_real_numbers():
    result = solve(question(objective="energy", bounds={"cycles": 90}))
    assert result.value == pytest.approx(0.8 + 0.8)
    assert result.certified


@pytest.mark.parametrize("energies", [(1.8, 1.8), (0.1, 0.2), (0.7, 0.1, 0.1, 0.3)])
def test_a_bound_is_kept_to_the_last_bit_of_a_sum_of_fractions(energies):
    def part(number, energy):
        own = Part(name=f"part{number}", parameters=(Parameter(name="x", choices=(0, 1)),))
        return PricedPart(
            part=own, cost=lambda values: {"cost": 1 + values["x"], "energy": energy * (1 - 0.5 * values["x"])}
        )

    parts = tuple(part(number, energy) for number, energy in enumerate(energies))
    total = float(sum(np.float64(energy) for energy in energies))
    for bound, least in ((total, len(energies)), (float(np.nextafter(total, 0)), len(energies) + 1)):
        asked = SeparableQuestion(
            priced_parts=parts, combine={"cost": "sum", "energy": "sum"}, objective="cost", bounds={"energy": bound}
        )
        result = solve(asked)
        assert (result.value, result.certified) == (least, True)


def test_what_cannot_be_kept_is_proved():
    result = solve(question(bounds={"dsp": 1.5}))
    assert result.status == "infeasible"
    assert result.reason == "no combination of designs keeps all bounds"
    alone = solve(question(bounds={"cycles": 1.0}))
    assert alone.reason == "no design of conv is valid, runs and keeps the bounds by itself"


def test_too_few_evaluations_leave_the_best_of_the_first_uncertified():
    result = solve(question(), evaluations=8)
    assert result.evaluations == 8
    assert not result.certified
    assert result.bound is None
    assert result.value >= 40.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"objective": "fps"}, "'fps' is no metric of the space; known: cycles, dsp, energy"),
        ({"bounds": {"lut": 3}}, "'lut' is no metric of the space"),
        ({"priced_parts": (lanes_part(), lanes_part())}, "part 'conv' is declared twice"),
        ({"priced_parts": ()}, "a space needs at least one part"),
        ({"fixed": {"conv.lanes": 3}}, "conv.lanes=3 is no choice; choices: 1, 2, 4, 8"),
        ({"fixed": {"stem.lanes": 1}}, "'stem.lanes' fixes a part that is not there; parts: conv, depthwise"),
        ({"fixed": {"conv.width": 1}}, "'conv.width' fixes no parameter"),
    ],
)
def test_mistakes_of_a_declaration_have_one_line(changes, message):
    with pytest.raises(RecipeError, match=message):
        question(**changes)


def test_a_cost_that_lacks_a_metric_or_is_negative_is_named():
    part = lanes_part().part
    lacking = PricedPart(part=part, cost=lambda values: {"cycles": values["lanes"]})
    with pytest.raises(RecipeError, match="conv: the cost has no 'dsp'; it gives cycles"):
        solve(question(priced_parts=(lacking,)))
    negative = PricedPart(part=part, cost=lambda v: {"cycles": v["lanes"], "dsp": -v["lanes"], "energy": v["lanes"]})
    with pytest.raises(RecipeError, match="conv: 'dsp' is negative for some design"):
        solve(question(priced_parts=(negative,)))


def test_a_parameter_needs_choices_each_once():
    with pytest.raises(RecipeError, match="lanes: choices \\(1, 1\\); give at least one, and each once"):
        Parameter(name="lanes", choices=(1, 1))


def test_a_space_that_is_not_separable_is_refused():
    asked = JointQuestion(part=lanes_part().part, cost=lanes_part().cost, objective="cycles", bounds={"dsp": 10})
    with pytest.raises(RecipeError, match="needs a space that is declared separable"):
        solve(asked)
    codes = asked.parts[0].codes(np.array([0, 11]))
    judged = asked.judge([asked.price(0, codes)])
    assert judged.values[0] == 720
    assert judged.violations.tolist() == [0.0, np.inf]


@pytest.mark.parametrize("seed", range(60))
def test_the_optimum_is_that_of_brute_force(seed):
    rng = np.random.default_rng(seed)
    combine = {"time": "max", "heat": "max", "dsp": "sum", "joules": "sum"}
    parts = tuple(random_part(rng, f"part{index}", combine) for index in range(int(rng.integers(1, 4))))
    objective = str(rng.choice(list(combine)))
    bounds = {name: float(rng.uniform(0.2, 1.2)) * len(parts) for name in combine if rng.random() < 0.5}
    asked = SeparableQuestion(priced_parts=parts, combine=combine, objective=objective, bounds=bounds)
    result = solve(asked)
    best = brute_force(asked)
    if best is None:
        assert result.status == "infeasible"
    else:
        assert result.certified
        assert result.value == pytest.approx(best, rel=1e-9)


def random_part(rng, name, combine):
    sizes = rng.integers(1, 4, size=2)
    part = Part(
        name=name,
        parameters=tuple(
            Parameter(name=f"p{index}", choices=tuple(range(int(size)))) for index, size in enumerate(sizes)
        ),
    )
    whole = rng.random() < 0.5
    tables = {m: rng.integers(0, 4, size=sizes) / 2 if whole else rng.random(sizes) for m in combine}
    return PricedPart(part=part, cost=lambda v: {m: table[v["p0"], v["p1"]] for m, table in tables.items()})


def brute_force(asked):
    priced = [asked.price(i, part.codes(np.arange(part.num_designs))) for i, part in enumerate(asked.parts)]
    values = []
    for rows in itertools.product(*(range(len(p)) for p in priced)):
        judged = asked.judge([p[[row]] for p, row in zip(priced, rows, strict=True)])
        if judged.violations[0] == 0:
            values.append(judged.values[0])
    return min(values, default=None)
