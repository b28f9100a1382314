"""What a killed run continues from."""

import io
import pickle
from typing import Any
from zipfile import BadZipFile, is_zipfile

import torch

from cosearch.design import EventLog, RunFolder
from cosearch.errors import RunError
from cosearch.records import write_atomically


def save_checkpoint(folder: RunFolder, state: dict[str, Any]) -> None:
    """Write tensors and plain values in one step, with the length of the event log that belongs to them.

    Args:
        folder: Of the run.
        state: Nested dicts and lists of tensors, numbers and texts; nothing that needs code to be read back.
    """
    log = EventLog(folder.events)
    log.sync()
    buffer = io.BytesIO()
    torch.save({**state, "events_bytes": log.size_bytes()}, buffer)
    write_atomically(folder.checkpoint, buffer.getvalue())


def load_checkpoint(folder: RunFolder) -> dict[str, Any] | None:
    """The last checkpoint, or None; cuts the event log back to it. Reads data only, never code.

    Raises:
        RunError: if the file is not a checkpoint of this version.
    """
    if not folder.checkpoint.exists():
        EventLog(folder.events).cut_back(0)
        return None
    way_out = "delete it to start the run over, or give another --out"
    if not is_zipfile(folder.checkpoint):
        raise RunError(f"cannot read {folder.checkpoint}: not a checkpoint; {way_out}")
    try:
        state = torch.load(folder.checkpoint, weights_only=True)
    except OSError as error:
        raise RunError(f"cannot read {folder.checkpoint}: {error.strerror}; {way_out}") from error
    except (RuntimeError, EOFError, pickle.UnpicklingError, BadZipFile, ValueError, KeyError) as error:
        raise RunError(f"cannot read {folder.checkpoint}: not a checkpoint; {way_out}") from error
    if not isinstance(state, dict) or "events_bytes" not in state:
        raise RunError(f"cannot read {folder.checkpoint}: not a checkpoint of this version; {way_out}")
    EventLog(folder.events).cut_back(state["events_bytes"])
    return state
