"""Scoring one network: its own batch-norm statistics first, then its accuracy."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn


@torch.no_grad()
def recalibrate(module: nn.Module, run: Callable[[Tensor], Tensor], batches: Iterable[Tensor]) -> None:
    """Replace the batch-norm statistics of what runs by their mean over batches of `train_w`.

    Shared statistics of a supernet mix all its networks and are wrong for each of them.

    Args:
        module: Holds the batch-norm layers; it is left in evaluation mode.
        run: Forward pass of the network to be scored, such as ``lambda x: supernet(x, path)``.
        batches: Normalised images.
    """
    norms = [norm for norm in module.modules() if isinstance(norm, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    module.train()
    try:
        for images in batches:
            run(images)
    finally:
        module.eval()
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum


@torch.no_grad()
def accuracy(module: nn.Module, run: Callable[[Tensor], Tensor], batches: Iterable[tuple[Tensor, Tensor]]) -> float:
    """Share of images whose largest logit is their label's.

    Args:
        module: Put into evaluation mode for the time, then back.
        run: Forward pass of the network.
        batches: Normalised images and labels.
    """
    was_training = module.training
    module.eval()
    num_right, num_seen = 0, 0
    for images, labels in batches:
        num_right += int((run(images).argmax(dim=1) == labels).sum())
        num_seen += len(labels)
    module.train(was_training)
    return num_right / num_seen
