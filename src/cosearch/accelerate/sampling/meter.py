"""What an engine has priced: counted against its budget, remembered, and the best whole design among it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cosearch.accelerate.arrays import FloatArray, IntArray
from cosearch.accelerate.engine import Budget, Progress
from cosearch.accelerate.question import AbstractQuestion, Judged


class SpentError(Exception):
    """The budget does not hold what was asked for."""


@dataclass(slots=True, eq=False)
class Whole:
    """A whole design: codes [parameters] and features [features] of every part, and how it was judged."""

    codes: list[IntArray]
    features: list[FloatArray]
    value: float
    violation: float


class Memory:
    """Priced designs of a part in the order of pricing: codes [designs, parameters], features [designs, features]."""

    def __init__(self) -> None:
        self._places: dict[bytes, int] = {}
        self._codes: IntArray | None = None
        self._features: FloatArray | None = None

    def __len__(self) -> int:
        return len(self._places)

    @property
    def codes(self) -> IntArray:
        """All of them."""
        assert self._codes is not None
        return self._codes[: len(self)]

    @property
    def features(self) -> FloatArray:
        """All of them."""
        assert self._features is not None
        return self._features[: len(self)]

    def places(self, codes: IntArray) -> IntArray:
        """Where designs are remembered, -1 where they are not. [designs]."""
        keys = np.ascontiguousarray(codes)
        return np.array([self._places.get(row.tobytes(), -1) for row in keys], np.int64)

    def add(self, codes: IntArray, features: FloatArray) -> None:
        """Remember distinct new designs."""
        start, stop = len(self), len(self) + len(codes)
        if self._codes is None or self._features is None or stop > len(self._codes):
            room = 2 * stop
            grown = np.zeros((room, codes.shape[1]), np.int64), np.zeros((room, features.shape[1]))
            if start:
                grown[0][:start], grown[1][:start] = self.codes, self.features
            self._codes, self._features = grown
        self._codes[start:stop], self._features[start:stop] = codes, features
        for place, row in enumerate(np.ascontiguousarray(codes), start):
            self._places[row.tobytes()] = place


@dataclass(eq=False)
class Meter:
    """Prices designs for an engine.

    A design that was priced before is remembered and costs nothing.

    Attributes:
        question: What is asked.
        budget: When to stop.
        memory: What was priced, by part.
        best: The best whole design so far: the least violation, then the best value.
        history: Each time a design within all limits improved on the best.
    """

    question: AbstractQuestion
    budget: Budget
    evaluations: int = 0
    best: Whole | None = None
    history: list[Progress] = field(default_factory=list[Progress])
    memory: list[Memory] = field(default_factory=list[Memory])
    _end: float | None = None

    def __post_init__(self) -> None:
        self.memory = [Memory() for _ in self.question.parts]
        self._end = None if self.budget.seconds is None else time.monotonic() + self.budget.seconds

    @property
    def left(self) -> int:
        """Evaluations that may still be spent; a large number without a bound."""
        return (1 << 60) if self.budget.evaluations is None else self.budget.evaluations - self.evaluations

    @property
    def is_over(self) -> bool:
        """Whether nothing more may be priced."""
        return self.left <= 0 or (self._end is not None and time.monotonic() >= self._end)

    def price(self, part: int, codes: IntArray) -> FloatArray:
        """Features of designs of one part. [designs, features].

        Raises:
            SpentError: if the new ones among them exceed the budget; then none is priced.
        """
        memory = self.memory[part]
        fresh = np.flatnonzero(memory.places(codes) < 0)
        if len(fresh):
            distinct = codes[fresh][np.sort(np.unique(codes[fresh], axis=0, return_index=True)[1])]
            if len(distinct) > self.left or self.is_over:
                raise SpentError
            memory.add(distinct, self.question.price(part, distinct))
            self.evaluations += len(distinct)
        return memory.features[memory.places(codes)]

    def judge(self, features: Sequence[FloatArray]) -> Judged:
        """Judge whole designs; free."""
        return self.question.judge(features)

    def cost(self, judged: Judged) -> FloatArray:
        """The logarithm of the objective as something to be minimised; infinite where a part cannot run."""
        with np.errstate(divide="ignore"):
            logs = np.log(judged.values)
        costs = -logs if self.question.more_is_better else logs
        return np.where(np.isfinite(judged.values) & np.isfinite(judged.violations), costs, np.inf)

    def offer(self, codes: Sequence[IntArray], features: Sequence[FloatArray]) -> Judged:
        """Judge whole designs, [designs, ...] for every part, and keep the best one.

        Returns:
            The judgement.
        """
        judged = self.judge(features)
        order = np.lexsort((self.cost(judged), judged.violations))
        row = int(order[0])
        if np.isfinite(judged.violations[row]):
            self._keep(
                Whole(
                    [own[row] for own in codes],
                    [own[row] for own in features],
                    float(judged.values[row]),
                    float(judged.violations[row]),
                )
            )
        return judged

    def assemble(self, sweeps: int = 4) -> None:
        """Improve the best whole design with parts of all that was priced, one part after another; free."""
        for _ in range(sweeps):
            before = self.best
            if before is None:
                return
            for part, memory in enumerate(self.memory):
                if self.best is None or not len(memory):
                    continue
                shape = (len(memory), 1)
                codes = [np.tile(row, shape) for row in self.best.codes]
                features = [np.tile(row, shape) for row in self.best.features]
                codes[part], features[part] = memory.codes, memory.features
                self.offer(codes, features)
            if self.best is before:
                return

    def state_dict(self) -> dict[str, Any]:
        """All of it, as arrays and plain numbers."""
        return {
            "evaluations": self.evaluations,
            "memory": [
                (memory.codes.copy(), memory.features.copy()) if len(memory) else None for memory in self.memory
            ],
            "best": None
            if self.best is None
            else (self.best.codes, self.best.features, self.best.value, self.best.violation),
            "history": [(entry.evaluations, entry.value) for entry in self.history],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where a state was taken; seconds are counted anew."""
        self.evaluations = int(state["evaluations"])
        self.memory = [Memory() for _ in self.question.parts]
        for memory, kept in zip(self.memory, state["memory"], strict=True):
            if kept is not None:
                memory.add(*kept)
        self.best = None if state["best"] is None else Whole(*state["best"])
        self.history = [Progress(*entry) for entry in state["history"]]

    def _keep(self, whole: Whole) -> None:
        if self.best is not None and not self._improves(whole, self.best):
            return
        self.best = whole
        if whole.violation == 0:
            entry = Progress(self.evaluations, whole.value)
            if self.history and self.history[-1].evaluations == entry.evaluations:
                self.history.pop()
            self.history.append(entry)

    def _improves(self, whole: Whole, than: Whole) -> bool:
        if whole.violation != than.violation:
            return whole.violation < than.violation
        return whole.value > than.value if self.question.more_is_better else whole.value < than.value
