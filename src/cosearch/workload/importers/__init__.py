"""Networks from files, as workloads."""

from cosearch.workload.importers.layer_yaml import LAYER_FILE_SCHEMA, read_layers
from cosearch.workload.importers.torch_export import from_module, from_program

__all__ = ["LAYER_FILE_SCHEMA", "from_module", "from_program", "read_layers"]
