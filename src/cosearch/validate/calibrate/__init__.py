"""Fit the model's physical constants to measurements, with intervals and validated errors."""

from cosearch.validate.calibrate.batches import Batches, PortConstants, Run
from cosearch.validate.calibrate.board import CONSTANTS, BoardModel, Calibration, calibrate, write_platform
from cosearch.validate.calibrate.constants import Constant, Fit, Fitted
from cosearch.validate.calibrate.example import Board, example_csv
from cosearch.validate.calibrate.fit import fit_constants
from cosearch.validate.calibrate.runs import COLUMNS, MeasuredRun, read_runs

__all__ = [
    "COLUMNS",
    "CONSTANTS",
    "Batches",
    "Board",
    "BoardModel",
    "Calibration",
    "Constant",
    "Fit",
    "Fitted",
    "MeasuredRun",
    "PortConstants",
    "Run",
    "calibrate",
    "example_csv",
    "fit_constants",
    "read_runs",
    "write_platform",
]
