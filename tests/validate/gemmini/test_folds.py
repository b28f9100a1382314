"""Every row is predicted by a fit that has not seen its shape."""

import numpy as np
import pytest

from cosearch.errors import DataError
from cosearch.validate.gemmini import held_out_predictions

GROUPS = [(index % 7, 1) for index in range(23)]


def test_no_shape_is_on_both_sides_and_every_row_is_predicted():
    seen: list[tuple[set, set]] = []

    def record(train, test):
        seen.append(({GROUPS[i] for i in train}, {GROUPS[i] for i in test}))
        return test.astype(np.float64)

    predictions = held_out_predictions(GROUPS, record, repeats=3, num_folds=4, seed=0)
    assert len(seen) == 12
    assert all(not train & test for train, test in seen)
    assert (predictions == np.arange(23)).all()


def test_repeats_have_other_folds_and_a_seed_replays():
    def sizes(train, test):
        return np.full(len(test), float(sorted(train.tolist())[0] + len(train)))

    first = held_out_predictions(GROUPS, sizes, repeats=4, num_folds=3, seed=1)
    assert (first == held_out_predictions(GROUPS, sizes, repeats=4, num_folds=3, seed=1)).all()
    assert any((first[0] != other).any() for other in first[1:])


def test_too_few_shapes_are_refused():
    with pytest.raises(DataError, match="7 layer shapes cannot fill 8 folds; give more shapes"):
        held_out_predictions(GROUPS, lambda train, test: np.zeros(len(test)), repeats=1, num_folds=8, seed=0)
