"""Engines that sample: they price some designs and know the space by its parameters alone."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

from cosearch.accelerate.arrays import IntArray
from cosearch.accelerate.engine import AbstractEngine, Budget, EngineResult
from cosearch.accelerate.problem import Problem
from cosearch.accelerate.question import AbstractQuestion, Part
from cosearch.accelerate.sampling.meter import Meter, SpentError
from cosearch.accelerate.table_question import TableQuestion
from cosearch.errors import RecipeError

_TRIES = 64
"""Times a draw of valid designs is repeated before its part is given up."""

_OVERSAMPLING = 4

_IDLE_STEPS = 40
"""Steps in a row that price nothing new before a search is over: what it can reach is known."""


class AbstractSearch(ABC):
    """A search in progress.

    Attributes:
        meter: Prices, counts, remembers.
        rng: The source of all randomness.
        idle_steps: Since something new was priced.
    """

    def __init__(self, meter: Meter, seed: int) -> None:
        self.meter, self.rng = meter, np.random.default_rng(seed)
        self.idle_steps = 0

    @abstractmethod
    def step(self) -> None:
        """Price some designs and learn from them.

        Raises:
            SpentError: if the budget does not hold the step.
        """

    def state_dict(self) -> dict[str, Any]:
        """All that the next step depends on."""
        return {
            "meter": self.meter.state_dict(),
            "rng": self.rng.bit_generator.state,
            "idle_steps": self.idle_steps,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where a state was taken."""
        self.meter.load_state_dict(state["meter"])
        self.rng.bit_generator.state = state["rng"]
        self.idle_steps = int(state["idle_steps"])


class AbstractSamplingEngine(AbstractEngine):
    """Runs a search until its budget is spent."""

    @abstractmethod
    def start(self, meter: Meter, seed: int) -> AbstractSearch:
        """A search at its beginning."""

    def run(
        self,
        problem: Problem | AbstractQuestion,
        *,
        seed: int,
        budget: Budget,
        state: dict[str, Any] | None = None,
        keep: Callable[[dict[str, Any]], None] | None = None,
    ) -> EngineResult:
        """Search.

        Args:
            problem: A question, or the problem of a network on a design table.
            seed: Of everything random.
            budget: When to stop; the same one when a search is resumed.
            state: What `keep` was given by a run that was stopped; the result is that of a run that was not.
            keep: Called with the state after every step.

        Raises:
            RecipeError: if there is no budget at all.
        """
        if budget.evaluations is None and budget.seconds is None:
            raise RecipeError("sampling ends by its budget alone; give evaluations or seconds")
        question = TableQuestion(problem) if isinstance(problem, Problem) else problem
        search = self.start(Meter(question, budget), seed)
        if state is not None:
            search.load_state_dict(state)
        while not search.meter.is_over and search.idle_steps < _IDLE_STEPS:
            before = search.meter.evaluations
            try:
                search.step()
            except SpentError:
                break
            search.idle_steps = search.idle_steps + 1 if search.meter.evaluations == before else 0
            if keep is not None:
                keep(search.state_dict())
        return result_of(search.meter)


def result_of(meter: Meter) -> EngineResult:
    """What a meter's best design amounts to."""
    best = meter.best
    if best is None or best.violation > 0:
        return EngineResult(status="not_found", evaluations=meter.evaluations)
    answer = meter.question.answer(best.codes)
    return EngineResult(
        status="feasible",
        choices=answer.choices,
        designs=answer.designs,
        accelerator=answer.accelerator,
        value=best.value,
        evaluations=meter.evaluations,
        history=tuple(meter.history),
    )


def draw_uniform(part: Part, number: int, rng: np.random.Generator) -> IntArray:
    """Valid designs of a part, uniformly and with replacement. [designs, parameters].

    Raises:
        SpentError: if valid designs are too rare to be drawn.
    """
    found = list[IntArray]()
    missing = number
    for _ in range(_TRIES):
        indices = rng.integers(part.num_designs, size=_OVERSAMPLING * number)
        codes = part.codes(indices)
        codes = codes[part.valid(codes)][:missing]
        found.append(codes)
        missing -= len(codes)
        if missing == 0:
            return np.concatenate(found)
    raise SpentError
