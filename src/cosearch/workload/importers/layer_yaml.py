"""Layers written as YAML: the plainest description of a network."""

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, get_args

from pydantic import Field

from cosearch.errors import WorkloadError
from cosearch.records import Record, load_yaml, parse_record
from cosearch.workload.graph import Concatenation, Workload
from cosearch.workload.layer import Activation, Layer, Op, Pool

LAYER_FILE_SCHEMA = 1

_WORDS: dict[str, tuple[str, ...]] = {
    "op": get_args(Op),
    "activation": get_args(Activation),
    "pool": get_args(Pool),
}
"""Texts that are one of a few words."""

_TEXTS = ("name", "source", "op", "residual", "scale", "activation", "pool")


class _Concatenation(Record):
    name: str
    parts: tuple[str, ...] = Field(min_length=1)


class _LayerFile(Record):
    schema_version: int = Field(alias="schema")
    layers: list[dict[str, Any]] = Field(min_length=1)
    concatenations: tuple[_Concatenation, ...] = ()


def read_layers(path: Path) -> Workload:
    """A workload from a layer file: ``{schema: 1, layers: [{name, source, K, C, OY, ...}, ...]}``.

    Fields are those of `Layer`; what has a default there may be left out. Tensors that several layers store together
    stand under ``concatenations: [{name, parts: [...]}, ...]``.

    Raises:
        WorkloadError: naming the file, the line and the layer.
    """
    value, lines = load_yaml(path, WorkloadError)
    parsed = parse_record(_LayerFile, value, source=path.name, error=WorkloadError, lines=lines)
    if parsed.schema_version != LAYER_FILE_SCHEMA:
        raise WorkloadError(
            f"schema {parsed.schema_version} is not known; this version reads {LAYER_FILE_SCHEMA}"
        ).at(path.name)
    joined = tuple(Concatenation(name=entry.name, parts=entry.parts) for entry in parsed.concatenations)
    layers: list[Layer] = []
    for index, entry in enumerate(parsed.layers):
        place = f"{path.name}:{lines.get(('layers', index), 1)}"
        try:
            layers.append(_layer(entry))
        except WorkloadError as error:
            raise error.at(f"layers[{index}]").at(place) from None
    try:
        return Workload(tuple(layers), joined)
    except WorkloadError as error:
        raise error.at(path.name) from None


def _layer(entry: dict[str, Any]) -> Layer:
    known = {field.name: field for field in fields(Layer)}
    unknown = [key for key in entry if key not in known]
    if unknown:
        raise WorkloadError(f"unknown key {unknown[0]!r}; known keys: {', '.join(known)}")
    missing = [name for name, field in known.items() if field.default is MISSING and name not in entry]
    if missing:
        raise WorkloadError(f"{missing[0]} is required; add it")
    for key, value in entry.items():
        texts = key in _TEXTS
        if not isinstance(value, str if texts else int) or isinstance(value, bool):
            if key in ("residual", "scale") and value is None:
                continue
            raise WorkloadError(f"{key}={value!r}; expected {'a text' if texts else 'a whole number'}")
    for key, words in _WORDS.items():
        if entry.get(key, words[0]) not in words:
            raise WorkloadError(f"{key} {entry[key]!r} is not known; known: {', '.join(words)}")
    return Layer(**entry)
