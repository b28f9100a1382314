"""The run's own record of what was chosen: what design.json is held against."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from cosearch.design import Design, EventLog, RunFolder, load_design
from cosearch.errors import RunError
from cosearch.records import read_json

CHOSEN_EVENT = "design"
_CHOSEN = ("recipe", "seed", "status", "network", "accelerator", "limits", "engine", "accuracy")


def chosen_part(written: dict[str, Any]) -> dict[str, Any]:
    """What of a design.json was chosen or measured, not derived: the record holds a copy of it."""
    return {key: written.get(key) for key in _CHOSEN}


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    return sha256(path.read_bytes()).hexdigest()


def recorded_choice(folder: RunFolder) -> dict[str, Any]:
    """The last design event: ``chosen`` and ``weights_sha256``.

    Raises:
        RunError: if the run has recorded no design.
    """
    for event in reversed(EventLog(folder.require(folder.events, "search")).read()):
        if event.get("event") == CHOSEN_EVENT and "chosen" in event and "weights_sha256" in event:
            return event
    raise RunError(f"{folder.events} holds no chosen design; finish the run with `cosearch search`")


def recorded_design(folder: RunFolder, state: dict[str, Any]) -> Design:
    """The design of a run, if design.json, recipe.yaml and the checkpoint still say what was recorded.

    Raises:
        RunError: if design.json was changed, so that nothing is trained or certified that was not searched.
    """
    design = load_design(folder.design)
    found, recorded = chosen_part(read_json(folder.design, RunError)), recorded_choice(folder)["chosen"]
    changed = [key for key in found if found[key] != recorded.get(key)]
    if changed or state.get("stage") != "done":
        what = f"differs from the run's record in {changed[0]}" if changed else "is not of a finished run"
        raise RunError(f"{folder.design} {what}; see `cosearch check`, and restore it")
    return design
