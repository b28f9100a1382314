"""What the study compares: ways to choose a network, remedies one at a time, and some of them with more time."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.joint_study import searches
from benchmarks.joint_study.das import Das
from benchmarks.joint_study.gradient import Gradient
from benchmarks.joint_study.prices import SlowestChunk, expected_exact, sampled_exact, two_sampled_exact
from benchmarks.joint_study.remedies import OneStep, Sandwich, rising_entropy
from benchmarks.joint_study.supernets import SharedWeights
from benchmarks.joint_study.world import World

from cosearch.design import Limit

Chooser = Callable[[World, Limit, SharedWeights, int, float], int | None]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Networks drawn after shared weights are trained.

    Attributes:
        learning_rate: Of the weights.
    """

    choose: Chooser
    learning_rate: float = 0.05


WAYS: dict[str, Gradient | Drawn] = {
    "sampled-exact": Gradient(sampled_exact),
    "expected-exact": Gradient(expected_exact),
    "slowest chunk": Gradient(SlowestChunk),
    "DAS as published": Gradient(Das),
    "random": Drawn(searches.random_search),
    "evolution": Drawn(searches.evolution),
    "sequential": Drawn(searches.sequential),
    "fixed accelerator": Drawn(searches.fixed_accelerator),
}
"""What is compared."""


def _changed(**settings: object) -> Gradient:
    """`expected-exact`, the better one on platform A, with a change."""
    return Gradient(expected_exact, tuple(sorted(settings.items())))


REMEDIES: dict[str, Gradient | Drawn] = {
    "two sampled networks": Gradient(two_sampled_exact),
    "narrowed": Gradient(expected_exact, (), 0.35),
    "narrowed, half": Gradient(expected_exact, (), 0.5),
    "narrowed, 24 finalists": Gradient(expected_exact, (("finalists", 24),), 0.5),
    "sandwich, distilled": Gradient(expected_exact, weight_loss=Sandwich),
    "one step for all widths": Gradient(expected_exact, weight_loss=OneStep),
    "rising price of entropy": Gradient(expected_exact, arch_penalty=rising_entropy),
    "32 finalists": _changed(finalists=32),
    "4 finalists": _changed(finalists=4),
    "weights at sampled bits": _changed(precision="sampled"),
    "gumbel-top-k": _changed(estimator="gumbel-top-k"),
    "re-softmax": _changed(estimator="re-softmax"),
    "four paths": _changed(paths=4),
    "longer warm-up": _changed(warmup_epochs=6, epochs=3),
    "colder bits": _changed(temperature=2.0, temperature_decay=0.5),
    "slower logits": _changed(arch_lr=0.02),
    "faster logits": _changed(arch_lr=0.15),
    "faster weights": _changed(weight_lr=0.1),
    "faster weights, 4 finalists": _changed(weight_lr=0.1, finalists=4),
    "random, faster weights": Drawn(searches.random_search, 0.1),
}
"""Changes one at a time; tuned on platform A alone."""

TWICE = ", twice the time"
"""Behind the name of a way: with a budget of twice as many seconds."""

LONGER: dict[str, Gradient | Drawn] = {
    way + TWICE: WAYS[way] for way in ("expected-exact", "sampled-exact", "random", "evolution")
}

CONFIRMATION_SEEDS = range(300, 330)
"""On platform B, for the best of the remedies on A, chosen before any of them was run."""

ALL = WAYS | REMEDIES | LONGER
