"""What an accelerator is asked for, where the network is given: one record, and its file."""

from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import Field, model_validator

from cosearch.accelerate.asked import LimitTexts, ObjectiveName
from cosearch.accelerate.problem import PROBLEM_METRICS
from cosearch.accelerate.space import SHAPE_RULES, AcceleratorSpace
from cosearch.design import Limit, parse_limits
from cosearch.errors import RecipeError
from cosearch.hardware import Platform
from cosearch.records import Record, load_yaml, parse_record, write_atomically


class Request(Record):
    """The best accelerator of one network.

    Attributes:
        model: The file or run the network comes from, by name.
        platform: All of it, so that the request says the same when a file has moved.
        clock_hertz: The accelerator clock.
        objective, limits: Of `PROBLEM_METRICS`.
        front: Two metrics, of which the whole front is asked, in place of the best of the objective; or none.
        points: Of the front, how many are enough; None is all.
        space: The declared space.
        engine: `exact`, or one that samples.
        evaluations: Budget of an engine that samples, in chunk designs; None is a twentieth of the space.
        seconds: When to stop with what was found; None never. Results under it promise no replay.
    """

    model: str
    platform: Platform
    clock_hertz: float = Field(gt=0)
    objective: ObjectiveName = "fps"
    limits: LimitTexts = ()
    front: tuple[ObjectiveName, ...] = ()
    points: int | None = Field(default=None, ge=2)
    space: AcceleratorSpace
    engine: Literal["exact", "differentiable", "random", "evolutionary", "bayesian"] = "exact"
    seed: int = Field(default=0, ge=0, le=2**62)
    evaluations: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _front_is_sound(self) -> Self:
        if not self.front:
            if self.points is not None:
                raise ValueError("points are of a front; give two metrics for one")
            return self
        if len(self.front) != 2 or self.front[0] == self.front[1]:
            raise ValueError(f"a front of {', '.join(self.front)}; give two different metrics, such as fps,dsp")
        if self.engine != "exact":
            raise ValueError(f"a front needs the exact engine, not {self.engine}")
        if self.space.allocation not in SHAPE_RULES:
            raise ValueError(
                f"a front needs an allocation that a layer's shape decides, {self.space.allocation} does not; "
                f"take one of {', '.join(SHAPE_RULES)}"
            )
        return self

    def parsed_limits(self) -> tuple[Limit, ...]:
        """The limits as records."""
        return parse_limits(self.limits, PROBLEM_METRICS)

    def save(self, path: Path) -> None:
        """Write it as YAML.

        Raises:
            RunError: if the file cannot be written.
        """
        content = self.model_dump(mode="json")
        write_atomically(path, yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110))


def load_request(path: Path) -> Request:
    """Read a request.

    Raises:
        RecipeError: if the file is wrong.
    """
    value, lines = load_yaml(path, RecipeError)
    return parse_record(Request, value, source=path.name, error=RecipeError, lines=lines)
