"""Remedies that take more than another setting of the recipe."""

import torch
import torch.nn.functional as F
from benchmarks.joint_study.world import World
from torch import Tensor

from cosearch.choices import entropy
from cosearch.network import Architecture, BlockPath, Supernet, workload_of

ENTROPY_WEIGHT = 0.1
"""Of the mean entropy at the end, in units of the task loss; from 0 at the beginning of the search in a line."""


class Sandwich:
    """Every weight step trains the widest network, the narrowest one and the one that was drawn.

    The last two learn what the widest one says instead of the labels. Its three passes make a step three times as
    long, so that there are a third as many.

    Source: Yu and Huang, "Universally slimmable networks and improved training techniques", ICCV 2019, section 3.
    """

    def __init__(self, world: World) -> None:
        work = [
            sum(
                layer.num_macs * layer.weight_bits * layer.input_bits
                for layer in workload_of(world.recipe.space, p).layers
            )
            for p in world.joint.points
        ]
        self.widest = world.paths[max(range(len(work)), key=work.__getitem__)]
        self.narrowest = world.paths[min(range(len(work)), key=work.__getitem__)]

    def __call__(
        self, supernet: Supernet, path: tuple[BlockPath, ...], images: Tensor, labels: Tensor, full_precision: bool
    ) -> Tensor:
        """The sum of the three losses."""
        taught = supernet(images, self.widest, full_precision=full_precision)
        loss = F.cross_entropy(taught, labels)
        target = taught.detach().softmax(dim=1)
        for student in (self.narrowest, path):
            loss = loss + F.cross_entropy(supernet(images, student, full_precision=full_precision), target)
        return loss


def rising_entropy(architecture: Architecture, share: float) -> Tensor:
    """A price of indecision that rises while the search goes on."""
    operators = entropy(architecture.op_logits, architecture.mask).mean()
    bits = entropy(architecture.bit_logits)[architecture.mask].mean()
    return torch.as_tensor(ENTROPY_WEIGHT * share) * (operators + bits)
