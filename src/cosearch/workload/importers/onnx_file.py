"""Networks in ONNX files; the libraries that read them are an extra."""

from collections.abc import Sequence
from pathlib import Path

from cosearch.errors import WorkloadError
from cosearch.workload.graph import Workload
from cosearch.workload.importers.assembly import assemble


def from_onnx(path: Path, *, bits: int | None = None, input_shape: Sequence[int] | None = None) -> Workload:
    """The workload of an ONNX file: float, QDQ or QONNX.

    Args:
        path: The file; weights beside it in other files are not read.
        bits: Of weights and activations that the file does not quantise.
        input_shape: Of the input with the batch first; needed where the file leaves a dimension open.

    Raises:
        UnsupportedLayerError: naming the operator and its place.
        WorkloadError: if the file cannot be read, a dimension is not settled, or a width is missing.
    """
    try:
        from cosearch.workload.importers.onnx_graph import read_graph
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] not in ("onnx", "google"):
            raise
        raise WorkloadError("ONNX files need the extra `onnx`; run pip install 'cosearch[onnx]'").at(
            path.name
        ) from None
    graph = read_graph(path, input_shape)
    try:
        return assemble(graph, bits)
    except WorkloadError as error:
        raise error.at(path.name) from None
