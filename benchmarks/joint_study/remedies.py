"""Remedies that take more than another setting of the recipe."""

import math

import torch
import torch.nn.functional as F
from benchmarks.joint_study.world import World
from torch import Tensor

from cosearch.choices import entropy
from cosearch.network import Architecture, BlockPath, Quantiser, Supernet, workload_of
from cosearch.network.quantise import SMALLEST_STEP
from cosearch.search.step_losses import path_loss

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


class OneStep:
    """All widths of a tensor share one learned step, in the proportions they begin with: what the search does not do.

    Steps are brought back to those proportions, at their geometric mean, before every weight step.
    """

    def __init__(self, world: World) -> None:
        del world  # nothing depends on it

    def __call__(
        self, supernet: Supernet, path: tuple[BlockPath, ...], images: Tensor, labels: Tensor, full_precision: bool
    ) -> Tensor:
        """The usual loss, at steps that were brought together."""
        with torch.no_grad():
            for module in supernet.modules():
                if isinstance(module, Quantiser) and len(module.bits) > 1 and bool(module.is_initialised):
                    ratios = torch.tensor([math.sqrt(highest) for _, highest in module.levels])
                    shared = (module.steps.clamp_min(SMALLEST_STEP) * ratios).log().mean().exp()
                    module.steps.copy_(shared / ratios)
        return path_loss(supernet, path, images, labels, full_precision)


def rising_entropy(architecture: Architecture, share: float) -> Tensor:
    """A price of indecision that rises while the search goes on."""
    operators = entropy(architecture.op_logits, architecture.mask).mean()
    bits = entropy(architecture.bit_logits)[architecture.mask].mean()
    return torch.as_tensor(ENTROPY_WEIGHT * share) * (operators + bits)
