"""Access counts of other tools: their cases, and how each of them counts."""

from cosearch.validate.access.accelforge import accelforge_counts
from cosearch.validate.access.cases import LEVELS, AccessCase, read_access_cases
from cosearch.validate.access.counted import Counted, ToolCounts
from cosearch.validate.access.timeloop import timeloop_counts
from cosearch.validate.access.zigzag import zigzag_counts

__all__ = [
    "LEVELS",
    "AccessCase",
    "Counted",
    "ToolCounts",
    "accelforge_counts",
    "read_access_cases",
    "timeloop_counts",
    "zigzag_counts",
]
