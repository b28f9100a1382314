"""Networks from files, as workloads."""

from cosearch.workload.importers.layer_yaml import LAYER_FILE_SCHEMA, read_layers

__all__ = ["LAYER_FILE_SCHEMA", "read_layers"]
