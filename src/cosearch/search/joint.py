"""The joint search: weights on one split, operators and bits on another, accelerators solved in between."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, final

import torch
import torch.nn.functional as F
from torch import Generator, nn

from cosearch.choices import (
    AbstractPathEstimator,
    GumbelHard,
    GumbelSoft,
    GumbelTopK,
    LeaveOneOut,
    MarginalHard,
    Resoftmax,
    entropy,
)
from cosearch.errors import RunError
from cosearch.network import Architecture, FairOperators, Supernet, path_of
from cosearch.search.hardware import AbstractHardwarePrice
from cosearch.search.limited_loss import LimitedLoss, constrained_optimiser
from cosearch.search.recipe import Recipe, SearchRecipe
from cosearch.search.scoring import score
from cosearch.search.step_losses import ArchPenalty, WeightLoss, path_loss
from cosearch.train import BatchStream, ImageSplit, Splits, check_data, parameter_groups, schedule

_STREAMS = ("weights", "architecture")
_GENERATORS = ("paths", "hardware")
_COLDEST = 1e-3
"""Lowest temperature: logits divided by less would leave the range of the sampler's floats."""


@dataclass(frozen=True, slots=True)
class EpochReport:
    """What one epoch did, as plain numbers for the log."""

    stage: str
    epoch: int
    numbers: dict[str, float]


