"""Files of measured layers."""

import csv
from dataclasses import dataclass
from pathlib import Path

from cosearch.errors import DataError, InputError
from cosearch.records import read_text
from cosearch.validate.gemmini.folds import Group
from cosearch.validate.gemmini.mapping import TIMELOOP_DIMS, Dim
from cosearch.validate.gemmini.program import Program, program_of

_TIMELOOP_ORDER = "NKCPQRS"


@dataclass(frozen=True, slots=True)
class MeasuredLayer:
    """A layer that ran.

    Attributes:
        name: Shape and mapping, for people.
        group: The shape; layers of one shape stay together in cross-validation.
        program: What ran.
        cycles: Measured in RTL.
        timeloop_cycles: What Timeloop said, for comparison.
        search: By which search the mapping was found.
    """

    name: str
    group: Group
    program: Program
    cycles: float
    timeloop_cycles: float
    search: str


def read_layers(path: Path) -> list[MeasuredLayer]:
    """The rows of a file as `validation/data/gemmini_rtl.csv`; lines that begin with # are notes.

    Raises:
        DataError: if a column is missing, a value is no number, or there is no row.
    """
    layers = [_layer(path, row) for row in _rows(path)]
    if not layers:
        raise DataError(f"{path.name} has no rows; give a file as validation/data/gemmini_rtl.csv")
    return layers


@dataclass(frozen=True, slots=True)
class MeasuredProduct:
    """A matrix product that ran with Gemmini's own tiles."""

    rows: int
    reduction: int
    columns: int
    cycles: float


def read_products(path: Path) -> list[MeasuredProduct]:
    """The rows of a file as `validation/data/gemmini_gemm_rtl.csv`.

    Raises:
        DataError: as `read_layers`.
    """
    return [
        MeasuredProduct(
            rows=int(_number(path, row, "M")),
            reduction=int(_number(path, row, "K")),
            columns=int(_number(path, row, "N")),
            cycles=_number(path, row, "rtl_cycles"),
        )
        for row in _rows(path)
    ]


def _layer(path: Path, row: "_Row") -> MeasuredLayer:
    sizes = {letter: int(_number(path, row, f"prob.{letter}")) for letter in _TIMELOOP_ORDER}
    stride = int(_number(path, row, "prob.Hstride"))
    bounds: dict[Dim, int] = {TIMELOOP_DIMS[letter]: size for letter, size in sizes.items()}
    mapping = _text(path, row, "mapping.mapping")
    try:
        program = program_of(bounds, stride, mapping)
    except InputError as error:
        raise error.at(f"{path.name}:{row.line}") from None
    shape = " ".join(f"{dim}={size}" for dim, size in bounds.items() if size > 1)
    return MeasuredLayer(
        name=f"{shape} stride={stride}, {mapping}",
        group=(*sizes.values(), stride),
        program=program,
        cycles=_number(path, row, "target.gemmini_cycle"),
        timeloop_cycles=_number(path, row, "target.cycle"),
        search=_text(path, row, "dosa_predictor"),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    values: dict[str, str | None]


def _rows(path: Path) -> list[_Row]:
    numbered = [
        (number, text)
        for number, text in enumerate(read_text(path, DataError).splitlines(), start=1)
        if text and not text.startswith("#")
    ]
    reader = csv.DictReader(text for _, text in numbered)
    return [_Row(number, values) for (number, _), values in zip(numbered[1:], reader, strict=True)]


def _text(path: Path, row: _Row, column: str) -> str:
    value = row.values.get(column)
    if value is None:
        raise DataError(f"column {column} is missing; give it in every row").at(f"{path.name}:{row.line}")
    return value


def _number(path: Path, row: _Row, column: str) -> float:
    value = _text(path, row, column)
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not number > 0:
        raise DataError(f"{column}={value!r} is not a number above zero; mend it").at(f"{path.name}:{row.line}")
    return number
