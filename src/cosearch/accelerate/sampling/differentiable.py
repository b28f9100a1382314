"""Differentiable accelerator search: a distribution over every parameter, moved by the gradient of sampled costs."""

from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from cosearch.accelerate.arrays import FloatArray, IntArray
from cosearch.accelerate.question import Part
from cosearch.accelerate.sampling.engine import AbstractSamplingEngine, AbstractSearch, draw_uniform
from cosearch.accelerate.sampling.meter import Meter, SpentError
from cosearch.choices import AbstractCodeEstimator, Codes, Reinforce

_TRIES = 32
_OVERSAMPLING = 6
_CONTEXTS = 24
"""Whole designs that a design of a part is judged in; judging is free."""

_WORST = 3.0
"""How much dearer than the dearest finite cost a design is that cannot run, in natural logarithms."""


@final
@dataclass(frozen=True, slots=True)
class Differentiable(AbstractSamplingEngine):
    """Every parameter has logits. A step draws designs of every part, prices them in one batch, and moves the logits.

    A design of a part is judged in several whole designs, whose other parts are those of the best design so far or
    other draws of the step; its cost is the mean of the logarithm of the objective plus a multiplier times the
    violation, which rises while limits are broken. After each step the best design is put together from everything
    that was priced (projection). Nothing is enumerated.

    Source: TRIPS, arXiv 2106.06575, section 3.3, for the distribution over parameters; the rest is ours.

    Attributes:
        estimator: Of the gradient.
        samples: Designs of each part in a step.
        learning_rate: Of the logits (Adam).
        multiplier_rate: By how much the multiplier rises with a mean violation of one.
        exploration: Share of designs drawn uniformly.
    """

    estimator: AbstractCodeEstimator = field(default_factory=Reinforce)
    samples: int = 8
    learning_rate: float = 0.3
    multiplier_rate: float = 1.0
    exploration: float = 0.1

    def start(self, meter: Meter, seed: int) -> AbstractSearch:
        """At its beginning, with all logits 0."""
        return _Descent(meter, seed, self)


class _Logits:
    """The distribution of one part."""

    def __init__(self, part: Part) -> None:
        self.part = part
        sizes = [len(parameter.choices) for parameter in part.parameters]
        self.values = torch.zeros(len(sizes), max(sizes), dtype=torch.float64, requires_grad=True)
        self.mask = torch.arange(max(sizes))[None, :] < torch.tensor(sizes)[:, None]

    def draw(self, number: int, estimator: AbstractCodeEstimator, generator: torch.Generator) -> Codes:
        """Valid designs.

        Raises:
            SpentError: if none is found.
        """
        found: Codes | None = None
        for _ in range(_TRIES):
            trial = estimator.draw(self.values, self.mask, _OVERSAMPLING * number, generator)
            trial = trial.take(torch.from_numpy(np.flatnonzero(self.part.valid(trial.options.numpy()))))
            if estimator.draws_whole:
                if len(trial.options) > 1:
                    return trial
                continue
            found = (
                trial
                if found is None
                else Codes(torch.cat([found.options, trial.options]), torch.cat([found.noise, trial.noise]))
            )
            if len(found.options) >= number:
                return found.take(torch.arange(number))
        if found is None or not len(found.options):
            raise SpentError
        return found.take(torch.arange(number) % len(found.options))


