"""How good one network is inside the supernet."""

from collections.abc import Sequence

from cosearch.network import BlockPath, Supernet, accuracy, recalibrate
from cosearch.search.recipe import SearchRecipe
from cosearch.train import ImageSplit, Splits, ordered_batches


def score(
    supernet: Supernet, path: Sequence[BlockPath], splits: Splits, split: ImageSplit, recipe: SearchRecipe
) -> float:
    """Accuracy of a network with the supernet's weights and batch-norm statistics of its own.

    Args:
        supernet: Its running statistics are replaced; they serve scoring alone.
        path: Of the network, at its own hard bits.
        splits: `train_w` gives the statistics, always the same first images.
        split: What is scored.
        recipe: How many batches the statistics take.
    """
    size = min(250, len(splits.train_w))
    images = splits.train_w.images[: size * recipe.recalibration_batches].split(size)
    recalibrate(supernet, lambda x: supernet(x, path), (splits.normalisation(batch) for batch in images))
    return accuracy(supernet, lambda x: supernet(x, path), ordered_batches(split, splits.normalisation))
