"""Figures and the self-contained page of a run."""

from cosearch.report.figures import save_picture
from cosearch.report.page import write_report

__all__ = ["save_picture", "write_report"]
