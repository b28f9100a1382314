"""The run's own record of what was chosen: what design.json is held against."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from cosearch.design import Design, EventLog, GivenNetwork, RunFolder, load_design
from cosearch.errors import RunError
from cosearch.network import workload_of
from cosearch.records import read_json
from cosearch.workload import Workload
from cosearch.workload.importers import read_layers

CHOSEN_EVENT = "design"
_CHOSEN = ("recipe", "seed", "status", "network", "accelerator", "limits", "engine", "accuracy")


def chosen_part(written: dict[str, Any]) -> dict[str, Any]:
    """What of a design.json was chosen or measured, not derived: the record holds a copy of it."""
    return {key: written.get(key) for key in _CHOSEN}


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    return sha256(path.read_bytes()).hexdigest()


def workload_of_run(folder: RunFolder, design: Design) -> Workload:
    """The network of a finished run, searched or given.

    Raises:
        RunError: if the layers of a given network are missing, or are not those the design was made for.
    """
    network = design.network
    if not isinstance(network, GivenNetwork):
        return workload_of(network.space, network.blocks)
    if file_hash(folder.require(folder.layers, "accelerate")) != network.layers_sha256:
        raise RunError(f"{folder.layers} is not the network the design was made for; restore it")
    return read_layers(folder.layers)


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
