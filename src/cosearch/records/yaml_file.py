"""YAML to records, with the file, the line and the nearest known key in every error."""

import copy
import difflib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from cosearch.errors import InputError
from cosearch.records.record import Record

R = TypeVar("R", bound=Record)
Location = tuple[int | str, ...]


def load_yaml(path: Path, error: type[InputError]) -> tuple[dict[str, Any], dict[Location, int]]:
    """A YAML mapping and the line of each of its keys.

    Raises:
        InputError: of the given type, if the file is missing, is not YAML, is not a mapping, repeats a key or is
            nested without end.
    """
    text = read_text(path, error)
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        places = list(_places(node, ()))  # before merge keys are resolved in the nodes
        value = None if node is None else loader.construct_document(node)
    except RecursionError:
        raise error("nested too deeply, or an alias holds itself; write it flat").at(path.name) from None
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        raise error(f"not YAML: {fault.problem}; mend this line").at(f"{path.name}:{line}") from fault
    except (yaml.YAMLError, ValueError) as fault:
        raise error(f"not YAML: {str(fault).splitlines()[0]}; mend the file").at(path.name) from fault
    if not isinstance(value, dict):
        raise error("expected a mapping of keys to values").at(f"{path.name}:1")
    lines: dict[Location, int] = {}
    for place, line in places:
        if place in lines:
            key = ".".join(map(str, place))
            raise error(f"{key}: given twice, first on line {lines[place]}; keep one").at(f"{path.name}:{line}")
        lines[place] = line
    return value, lines


def read_text(path: Path, error: type[InputError]) -> str:
    """The text of a file, or one line that says why not."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as fault:
        raise error(f"cannot read {path}: {fault.strerror}; check the path") from fault
    except UnicodeDecodeError as fault:
        raise error(f"cannot read {path}: not text (byte {fault.start}); give a text file") from fault


def read_json(path: Path, error: type[InputError]) -> dict[str, Any]:
    """A JSON object from a file."""
    try:
        value = json.loads(read_text(path, error))
    except json.JSONDecodeError as fault:
        raise error(f"not JSON: {fault.msg}; mend this line").at(f"{path.name}:{fault.lineno}") from fault
    except RecursionError:
        raise error("not JSON we read: nested too deeply; restore the file").at(path.name) from None
    except ValueError as fault:  # an integer of thousands of digits
        raise error(f"not JSON we read: {str(fault).partition(';')[0]}; restore the file").at(path.name) from fault
    if not isinstance(value, dict):
        raise error("expected a JSON object").at(path.name)
    return value


def parse_record(
    model: type[R],
    value: dict[str, Any],
    *,
    source: str,
    error: type[InputError],
    lines: dict[Location, int] | None = None,
) -> R:
    """Build a record from plain data, with one clear line for the first thing that is wrong.

    Args:
        model: The record's type.
        value: Plain data, as YAML or JSON gives it.
        source: The name of the file, for the error.
        error: The type of error to raise.
        lines: Line numbers as `load_yaml` returns them.
    """
    try:
        return model.model_validate(value)
    except ValidationError as fault:
        faults = fault.errors()
        # A misspelt key is both unknown and missing; its nearest neighbour is the better news.
        first = next((one for one in faults if one["type"] == "extra_forbidden"), faults[0])
        loc = first["loc"]
        line = _line_of(loc, lines or {})
        place = f"{source}:{line}" if line else source
        dotted = ".".join(str(part) for part in loc)
        message = _describe(model, loc, first)
        raise error(f"{dotted}: {message}" if dotted else message).at(place) from None


def apply_overrides(value: dict[str, Any], overrides: list[str], error: type[InputError]) -> dict[str, Any]:
    """A copy of plain data with ``a.b=c`` assignments applied; c is read as YAML.

    Raises:
        InputError: of the given type, if an assignment has no ``=`` or walks through something that is no mapping.
    """
    result = copy.deepcopy(value)
    for text in overrides:
        key, equals, raw = text.partition("=")
        if not equals or not key.strip():
            raise error(f"--set {text}: expected KEY=VALUE, for example --set seed=1")
        *path, last = key.strip().split(".")
        target = result
        for part in path:
            inner = target.setdefault(part, {})
            if not isinstance(inner, dict):
                raise error(f"--set {text}: {part!r} holds a value, not keys; set it as a whole")
            target = inner
        try:
            target[last] = yaml.safe_load(raw)
        except (yaml.YAMLError, ValueError, RecursionError):
            raise error(f"--set {text}: the value is not YAML; quote it") from None
    return result


def _places(node: yaml.Node | None, prefix: Location) -> Iterator[tuple[Location, int]]:
    """Every key and list entry below a node, with its line; a key that is written twice comes twice."""
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            place = (*prefix, str(key.value))
            yield place, key.start_mark.line + 1
            yield from _places(child, place)
    elif isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            place = (*prefix, index)
            yield place, child.start_mark.line + 1
            yield from _places(child, place)


def _line_of(loc: Location, lines: dict[Location, int]) -> int | None:
    """The line of a place, or of the nearest thing around it."""
    while loc:
        if loc in lines:
            return lines[loc]
        loc = loc[:-1]
    return None


def _describe(model: type[Record], loc: Location, fault: Any) -> str:
    if fault["type"] == "extra_forbidden":
        known = _known_keys(model, loc[:-1])
        near = difflib.get_close_matches(str(loc[-1]), known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
        return f"unknown key; {hint}"
    if fault["type"] == "missing":
        return "is required; add it"
    if fault["type"] == "value_error":
        return str(fault["msg"]).removeprefix("Value error, ")
    message = str(fault["msg"])[0].lower() + str(fault["msg"])[1:]
    given = fault.get("input")
    if isinstance(given, dict | list):
        return message
    return f"{message}, not {given!r}"


def _known_keys(model: type[Record], path: Location) -> list[str]:
    """Names a record knows at a place; walks through nested records, lists and unions of them."""
    candidates: list[Any] = [model]
    for part in path:
        following: list[Any] = []
        for candidate in candidates:
            following += (
                _records_in(candidate.model_fields[part].annotation) if part in candidate.model_fields else []
            )
        candidates = following or candidates
    fields = {name: field for candidate in candidates for name, field in candidate.model_fields.items()}
    return sorted(field.alias or name for name, field in fields.items())


def _records_in(annotation: Any) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return [annotation]
    found: list[Any] = []
    for inner in getattr(annotation, "__args__", ()):
        found += _records_in(inner)
    return found
