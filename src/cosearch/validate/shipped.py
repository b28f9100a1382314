"""Data and committed results of the comparisons: beside this file once installed, at the root of a checkout."""

from pathlib import Path
from typing import Literal

from cosearch.errors import DataError
from cosearch.records import parse_record, read_json
from cosearch.validate.comparison import Comparison

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parents[2] / "validation"


def shipped(kind: Literal["data", "results"], name: str) -> Path | None:
    """A file that comes with the package; none if it does not."""
    # The wheel maps validation/data and validation/results into the package (pyproject.toml).
    candidates = (folder / kind / name for folder in (_PACKAGE, _CHECKOUT))
    return next((path for path in candidates if path.is_file()), None)


def committed_result(name: str) -> tuple[str, Comparison] | None:
    """The command that made a committed result, and the result; none if there is none.

    Raises:
        DataError: if the file is not of the form that the scripts write.
    """
    path = shipped("results", f"{name}.json")
    if path is None:
        return None
    value = dict(read_json(path, DataError))
    command = str(value.pop("command", ""))
    return command, parse_record(Comparison, value, source=path.name, error=DataError)
