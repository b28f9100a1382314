import numpy as np
import pytest
import torch

from cosearch.accelerate import (
    Bayesian,
    Budget,
    Differentiable,
    Evolutionary,
    Exact,
    Parameter,
    Part,
    PricedPart,
    Random,
    SeparableQuestion,
)
from cosearch.accelerate.sampling.meter import Meter
from cosearch.choices import ExactMarginal, GumbelRao, Reinforce, StraightThrough


def question(seed=0, parts=3):
    """Chunks of 8^4 designs: cycles fall and DSPs rise with every parameter, with some noise."""
    rng = np.random.default_rng(seed)

    def chunk(index):
        names = ("lanes", "depth", "rows", "slots")
        gains, noise = rng.uniform(0.1, 0.6, 4), rng.uniform(0.9, 1.1, (8, 8, 8, 8))

        def cost(columns):
            codes = np.stack([columns[name] for name in names], axis=1)
            work = 1e5 * np.exp(-(codes * gains).sum(axis=1)) * noise[tuple(codes.T)]
            return {
                "cycles": work,
                "dsp": 2 ** (codes[:, 0] / 2) * (1 + codes[:, 1]),
                "bram": codes[:, 2:].sum(axis=1),
            }

        part = Part(
            name=f"chunk{index}",
            parameters=tuple(Parameter(name=name, choices=tuple(range(8))) for name in names),
            rule=lambda columns: columns["lanes"] + columns["depth"] < 12,
        )
        return PricedPart(part=part, cost=cost)

    return SeparableQuestion(
        priced_parts=tuple(chunk(index) for index in range(parts)),
        combine={"cycles": "max", "dsp": "sum", "bram": "sum"},
        objective="cycles",
        bounds={"dsp": 60.0, "bram": 24.0},
    )


@pytest.mark.parametrize("estimator", [Differentiable().estimator, StraightThrough(1.0), GumbelRao(1.0, 4)])
def test_logits_move(estimator):
    engine = Differentiable(estimator=estimator)
    search = engine.start(Meter(question(), Budget(evaluations=1000)), 0)
    for _ in range(5):
        search.step()
    moved = [float(logits.values.detach().abs().max()) for logits in search.logits]
    assert min(moved) > 0.3
    for logits in search.logits:
        assert torch.equal(logits.values[~logits.mask], torch.zeros_like(logits.values[~logits.mask]))


def test_it_comes_closer_than_random_search_and_evolution_at_equal_evaluations():
    """2 % of the space, mean of six seeds; the optimum is known."""
    gaps: dict[str, list[float]] = {"random": [], "evolution": [], "differentiable": []}
    engines = {"random": Random(), "evolution": Evolutionary(), "differentiable": Differentiable()}
    for seed in range(6):
        asked = question(seed)
        best = Exact().run(asked, seed=0, budget=Budget()).value
        for name, engine in engines.items():
            result = engine.run(asked, seed=seed, budget=Budget(evaluations=240))
            gaps[name].append(1.0 if result.value is None else 1 - best / result.value)
    means = {name: float(np.mean(values)) for name, values in gaps.items()}
    assert means["differentiable"] < means["evolution"] < means["random"]


@pytest.mark.parametrize("estimator", [Reinforce(), StraightThrough(), GumbelRao(), ExactMarginal()])
def test_every_estimator_moves_the_logits_and_finds_something(estimator):
    asked = question(2)
    result = Differentiable(estimator=estimator).run(asked, seed=0, budget=Budget(evaluations=300))
    assert result.status == "feasible"
    search = Differentiable(estimator=estimator).start(Meter(asked, Budget(evaluations=300)), 0)
    for _ in range(6):
        search.step()
    moved = [float(logits.values.detach().abs().max()) for logits in search.logits]
    assert min(moved) > 0.1


@pytest.mark.parametrize(
    ("engine", "evaluations"),
    [
        (Random(assembles=True), 600),
        (Evolutionary(), 600),
        (Differentiable(), 600),
        (Differentiable(estimator=ExactMarginal()), 600),
        (Bayesian(startup=6), 60),
    ],
)
def test_a_search_that_was_stopped_goes_on_to_the_same_result(engine, evaluations):
    asked, budget = question(1), Budget(evaluations=evaluations)
    states: list[dict] = []
    whole = engine.run(asked, seed=3, budget=budget, keep=lambda state: states.append(state))
    assert len(states) > 2
    early: list[dict] = []

    def stop(state):
        early.append(state)
        if len(early) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.run(asked, seed=3, budget=budget, keep=stop)
    resumed = engine.run(asked, seed=99, budget=budget, state=early[-1])
    assert resumed == whole
