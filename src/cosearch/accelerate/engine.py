"""What every engine answers, and within which budget."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cosearch.accelerate.problem import Problem
from cosearch.accelerate.question import AbstractQuestion, Choice
from cosearch.cost import best_mappings
from cosearch.design import METRICS
from cosearch.errors import RecipeError
from cosearch.hardware import Accelerator, Chunk, ChunkProgram, DramPort, LayerProgram
from cosearch.workload import Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """When an engine must stop; None is unbounded.

    Attributes:
        evaluations: Chunk designs priced for all layers of their chunk.
        seconds: Of wall time; results under it promise no replay.

    Raises:
        RecipeError: if a bound is not positive.
    """

    evaluations: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        for name, value in (("evaluations", self.evaluations), ("seconds", self.seconds)):
            if value is not None and value <= 0:
                raise RecipeError(f"budget of {value} {name}; it must be positive, or none")


@dataclass(frozen=True, slots=True)
class Progress:
    """The best value once so many evaluations were spent."""

    evaluations: int
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineResult:
    """What an engine found.

    Attributes:
        status: `infeasible` is proved, `not_found` is not.
        accelerator: With a mapping for every layer; None unless feasible, or if the problem has no workload.
        designs: Row of the chosen design in each class of the table that is in use.
        choices: The chosen value of every parameter, by part, where a space was declared by a user.
        value: The objective, in its unit.
        bound: No accelerator of the declared space is better than this; None where the engine has no bound.
        certified: Whether the value equals the bound.
        evaluations: Chunk designs priced.
        history: Each improvement.
        reason: For an infeasible problem, what proves it.
    """

    status: Literal["feasible", "infeasible", "not_found"]
    accelerator: Accelerator | None = None
    designs: dict[int, int] | None = None
    choices: dict[str, dict[str, Choice]] | None = None
    value: float | None = None
    bound: float | None = None
    certified: bool = False
    evaluations: int = 0
    history: tuple[Progress, ...] = ()
    reason: str = ""

    @property
    def gap(self) -> float | None:
        """How much better than the value the bound is, as a fraction; 0 if certified, None without either."""
        if self.value is None or self.bound is None:
            return None
        if self.value == self.bound:
            return 0.0
        larger, smaller = max(self.value, self.bound), min(self.value, self.bound)
        return larger / smaller - 1 if smaller > 0 else None


class AbstractEngine(ABC):
    """Finds the accelerator of one fixed network. Equal seeds and evaluation budgets give equal results."""

    @abstractmethod
    def run(self, problem: Problem | AbstractQuestion, *, seed: int, budget: Budget) -> EngineResult:
        """Search.

        Args:
            problem: The network, the space and the limits; or a space of your own.
            seed: Of everything random.
            budget: When to stop.
        """


def build_accelerator(problem: Problem, designs: dict[int, int]) -> Accelerator | None:
    """The accelerator of chosen designs, each layer with its best mapping; None if the problem has no workload."""
    workload, table = problem.workload, problem.table
    if workload is None:
        return None
    shares: dict[int, list[Layer]] = {}
    for layer in workload.layers:
        shares.setdefault(table.place(layer)[0], []).append(layer)
    chunks: list[ChunkProgram] = []
    for index, row in sorted(designs.items()):
        entry = table.classes[index]
        chunks.append(programmed(entry.designs.chunk(row, entry.chunk_class), shares[index], table.port))
    return Accelerator(platform=table.platform, clock_hertz=table.clock_hertz, port=table.port, chunks=tuple(chunks))


def programmed(chunk: Chunk, layers: Sequence[Layer], port: DramPort) -> ChunkProgram:
    """A chunk with the best mapping of every layer it runs."""
    mappings = best_mappings(layers, chunk, port)
    programs = [
        LayerProgram(name=layer.name, tile=mapping.tile, loop_order=mapping.loop_order)
        for layer, mapping in zip(layers, mappings, strict=True)
    ]
    return ChunkProgram(**dict(chunk), layers=tuple(programs))


def is_better(objective: str, value: float, than: float | None) -> bool:
    """Whether a value of the objective improves on another."""
    if than is None:
        return True
    return value > than if METRICS[objective].more_is_better else value < than
