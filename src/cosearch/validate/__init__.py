"""Hold the closed form against the executable specification, measurements and other tools."""

from cosearch.validate.closed_form import ClosedFormError, ErrorStatistics, WorstCase, closed_form_error

__all__ = ["ClosedFormError", "ErrorStatistics", "WorstCase", "closed_form_error"]
