"""Categorical variables and their gradient estimators."""

from cosearch.choices.categorical import draw, entropy, gumbel_like, log_probs, marginals
from cosearch.choices.codes import (
    AbstractCodeEstimator,
    Codes,
    ExactMarginal,
    GumbelRao,
    Reinforce,
    StraightThrough,
    draw_codes,
)
from cosearch.choices.paths import AbstractPathEstimator, GumbelTopK, LeaveOneOut, PathSample, Resoftmax
from cosearch.choices.relaxations import AbstractRelaxation, GumbelHard, GumbelSoft, MarginalHard

__all__ = [
    "AbstractCodeEstimator",
    "AbstractPathEstimator",
    "AbstractRelaxation",
    "Codes",
    "ExactMarginal",
    "GumbelHard",
    "GumbelRao",
    "GumbelSoft",
    "GumbelTopK",
    "LeaveOneOut",
    "MarginalHard",
    "PathSample",
    "Reinforce",
    "Resoftmax",
    "StraightThrough",
    "draw",
    "draw_codes",
    "entropy",
    "gumbel_like",
    "log_probs",
    "marginals",
]
