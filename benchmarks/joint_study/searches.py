"""Ways to choose a network under a limit on fps, each within so many CPU seconds; none sees the joint table.

All share spaces, data, quantisers and the exact accelerator that decides whether a network keeps the limit. That
answer is looked up here, since every way would get the same one; what a way spends on prices inside its loop it pays.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from benchmarks.joint_study.supernets import SharedWeights, Training
from benchmarks.joint_study.world import World
from torch import Generator, nn

from cosearch.accelerate import Problem, solve
from cosearch.design import Limit
from cosearch.network import Architecture, BlockPath, workload_of
from cosearch.search.hardware import AbstractHardwarePrice, ExpectedPrice, Priced, SampledPrice
from cosearch.search.joint import JointSearch
from cosearch.search.recipe import SearchRecipe
from cosearch.search.scoring import score

WARMUP_EPOCHS, EPOCHS = 3, 6
ARCH_SHARE = 0.27
"""Architecture steps for each weight step."""

CALIBRATION_STEPS = 12
LATER_STEPS = 1.1
"""How much quicker steps get in the course of a search, as the searches' own CPU times show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a search chose: a point, None if it found none within the limit, and the CPU time it took."""

    point: int | None
    cpu_seconds: float


PriceOf = Callable[[World, Limit], AbstractHardwarePrice]


def sampled_exact(world: World, limit: Limit) -> AbstractHardwarePrice:
    """The default: eight hard networks a step, each on its optimal accelerator, by the relaxation's multipliers."""
    return SampledPrice(world.table, world.columns, (*world.recipe.parsed_limits(), limit), 8)


def two_sampled_exact(world: World, limit: Limit) -> AbstractHardwarePrice:
    """As `sampled_exact`, with two networks a step."""
    return SampledPrice(world.table, world.columns, (*world.recipe.parsed_limits(), limit), 2)


def expected_exact(world: World, limit: Limit) -> AbstractHardwarePrice:
    """One relaxation a step, of the expected network."""
    return ExpectedPrice(world.table, world.columns, (*world.recipe.parsed_limits(), limit))


class SlowestChunk(AbstractHardwarePrice):
    """The gradient of the integer optimum: through the slowest chunk of eight sampled networks alone."""

    def __init__(self, world: World, limit: Limit, num_networks: int = 8) -> None:
        self.world, self.limit, self.num_networks = world, limit, num_networks
        self.counts = world.columns.counter(world.table.column_of, world.table.num_columns)

    def __call__(self, architecture: Architecture, generator: Generator) -> Priced:
        """Solve, price the slowest chunk's columns, average."""
        world, table = self.world, self.world.table
        bound = table.clock_hertz / self.limit.limit
        values, prices = list[float](), np.zeros(table.num_columns)
        for blocks in architecture.blocks_of(architecture.sample_indices(self.num_networks, generator)):
            problem = Problem.of(table, workload_of(world.recipe.space, blocks), "fps", world.recipe.parsed_limits())
            best = solve(problem)
            assert best.choice is not None
            assert best.value is not None
            values.append(best.value / bound - 1)
            cycles = [front.cycles[row] for front, row in zip(problem.fronts, best.choice, strict=True)]
            place = int(np.argmax(cycles))
            entry = table.classes[problem.used[place]]
            row = entry.cycles[problem.rows[place][best.choice[place]]].astype(np.float64)
            own = slice(entry.first_column, entry.first_column + len(row))
            prices[own] += np.where(row < 1 << 40, row, 0) / bound / self.num_networks
        expected = self.counts(architecture.op_probs(), architecture.bit_probs())
        priced = expected @ torch.as_tensor(prices, dtype=expected.dtype)
        mean = float(np.mean(values))
        met = float(np.mean([value <= 0 for value in values]))
        return Priced(mean + (priced - priced.detach()), {"expected_violation": mean, "share_feasible": met})


