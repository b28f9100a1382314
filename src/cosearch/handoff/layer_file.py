"""The found network as a layer file, which other tools and `read_layers` take."""

from dataclasses import asdict, fields
from pathlib import Path

import yaml

from cosearch.design import RunFolder, load_design
from cosearch.errors import DesignError
from cosearch.records import write_atomically
from cosearch.search import workload_of_run
from cosearch.workload import Layer, Workload
from cosearch.workload.importers import LAYER_FILE_SCHEMA, read_layers


def hand_off_layers(folder: RunFolder) -> Path:
    """Write layers.yaml of a run's network, read it back and compare.

    Raises:
        DesignError: if what is read back is not the network of design.json.
    """
    design = load_design(folder.require(folder.design, "search"))
    workload = workload_of_run(folder, design)
    if not write_layers(workload, folder.layers):
        raise DesignError(
            f"{folder.layers.name} does not read back as the network of {folder.design.name}; report this"
        )
    return folder.layers


def write_layers(workload: Workload, path: Path) -> bool:
    """Write any network as a layer file, with its concatenations; whether it reads back as the same."""
    content: dict[str, object] = {
        "schema": LAYER_FILE_SCHEMA,
        "layers": [_plain(layer) for layer in workload.layers],
    }
    if workload.concatenations:
        joined = [{"name": entry.name, "parts": list(entry.parts)} for entry in workload.concatenations]
        content["concatenations"] = joined
    write_atomically(path, yaml.safe_dump(content, sort_keys=False))
    return read_layers(path) == workload


def _plain(layer: Layer) -> dict[str, object]:
    """The fields that differ from their defaults."""
    defaults = {field.name: field.default for field in fields(Layer)}
    return {name: value for name, value in asdict(layer).items() if value != defaults[name]}
