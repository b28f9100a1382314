"""Bias and spread of the task loss's gradient estimators: on a linear loss, and on a real supernet.

``python -m benchmarks.joint_study.task_gradients`` prints JSON and writes it to
``results/task_gradients.json``. On the linear loss the truth is ``p_i (c_i - sum_j p_j c_j)``. On the supernet it is
the gradient of ``sum over networks of p(network) loss(network)`` on one batch of `train_arch`, every network run.

`share` is the least-squares factor of the mean estimate over the truth, 1 where unbiased; `cosine` that of the mean
with the truth; `spread` the norm of one draw's standard deviation over the norm of the truth; `error` the largest
deviation of the mean from the truth in standard errors.
"""

import argparse
from pathlib import Path

import torch
import torch.nn.functional as F
from benchmarks.joint_table import all_points, table_splits
from benchmarks.joint_table.accelerators import platform_recipe
from torch import Generator, Tensor

from cosearch.choices import (
    AbstractPathEstimator,
    AbstractRelaxation,
    GumbelHard,
    GumbelTopK,
    LeaveOneOut,
    MarginalHard,
    Resoftmax,
)
from cosearch.network import path_of
from cosearch.records import canonical_json, write_atomically
from cosearch.search.joint import JointSearch

RESULT = Path(__file__).parent / "results" / "task_gradients.json"

OPTIONS = 9
LINEAR_DRAWS = 20_000
LARGEST = (None, 0.5, 0.9)
"""Probability of one option, the others sharing the rest; None: all alike."""

PATHS = (2, 3, 5)
TEMPERATURES = (5.0, 1.0, 0.2)
SUPERNET_DRAWS = 400
SHARPNESSES = (0.0, 1.0, 2.0)
REINFORCED = (2, 4, 8)
"""Networks whose losses are compared; they need no backward pass."""


def path_estimators() -> dict[str, AbstractPathEstimator]:
    """By name, every K and temperature."""
    found: dict[str, AbstractPathEstimator] = {}
    for paths in PATHS:
        found[f"leave-one-out, K={paths}"] = LeaveOneOut(paths)
        found[f"re-softmax, K={paths}"] = Resoftmax(paths)
        for temperature in TEMPERATURES:
            found[f"gumbel-top-k, K={paths}, temperature {temperature:g}"] = GumbelTopK(paths, temperature)
    return found


def relaxations() -> dict[str, AbstractRelaxation]:
    """Of bits, by name."""
    return {
        "exact probabilities": MarginalHard(),
        **{f"hard gumbel, temperature {temperature:g}": GumbelHard(temperature) for temperature in TEMPERATURES},
    }


def figures(draws: Tensor, truth: Tensor) -> dict[str, float]:
    """How a set of estimates [draws, logits] lies about the truth [logits]."""
    mean, spread = draws.mean(0), draws.std(0)
    standard = (spread / len(draws) ** 0.5).clamp(min=1e-12)
    moving = spread > 1e-9
    errors = ((mean - truth).abs() / standard)[moving]
    return {
        "share": round(float(mean @ truth / (truth @ truth)), 3),
        "cosine": round(float(F.cosine_similarity(mean, truth, dim=0)), 3),
        "spread": round(float(spread.norm() / truth.norm()), 2),
        "error": round(float(errors.max()) if len(errors) else 0.0, 1),
    }


def linear_paths(estimator: AbstractPathEstimator, logits: Tensor, costs: Tensor, generator: Generator) -> Tensor:
    """Gradients of a linear loss, [draws, options]; every draw is a block of its own."""
    rows = logits.repeat(LINEAR_DRAWS, 1).requires_grad_()
    sample = estimator.sample(rows, torch.ones_like(rows, dtype=torch.bool), generator)
    (gradient,) = torch.autograd.grad((sample.gates * costs[sample.options]).sum(), rows)
    return gradient


def linear_bits(relaxation: AbstractRelaxation, logits: Tensor, costs: Tensor, generator: Generator) -> Tensor:
    """The same for bits."""
    rows = logits.repeat(LINEAR_DRAWS, 1).requires_grad_()
    (gradient,) = torch.autograd.grad((relaxation(rows, generator) * costs).sum(), rows)
    return gradient


def linear_rows(seed: int) -> list[dict[str, object]]:
    """Every estimator on the linear loss."""
    generator = Generator().manual_seed(seed)
    rows: list[dict[str, object]] = []
    for largest in LARGEST:
        probs = torch.full((OPTIONS,), 1 / OPTIONS, dtype=torch.float64)
        if largest is not None:
            probs[:] = (1 - largest) / (OPTIONS - 1)
            probs[0] = largest
        costs = torch.randn(OPTIONS, generator=generator, dtype=torch.float64)
        truth = probs * (costs - probs @ costs)
        for name, estimator in path_estimators().items():
            draws = linear_paths(estimator, probs.log(), costs, generator)
            rows.append(_row("operators", largest, name, estimator.unbiased, figures(draws, truth)))
        for name, relaxation in relaxations().items():
            draws = linear_bits(relaxation, probs.log(), costs, generator)
            rows.append(_row("bits", largest, name, relaxation.unbiased, figures(draws, truth)))
    return rows