def gradient_search(
    world: World,
    limit: Limit,
    seed: int,
    cpu_seconds: float,
    price_of: PriceOf,
    settings: dict[str, object],
    narrowed_share: float = 0.0,
) -> Outcome:
    """The joint search of `cosearch search`, as many steps as the time holds, then the best finalist on `val`."""
    plain: dict[str, object] = {"warmup_epochs": WARMUP_EPOCHS, "epochs": EPOCHS, "finalists": 8}
    plain |= {"recalibration_batches": 2, "val_images": 100}
    search = SearchRecipe.model_validate(plain | settings)
    price = price_of(world, limit)
    key = (world.platform, price_of, tuple(sorted(settings.items())))
    if key not in _PACES:
        _PACES[key] = _pace(world, price, search, seed)
    weight_steps, arch_steps = _PACES[key].steps((1 - narrowed_share) * cpu_seconds, search)
    search = search.model_copy(update={"weight_steps": weight_steps, "arch_steps": arch_steps})
    start = time.process_time()
    narrowing = Narrowing(start + cpu_seconds - search.finalists * _PACES[key].score) if narrowed_share else None
    point = searched_point(world, limit, seed, search, price, narrowing)
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


def searched_point(
    world: World,
    limit: Limit,
    seed: int,
    search: SearchRecipe,
    price: AbstractHardwarePrice,
    narrowing: Narrowing | None = None,
) -> int | None:
    """What one joint search chooses: of its most probable networks within the limit, the best on `val`."""
    joint = JointSearch(world.recipe.model_copy(update={"seed": seed, "search": search}), world.splits, price)
    for _ in joint.epochs():
        pass
    feasible, best, point = world.feasible(limit), -1.0, None
    ranked = [world.place[tuple(blocks)] for blocks in joint.architecture.most_probable(len(world.joint.points))]
    finalists = [index for index in ranked if feasible[index]][: search.finalists]
    if narrowing is not None:
        narrowing.train(joint, [world.paths[index] for index in finalists])
    for candidate in finalists:
        value = score(joint.supernet, world.paths[candidate], world.splits, world.splits.val, search)
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


def _pace(world: World, price: AbstractHardwarePrice, search: SearchRecipe, seed: int) -> _Pace:
    """From a few steps of each kind."""
    warm = _step_seconds(world, price, search, seed, 0, 1)
    plain = _step_seconds(world, price, search, seed, search.warmup_epochs, 1)
    both = _step_seconds(world, price, search, seed, search.warmup_epochs, CALIBRATION_STEPS + 1)
    joint = JointSearch(world.recipe, world.splits, None)
    joint.supernet.initialise_steps(joint.streams["weights"].next_batch()[0])
    times: list[float] = []
    for _ in range(2):  # the first one warms up
        start = time.process_time()
        score(joint.supernet, world.paths[0], world.splits, world.splits.val, search)
        times.append(time.process_time() - start)
    return _Pace(warm, plain + ARCH_SHARE * max(0.0, both - plain), min(times))


def _step_seconds(
    world: World, price: AbstractHardwarePrice, search: SearchRecipe, seed: int, epoch: int, arch_steps: int
) -> float:
    """CPU time of a weight step with its part of some architecture steps, the quicker of two epochs."""
    part = search.model_copy(update={"weight_steps": CALIBRATION_STEPS, "arch_steps": arch_steps})
    joint = JointSearch(world.recipe.model_copy(update={"seed": seed, "search": part}), world.splits, price)
    times: list[float] = []
    for _ in range(2):
        joint.epoch = epoch
        start = time.process_time()
        joint.run_epoch()
        times.append(time.process_time() - start)
    return min(times) / CALIBRATION_STEPS


def train_shared(world: World, seed: int, training: Training) -> SharedWeights:
    """Weights that networks are drawn from and scored with."""
    weights = SharedWeights(world.recipe.space, world.splits, training, seed)
    weights.train()
    return weights


class Scorer:
    """Scores networks on `val` until a time is spent; each network once."""

    def __init__(self, world: World, weights: SharedWeights, cpu_seconds: float) -> None:
        self.world, self.weights = world, weights
        self.end = time.process_time() + cpu_seconds
        self.values: dict[int, float] = {}

    @property
    def is_over(self) -> bool:
        """Whether the time is spent."""
        return time.process_time() >= self.end

    def __call__(self, point: int) -> float:
        """Accuracy on `val` with statistics of its own."""
        if point not in self.values:
            self.values[point] = self.weights.score(self.world.paths[point], self.world.splits.val)
        return self.values[point]

    def best(self) -> int | None:
        """The best point so far."""
        return max(self.values, key=lambda point: self.values[point], default=None)


def random_search(world: World, limit: Limit, weights: SharedWeights, seed: int, cpu_seconds: float) -> int | None:
    """Random networks within the limit."""
    scorer = Scorer(world, weights, cpu_seconds)
    order = np.random.default_rng(seed).permutation(np.flatnonzero(world.feasible(limit)))
    for point in order:
        if scorer.is_over:
            break
        scorer(int(point))
    return scorer.best()


