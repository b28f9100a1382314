"""Networks from files of any kind that is known."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

import torch

from cosearch.errors import WorkloadError
from cosearch.workload.graph import Workload
from cosearch.workload.importers.layer_yaml import read_layers
from cosearch.workload.importers.onnx_file import from_onnx
from cosearch.workload.importers.torch_export import from_program, quiet

_LAYER_FILES = (".yaml", ".yml")


def read_workload(path: Path, *, bits: int | None = None, input_shape: Sequence[int] | None = None) -> Workload:
    """The workload of a file: ONNX (`.onnx`), a program saved by torch.export (`.pt2`) or a layer file (`.yaml`).

    A `.pt2` file may hold pickled objects, which run code when they are loaded: read only those you trust.

    Args:
        path: The file.
        bits: Of weights and activations that the file does not quantise; layer files state all widths themselves.
        input_shape: Of the input with the batch first; needed where the file leaves a dimension open.

    Raises:
        UnsupportedLayerError: naming the operator and its place.
        WorkloadError: if the file cannot be read, or an argument is missing or out of place.
    """
    suffix = path.suffix.lower()
    if suffix in _LAYER_FILES:
        if bits is not None or input_shape is not None:
            raise WorkloadError("a layer file states its widths and shapes; leave out bits and input_shape").at(
                path.name
            )
        return read_layers(path)
    if suffix == ".onnx":
        return from_onnx(path, bits=bits, input_shape=input_shape)
    if suffix != ".pt2":
        raise WorkloadError(f"suffix {path.suffix!r} is not known; known: .onnx, .pt2, .yaml, .yml").at(path.name)
    program = _load(path)
    try:
        return from_program(program, bits=bits, input_shape=input_shape)
    except WorkloadError as error:
        raise error.at(path.name) from None


def _load(path: Path) -> torch.export.ExportedProgram:
    try:
        with quiet(), path.open("rb") as file:
            return torch.export.load(file)
    except OSError as error:
        raise WorkloadError(f"cannot read {path}: {error.strerror}; check the path") from None
    except (RuntimeError, zipfile.BadZipFile) as error:
        raise WorkloadError("is no program of torch.export; save it with torch.export.save").at(path.name) from error
