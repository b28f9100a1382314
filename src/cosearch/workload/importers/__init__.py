"""Networks from files and from PyTorch, as workloads."""

from cosearch.workload.importers.layer_yaml import LAYER_FILE_SCHEMA, read_layers
from cosearch.workload.importers.onnx_file import from_onnx
from cosearch.workload.importers.read import read_workload
from cosearch.workload.importers.torch_export import from_module, from_program

__all__ = ["LAYER_FILE_SCHEMA", "from_module", "from_onnx", "from_program", "read_layers", "read_workload"]
