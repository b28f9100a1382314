"""Ways to choose a network under a limit on fps, each within so many CPU seconds; none sees the joint table.

All share spaces, data, quantisers and the exact accelerator that decides whether a network keeps the limit. That
answer is looked up here, since every way would get the same one; what a way spends on prices inside its loop it pays.
Those by gradient are in `gradient`.
"""

import time
from dataclasses import dataclass

import numpy as np
from benchmarks.joint_study.supernets import SharedWeights, Training
from benchmarks.joint_study.world import World

from cosearch.accelerate import Problem, solve
from cosearch.design import Limit
from cosearch.network import workload_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a search chose: a point, None if it found none within the limit, and the CPU time it took."""

    point: int | None
    cpu_seconds: float


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
