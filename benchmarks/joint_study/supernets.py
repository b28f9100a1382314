"""Weights shared by all networks of a space, trained for so many CPU seconds in one of several ways.

The distribution over networks stays uniform, so that what is compared is how shared weights rank networks, and not
what a search makes of the ranking.
"""

import time
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from cosearch.choices import GumbelHard, GumbelSoft
from cosearch.design import NetworkSpace
from cosearch.network import Architecture, BlockPath, FairOperators, Supernet, accuracy, recalibrate
from cosearch.train import BatchStream, ImageSplit, Splits, ordered_batches, parameter_groups, schedule

Sampling = Literal["heterogeneous", "sampled", "all-soft", "all-hard", "one after another"]
"""How bits are drawn when weights are trained.

`heterogeneous`: a soft Gumbel sample a block and step. `sampled`: one hard width a block and step. `all-soft`: the
even mixture, and networks are scored at soft mixtures too. `all-hard`: one hard width for all blocks of a step. `one
after another`: the widest first, each for an equal part of the time.
"""

SAMPLINGS: tuple[Sampling, ...] = ("heterogeneous", "sampled", "all-soft", "all-hard", "one after another")
TEMPERATURE = 1.0
STATISTICS_IMAGES, SCORED_IMAGES, BATCH = 500, 1000, 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """How a supernet is trained.

    Attributes:
        cpu_seconds: Budget of the process.
        warmup_share: Of the time, in full precision.
        fair: Whether every operator of a block comes equally often in the warm-up, or independently at random.
    """

    sampling: Sampling = "heterogeneous"
    cpu_seconds: float = 20.0
    warmup_share: float = 0.3
    fair: bool = True
    learning_rate: float = 0.05
    batch_size: int = 64


class SharedWeights:
    """A supernet and how it was trained."""

    def __init__(self, space: NetworkSpace, splits: Splits, training: Training, seed: int) -> None:
        self.space, self.splits, self.training = space, splits, training
        seeds = torch.randint(2**62, (4,), generator=Generator().manual_seed(seed)).tolist()
        self.supernet = Supernet(space, Generator().manual_seed(seeds[0]))
        self.architecture = Architecture(space)
        self.generator = Generator().manual_seed(seeds[1])
        self.fair = FairOperators(space, Generator().manual_seed(seeds[2]))
        self.stream = BatchStream(
            splits.train_w,
            splits.normalisation,
            training.batch_size,
            Generator().manual_seed(seeds[3]),
            augmentation=splits.augmentation,
        )
        self.optimiser = torch.optim.SGD(
            parameter_groups(self.supernet, 1e-4), lr=training.learning_rate, momentum=0.9
        )
        self.steps = 0
        self._soft = self._soft_mixtures()

    def train(self) -> None:
        """Spend the budget; the learning rate falls as a cosine of the time."""
        start, budget = time.process_time(), self.training.cpu_seconds
        is_warmup = True
        while (spent := time.process_time() - start) < budget:
            if is_warmup and spent >= self.training.warmup_share * budget:
                self.supernet.initialise_steps(self.stream.next_batch()[0])
                is_warmup = False
            self._step(spent / budget, is_warmup)
            self.steps += 1

    def _step(self, share: float, is_warmup: bool) -> None:
        fair = is_warmup and self.training.fair
        drawn = self.architecture.sample_indices(1, self.generator).operators[0].tolist()
        path = self._path(self.fair.draw() if fair else tuple(drawn), share)
        images, labels = self.stream.next_batch()
        self.supernet.train()
        loss = F.cross_entropy(self.supernet(images, path, full_precision=is_warmup), labels)
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.supernet.parameters(), 5.0)
        for group in self.optimiser.param_groups:
            group["lr"] = self.training.learning_rate * schedule(int(share * 1000), 1000, 0.0)
        self.optimiser.step()

    def _path(self, operators: tuple[int, ...], share: float) -> tuple[BlockPath, ...]:
        number = len(self.space.bits)
        if self.training.sampling == "heterogeneous":
            return self.architecture.sample_bits(operators, GumbelSoft(TEMPERATURE), self.generator)
        if self.training.sampling == "sampled":
            return self.architecture.sample_bits(operators, GumbelHard(TEMPERATURE), self.generator)
        if self.training.sampling == "all-soft":
            mix: Tensor | int = torch.full((number,), 1 / number)
        elif self.training.sampling == "all-hard":
            mix = int(torch.randint(number, (1,), generator=self.generator))
        else:
            searched = (share - self.training.warmup_share) / (1 - self.training.warmup_share)
            mix = number - 1 - min(number - 1, max(0, int(searched * number)))
        return tuple(BlockPath((operator,), None, (mix,)) for operator in operators)

    def _soft_mixtures(self) -> Tensor:
        """The mean soft sample whose largest entry is a width, for each width. [bits, bits]."""
        number = len(self.space.bits)
        samples = GumbelSoft(TEMPERATURE)(torch.zeros(20_000, number), Generator().manual_seed(0))
        largest = samples.argmax(dim=1)
        return torch.stack([samples[largest == width].mean(dim=0) for width in range(number)])

    def score(self, path: tuple[BlockPath, ...], split: ImageSplit, *, recalibrated: bool = True) -> float:
        """Accuracy of a network on a split, its bits hard, or soft where they were trained so."""
        if self.training.sampling == "all-soft":
            path = tuple(BlockPath(b.operators, None, (self._mix(b),)) for b in path)
        part = ImageSplit(split.name, split.images[:SCORED_IMAGES], split.labels[:SCORED_IMAGES])

        def run(images: Tensor) -> Tensor:
            return self.supernet(images, path)

        if recalibrated:
            images = self.splits.train_w.images[:STATISTICS_IMAGES].split(BATCH)
            recalibrate(self.supernet, run, (self.splits.normalisation(batch) for batch in images))
        return accuracy(self.supernet, run, ordered_batches(part, self.splits.normalisation))

    def _mix(self, block: BlockPath) -> Tensor | None:
        mix = block.bits[0]
        return self._soft[mix] if isinstance(mix, int) else None


def scores(
    weights: SharedWeights, paths: list[tuple[BlockPath, ...]], split: ImageSplit, *, recalibrated: bool
) -> list[float]:
    """Of all networks; shared statistics are kept where networks get none of their own."""
    weights.supernet.eval()
    kept = {name: value.clone() for name, value in weights.supernet.state_dict().items()}
    found = [weights.score(path, split, recalibrated=recalibrated) for path in paths]
    weights.supernet.load_state_dict(kept)
    return found