class _Descent(AbstractSearch):
    def __init__(self, meter: Meter, seed: int, settings: Differentiable) -> None:
        super().__init__(meter, seed)
        self.settings = settings
        self.generator = torch.Generator().manual_seed(seed)
        self.logits = [_Logits(part) for part in meter.question.parts]
        self.optimiser = torch.optim.Adam(
            [logits.values for logits in self.logits], lr=settings.learning_rate, betas=(0.8, 0.95)
        )
        self.multiplier = 1.0

    def step(self) -> None:
        """Draw, price, judge, move."""
        number = min(self.settings.samples, self.meter.left // len(self.logits))
        if number < 2:
            raise SpentError
        samples = [logits.draw(number, self.settings.estimator, self.generator) for logits in self.logits]
        codes = [self._explored(part, sample) for part, sample in enumerate(samples)]
        features = [self.meter.price(part, own) for part, own in enumerate(codes)]
        wholes = [np.arange(max(len(own) for own in codes)) % len(own) for own in codes]
        self.meter.offer(
            [own[rows] for own, rows in zip(codes, wholes, strict=True)],
            [own[rows] for own, rows in zip(features, wholes, strict=True)],
        )
        self.meter.assemble(2)
        loss = torch.zeros((), dtype=torch.float64)
        violations = list[float]()
        for part, sample in enumerate(samples):
            costs, violation = self._costs(part, codes, features)
            violations.append(violation)
            loss = loss + self._loss(part, sample, codes[part], costs)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        mean = min(1.0, float(np.mean(violations)))
        self.multiplier = max(0.1, self.multiplier + self.settings.multiplier_rate * (mean - 0.1))

    def state_dict(self) -> dict[str, Any]:
        """With logits, optimiser and multiplier."""
        return {
            **super().state_dict(),
            "logits": [logits.values.detach().clone() for logits in self.logits],
            "optimiser": self.optimiser.state_dict(),
            "generator": self.generator.get_state(),
            "multiplier": self.multiplier,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """With logits, optimiser and multiplier."""
        super().load_state_dict(state)
        for logits, values in zip(self.logits, state["logits"], strict=True):
            logits.values.data = values.clone()
        self.optimiser.load_state_dict(state["optimiser"])
        self.generator.set_state(state["generator"])
        self.multiplier = float(state["multiplier"])

    def _explored(self, part: int, sample: Codes) -> IntArray:
        """The drawn codes, some of them replaced by uniform ones."""
        codes = sample.options.numpy().astype(np.int64)
        rows = np.flatnonzero(self.rng.random(len(codes)) < self.settings.exploration)
        if len(rows):
            codes = codes.copy()
            codes[rows] = draw_uniform(self.logits[part].part, len(rows), self.rng)
        return codes

    def _costs(self, part: int, codes: list[IntArray], features: list[FloatArray]) -> tuple[FloatArray, float]:
        """Cost of each design of a part, [designs], and the mean violation of the whole designs it was judged in."""
        number = len(codes[part])
        best = self.meter.best
        wholes = list[FloatArray]()
        for other, own in enumerate(features):
            if other == part:
                rows = np.repeat(np.arange(number), _CONTEXTS)
                wholes.append(own[rows])
                continue
            drawn = own[self.rng.integers(len(own), size=_CONTEXTS)]
            if best is not None:
                kept = self.rng.random(_CONTEXTS) < 0.7
                drawn[kept] = best.features[other]
            wholes.append(np.tile(drawn, (number, 1)))
        judged = self.meter.judge(wholes)
        violations = np.minimum(judged.violations, 10.0)
        costs = self.meter.cost(judged) + self.multiplier * violations
        finite = np.isfinite(costs)
        worst = float(costs[finite].max()) if finite.any() else 0.0
        costs = np.where(finite, costs, worst + _WORST).reshape(number, _CONTEXTS)
        return costs.mean(axis=1), float(violations.mean())

    def _loss(self, part: int, sample: Codes, codes: IntArray, costs: FloatArray) -> Tensor:
        """What is differentiated for one part."""
        logits, estimator = self.logits[part], self.settings.estimator
        kept = torch.from_numpy((codes == sample.options.numpy()).all(axis=1))
        weights = torch.from_numpy(costs)
        spread = float(weights.std())
        if estimator.needs_baseline:
            weights = (weights - weights.mean()) / max(spread, 1e-9)
        else:
            weights = torch.exp(weights - weights.mean())
        surrogate = estimator.surrogate(logits.values, logits.mask, sample, self.generator)
        return (weights * surrogate)[kept].sum() / len(codes)
