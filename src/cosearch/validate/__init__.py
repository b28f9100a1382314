"""Hold the closed form against the executable specification, measurements and other tools."""

from cosearch.validate.closed_form import ClosedFormError, ErrorStatistics, WorstCase, closed_form_error
from cosearch.validate.comparison import Comparison, Point, Target
from cosearch.validate.multi_clp import compare_multi_clp
from cosearch.validate.trips_predictor import compare_trips_predictor
from cosearch.validate.zhang import compare_zhang

__all__ = [
    "ClosedFormError",
    "Comparison",
    "ErrorStatistics",
    "Point",
    "Target",
    "WorstCase",
    "closed_form_error",
    "compare_multi_clp",
    "compare_trips_predictor",
    "compare_zhang",
]
