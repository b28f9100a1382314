"""One chunk in Verilog: its sources, the program of a layer, tensors in memory, and what they must come to."""

from cosearch.handoff.rtl.golden import Tensors, golden_output, random_tensors
from cosearch.handoff.rtl.image import MemoryImage, memory_image, read_output
from cosearch.handoff.rtl.program import ChunkParameters, check_layer, chunk_parameters, layer_program
from cosearch.handoff.rtl.sources import bench_source, program_registers, verilog_sources

__all__ = [
    "ChunkParameters",
    "MemoryImage",
    "Tensors",
    "bench_source",
    "check_layer",
    "chunk_parameters",
    "golden_output",
    "layer_program",
    "memory_image",
    "program_registers",
    "random_tensors",
    "read_output",
    "verilog_sources",
]
