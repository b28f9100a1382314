"""Arrays of processing elements (ASIC): descriptions, mappings, technologies, legality. No torch here."""

from cosearch.hardware.array.accelerator import (
    ArrayAccelerator,
    ArrayDram,
    ArrayNetwork,
    GlobalBuffer,
    Storage,
    array_names,
    load_array,
)
from cosearch.hardware.array.legality import (
    check_array_mapping,
    memory_words,
    occupied_bits,
    operand_bits,
    tile_words,
)
from cosearch.hardware.array.loops import DIMS, OPERANDS, RELEVANT, Dim, Factors, LevelLoops, Operand
from cosearch.hardware.array.mapping import ArrayMapping
from cosearch.hardware.array.row_stationary import RowStationary, row_stationary
from cosearch.hardware.array.technology import (
    Arithmetic,
    MemoryCost,
    MemoryFactors,
    MemoryRow,
    RegisterCell,
    Technology,
    load_technology,
    technology_names,
)

__all__ = [
    "DIMS",
    "OPERANDS",
    "RELEVANT",
    "Arithmetic",
    "ArrayAccelerator",
    "ArrayDram",
    "ArrayMapping",
    "ArrayNetwork",
    "Dim",
    "Factors",
    "GlobalBuffer",
    "LevelLoops",
    "MemoryCost",
    "MemoryFactors",
    "MemoryRow",
    "Operand",
    "RegisterCell",
    "RowStationary",
    "Storage",
    "Technology",
    "array_names",
    "check_array_mapping",
    "load_array",
    "load_technology",
    "memory_words",
    "occupied_bits",
    "operand_bits",
    "row_stationary",
    "technology_names",
    "tile_words",
]
