"""What the two kinds of steps of a joint search descend on; a study may pass others."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from cosearch.network import Architecture, BlockPath, Supernet

WeightLoss = Callable[[Supernet, tuple[BlockPath, ...], Tensor, Tensor, bool], Tensor]
"""Loss of a weight step: of a supernet, the path that was drawn, images, labels, and whether nothing is quantised."""

ArchPenalty = Callable[[Architecture, float], Tensor]
"""What an architecture step adds to the task loss, given the share of the search that is over, from 0 to 1."""


def path_loss(
    supernet: Supernet, path: tuple[BlockPath, ...], images: Tensor, labels: Tensor, full_precision: bool
) -> Tensor:
    """Cross entropy of the path that was drawn."""
    return F.cross_entropy(supernet(images, path, full_precision=full_precision), labels)