def _row(
    variable: str, largest: float | None, name: str, unbiased: bool, found: dict[str, float]
) -> dict[str, object]:
    place = "uniform" if largest is None else f"p = {largest:g}"
    return {"variable": variable, "probabilities": place, "estimator": name, "unbiased": unbiased, **found}


class OnSupernet:
    """One supernet, warm, its weights frozen; one batch of `train_arch`."""

    def __init__(self, seed: int) -> None:
        recipe = platform_recipe("a").model_copy(update={"seed": seed})
        self.joint = JointSearch(recipe, table_splits(), None)
        for _ in range(recipe.search.warmup_epochs + 1):
            self.joint.run_epoch()
        self.images, self.labels = self.joint.streams["architecture"].next_batch()
        self.networks = all_points(recipe.space)
        self.indices = self.joint.architecture.indices_of(self.networks)
        self.joint.supernet.train()
        with torch.no_grad(), self.joint.supernet.frozen():
            losses = [self._loss(path_of(recipe.space, blocks)) for blocks in self.networks]
        self.losses = torch.stack(losses)

    def _loss(self, path: object) -> Tensor:
        return F.cross_entropy(self.joint.supernet(self.images, path), self.labels)

    def draw_logits(self, sharpness: float, generator: Generator) -> None:
        """Random logits."""
        architecture = self.joint.architecture
        for logits in (architecture.op_logits, architecture.bit_logits):
            logits.data = sharpness * torch.randn(logits.shape, generator=generator)

    def truth(self) -> tuple[Tensor, Tensor]:
        """Of operators and of bits."""
        architecture = self.joint.architecture
        expected = (architecture.log_prob(self.indices).exp() * self.losses).sum()
        return torch.autograd.grad(expected, (architecture.op_logits, architecture.bit_logits))

    def estimates(
        self, estimator: AbstractPathEstimator, relaxation: AbstractRelaxation, generator: Generator
    ) -> tuple[Tensor, Tensor]:
        """[draws, logits] of operators and of bits."""
        architecture = self.joint.architecture
        logits = (architecture.op_logits, architecture.bit_logits)
        operators, bits = list[Tensor](), list[Tensor]()
        with self.joint.supernet.frozen():
            for _ in range(SUPERNET_DRAWS):
                path = architecture.sample_path(estimator, relaxation, generator)
                found = torch.autograd.grad(self._loss(path), logits, allow_unused=True)
                of_operators, of_bits = (
                    torch.zeros_like(own) if part is None else part for own, part in zip(logits, found, strict=True)
                )
                operators.append(of_operators.flatten())
                bits.append(of_bits.flatten())
        return torch.stack(operators), torch.stack(bits)

    def reinforced(self, number: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """[draws, logits] of operators and of bits: networks' own losses, each less the mean of the others.

        Source: Kool et al., "Buy 4 REINFORCE samples, get a baseline for free", ICLR workshop 2019.
        """
        architecture = self.joint.architecture
        logits = (architecture.op_logits, architecture.bit_logits)
        probs = architecture.log_prob(self.indices).detach().exp()
        operators, bits = list[Tensor](), list[Tensor]()
        for _ in range(SUPERNET_DRAWS):
            drawn = torch.multinomial(probs, number, replacement=True, generator=generator)
            losses = self.losses[drawn]
            weights = (losses - losses.mean()) / (number - 1)
            found = torch.autograd.grad((weights * architecture.log_prob(self.indices)[drawn]).sum(), logits)
            operators.append(found[0].flatten())
            bits.append(found[1].flatten())
        return torch.stack(operators), torch.stack(bits)

    def rows(self, sharpness: float, seed: int) -> list[dict[str, object]]:
        """Every estimator at logits of one sharpness."""
        generator = Generator().manual_seed(seed)
        self.draw_logits(sharpness, generator)
        of_operators, of_bits = (part.flatten() for part in self.truth())
        place = f"logits of {sharpness:g}"
        rows: list[dict[str, object]] = []
        for name, estimator in path_estimators().items():
            draws, _ = self.estimates(estimator, MarginalHard(), generator)
            found = figures(draws, of_operators)
            rows.append({"variable": "operators", "probabilities": place, "estimator": name, **found})
        for name, relaxation in relaxations().items():
            _, draws = self.estimates(LeaveOneOut(2), relaxation, generator)
            rows.append({"variable": "bits", "probabilities": place, "estimator": name, **figures(draws, of_bits)})
        for number in REINFORCED:
            for variable, draws, truth in zip(
                ("operators", "bits"), self.reinforced(number, generator), (of_operators, of_bits), strict=True
            ):
                name = f"reinforce, {number} networks"
                rows.append(
                    {"variable": variable, "probabilities": place, "estimator": name, **figures(draws, truth)}
                )
        return rows


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    supernet = OnSupernet(arguments.seed)
    result = {
        "command": "python -m benchmarks.joint_study.task_gradients",
        "linear": linear_rows(arguments.seed),
        "supernet": [row for sharpness in SHARPNESSES for row in supernet.rows(sharpness, arguments.seed)],
        "spread_of_losses": round(float(supernet.losses.std()), 4),
    }
    text = canonical_json(result)
    print(text, end="")
    write_atomically(RESULT, text)


if __name__ == "__main__":
    main()
