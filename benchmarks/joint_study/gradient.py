"""The joint search by gradient as the study runs it: as many steps as the time holds, then the best finalist."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch.nn.functional as F
from benchmarks.joint_study.prices import PriceOf
from benchmarks.joint_study.searches import Outcome
from benchmarks.joint_study.world import World
from torch import nn

from cosearch.design import Limit
from cosearch.network import BlockPath
from cosearch.search.hardware import AbstractHardwarePrice
from cosearch.search.joint import JointSearch
from cosearch.search.recipe import SearchRecipe
from cosearch.search.scoring import score
from cosearch.search.step_losses import ArchPenalty, WeightLoss, path_loss

WARMUP_EPOCHS, EPOCHS = 3, 6
ARCH_SHARE = 0.27
"""Architecture steps for each weight step."""

CALIBRATION_STEPS = 12
LATER_STEPS = 1.1
"""How much quicker steps get in the course of a search, as the searches' own CPU times show."""

PLAIN: dict[str, object] = {
    "warmup_epochs": WARMUP_EPOCHS,
    "epochs": EPOCHS,
    "finalists": 8,
    "recalibration_batches": 2,
    "val_images": 100,
}
"""Settings that all searches by gradient share."""


@dataclass(frozen=True, slots=True)
class Gradient:
    """A joint search by gradient: its price, settings of its recipe, and what its steps descend on.

    Attributes:
        settings: Beside `PLAIN`.
        narrowed_share: Of the time, in which weights are trained for the finalists alone.
        weight_loss: Of a world, what weight steps descend on.
        arch_penalty: What architecture steps add to the task loss.
    """

    price_of: PriceOf
    settings: tuple[tuple[str, object], ...] = ()
    narrowed_share: float = 0.0
    weight_loss: Callable[[World], WeightLoss] = lambda world: path_loss
    arch_penalty: ArchPenalty | None = None

    def recipe(self) -> SearchRecipe:
        """With its settings."""
        return SearchRecipe.model_validate(PLAIN | dict(self.settings))

    def joint(
        self, world: World, seed: int, search: SearchRecipe, price: AbstractHardwarePrice | None
    ) -> JointSearch:
        """A search with a recipe of so many steps."""
        recipe = world.recipe.model_copy(update={"seed": seed, "search": search})
        loss = self.weight_loss(world)
        return JointSearch(recipe, world.splits, price, weight_loss=loss, arch_penalty=self.arch_penalty)


def paced_search(world: World, limit: Limit, seed: int, cpu_seconds: float, way: Gradient) -> JointSearch:
    """The joint search of `cosearch search` with as many steps as the time holds beside the scoring of finalists."""
    search, price = way.recipe(), way.price_of(world, limit)
    key = (world.platform, way)
    if key not in _PACES:
        _PACES[key] = _pace(world, price, way, seed)
    weight_steps, arch_steps = _PACES[key].steps((1 - way.narrowed_share) * cpu_seconds, search)
    search = search.model_copy(update={"weight_steps": weight_steps, "arch_steps": arch_steps})
    return way.joint(world, seed, search, price)


def gradient_search(world: World, limit: Limit, seed: int, cpu_seconds: float, way: Gradient) -> Outcome:
    """A paced search, then the best finalist on `val`."""
    joint = paced_search(world, limit, seed, cpu_seconds, way)
    start = time.process_time()
    narrowing = None
    if way.narrowed_share:
        narrowing = Narrowing(start + cpu_seconds - joint.recipe.finalists * _PACES[world.platform, way].score)
    point = searched_point(world, limit, joint, narrowing)
    return Outcome(point=point, cpu_seconds=time.process_time() - start)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Weights go on being trained until a CPU time, on the finalists alone, at their own bits."""

    until: float
    learning_rate: float = 0.02

    def train(self, joint: JointSearch, paths: Sequence[tuple[BlockPath, ...]]) -> None:
        """One finalist after another; the learning rate falls to 0 in a line."""
        begin = time.process_time()
        step = 0
        while (left := self.until - time.process_time()) > 0 and paths:
            images, labels = joint.streams["weights"].next_batch()
            joint.supernet.train()
            loss = F.cross_entropy(joint.supernet(images, paths[step % len(paths)]), labels)
            joint.weight_optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(joint.supernet.parameters(), joint.recipe.clip_norm)
            for group in joint.weight_optimiser.param_groups:
                group["lr"] = self.learning_rate * left / max(self.until - begin, 1e-9)
            joint.weight_optimiser.step()
            step += 1


def searched_point(world: World, limit: Limit, joint: JointSearch, narrowing: Narrowing | None = None) -> int | None:
    """What one joint search chooses: of its most probable networks within the limit, the best on `val`."""
    for _ in joint.epochs():
        pass
    feasible, best, point = world.feasible(limit), -1.0, None
    ranked = [world.place[tuple(blocks)] for blocks in joint.architecture.most_probable(len(world.joint.points))]
    finalists = [index for index in ranked if feasible[index]][: joint.recipe.finalists]
    if narrowing is not None:
        narrowing.train(joint, [world.paths[index] for index in finalists])
    for candidate in finalists:
        value = score(joint.supernet, world.paths[candidate], world.splits, world.splits.val, joint.recipe)
        if value > best:
            best, point = value, candidate
    return point


@dataclass(frozen=True, slots=True)
class _Pace:
    """CPU time of a warm-up step, of a later one with its architecture steps, and of a score on all of `val`."""

    warm: float
    searched: float
    score: float

    def steps(self, cpu_seconds: float, search: SearchRecipe) -> tuple[int, int]:
        """Weight and architecture steps an epoch that fill a time."""
        left = LATER_STEPS * (cpu_seconds - search.finalists * self.score)
        weight_steps = max(1, int(left / (search.warmup_epochs * self.warm + search.epochs * self.searched)))
        return weight_steps, max(1, round(ARCH_SHARE * weight_steps))


_PACES: dict[tuple[object, ...], _Pace] = {}
"""Measured once a process for every way, and no part of its budget."""


def _pace(world: World, price: AbstractHardwarePrice, way: Gradient, seed: int) -> _Pace:
    """From a few steps of each kind."""
    search = way.recipe()
    warm = _step_seconds(world, price, way, seed, 0, 1)
    plain = _step_seconds(world, price, way, seed, search.warmup_epochs, 1)
    both = _step_seconds(world, price, way, seed, search.warmup_epochs, CALIBRATION_STEPS + 1)
    joint = JointSearch(world.recipe, world.splits, None)
    joint.supernet.initialise_steps(joint.streams["weights"].next_batch()[0])
    times: list[float] = []
    for _ in range(2):  # the first one warms up
        start = time.process_time()
        score(joint.supernet, world.paths[0], world.splits, world.splits.val, search)
        times.append(time.process_time() - start)
    return _Pace(warm, plain + ARCH_SHARE * max(0.0, both - plain), min(times))


def _step_seconds(
    world: World, price: AbstractHardwarePrice, way: Gradient, seed: int, epoch: int, arch_steps: int
) -> float:
    """CPU time of a weight step with its part of some architecture steps, the quicker of two epochs."""
    part = way.recipe().model_copy(update={"weight_steps": CALIBRATION_STEPS, "arch_steps": arch_steps})
    joint = way.joint(world, seed, part, price)
    times: list[float] = []
    for _ in range(2):
        joint.epoch = epoch
        start = time.process_time()
        joint.run_epoch()
        times.append(time.process_time() - start)
    return min(times) / CALIBRATION_STEPS
