"""Layers as loop nests, networks as graphs of them. No torch here."""

from cosearch.workload.graph import Concatenation, Workload
from cosearch.workload.layer import IMAGE, PARAMETER_BITS, Activation, Layer, Op, Pool
from cosearch.workload.requantise import with_bits

__all__ = ["IMAGE", "PARAMETER_BITS", "Activation", "Concatenation", "Layer", "Op", "Pool", "Workload", "with_bits"]
