"""Bayesian optimisation by Optuna, for spaces whose designs are dear to price."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from cosearch.accelerate.arrays import IntArray
from cosearch.accelerate.sampling.engine import AbstractSamplingEngine, AbstractSearch, draw_uniform
from cosearch.accelerate.sampling.meter import Meter, SpentError
from cosearch.errors import InputError

if TYPE_CHECKING:
    import optuna

_PENALTY = 5.0
"""What breaking a limit by its whole size costs, in units of the objective's logarithm."""

_CANNOT_RUN = 100.0


@final
@dataclass(frozen=True, slots=True)
class Bayesian(AbstractSamplingEngine):
    """Tree-structured Parzen estimators over whole designs; needs the extra `scale`.

    It learns from whole designs and takes milliseconds a design, so it suits costs that take longer than that; a
    design that the space's rules forbid is replaced by a random one.

    Source: Bergstra et al., "Algorithms for hyper-parameter optimization", NeurIPS 2011, as in Optuna.

    Attributes:
        startup: Random designs before the first model.
    """

    startup: int = 20

    def start(self, meter: Meter, seed: int) -> AbstractSearch:
        """At its beginning.

        Raises:
            InputError: if Optuna is not installed.
        """
        try:
            import optuna
        except ImportError:
            raise InputError("engine bayesian needs Optuna; install cosearch[scale]") from None
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        return _BayesianSearch(meter, seed, self.startup)


class _BayesianSearch(AbstractSearch):
    def __init__(self, meter: Meter, seed: int, startup: int) -> None:
        super().__init__(meter, seed)
        self.startup = startup
        self.told: list[tuple[list[int], float]] = []
        """Codes of all parts in a row, and what they cost."""
        self.study = self._new_study()

    def step(self) -> None:
        """One whole design."""
        import optuna

        parts = self.meter.question.parts
        if self.meter.left < len(parts):
            raise SpentError
        # A sampler of its own for every step, so that a resumed search draws what an uninterrupted one does.
        self.study.sampler = optuna.samplers.TPESampler(
            n_startup_trials=self.startup, seed=int(self.rng.integers(1 << 31))
        )
        trial = self.study.ask(self._distributions())
        codes = self._split([int(trial.params[name]) for name in self._names()])
        for place, part in enumerate(parts):
            if not part.valid(codes[place][None])[0]:
                codes[place] = draw_uniform(part, 1, self.rng)[0]
        features = [self.meter.price(place, code[None]) for place, code in enumerate(codes)]
        judged = self.meter.offer([code[None] for code in codes], features)
        cost = float(self.meter.cost(judged)[0])
        violation = float(min(judged.violations[0], 10.0))
        value = cost + _PENALTY * violation if np.isfinite(cost) else _CANNOT_RUN
        self._tell([int(code) for own in codes for code in own], value)

    def state_dict(self) -> dict[str, Any]:
        """With all designs so far and their costs."""
        return {**super().state_dict(), "told": [(list(codes), value) for codes, value in self.told]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """With all designs so far and their costs."""
        super().load_state_dict(state)
        self.told, self.study = [], self._new_study()
        for codes, value in state["told"]:
            self._tell(codes, value)

    def _new_study(self) -> "optuna.Study":
        import optuna

        return optuna.create_study()

    def _tell(self, codes: list[int], value: float) -> None:
        """Remember a design as it was priced, whatever was asked for."""
        import optuna

        self.told.append((codes, value))
        params = dict(zip(self._names(), codes, strict=True))
        self.study.add_trial(
            optuna.trial.create_trial(params=params, distributions=self._distributions(), value=value)
        )

    def _names(self) -> list[str]:
        parts = self.meter.question.parts
        return [f"{place}.{p.name}" for place, part in enumerate(parts) for p in part.parameters]

    def _distributions(self) -> "dict[str, optuna.distributions.BaseDistribution]":
        import optuna

        sizes = [len(p.choices) for part in self.meter.question.parts for p in part.parameters]
        return {
            name: optuna.distributions.IntDistribution(0, size - 1)
            for name, size in zip(self._names(), sizes, strict=True)
        }

    def _split(self, codes: list[int]) -> list[IntArray]:
        """The codes of every part."""
        widths = [len(part.parameters) for part in self.meter.question.parts]
        return [part.copy() for part in np.split(np.array(codes, np.int64), np.cumsum(widths)[:-1])]
