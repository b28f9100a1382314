"""Bias and variance of the estimators that move an accelerator's distribution, against the enumerated gradient.

``python benchmarks/code_gradients.py`` writes ``results/code_gradients.json`` and prints it as Markdown; ``--table``
only prints. The spaces are one chunk with seven parameters for a whole network, 576 designs. The cost of a design is
the logarithm of its cycles plus the fraction by which it exceeds a limit on DSPs; where it cannot run, it is beyond
the dearest of all others. The true gradient is that of the expected cost, over all designs. A batch asks for eight.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cosearch.accelerate import AcceleratorSpace, CapacityChoices, ChunkSpace, DesignTable, Problem, TableQuestion
from cosearch.choices import AbstractCodeEstimator, ExactMarginal, GumbelRao, Reinforce, StraightThrough
from cosearch.design import parse_limits
from cosearch.hardware import load_platform
from cosearch.network.zoo import build, example_input
from cosearch.records import canonical_json, write_atomically
from cosearch.workload.importers import from_module

RESULT = Path(__file__).parent / "results" / "code_gradients.json"
BATCH, BATCHES = 8, 2000
SHARPNESSES = (0.0, 2.0)
CANNOT_RUN = 3.0
"""As the engine has it, in natural logarithms."""

ESTIMATORS: dict[str, AbstractCodeEstimator] = {
    "reinforce": Reinforce(),
    "exact marginal": ExactMarginal(),
    "straight-through, temperature 5": StraightThrough(5.0),
    "straight-through, temperature 1": StraightThrough(1.0),
    "straight-through, temperature 0.2": StraightThrough(0.2),
    "gumbel-rao, temperature 1": GumbelRao(1.0),
    "gumbel-rao, temperature 0.2": GumbelRao(0.2),
}


def own_space(network: str) -> tuple[list[int], np.ndarray]:
    """Options of every parameter, and the cost of every design in their order."""
    chunk = ChunkSpace(
        lanes=(4, 8, 16, 32),
        reductions=(4, 8, 16),
        capacity_bits=CapacityChoices(I=(65_536, 262_144), W=(65_536, 131_072), O=(131_072, 262_144)),
        read_slots=(4, 8, 16),
        write_slots=(4, 8),
    )
    workload = from_module(build(network), example_input(network), bits=8)
    space = AcceleratorSpace(allocation="single", widths=(8,), chunk=chunk)
    table = DesignTable.build(workload.layers, space, load_platform("zc706"), 2e8, prune=False)
    question = TableQuestion(Problem.of(table, workload, limits=parse_limits(["dsp<=128"])))
    (part,) = question.parts
    codes = part.codes(np.arange(part.num_designs))
    assert part.valid(codes).all()
    judged = question.judge([question.price(0, codes)])
    runs = np.isfinite(judged.values)
    costs = np.full(len(codes), CANNOT_RUN)
    costs[runs] = judged.violations[runs] - np.log(judged.values[runs])
    costs[~runs] += costs[runs].max()
    return [len(p.choices) for p in part.parameters], costs


SPACES: dict[str, Callable[[], tuple[list[int], np.ndarray]]] = {
    "ResNet-18": lambda: own_space("resnet18"),
    "MobileNetV2": lambda: own_space("mobilenet_v2"),
}


class Space:
    """A product of parameters with the cost of every design."""

    def __init__(self, sizes: list[int], costs: np.ndarray, sharpness: float, seed: int) -> None:
        self.sizes = sizes
        self.costs = torch.from_numpy(costs.reshape(sizes))
        self.mask = torch.arange(max(sizes))[None, :] < torch.tensor(sizes)[:, None]
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.randn(self.mask.shape, generator=generator, dtype=torch.float64)
        self.logits: Tensor = (sharpness * drawn).masked_fill(~self.mask, 0.0)

    def truth(self) -> Tensor:
        """The gradient of the expected cost. [parameters, options]."""
        logits = self.logits.clone().requires_grad_()
        probs = torch.softmax(logits.masked_fill(~self.mask, float("-inf")), dim=1)
        expected = self.costs
        for place in range(len(self.sizes)):
            expected = torch.tensordot(probs[place, : self.sizes[place]], expected, dims=1)
        return torch.autograd.grad(expected, logits)[0]

    def estimates(self, estimator: AbstractCodeEstimator) -> tuple[Tensor, float]:
        """One estimate a batch, [batches, parameters, options], and the mean number of designs priced."""
        generator = torch.Generator().manual_seed(1)
        rows: list[Tensor] = []
        priced = 0
        for _ in range(BATCHES):
            logits = self.logits.clone().requires_grad_()
            codes = estimator.draw(logits, self.mask, BATCH, generator)
            costs = self.costs[tuple(codes.options.T)]
            number = len(costs)
            priced += number
            scale = 1.0 if estimator.draws_whole else number / (number - 1)
            weights = (costs - costs.mean()) * scale if estimator.needs_baseline else costs
            surrogate = estimator.surrogate(logits, self.mask, codes, generator)
            rows.append(torch.autograd.grad((weights * surrogate).mean(), logits)[0])
        return torch.stack(rows), priced / BATCHES


def figures(space: Space, estimator: AbstractCodeEstimator) -> dict[str, float]:
    """Share of the true gradient that the mean has, its direction, and the spread of one estimate."""
    truth = space.truth()
    drawn, priced = space.estimates(estimator)
    mean, size = drawn.mean(0), float((truth * truth).sum())
    error = float((mean - truth).norm() / (drawn.var(0) / len(drawn)).sum().sqrt())
    return {
        "share": round(float((mean * truth).sum()) / size, 3),
        "cosine": round(float((mean * truth).sum() / (mean.norm() * size**0.5)), 3),
        "spread": round(float(drawn.var(0).sum().sqrt()) / size**0.5, 2),
        "standard_errors": round(error, 1),
        "designs": round(priced, 1),
    }


def measured() -> list[dict[str, object]]:
    """Every estimator on every space."""
    rows: list[dict[str, object]] = []
    for name, make in SPACES.items():
        sizes, costs = make()
        for sharpness in SHARPNESSES:
            space = Space(sizes, costs, sharpness, seed=0)
            for estimator, one in ESTIMATORS.items():
                place = {"space": name, "sharpness": sharpness, "estimator": estimator, "unbiased": one.unbiased}
                rows.append({**place, **figures(space, one)})
    return rows


def table() -> str:
    """The committed results as Markdown."""
    lines = ["| network | logits | estimator | unbiased | share | cosine | spread | designs |", "|---" * 8 + "|"]
    for row in json.loads(RESULT.read_text(encoding="utf-8"))["rows"]:
        says = "yes" if row["unbiased"] else "no"
        logits = f"spread {row['sharpness']:g}" if row["sharpness"] else "even"
        figures = [f"{row['share']:.2f}", f"{row['cosine']:.2f}", f"{row['spread']:.2f}", f"{row['designs']:g}"]
        lines.append(f"| {' | '.join([row['space'], logits, row['estimator'], says, *figures])} |")
    return "\n".join(lines)


def main() -> None:
    """Measure unless only the table is wanted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", action="store_true")
    torch.set_num_threads(1)
    if not parser.parse_args().table:
        command = "python benchmarks/code_gradients.py"
        write_atomically(RESULT, canonical_json({"command": command, "batches": BATCHES, "rows": measured()}))
    print(table())


if __name__ == "__main__":
    main()
