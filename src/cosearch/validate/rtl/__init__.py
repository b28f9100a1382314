"""The chunk in RTL against the executable specification: values bit for bit, time cycle for cycle."""

from cosearch.validate.rtl.compare import LAYERS_A_BUILD, InstanceResult, compare_rtl_chunk, run_build, summarise
from cosearch.validate.rtl.instances import Instance, random_chunk, random_instance
from cosearch.validate.rtl.verilator import Bench, build_bench, has_verilator

__all__ = [
    "LAYERS_A_BUILD",
    "Bench",
    "Instance",
    "InstanceResult",
    "build_bench",
    "compare_rtl_chunk",
    "has_verilator",
    "random_chunk",
    "random_instance",
    "run_build",
    "summarise",
]
