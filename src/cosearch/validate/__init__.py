"""Hold the closed form against the executable specification, measurements and other tools."""

from cosearch.validate.closed_form import ClosedFormError, ErrorStatistics, WorstCase, closed_form_error
from cosearch.validate.comparison import Comparison, Point, Target

__all__ = ["ClosedFormError", "Comparison", "ErrorStatistics", "Point", "Target", "WorstCase", "closed_form_error"]
