"""One tree of errors. Every message says what, where, the bound and the way out, on one line."""

from cosearch.errors.tree import (
    CosearchError,
    DataError,
    DesignError,
    HardwareError,
    InputError,
    MappingError,
    RecipeError,
    RunError,
    UnsupportedLayerError,
    WorkloadError,
)

__all__ = [
    "CosearchError",
    "DataError",
    "DesignError",
    "HardwareError",
    "InputError",
    "MappingError",
    "RecipeError",
    "RunError",
    "UnsupportedLayerError",
    "WorkloadError",
]
