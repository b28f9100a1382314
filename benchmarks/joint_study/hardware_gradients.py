"""Which hardware gradient points where the expected optimum falls: held against enumeration on the joint space.

``python -m benchmarks.joint_study.hardware_gradients`` prints JSON and writes ``results/hardware_gradients.json``.
The cost of a network is the logarithm of its optimal period, under the platform's limits on resources or on the whole
board. The true gradient is that of ``sum over networks of p(network) cost(network)`` with respect to all logits,
every network solved. Each estimator prices the table's columns and is differentiated through the expected use of
every column. Accelerator search as published prices a sampled network on the accelerator that its own logits draw:
any accelerator at its start, and at best, once settled, the optimal one of the most probable network. An estimate is
scored by its cosine with the true gradient, at random logits of several sharpnesses.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from benchmarks.joint_table import all_points
from benchmarks.joint_table.accelerators import PLATFORMS, platform_recipe
from torch import Tensor

from cosearch.accelerate import DesignTable, LinearRelaxation, Problem, solve
from cosearch.design import Block, Limit, NetworkSpace
from cosearch.network import Architecture, workload_of
from cosearch.records import canonical_json, write_atomically
from cosearch.search import Recipe
from cosearch.search.columns import SpaceColumns

RESULT = Path(__file__).parent / "results" / "hardware_gradients.json"

SHARPNESSES = (0.0, 1.0, 3.0)
SAMPLES = (1, 8, 64)
LOGITS = 10
DRAWS = 20


@dataclass(frozen=True, slots=True, eq=False)
class PricedNetworks:
    """Every network of a space on its optimal accelerator.

    Attributes:
        costs: Logarithm of the optimal period. [networks].
        slowest: Prices of the table's columns by the slowest chunk alone: its cycles over the period. [networks,
            columns].
        relaxed: Prices by the multipliers of the linear relaxation, over its value. [networks, columns].
        designs: The optimal design of every chunk class, by its number. [networks].
        counts: Layers on every column. [networks, columns].
        ratio: Mean of the optimal period over that of the relaxation.
    """

    designs: list[dict[int, int]]
    counts: np.ndarray
    costs: Tensor
    slowest: Tensor
    relaxed: Tensor
    ratio: float


def price_networks(
    table: DesignTable, space: NetworkSpace, networks: Sequence[Sequence[Block]], limits: Sequence[Limit]
) -> PricedNetworks:
    """Solve all networks, and the relaxation of each.

    Raises:
        SystemExit: if the limits leave some network without an accelerator; the comparison is of periods.
    """
    relaxation = LinearRelaxation()
    costs, slowest, relaxed, ratios = list[float](), list[np.ndarray](), list[np.ndarray](), list[float]()
    designs, counts = list[dict[int, int]](), list[np.ndarray]()
    for blocks in networks:
        problem = Problem.of(table, workload_of(space, blocks), "fps", limits)
        best = solve(problem)
        if best.value is None or best.choice is None:
            raise SystemExit(f"the limits leave {[block.op for block in blocks]} no accelerator; loosen them")
        costs.append(float(np.log(best.value)))
        rows = zip(problem.used, problem.rows, best.choice, strict=True)
        designs.append({index: int(own[row]) for index, own, row in rows})
        counts.append(problem.demand.counts)
        slowest.append(slowest_prices(table, designs[-1], counts[-1]))
        prices = relaxation.solve(problem)
        relaxed.append(prices.column_prices / prices.value)
        ratios.append(best.value / prices.value)
    return PricedNetworks(
        designs,
        np.stack(counts),
        torch.tensor(costs, dtype=torch.float64),
        torch.from_numpy(np.stack(slowest)),
        torch.from_numpy(np.stack(relaxed)),
        float(np.mean(ratios)),
    )


def slowest_prices(table: DesignTable, designs: dict[int, int], counts: np.ndarray) -> np.ndarray:
    """Cycles of every column of an accelerator's slowest chunk, over its period; columns it cannot run are free."""
    prices, longest = np.zeros(table.num_columns), 0.0
    for index, row in designs.items():
        entry = table.classes[index]
        own = slice(entry.first_column, entry.first_column + len(entry.shapes))
        cycles = np.where(entry.cycles[row] < 1 << 40, entry.cycles[row], 0).astype(np.float64)
        total = float(cycles @ counts[own])
        if total > longest:
            longest = total
            prices[:] = 0
            prices[own] = cycles / total
    return prices