@final
class JointSearch:
    """Supernet weights and the distribution over networks, trained in turn; can be left and resumed after any epoch.

    Args:
        recipe: What to run.
        splits: `train_w` feeds the weights, `train_arch` the logits, `val` the curve.
        price: Prices networks on accelerators; None where no limit depends on the network.
        on_step: Called after every weight step, with the mean loss of the epoch so far.
        weight_loss: What weight steps descend on.
        arch_penalty: Added to the task loss in architecture steps; None adds nothing.

    Raises:
        DataError: if images or classes are not those of the space.
    """

    def __init__(
        self,
        recipe: Recipe,
        splits: Splits,
        price: AbstractHardwarePrice | None,
        on_step: Callable[[float], None] = lambda loss: None,
        *,
        weight_loss: WeightLoss = path_loss,
        arch_penalty: ArchPenalty | None = None,
    ) -> None:
        check_data(recipe.space, splits)
        self._weight_loss, self._arch_penalty = weight_loss, arch_penalty
        self._on_step = on_step
        self.recipe: SearchRecipe = recipe.search
        self.splits, self.price = splits, price
        seeds = torch.randint(2**62, (5,), generator=Generator().manual_seed(recipe.seed)).tolist()
        self.supernet = Supernet(recipe.space, Generator().manual_seed(seeds[0]))
        self.architecture = Architecture(recipe.space)
        self.streams: dict[str, BatchStream] = {
            name: _stream(split, splits, self.recipe.batch_size, seed)
            for name, split, seed in zip(_STREAMS, (splits.train_w, splits.train_arch), seeds[1:3], strict=True)
        }
        self.generators = {
            name: Generator().manual_seed(seed) for name, seed in zip(_GENERATORS, seeds[3:], strict=True)
        }
        self.fair = FairOperators(recipe.space, self.generators["paths"])
        self.weight_optimiser = torch.optim.SGD(
            parameter_groups(self.supernet, self.recipe.weight_decay),
            lr=self.recipe.weight_lr,
            momentum=self.recipe.momentum,
        )
        self.problem = LimitedLoss()
        self.arch_optimiser = constrained_optimiser(
            self.problem,
            self.architecture,
            lr=self.recipe.arch_lr,
            betas=self.recipe.arch_betas,
            multiplier_lr=self.recipe.multiplier_lr,
        )
        self.epoch = 0

    @property
    def num_epochs(self) -> int:
        """Warm-up and search."""
        return self.recipe.warmup_epochs + self.recipe.epochs

    @property
    def temperature(self) -> float:
        """Of the bit samples in the present epoch; the warm-up keeps the first."""
        searched = max(0, self.epoch - self.recipe.warmup_epochs)
        return max(_COLDEST, self.recipe.temperature * self.recipe.temperature_decay**searched)

    def run_epoch(self) -> EpochReport:
        """One pass over `train_w`, with architecture steps in between once the warm-up is over.

        Raises:
            RunError: if the search diverges.
        """
        is_warmup = self.epoch < self.recipe.warmup_epochs
        if self.epoch == self.recipe.warmup_epochs:
            self.supernet.initialise_steps(self.streams["weights"].next_batch()[0])
        num_steps = self.weight_steps
        num_arch = 0 if is_warmup else self.recipe.arch_steps
        losses: list[float] = []
        hardware: list[dict[str, float]] = []
        for step in range(num_steps):
            losses.append(self._weight_step(step, num_steps, is_warmup))
            for _ in range((step + 1) * num_arch // num_steps - step * num_arch // num_steps):
                hardware.append(self._arch_step())
            self._on_step(sum(losses) / len(losses))
        self._require_finite(_all_finite(self.supernet), "search.weight_lr")
        self.epoch += 1
        numbers = {"train_loss": sum(losses) / len(losses), **_mean_of(hardware), **self._state_of_logits(is_warmup)}
        return EpochReport("warmup" if is_warmup else "search", self.epoch, numbers)

    @property
    def weight_steps(self) -> int:
        """Weight steps of one epoch."""
        return self.recipe.weight_steps or self.streams["weights"].num_batches

    def epochs(self) -> Iterator[EpochReport]:
        """Run what remains."""
        while self.epoch < self.num_epochs:
            yield self.run_epoch()

    def state_dict(self) -> dict[str, Any]:
        """All that the next epoch depends on."""
        return {
            "epoch": self.epoch,
            "supernet": self.supernet.state_dict(),
            "architecture": self.architecture.state_dict(),
            "problem": self.problem.state_dict(),
            "weight_optimiser": self.weight_optimiser.state_dict(),
            "arch_optimiser": self.arch_optimiser.state_dict(),
            "streams": {name: stream.state_dict() for name, stream in self.streams.items()},
            "generators": {name: generator.get_state() for name, generator in self.generators.items()},
            "fair": self.fair.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where a state was taken."""
        self.epoch = int(state["epoch"])
        self.supernet.load_state_dict(state["supernet"])
        self.architecture.load_state_dict(state["architecture"])
        self.problem.load_state_dict(state["problem"])
        self.weight_optimiser.load_state_dict(state["weight_optimiser"])
        self.arch_optimiser.load_state_dict(state["arch_optimiser"])
        for name, stream in self.streams.items():
            stream.load_state_dict(state["streams"][name])
        for name, generator in self.generators.items():
            generator.set_state(state["generators"][name])
        self.fair.load_state_dict(state["fair"])

    def _weight_step(self, step: int, num_steps: int, is_warmup: bool) -> float:
        """One network: in full precision and drawn fairly in the warm-up, later from the distribution."""
        generator = self.generators["paths"]
        if is_warmup:
            operators = self.fair.draw()
        else:
            operators = tuple(self.architecture.sample_indices(1, generator).operators[0].tolist())
        sampler = GumbelSoft if self.recipe.precision == "heterogeneous" else GumbelHard
        path = self.architecture.sample_bits(operators, sampler(self.temperature), generator)
        images, labels = self.streams["weights"].next_batch()
        self.supernet.train()
        loss = self._weight_loss(self.supernet, path, images, labels, is_warmup)
        value = float(loss.detach())
        self._require_finite(math.isfinite(value), "search.weight_lr")
        self.weight_optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.supernet.parameters(), self.recipe.clip_norm)
        rate = self.recipe.weight_lr * schedule(self.epoch * num_steps + step, self.num_epochs * num_steps, 0.0)
        for group in self.weight_optimiser.param_groups:
            group["lr"] = rate
        self.weight_optimiser.step()
        return value

    def _arch_step(self) -> dict[str, float]:
        """Task loss of a sampled path on `train_arch`, limits through their multiplier."""
        images, labels = self.streams["architecture"].next_batch()
        estimator = _estimator(self.recipe, self.temperature)
        path = self.architecture.sample_path(estimator, MarginalHard(), self.generators["paths"])
        self.supernet.train()
        with self.supernet.frozen():
            loss = F.cross_entropy(self.supernet(images, path), labels)
            value = float(loss.detach())
            self._require_finite(math.isfinite(value), "search.weight_lr")
            priced = self.price(self.architecture, self.generators["hardware"]) if self.price else None
            violation = priced.violation if priced else None
            if self._arch_penalty is not None:
                share = (self.epoch - self.recipe.warmup_epochs) / self.recipe.epochs
                loss = loss + self._arch_penalty(self.architecture, share)
            self.arch_optimiser.roll(compute_cmp_state_kwargs={"loss": loss, "violation": violation})
        self._require_finite(_all_finite(self.architecture), "search.arch_lr")
        return {"arch_loss": value, **(priced.numbers if priced else {})}

    def _require_finite(self, is_finite: bool, rate: str) -> None:
        if not is_finite:
            raise RunError(f"the loss is not finite in epoch {self.epoch + 1}; lower {rate}")

    def _state_of_logits(self, is_warmup: bool) -> dict[str, float]:
        """How decided the distribution is, and how its most probable network does on `val`."""
        with torch.no_grad():
            a = self.architecture
            skip = torch.tensor([op == "skip" for op in a.space.operators])
            numbers = {
                "entropy_operators": float(entropy(a.op_logits, a.mask).mean()),
                "entropy_bits": float(entropy(a.bit_logits)[a.mask].mean()),
                "skip_share": float(a.op_probs()[:, skip].sum(1).mean()),
                "temperature": self.temperature,
                "multiplier": self.problem.multiplier,
            }
        split = self.splits.val
        part = ImageSplit(split.name, split.images[: self.recipe.val_images], split.labels[: self.recipe.val_images])
        path = path_of(a.space, a.argmax())
        numbers["val_accuracy"] = score(self.supernet, path, self.splits, part, self.recipe, full_precision=is_warmup)
        return numbers


def _all_finite(module: nn.Module) -> bool:
    return all(bool(parameter.isfinite().all()) for parameter in module.parameters())


def _stream(split: ImageSplit, splits: Splits, batch_size: int, seed: int) -> BatchStream:
    return BatchStream(
        split, splits.normalisation, batch_size, Generator().manual_seed(seed), augmentation=splits.augmentation
    )


def _estimator(recipe: SearchRecipe, temperature: float) -> AbstractPathEstimator:
    if recipe.estimator == "leave-one-out":
        return LeaveOneOut(recipe.paths)
    if recipe.estimator == "gumbel-top-k":
        return GumbelTopK(recipe.paths, temperature)
    return Resoftmax(recipe.paths)


def _mean_of(rows: list[dict[str, float]]) -> dict[str, float]:
    """Mean of every number over the steps that report it."""
    names = dict.fromkeys(name for row in rows for name in row)
    means: dict[str, float] = {}
    for name in names:
        values = [row[name] for row in rows if name in row]
        means[name] = sum(values) / len(values)
    return means
