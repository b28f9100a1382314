"""Layers as loop nests, networks as graphs of them. No torch here."""

from cosearch.workload.graph import Workload
from cosearch.workload.layer import IMAGE, PARAMETER_BITS, Layer

__all__ = ["IMAGE", "PARAMETER_BITS", "Layer", "Workload"]
