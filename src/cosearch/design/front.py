"""The Pareto front of a given network's accelerators. Written as front.json, with a folder for every point."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from cosearch.errors import DesignError
from cosearch.records import Record, parse_record, read_json

SCHEMA = 1


class FrontMember(Record):
    """One point.

    Attributes:
        values: Of the front's objectives, as predicted of the design.
        certified: Whether no accelerator of the declared space betters it in both objectives.
        folder: Of its design, relative to front.json; a run's folder like any other.
    """

    values: dict[str, float]
    certified: bool
    folder: str


class OpenStretch(Record):
    """Two neighbouring points between which more of the front may lie.

    Attributes:
        better_in_first, better_in_second: Their values.
    """

    better_in_first: dict[str, float]
    better_in_second: dict[str, float]


class Front(Record):
    """A front, or what is known of it.

    Attributes:
        recipe: Names the model.
        objectives: Two metrics.
        certified: Whether the points are proved to be the whole front.
        scope: What the proof is about.
        front: Points from the best of the first objective to the best of the second.
        gaps: Where the front is not known.
    """

    schema_version: Literal[1] = Field(default=SCHEMA, alias="schema")
    recipe: str
    objectives: tuple[str, str]
    certified: bool
    scope: str
    front: tuple[FrontMember, ...]
    gaps: tuple[OpenStretch, ...]


def load_front(path: Path) -> Front:
    """Read a front.json.

    Raises:
        DesignError: if it is missing, not JSON, or wrong in a field.
    """
    return parse_record(Front, read_json(path, DesignError), source=path.name, error=DesignError)
