"""Rows that no other row beats in everything."""

import numpy as np

from cosearch.accelerate.arrays import BoolArray, IntArray

_BLOCK_ROWS = 256
_NUM_SUMMARIES = 6


def nondominated(features: IntArray) -> IntArray:
    """Positions of the rows that no other row dominates, increasing.

    A row dominates another if it is no larger in every feature, and smaller in one or earlier.

    A dominating row comes first when rows are sorted by the sum of their features' ranks, so blocks of sorted rows
    are held against the rows kept so far. A few features and sums of the others rule out nearly all pairs; only those
    that are left are compared in full.

    Args:
        features: [rows, features], less is better.
    """
    if len(features) == 0:
        return np.zeros(0, np.int64)
    ranks = _ranks(features)
    order = np.lexsort((np.arange(len(ranks)), ranks.sum(axis=1, dtype=np.int64)))
    ranks = ranks[order]
    summaries = _summaries(ranks)
    kept = np.zeros(0, np.int64)
    for start in range(0, len(ranks), _BLOCK_ROWS):
        block = np.arange(start, min(start + _BLOCK_ROWS, len(ranks)))
        block = block[~_dominated(ranks, summaries, kept, block)]
        block = block[~_dominated(ranks, summaries, block, block)]
        kept = np.concatenate([kept, block])
    return np.sort(order[kept])


def _ranks(features: IntArray) -> IntArray:
    """Each feature's dense ranks, small integers that order the rows alike; constant features are left out."""
    columns = [np.unique(column, return_inverse=True)[1] for column in features.T]
    varied = [column for column in columns if column.max() > 0] or columns[:1]
    return np.stack(varied, axis=1).astype(np.int64)


def _summaries(ranks: IntArray) -> IntArray:
    """Features that dominance implies: the first few, and sums of groups of the rest. [summaries, rows]."""
    groups = np.array_split(ranks[:, _NUM_SUMMARIES:], _NUM_SUMMARIES, axis=1)
    sums = [group.sum(axis=1, dtype=np.int64) for group in groups if group.shape[1]]
    return np.stack([*ranks.T[:_NUM_SUMMARIES], *sums])


def _dominated(ranks: IntArray, summaries: IntArray, rivals: IntArray, rows: IntArray) -> BoolArray:
    """Which of `rows` some earlier row of `rivals` dominates; both are positions in sorted order."""
    beaten = np.zeros(len(rows), np.bool_)
    if len(rivals) == 0 or len(rows) == 0:
        return beaten
    possible = rivals[:, None] < rows[None, :]
    for summary in summaries:
        possible &= summary[rivals][:, None] <= summary[rows][None, :]
    first, second = np.nonzero(possible)
    for place in range(0, len(first), 1 << 16):
        a, b = first[place : place + (1 << 16)], second[place : place + (1 << 16)]
        fresh = ~beaten[b]
        a, b = a[fresh], b[fresh]
        beaten[b[(ranks[rivals[a]] <= ranks[rows[b]]).all(axis=1)]] = True
    return beaten
