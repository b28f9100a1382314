"""Layers as loop nests, networks as graphs of them. No torch here."""

from cosearch.workload.graph import Workload
from cosearch.workload.layer import IMAGE, Layer

__all__ = ["IMAGE", "Layer", "Workload"]
