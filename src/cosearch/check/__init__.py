"""Recompute a finished design from its files and name every difference."""

from cosearch.check.compare import Difference, compare
from cosearch.check.design import CheckReport, check_run
from cosearch.check.front import check_front

__all__ = ["CheckReport", "Difference", "check_front", "check_run", "compare"]
