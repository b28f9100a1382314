"""What each part of the model is worth: taken away, fitted again and judged the same way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cosearch.validate.gemmini.assumptions import Assumptions
from cosearch.validate.gemmini.fit import fit_constants
from cosearch.validate.gemmini.folds import FitAndPredict
from cosearch.validate.gemmini.program import Program
from cosearch.validate.gemmini.terms import FloatArray, IntArray, count_terms
from cosearch.validate.gemmini.timing import predicted_cycles

_ALL = Assumptions()


@dataclass(frozen=True, slots=True)
class Variant:
    """A model.

    Attributes:
        assumptions: Its parts that are not constants.
        without: The constant that it does without.
    """

    assumptions: Assumptions = _ALL
    without: str | None = None


FULL = Variant()

ABLATIONS: dict[str, Variant] = {
    "last_level_and_dram": Variant(without="dram_line"),
    "l2_misses": Variant(without="l2_miss"),
    "set_conflicts": Variant(Assumptions(conflicts=False)),
    "warm_caches": Variant(Assumptions(warm=False)),
    "issue_of_pairs": Variant(without="pair"),
    "full_preload": Variant(Assumptions(full_preload=False)),
    "weight_switch": Variant(without="weight_switch"),
    "stores": Variant(without="store_row"),
    "two_tile_limit": Variant(Assumptions(overlap="perfect")),
    "overlap": Variant(Assumptions(overlap="none")),
}
"""By what is taken away."""


def model_of(programs: Sequence[Program], measured: FloatArray, variant: Variant = FULL) -> FitAndPredict:
    """The fit of a variant on some rows and its predictions of others."""
    terms = count_terms(programs, variant.assumptions)
    overlap = variant.assumptions.overlap

    def fit_and_predict(train: IntArray, test: IntArray) -> FloatArray:
        constants = fit_constants(terms.at(train), measured[train], without=variant.without, overlap=overlap)
        return predicted_cycles(terms.at(test), constants, overlap)

    return fit_and_predict


Judge = Callable[[FitAndPredict], float]


def ablation_errors(programs: Sequence[Program], measured: FloatArray, judge: Judge) -> dict[str, float]:
    """Held-out error without each part, by name."""
    return {name: judge(model_of(programs, measured, variant)) for name, variant in ABLATIONS.items()}
