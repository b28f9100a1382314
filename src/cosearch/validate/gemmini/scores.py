"""How far predictions are from measurements."""

import numpy as np
from scipy.stats import kendalltau

from cosearch.validate.gemmini.terms import FloatArray


def mean_error(predicted: FloatArray, measured: FloatArray) -> float:
    """Mean size of the error as a fraction of the measurement."""
    return float(np.mean(np.abs(predicted / measured - 1)))


def rank_agreement(predicted: FloatArray, measured: FloatArray) -> float:
    """Kendall's tau."""
    return float(kendalltau(predicted, measured).statistic)
