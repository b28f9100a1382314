"""What the limits say to the logits: networks priced on their best accelerators."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Generator, Tensor

from cosearch.accelerate import Demand, DesignTable, LinearRelaxation, Prices, Problem, solve
from cosearch.design import Block, Limit
from cosearch.network import Architecture, workload_of
from cosearch.search.columns import ExpectedCounts, SpaceColumns

PERFORMANCE = frozenset({"fps", "latency_seconds"})
"""Limits on how fast a network runs; the others bound what its accelerator takes."""


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """The limits' answer to one architecture step.

    Attributes:
        violation: Largest relative violation of the limits, 0 or less where they are met; its gradient is the price
            of every operator and bitwidth.
        numbers: For the log.
    """

    violation: Tensor
    numbers: dict[str, float]


class AbstractHardwarePrice(ABC):
    """Prices the distribution over networks."""

    @abstractmethod
    def __call__(self, architecture: Architecture, generator: Generator) -> Priced:
        """Violation of the limits, differentiable in the logits."""


@final
class SampledPrice(AbstractHardwarePrice):
    """The mean over hard networks, each on its optimal accelerator.

    The multipliers of a network's linear relaxation price every table column (envelope theorem); the mean of these
    prices meets the expected use of every column, which is an exact, differentiable function of the logits.

    Args:
        table: Cycles and resources of all designs on all layers of the space.
        columns: The space's layers.
        limits: Of the recipe.
        num_networks: Drawn per step.
    """

    def __init__(self, table: DesignTable, columns: SpaceColumns, limits: Sequence[Limit], num_networks: int) -> None:
        self._table, self._space, self._limits = table, columns.space, tuple(limits)
        self._counts = columns.counter(table.column_of, table.num_columns)
        self._num_networks = num_networks

    def __call__(self, architecture: Architecture, generator: Generator) -> Priced:
        """Draw, solve, average."""
        networks = architecture.blocks_of(architecture.sample_indices(self._num_networks, generator))
        relaxation = LinearRelaxation()
        solved = [
            relaxation.solve(Problem.of(self._table, workload_of(self._space, n), "fps", self._limits))
            for n in networks
        ]
        values = [violation_of(prices) for prices in solved]
        met = sum(value <= 0 for value in values) / len(values)
        mean = sum(values) / len(values)
        column_prices = np.mean([_column_prices(prices) for prices in solved], axis=0)
        violation = _with_slope(mean, column_prices, self._counts, architecture)
        return Priced(violation, {"expected_violation": mean, "share_feasible": met})


@final
class ExpectedPrice(AbstractHardwarePrice):
    """One solve on the probabilities themselves: a relaxation, neither a bound nor the expectation.

    Spreading a layer over several chunks looks free to it, so it rewards indecision; right as logits sharpen.

    Args:
        table, columns, limits: See `SampledPrice`.
    """

    def __init__(self, table: DesignTable, columns: SpaceColumns, limits: Sequence[Limit]) -> None:
        self._table, self._limits = table, tuple(limits)
        self._counts = columns.counter(table.column_of, table.num_columns)
        self._weights = np.zeros(table.num_columns)
        self._class_of = np.zeros(table.num_columns, np.int64)
        for layer in columns.layers():
            index, column = table.place(layer)
            self._weights[column], self._class_of[column] = layer.num_weights, index

    def __call__(self, architecture: Architecture, generator: Generator) -> Priced:
        """Solve for the expected use of every column; draws nothing."""
        with torch.no_grad():
            counts = _expected(self._counts, architecture).double().numpy()
        weights = np.bincount(self._class_of, counts * self._weights, len(self._table.classes))
        demand = Demand(counts=counts, weights=weights.astype(np.float64), is_chain=True)
        prices: Prices = LinearRelaxation().solve(Problem(table=self._table, demand=demand, limits=self._limits))
        value = violation_of(prices)
        violation = _with_slope(value, _column_prices(prices), self._counts, architecture)
        return Priced(violation, {"expected_violation": value, "share_feasible": float(value <= 0)})


def integer_over_relaxed(
    table: DesignTable, architecture: Architecture, networks: Sequence[Sequence[Block]], limits: Sequence[Limit]
) -> float | None:
    """Mean ratio of the optimal period of whole designs to that of their linear relaxation, resources limited.

    None where the resource limits leave some of these networks no accelerator.
    """
    hard = tuple(limit for limit in limits if limit.metric not in PERFORMANCE)
    ratios: list[float] = []
    for blocks in networks:
        problem = Problem.of(table, workload_of(architecture.space, blocks), "fps", hard)
        least = solve(problem).value
        relaxed = LinearRelaxation().solve(problem)
        if least is None or relaxed.measure != "period":
            return None
        ratios.append(least / relaxed.value)
    return sum(ratios) / len(ratios)


def violation_of(prices: Prices) -> float:
    """Of the limits; 0 where only resources are bounded and the network fits, which is then priced by its period."""
    return prices.value if prices.measure == "violation" else 0.0


def _column_prices(prices: Prices) -> np.ndarray:
    return prices.column_prices if prices.measure == "violation" else np.zeros_like(prices.column_prices)


def _expected(counts: ExpectedCounts, architecture: Architecture) -> Tensor:
    return counts(architecture.op_probs(), architecture.bit_probs())


def _with_slope(
    value: float, column_prices: np.ndarray, counts: ExpectedCounts, architecture: Architecture
) -> Tensor:
    """A number whose gradient is that of the priced expected use of the columns."""
    expected = _expected(counts, architecture)
    priced = expected @ torch.as_tensor(column_prices, dtype=expected.dtype)
    return value + (priced - priced.detach())
