"""Regularised evolution: the oldest dies, not the worst."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from cosearch.accelerate.arrays import FloatArray, IntArray
from cosearch.accelerate.sampling.engine import AbstractSamplingEngine, AbstractSearch, draw_uniform
from cosearch.accelerate.sampling.meter import Meter, SpentError

_MUTATIONS = 32
"""Tries for a valid child before another parent is taken."""


@final
@dataclass(frozen=True, slots=True)
class Evolutionary(AbstractSamplingEngine):
    """A child changes some parameters of one part of a parent, or takes one part from another parent.

    Only a part that changed is priced. Designs within the limits come first, then those that exceed them least.

    Source: Real et al., "Regularized evolution for image classifier architecture search", AAAI 2019.

    Attributes:
        population: Whole designs alive.
        tournament: Of how many the best is the parent.
        children: Bred at once.
        crossover: Share of children that take a part from another parent.
    """

    population: int = 40
    tournament: int = 8
    children: int = 16
    crossover: float = 0.2

    def start(self, meter: Meter, seed: int) -> AbstractSearch:
        """At its beginning."""
        return _Evolution(meter, seed, self)


class _Evolution(AbstractSearch):
    """Codes and features of every part, [alive, ...], oldest first, with their standing."""

    def __init__(self, meter: Meter, seed: int, settings: Evolutionary) -> None:
        super().__init__(meter, seed)
        self.settings = settings
        self.codes: list[IntArray] = []
        self.features: list[FloatArray] = []

    def step(self) -> None:
        """The first population, then generations of children."""
        if not self.codes:
            self._found()
            return
        number = min(self.settings.children, self.meter.left)
        parents = self._select(number)
        codes = [own[parents].copy() for own in self.codes]
        features = [own[parents].copy() for own in self.features]
        places = self.rng.integers(len(codes), size=number)
        crosses = self.rng.random(number) < self.settings.crossover
        mates = self._select(number)
        for part in range(len(codes)):
            rows = np.flatnonzero(places == part)
            taken = rows[crosses[rows]]
            codes[part][taken] = self.codes[part][mates[taken]]
            features[part][taken] = self.features[part][mates[taken]]
            mutated = rows[~crosses[rows]]
            if len(mutated):
                codes[part][mutated] = self._mutated(part, codes[part][mutated])
                features[part][mutated] = self.meter.price(part, codes[part][mutated])
        self.meter.offer(codes, features)
        self.codes = [np.concatenate([old, new])[number:] for old, new in zip(self.codes, codes, strict=True)]
        self.features = [
            np.concatenate([old, new])[number:] for old, new in zip(self.features, features, strict=True)
        ]

    def state_dict(self) -> dict[str, Any]:
        """With the population."""
        return {**super().state_dict(), "codes": self.codes, "features": self.features}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """With the population."""
        super().load_state_dict(state)
        self.codes, self.features = list(state["codes"]), list(state["features"])

    def _found(self) -> None:
        parts = self.meter.question.parts
        number = min(self.settings.population, self.meter.left // len(parts))
        if number < 1:
            raise SpentError
        self.codes = [draw_uniform(part, number, self.rng) for part in parts]
        self.features = [self.meter.price(index, own) for index, own in enumerate(self.codes)]
        self.meter.offer(self.codes, self.features)

    def _select(self, number: int) -> IntArray:
        """Winners of tournaments. [number]."""
        judged = self.meter.judge(self.features)
        standing = np.empty(len(judged.values), np.int64)
        standing[np.lexsort((self.meter.cost(judged), judged.violations))] = np.arange(len(standing))
        drawn = self.rng.integers(len(standing), size=(number, self.settings.tournament))
        return drawn[np.arange(number), standing[drawn].argmin(axis=1)]

    def _mutated(self, part: int, codes: IntArray) -> IntArray:
        """Each with one or two parameters drawn anew, valid and not as before; a fresh draw where none is found."""
        own = self.meter.question.parts[part]
        sizes = np.array([len(parameter.choices) for parameter in own.parameters])
        free = np.flatnonzero(sizes > 1)
        children = codes.copy()
        open_rows = np.arange(len(codes)) if len(free) else np.zeros(0, np.int64)
        for _ in range(_MUTATIONS):
            if not len(open_rows):
                return children
            trial = codes[open_rows].copy()
            for _ in range(2):
                chosen = self.rng.choice(free, size=len(trial))
                again = self.rng.random(len(trial)) < 0.5 if _ else np.ones(len(trial), np.bool_)
                fresh = self.rng.integers(sizes[chosen])
                rows = np.flatnonzero(again)
                trial[rows, chosen[rows]] = fresh[rows]
            good = own.valid(trial) & (trial != codes[open_rows]).any(axis=1)
            children[open_rows[good]] = trial[good]
            open_rows = open_rows[~good]
        if len(open_rows):
            children[open_rows] = draw_uniform(own, len(open_rows), self.rng)
        return children
