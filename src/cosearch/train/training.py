"""Training of one fixed quantised network from scratch."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cosearch.errors import RunError
from cosearch.network import FixedNetwork, accuracy
from cosearch.train.batches import BatchStream, ordered_batches
from cosearch.train.recipe import TrainRecipe
from cosearch.train.splits import ImageSplit, Normalisation, Splits, check_data


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochResult:
    """What one epoch did. Loss and accuracy are means over its augmented training images, as it went."""

    epoch: int
    is_quantised: bool
    loss: float
    running_accuracy: float


@final
class FixedTraining:
    """Trains a network on `train_w` and `train_arch` together; can be left and resumed after any epoch.

    Args:
        network: Fresh; its weights are trained in place.
        splits: The data.
        recipe: The hyper-parameters.
        seed: Of order and augmentation of the images.

    Raises:
        DataError: if images or classes are not those of the network's space.
    """

    def __init__(self, network: FixedNetwork, splits: Splits, recipe: TrainRecipe, seed: int) -> None:
        check_data(network.space, splits)
        self.network, self.recipe = network, recipe
        self.stream = BatchStream(
            splits.training,
            splits.normalisation,
            recipe.batch_size,
            torch.Generator().manual_seed(seed),
            splits.augmentation if recipe.augment else None,
        )
        self.optimiser = torch.optim.SGD(
            parameter_groups(network, recipe.weight_decay),
            lr=recipe.learning_rate,
            momentum=recipe.momentum,
            nesterov=recipe.momentum > 0,
        )
        self.epoch = 0

    def epochs(self) -> Iterator[EpochResult]:
        """Run what remains, one epoch at a time; the state may be saved after each."""
        while self.epoch < self.recipe.epochs:
            yield self.run_epoch()

    def run_epoch(self) -> EpochResult:
        """One pass over the training images. The network is quantised from the end of the float share on.

        Raises:
            RunError: if the training diverges.
        """
        self.network.train()
        total_loss, num_right, num_seen = 0.0, 0, 0
        for index, (images, labels) in enumerate(self.stream.one_pass()):
            self._prepare(self.epoch * self.stream.num_batches + index)
            loss, logits = self._step(images, labels)
            total_loss += loss * len(labels)
            num_right += int((logits.argmax(dim=1) == labels).sum())
            num_seen += len(labels)
        self._require_finite(all(bool(p.isfinite().all()) for p in self.network.parameters()))
        self.epoch += 1
        return EpochResult(
            epoch=self.epoch,
            is_quantised=self.network.is_quantised,
            loss=total_loss / num_seen,
            running_accuracy=num_right / num_seen,
        )

    def state_dict(self) -> dict[str, Any]:
        """All that the next epoch depends on."""
        return {
            "epoch": self.epoch,
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "stream": self.stream.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where a state was taken."""
        self.epoch = int(state["epoch"])
        self.network.load_state_dict(state["network"])
        self._prepare(max(0, self.epoch * self.stream.num_batches - 1))
        self.optimiser.load_state_dict(state["optimiser"])
        self.stream.load_state_dict(state["stream"])

    def _step(self, images: Tensor, labels: Tensor) -> tuple[float, Tensor]:
        logits: Tensor = self.network(images)
        loss = F.cross_entropy(logits, labels, label_smoothing=self.recipe.label_smoothing)
        value = float(loss.detach())
        self._require_finite(math.isfinite(value))
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip_norm)
        self.optimiser.step()
        return value, logits.detach()

    def _require_finite(self, is_finite: bool) -> None:
        if not is_finite:
            raise RunError(f"the loss is not finite in epoch {self.epoch + 1}; lower train.learning_rate")

    def _prepare(self, step: int) -> None:
        """Learning rate and precision of a step."""
        num_steps = self.recipe.epochs * self.stream.num_batches
        self.network.is_quantised = step >= int(num_steps * self.recipe.float_share)
        rate = self.recipe.learning_rate * schedule(step, num_steps, self.recipe.warmup_share)
        for group in self.optimiser.param_groups:
            group["lr"] = rate


def schedule(step: int, num_steps: int, warmup_share: float) -> float:
    """Share of the peak learning rate: a linear rise, then half a cosine that would reach zero at `num_steps`.

    Source: Loshchilov and Hutter, arXiv 1608.03983; Goyal et al., arXiv 1706.02677 (the rise).
    """
    warmup_steps = int(num_steps * warmup_share)
    if step < warmup_steps:
        return (step + 1) / (warmup_steps + 1)
    return 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / max(1, num_steps - warmup_steps)))


def parameter_groups(module: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Convolution weights with decay; steps, batch norm and biases without."""
    decayed = [p for p in module.parameters() if p.dim() > 1]
    others = [p for p in module.parameters() if p.dim() <= 1]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def evaluate(network: FixedNetwork, split: ImageSplit, normalisation: Normalisation) -> float:
    """Accuracy of a network on a split."""
    return accuracy(network, network, ordered_batches(split, normalisation))
