"""Gemmini's RTL cycles against the model, cross-validated."""

import random
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from cosearch.validate.comparison import Comparison, Point, Target
from cosearch.validate.gemmini.ablation import ablation_errors, model_of
from cosearch.validate.gemmini.assumptions import Assumptions
from cosearch.validate.gemmini.automatic import automatic_matmul
from cosearch.validate.gemmini.baseline import predict_by_sizes, predict_by_traffic, size_features, traffic_features
from cosearch.validate.gemmini.data import MeasuredProduct, read_layers, read_products
from cosearch.validate.gemmini.fit import fit_constants
from cosearch.validate.gemmini.folds import FitAndPredict, Group, held_out_predictions
from cosearch.validate.gemmini.scores import mean_error, rank_agreement
from cosearch.validate.gemmini.terms import FloatArray, IntArray, count_terms
from cosearch.validate.gemmini.timing import Constants, predicted_cycles

NUM_FOLDS = 5

_PRODUCT_SCRATCHPAD_BYTES = 256 * 1024
_PRODUCT_ACCUMULATOR_BYTES = 64 * 1024

_NOTES = (
    "Six constants are fitted on the training folds; no layer shape is on both sides of a fold.",
    "What the program does and the sizes of its caches are facts of the public sources, not fitted.",
    "The structure was chosen on one half of the shapes; figures that end in unexplored are those of the other half.",
    "Timeloop's cycles are those that the measured file carries; it was not calibrated on these layers.",
    "The linear fit takes ideal cycles and bytes moved by the tiling; the log-linear one, sizes and counts of tiles.",
)


def compare_gemmini(
    path: Path, products: Path | None = None, *, repeats: int = 10, ablate: bool = True, seed: int = 0
) -> Comparison:
    """Hold the model against measured layers in cross-validation grouped by shape.

    Args:
        path: Layers, in the form of `validation/data/gemmini_rtl.csv`.
        products: Matrix products with Gemmini's own tiles, in the form of `validation/data/gemmini_gemm_rtl.csv`.
        repeats: Of the cross-validation, each with other folds.
        ablate: Whether to judge the model without each of its parts as well.
        seed: Of the folds.

    Raises:
        DataError: if a file cannot be read.
    """
    layers = read_layers(path)
    programs, groups = [layer.program for layer in layers], [layer.group for layer in layers]
    measured = np.array([layer.cycles for layer in layers])

    def held_out(fit: FitAndPredict) -> FloatArray:
        return held_out_predictions(groups, fit, repeats=repeats, num_folds=NUM_FOLDS, seed=seed)

    model = held_out(model_of(programs, measured))
    traffic, sizes = traffic_features(programs), size_features(programs)
    linear = held_out(_baseline(predict_by_traffic, traffic, measured))
    loglinear = held_out(_baseline(predict_by_sizes, sizes, measured))
    timeloop = np.array([layer.timeloop_cycles for layer in layers])[None, :]
    constants = fit_constants(count_terms(programs, Assumptions()), measured)
    figures = {
        **_scores("", model, measured),
        **_unexplored(model, measured, groups),
        **_scores("linear_", linear, measured),
        **_scores("loglinear_", loglinear, measured),
        **_scores("timeloop_", timeloop, measured),
        **{f"{name}_cycles": value for name, value in asdict(constants).items()},
    }
    if ablate:
        errors = ablation_errors(programs, measured, lambda fit: mean_error(held_out(fit), measured))
        figures |= {f"mape_without_{name}": error for name, error in errors.items()}
    if products is not None:
        figures |= _product_figures(read_products(products), constants)
    return Comparison(
        name="gemmini",
        title="RTL cycles of Gemmini with given mappings, predicted for layer shapes that no fit has seen",
        figures={"num_layers": len(layers), "num_shapes": len(set(groups)), **_rounded(figures)},
        targets={"mape": Target(op="<=", bound=0.15), "tau": Target(op=">=", bound=0.92)},
        notes=_NOTES,
        unit="cycles",
        points=tuple(
            Point(name=layer.name, group=layer.search, reference=layer.cycles, model=round(float(cycles), 1))
            for layer, cycles in zip(layers, model.mean(axis=0), strict=True)
        ),
    )


def explored_shapes(groups: list[Group]) -> frozenset[Group]:
    """The half of the shapes on which the structure of the model was chosen."""
    shapes = sorted(set(groups))
    random.Random(1).shuffle(shapes)
    return frozenset(shapes[: len(shapes) // 2])


def _baseline(
    predict: Callable[[FloatArray, FloatArray, FloatArray], FloatArray], features: FloatArray, measured: FloatArray
) -> FitAndPredict:
    def fit_and_predict(train: IntArray, test: IntArray) -> FloatArray:
        return predict(features[train], measured[train], features[test])

    return fit_and_predict


def _scores(prefix: str, predictions: FloatArray, measured: FloatArray) -> dict[str, float]:
    """Mean error and rank agreement, over repeats their mean and the spread of the error."""
    errors = [mean_error(predicted, measured) for predicted in predictions]
    sizes = np.abs(predictions / measured - 1)
    figures = {
        "mape": float(np.mean(errors)),
        "tau": float(np.mean([rank_agreement(predicted, measured) for predicted in predictions])),
        "median_error": float(np.median(sizes)),
        "p90_error": float(np.quantile(sizes, 0.9)),
        "worst_error": float(sizes.max()),
        "bias": float(np.mean(predictions / measured - 1)),
    }
    if len(predictions) > 1:
        figures["mape_worst_repeat"] = max(errors)
    return {prefix + name: value for name, value in figures.items()}


def _unexplored(predictions: FloatArray, measured: FloatArray, groups: list[Group]) -> dict[str, float]:
    explored = explored_shapes(groups)
    rows = np.array([index for index, group in enumerate(groups) if group not in explored])
    scores = _scores("", predictions[:, rows], measured[rows])
    return {f"{name}_unexplored": scores[name] for name in ("mape", "tau")}


def _product_figures(products: list[MeasuredProduct], constants: Constants) -> dict[str, float]:
    """The products are from another simulation of the same generator; nothing is fitted to them."""
    programs = [
        automatic_matmul(
            product.rows,
            product.reduction,
            product.columns,
            scratchpad_bytes=_PRODUCT_SCRATCHPAD_BYTES,
            accumulator_bytes=_PRODUCT_ACCUMULATOR_BYTES,
        )
        for product in products
    ]
    predicted = predicted_cycles(count_terms(programs, Assumptions()), constants)
    scores = _scores("", predicted[None, :], np.array([product.cycles for product in products]))
    return {f"products_{name}": scores[name] for name in ("mape", "tau", "worst_error", "bias")}


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in figures.items()}
