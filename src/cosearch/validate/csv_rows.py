"""Rows of a CSV file that know where they stand, so that every error names its line."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from cosearch.errors import DataError
from cosearch.records import read_text


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One row: its cells by column, and its place as ``file:line``."""

    place: str
    cells: dict[str, str]

    def has(self, column: str) -> bool:
        """Whether a cell is there and not empty."""
        return bool(self.cells.get(column))

    def text(self, column: str) -> str:
        """A cell's text.

        Raises:
            DataError: if it is empty.
        """
        if not self.has(column):
            raise DataError(f"{column} is empty; fill it in").at(self.place)
        return self.cells[column]

    def number(self, column: str, *, above: float = -math.inf) -> float:
        """A cell's number.

        Raises:
            DataError: if it is none, or not above a bound.
        """
        text = self.text(column)
        try:
            value = float(text)
        except ValueError:
            raise DataError(f"{column}={text!r} is not a number; mend it").at(self.place) from None
        if not math.isfinite(value) or value <= above:
            bound = f" above {above:g}" if above > -math.inf else ""
            raise DataError(f"{column}={text} must be a finite number{bound}").at(self.place)
        return value

    def integer(self, column: str, *, least: int = 0) -> int:
        """A cell's whole number.

        Raises:
            DataError: if it is none, or below the least.
        """
        text = self.text(column)
        try:
            value = int(text)
        except ValueError:
            raise DataError(f"{column}={text!r} is not a whole number; mend it").at(self.place) from None
        if value < least:
            raise DataError(f"{column}={value} must be at least {least}").at(self.place)
        return value


def read_rows(path: Path, columns: tuple[str, ...]) -> list[CsvRow]:
    """Rows of a CSV file with a line of column names; lines that begin with # are comments.

    Args:
        path: The file.
        columns: Columns that have to be there; others are kept too.

    Raises:
        DataError: if the file cannot be read, lacks a column, has no row, or a row has another number of cells.
    """
    lines = [(number, line) for number, line in enumerate(read_text(path, DataError).splitlines(), 1) if line.strip()]
    kept = [(number, line) for number, line in lines if not line.startswith("#")]
    cells = list(csv.reader(line for _, line in kept))
    if len(cells) < 2:
        raise DataError("no rows; give a line of column names and rows under it").at(path.name)
    names = [name.strip() for name in cells[0]]
    missing = [column for column in columns if column not in names]
    if missing:
        raise DataError(f"no column {missing[0]!r}; the columns are {', '.join(names)}").at(
            f"{path.name}:{kept[0][0]}"
        )
    rows: list[CsvRow] = []
    for (number, _), values in zip(kept[1:], cells[1:], strict=True):
        place = f"{path.name}:{number}"
        if len(values) != len(names):
            raise DataError(f"{len(values)} cells under {len(names)} columns; mend the line").at(place)
        rows.append(CsvRow(place, dict(zip(names, (value.strip() for value in values), strict=True))))
    return rows