def evolution(
    world: World, limit: Limit, weights: SharedWeights, seed: int, cpu_seconds: float,
    population: int = 12, tournament: int = 4,
) -> int | None:  # fmt: skip
    """Regularised evolution within the limit: the best of a tournament, one block changed; the oldest dies.

    Source: Real et al., "Regularized evolution for image classifier architecture search", AAAI 2019.
    """
    scorer, rng = Scorer(world, weights, cpu_seconds), np.random.default_rng(seed)
    feasible = np.flatnonzero(world.feasible(limit))
    allowed = {int(point) for point in feasible}
    alive = [int(point) for point in rng.permutation(feasible)[:population]]
    for point in alive:
        if scorer.is_over:
            return scorer.best()
        scorer(point)
    idle = 0
    while not scorer.is_over and idle < 200 and len(scorer.values) < len(allowed):
        drawn = rng.choice(alive, size=min(tournament, len(alive)), replace=False)
        parent = max((int(point) for point in drawn), key=scorer.values.__getitem__)
        children = [point for point in _neighbours(world, parent) if point in allowed]
        if not children:
            alive.remove(parent) if len(alive) > 1 else None
            idle += 1
            continue
        child = int(rng.choice(children))
        idle = idle + 1 if child in scorer.values else 0
        scorer(child)
        alive = [*alive[1:], child]
    return scorer.best()


def _neighbours(world: World, point: int) -> list[int]:
    """Points that differ in one block."""
    own = world.joint.points[point]
    return [
        index
        for index, blocks in enumerate(world.joint.points)
        if sum(a != b for a, b in zip(own, blocks, strict=True)) == 1
    ]


def sequential(world: World, limit: Limit, weights: SharedWeights, seed: int, cpu_seconds: float) -> int | None:
    """The most accurate network at the widest bits, whatever it costs; then its bits; then the accelerator.

    Where no bits of a network keep the limit, the next best network is taken.
    """
    scorer, rng = Scorer(world, weights, cpu_seconds), np.random.default_rng(seed)
    widest = [
        index
        for index, blocks in enumerate(world.joint.points)
        if all(block.weight_bits in (None, world.recipe.space.bits[-1]) for block in blocks)
    ]
    half = Scorer(world, weights, cpu_seconds / 2)
    for point in rng.permutation(widest):
        if half.is_over:
            break
        half(int(point))
    feasible = world.feasible(limit)
    for first in sorted(half.values, key=lambda point: -half.values[point]):
        shape = [block.op for block in world.joint.points[first]]
        own = [i for i, blocks in enumerate(world.joint.points) if [b.op for b in blocks] == shape and feasible[i]]
        for point in rng.permutation(own):
            if scorer.is_over and scorer.values:
                break
            scorer(int(point))
        if scorer.values:
            return scorer.best()
    return None


def fixed_accelerator(
    world: World, limit: Limit, weights: SharedWeights, seed: int, cpu_seconds: float
) -> int | None:
    """Random networks within the limit on one accelerator: the best one for the most demanding point."""
    recipe = world.recipe
    slowest = int(np.argmin(world.fps))
    problem = Problem.of(
        world.table, workload_of(recipe.space, world.joint.points[slowest]), "fps", recipe.parsed_limits()
    )
    best = solve(problem)
    assert best.choice is not None
    rows = {index: int(rows[row]) for index, rows, row in zip(problem.used, problem.rows, best.choice, strict=True)}
    period = world.table.clock_hertz / limit.limit
    kept = [
        index
        for index, blocks in enumerate(world.joint.points)
        if _period(world, rows, workload_of(recipe.space, blocks)) <= period
    ]
    scorer = Scorer(world, weights, cpu_seconds)
    for point in np.random.default_rng(seed).permutation(kept):
        if scorer.is_over:
            break
        scorer(int(point))
    return scorer.best()


def _period(world: World, rows: dict[int, int], workload: object) -> float:
    """Cycles of the slowest chunk of a fixed accelerator; infinite for a layer whose chunk it lacks."""
    demand = world.table.demand_of(workload)
    vectors = world.table.cycles_of(demand)
    used = [vector[rows[index]] if index in rows else vector.max() for index, vector in enumerate(vectors)]
    missing = any(vector.any() and index not in rows for index, vector in enumerate(vectors))
    return float("inf") if missing else float(max(used))
