"""One text for one value, so that equal results are equal bytes."""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from cosearch.errors import RunError
from cosearch.records.record import Record


def canonical_json(value: Record | dict[str, Any] | list[Any]) -> str:
    """JSON with keys in declared order, two spaces of indent, shortest floats and a final newline.

    Raises:
        ValueError: if the value holds a NaN or an infinity, which JSON cannot say.
    """
    plain = value.model_dump(mode="json", by_alias=True) if isinstance(value, Record) else value
    return json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_atomically(path: Path, content: str | bytes) -> None:
    """Replace a file in one step: a reader, or a run that is killed, sees the old file or the new one.

    Raises:
        RunError: if the folder cannot be written.
    """
    partial = path.with_name(path.name + ".partial")
    data = content.encode() if isinstance(content, str) else content
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise RunError(f"cannot write {path}: {error.strerror}; give a folder you may write to with --out") from error
