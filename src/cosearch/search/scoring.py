"""How good one network is inside the supernet."""

from collections.abc import Sequence

from torch import Tensor

from cosearch.network import BlockPath, Supernet, accuracy, recalibrate
from cosearch.search.recipe import SearchRecipe
from cosearch.train import ImageSplit, Splits, ordered_batches


def score(
    supernet: Supernet,
    path: Sequence[BlockPath],
    splits: Splits,
    split: ImageSplit,
    recipe: SearchRecipe,
    *,
    full_precision: bool = False,
) -> float:
    """Accuracy of a network with the supernet's weights and batch-norm statistics of its own.

    Args:
        supernet: Its running statistics are replaced; they serve scoring alone.
        path: Of the network, at its own hard bits.
        splits: `train_w` gives the statistics, always the same first images.
        split: What is scored.
        recipe: How many batches the statistics take.
        full_precision: Quantise nothing, as in the warm-up.
    """

    def run(images: Tensor) -> Tensor:
        return supernet(images, path, full_precision=full_precision)

    size = min(250, len(splits.train_w))
    images = splits.train_w.images[: size * recipe.recalibration_batches].split(size)
    recalibrate(supernet, run, (splits.normalisation(batch) for batch in images))
    return accuracy(supernet, run, ordered_batches(split, splits.normalisation))
