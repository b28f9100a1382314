"""Measured layer runs from a CSV file: a layer, the chunk that ran it, its mapping and what was measured."""

import typing
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cosearch.cost import best_mapping
from cosearch.errors import CosearchError, DataError
from cosearch.hardware import LOOP_ORDERS, Capacity, Chunk, ChunkKind, DramPort, Mapping, Tile, Unroll, check_mapping
from cosearch.hardware.mapping import LoopOrder
from cosearch.validate.csv_rows import CsvRow, read_rows
from cosearch.workload import IMAGE, Layer

_LAYER_FIELDS = {field.name: field for field in fields(Layer)}
_LAYER_TYPES = typing.get_type_hints(Layer)
_NOT_COLUMNS = ("name", "source", "residual", "scale", "N")

_UNROLLS = ("K", "C", "OX", "OYOX", "FX")
_TILES = ("G", "K", "C", "OY", "OX")
_ROOMY = 1 << 40
"""Bits of a bank where a mapping is given and the buffers do not matter."""

NEEDED = ("name", "K", "C", "OY", "OX", "IY", "IX", "weight_bits", "input_bits", "output_bits", "unroll_K")
"""Columns that every file has; beside them `seconds` or `cycles`."""

COLUMNS = (
    *(name for name in _LAYER_FIELDS if name not in _NOT_COLUMNS),
    "name",
    "kind",
    *(f"unroll_{name}" for name in _UNROLLS),
    *(f"capacity_{name}_bits" for name in "IWO"),
    "chunk_weight_bits",
    "chunk_activation_bits",
    "read_slots",
    "write_slots",
    "resident_weights",
    "partial_sums",
    *(f"tile_{name}" for name in _TILES),
    "loop_order",
    "seconds",
    "cycles",
)
"""All columns that are read; others are refused, since a misspelt one would be lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredRun:
    """One layer that ran on one chunk.

    Attributes:
        place: ``file:line``.
        measured: Seconds, or cycles.
    """

    place: str
    layer: Layer
    chunk: Chunk
    mapping: Mapping
    measured: float

    def same_run(self) -> tuple[object, ...]:
        """Repeats of a run have the same."""
        return (self.layer.shape_key(), repr(self.chunk), repr(self.mapping))


def read_runs(path: Path, port: DramPort) -> tuple[list[MeasuredRun], str]:
    """The runs of a file, and whether they are in ``seconds`` or in ``cycles``; docs/calibration.md has the columns.

    Args:
        path: The file.
        port: Of the platform before calibration: a run without a mapping gets its best one there, and a chunk
            without slots has all of them, a quarter of them for writes.

    Raises:
        DataError: with the line, if the file or a run of it is wrong.
    """
    rows = read_rows(path, NEEDED)
    columns = set(rows[0].cells)
    unknown = sorted(columns - set(COLUMNS))
    if unknown:
        raise DataError(f"unknown column {unknown[0]!r}; known columns: {', '.join(COLUMNS)}").at(path.name)
    units = [unit for unit in ("seconds", "cycles") if unit in columns]
    if len(units) != 1:
        raise DataError("give one column of seconds or cycles, and not both").at(path.name)
    return [_run(row, port, units[0]) for row in rows], units[0]


def _run(row: CsvRow, port: DramPort, unit: str) -> MeasuredRun:
    measured = row.number(unit, above=0)
    try:
        layer = _layer(row)
        chunk = _chunk(row, layer, port)
        mapping = _mapping(row, layer, chunk, port)
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(map(str, first["loc"]))
        message = str(first["msg"]).removeprefix("Value error, ")
        raise DataError(f"{place}: {message}" if place else message).at(row.place) from None
    except CosearchError as fault:
        if str(fault).startswith(row.place):
            raise
        raise DataError(str(fault)).at(row.place) from None
    return MeasuredRun(place=row.place, layer=layer, chunk=chunk, mapping=mapping, measured=measured)


def _layer(row: CsvRow) -> Layer:
    values: dict[str, Any] = {"name": row.text("name"), "source": IMAGE}
    for name, field in _LAYER_FIELDS.items():
        if name in _NOT_COLUMNS:
            continue
        if row.has(name):
            values[name] = row.integer(name) if _LAYER_TYPES[name] is int else _word(row, name)
        elif field.default is MISSING:
            row.text(name)
    if values.get("residual_bits"):
        values["residual"] = IMAGE
    if values.get("op") == "multiply":
        values["scale"] = IMAGE
    return Layer(**values)


def _word(row: CsvRow, name: str) -> str:
    """One of the words that a layer's field knows."""
    known = typing.get_args(_LAYER_TYPES[name])
    if row.text(name) not in known:
        raise DataError(f"{name}={row.text(name)!r} is unknown; use {', '.join(known)}").at(row.place)
    return row.text(name)


def _chunk(row: CsvRow, layer: Layer, port: DramPort) -> Chunk:
    kinds = [kind.value for kind in ChunkKind]
    kind = row.text("kind") if row.has("kind") else ChunkKind.BOTH.value
    if kind not in kinds:
        raise DataError(f"kind={kind!r} is unknown; use {', '.join(kinds)}").at(row.place)
    writes = max(1, port.total_slots // 4)
    return Chunk(
        kind=ChunkKind(kind),
        weight_bits=_whole(row, "chunk_weight_bits", layer.weight_bits),
        activation_bits=_whole(row, "chunk_activation_bits", max(layer.input_bits, layer.residual_bits)),
        unroll=Unroll(**{name: _whole(row, f"unroll_{name}", 1) for name in _UNROLLS}),
        capacity_bits=Capacity(**{name: _whole(row, f"capacity_{name}_bits", _ROOMY) for name in "IWO"}),
        read_slots=_whole(row, "read_slots", port.total_slots - writes),
        write_slots=_whole(row, "write_slots", writes),
        resident_weights=bool(_whole(row, "resident_weights", 0)),
        partial_sums=bool(_whole(row, "partial_sums", 0)),
        activation_table=layer.needs_table,
        max_channels=layer.out_channels,
        output_bits=layer.output_bits,
    )


def _mapping(row: CsvRow, layer: Layer, chunk: Chunk, port: DramPort) -> Mapping:
    """The given mapping, or the best one for the buffers that are given."""
    if not any(row.has(column) for column in (*(f"tile_{name}" for name in _TILES), "loop_order")):
        for name in "IWO":
            row.integer(f"capacity_{name}_bits", least=1)
        return best_mapping(layer, chunk, port)[0]
    tile = Tile(**{name: _whole(row, f"tile_{name}", _whole_tile(layer, name)) for name in _TILES})
    mapping = Mapping(tile=tile, loop_order=_order(row))
    check_mapping(layer, mapping, chunk, port.beat_bits)
    return mapping


def _whole_tile(layer: Layer, name: str) -> int:
    """The layer's bound; one group, where the layer is not depthwise."""
    return 1 if name == "G" and not layer.is_depthwise else getattr(layer, name)


def _order(row: CsvRow) -> LoopOrder:
    text = row.text("loop_order") if row.has("loop_order") else " ".join(LOOP_ORDERS[0])
    known = {" ".join(order): order for order in LOOP_ORDERS}
    if text not in known:
        raise DataError(f"loop_order={text!r} is unknown; use one of {'; '.join(known)}").at(row.place)
    return known[text]


def _whole(row: CsvRow, column: str, default: int) -> int:
    return row.integer(column) if row.has(column) else default
