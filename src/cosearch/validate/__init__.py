"""Hold the closed form against the executable specification, measurements and other tools."""

from cosearch.validate.chaidnn import compare_chaidnn
from cosearch.validate.closed_form import compare_closed_form
from cosearch.validate.comparison import Comparison, Point, Target
from cosearch.validate.ghp import compare_ghp
from cosearch.validate.markdown import committed_report
from cosearch.validate.multi_clp import compare_multi_clp
from cosearch.validate.outcome import Outcome
from cosearch.validate.page import judged, write_validation_page
from cosearch.validate.plan import Job, plan
from cosearch.validate.registry import COMPARISONS, Registered
from cosearch.validate.trips_predictor import compare_trips_predictor
from cosearch.validate.zhang import compare_zhang

__all__ = [
    "COMPARISONS",
    "Comparison",
    "Job",
    "Outcome",
    "Point",
    "Registered",
    "Target",
    "committed_report",
    "compare_chaidnn",
    "compare_closed_form",
    "compare_ghp",
    "compare_multi_clp",
    "compare_trips_predictor",
    "compare_zhang",
    "judged",
    "plan",
    "write_validation_page",
]
