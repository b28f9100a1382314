"""Categorical variables and their gradient estimators."""

from cosearch.choices.categorical import draw, entropy, gumbel_like, log_probs, marginals
from cosearch.choices.paths import AbstractPathEstimator, GumbelTopK, LeaveOneOut, PathSample, Resoftmax
from cosearch.choices.relaxations import AbstractRelaxation, GumbelHard, GumbelSoft, MarginalHard

__all__ = [
    "AbstractPathEstimator",
    "AbstractRelaxation",
    "GumbelHard",
    "GumbelSoft",
    "GumbelTopK",
    "LeaveOneOut",
    "MarginalHard",
    "PathSample",
    "Resoftmax",
    "draw",
    "entropy",
    "gumbel_like",
    "log_probs",
    "marginals",
]
