"""Figures, the self-contained page of a run, and the page of how wrong the model is."""

from cosearch.report.accuracy import Judged, JudgedCase, JudgedFigure
from cosearch.report.accuracy_page import write_accuracy_page
from cosearch.report.figures import save_picture
from cosearch.report.page import write_report

__all__ = ["Judged", "JudgedCase", "JudgedFigure", "save_picture", "write_accuracy_page", "write_report"]
