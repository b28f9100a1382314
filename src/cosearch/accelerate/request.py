"""What an accelerator is asked for, where the network is given: one record, and its file."""

from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field

from cosearch.accelerate.asked import LimitTexts, ObjectiveName
from cosearch.accelerate.problem import PROBLEM_METRICS
from cosearch.accelerate.space import AcceleratorSpace
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
    space: AcceleratorSpace
    engine: Literal["exact", "differentiable", "random", "evolutionary", "bayesian"] = "exact"
    seed: int = Field(default=0, ge=0, le=2**62)
    evaluations: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0)

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