class Study:
    """One space, one table, one set of limits."""

    def __init__(self, recipe: Recipe, limits: Sequence[Limit]) -> None:
        self.space = recipe.space
        columns = SpaceColumns(recipe.space)
        platform, clock_hertz = recipe.board()
        self.table = DesignTable.build(columns.layers(), recipe.accelerator, platform, clock_hertz)
        self.counts = columns.counter(self.table.column_of, self.table.num_columns)
        self.networks = all_points(recipe.space)
        self.limits = limits
        self.architecture = Architecture(recipe.space).double()
        self.indices = self.architecture.indices_of(self.networks)
        self.priced = price_networks(self.table, recipe.space, self.networks, limits)

    def gradient(self, of: Callable[[], Tensor]) -> Tensor:
        """Of a scalar of the architecture with respect to all logits, one vector."""
        logits = (self.architecture.op_logits, self.architecture.bit_logits)
        parts = torch.autograd.grad(of(), logits)
        return torch.cat([part.flatten() for part in parts])

    def true_gradient(self) -> Tensor:
        """Of the expected cost, by enumeration."""
        return self.gradient(lambda: (self.architecture.log_prob(self.indices).exp() * self.priced.costs).sum())

    def priced_gradient(self, prices: Tensor) -> Tensor:
        """Of the expected use of the columns at some prices."""
        a = self.architecture
        return self.gradient(lambda: self.counts(a.op_probs(), a.bit_probs()) @ prices)

    def expected_prices(self) -> Tensor:
        """Multipliers of the relaxation of the expected network."""
        a = self.architecture
        with torch.no_grad():
            counts = self.counts(a.op_probs(), a.bit_probs())
        demand = self.table.demand_of(workload_of(self.space, self.networks[0]))
        demand = type(demand)(counts=counts.numpy(), weights=demand.weights, is_chain=True)
        prices = LinearRelaxation().solve(Problem(table=self.table, demand=demand, limits=tuple(self.limits)))
        return torch.from_numpy(prices.column_prices / prices.value)

    def random_designs(self, generator: torch.Generator) -> dict[int, int]:
        """Of every chunk class: where accelerator search by gradient begins."""
        sizes = [len(entry.designs) for entry in self.table.classes]
        return {index: int(torch.randint(size, (1,), generator=generator)) for index, size in enumerate(sizes)}

    def cosines(self, sharpness: float, generator: torch.Generator) -> dict[str, list[float]]:
        """Of every estimator with the truth, over draws of logits and of networks."""
        found: dict[str, list[float]] = {}
        for _ in range(LOGITS):
            for logits in (self.architecture.op_logits, self.architecture.bit_logits):
                drawn = torch.randn(logits.shape, generator=generator, dtype=torch.float64)
                logits.data = sharpness * drawn
            truth = self.true_gradient()
            probs = self.architecture.log_prob(self.indices).detach().exp()
            self._note(found, "LP, expected network", truth, self.expected_prices())
            settled = self.priced.designs[int(probs.argmax())]
            for _ in range(DRAWS):
                network = int(torch.multinomial(probs, 1, generator=generator))
                for name, designs in (("random", self.random_designs(generator)), ("settled", settled)):
                    prices = torch.from_numpy(slowest_prices(self.table, designs, self.priced.counts[network]))
                    self._note(found, f"DAS, {name} accelerator", truth, prices)
            for name, table in (("slowest chunk", self.priced.slowest), ("LP", self.priced.relaxed)):
                self._note(found, f"{name}, all networks", truth, probs @ table)
                for number in SAMPLES:
                    for _ in range(DRAWS if number < SAMPLES[-1] else 5):
                        drawn = torch.multinomial(probs, number, replacement=True, generator=generator)
                        self._note(found, f"{name}, {number} sampled", truth, table[drawn].mean(0))
        return found

    def _note(self, found: dict[str, list[float]], name: str, truth: Tensor, prices: Tensor) -> None:
        estimate = self.priced_gradient(prices)
        scale = float(estimate.norm() * truth.norm())
        found.setdefault(name, []).append(float(estimate @ truth) / scale if scale else 0.0)


def summary(values: Sequence[float], generator: np.random.Generator) -> dict[str, float]:
    """Mean, its 95 % interval by the bootstrap, and the 10th percentile."""
    rows = np.asarray(values)
    means = rows[generator.integers(len(rows), size=(1000, len(rows)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return {
        "mean": round(float(rows.mean()), 3),
        "low": round(float(low), 3),
        "high": round(float(high), 3),
        "tenth": round(float(np.quantile(rows, 0.1)), 3),
    }


def main() -> None:
    """Measure where limits bind and where they do not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows: list[dict[str, object]] = []
    for platform in PLATFORMS:
        recipe = platform_recipe(platform)
        for name, limits in (("bind", recipe.parsed_limits()), ("do not bind", ())):
            study = Study(recipe, limits)
            place: dict[str, object] = {"platform": platform, "limits": name}
            rows.append({**place, "integer_over_relaxed": round(study.priced.ratio, 3)})
            for sharpness in SHARPNESSES:
                generator = torch.Generator().manual_seed(arguments.seed)
                for estimator, values in study.cosines(sharpness, generator).items():
                    figures = summary(values, np.random.default_rng(arguments.seed))
                    rows.append({**place, "sharpness": sharpness, "estimator": estimator, **figures})
    command = "python -m benchmarks.joint_study.hardware_gradients"
    text = canonical_json({"command": command, "networks": len(all_points()), "rows": rows})
    print(text, end="")
    write_atomically(RESULT, text)


if __name__ == "__main__":
    main()
