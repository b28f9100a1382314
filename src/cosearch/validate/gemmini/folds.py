"""Cross-validation in which no layer shape is on both sides."""

from collections.abc import Callable, Sequence

import numpy as np

from cosearch.errors import DataError
from cosearch.validate.gemmini.terms import FloatArray, IntArray

FitAndPredict = Callable[[IntArray, IntArray], FloatArray]
"""Takes the indices to fit on and those to predict; returns the predictions of the latter."""

Group = tuple[int, ...]


def held_out_predictions(
    groups: Sequence[Group], fit_and_predict: FitAndPredict, *, repeats: int, num_folds: int, seed: int
) -> FloatArray:
    """Every row predicted once in each repeat by a fit that has seen no row of its group; repeats by rows.

    Raises:
        DataError: if there are fewer groups than folds.
    """
    names = sorted(set(groups))
    if len(names) < num_folds:
        raise DataError(f"{len(names)} layer shapes cannot fill {num_folds} folds; give more shapes")
    index = np.array([names.index(group) for group in groups])
    rng = np.random.default_rng(seed)
    predictions = np.zeros((repeats, len(groups)))
    for repeat in range(repeats):
        order = rng.permutation(len(names))
        for fold in range(num_folds):
            held_out = np.isin(index, order[fold::num_folds])
            test = np.flatnonzero(held_out)
            predictions[repeat, test] = fit_and_predict(np.flatnonzero(~held_out), test)
    return predictions
