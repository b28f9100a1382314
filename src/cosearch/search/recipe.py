"""The recipe: one typed record from which a run follows. A YAML file and a notebook build the same one."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from cosearch.accelerate import PRICED_METRICS, AcceleratorSpace, PricedLimitTexts, PricedObjectiveName
from cosearch.design import Limit, NetworkSpace, parse_limits
from cosearch.errors import InputError, RecipeError
from cosearch.hardware import Platform, load_platform
from cosearch.records import Record, apply_overrides, find_file, load_yaml, parse_record, shipped_files
from cosearch.train import DataRecipe, TrainRecipe

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_Beta = Annotated[float, Field(ge=0, lt=1)]


class SearchRecipe(Record):
    """The joint search of network, bits and accelerator.

    Attributes:
        warmup_epochs: Weights only, in full precision, operators sampled fairly.
        epochs: Weight and architecture steps in turn.
        weight_steps: Of an epoch; None is one pass over `train_w`.
        arch_steps: Of an epoch, spread evenly between its weight steps.
        weight_lr: Peak of the weights' learning rate, a cosine over all epochs.
        arch_lr: Of the logits (Adam).
        paths: K, active paths of an architecture step.
        estimator: Of the gradient of the operator logits: `leave-one-out` is unbiased, the others are not.
        precision: Bits in weight steps: `heterogeneous` mixes all widths before one convolution, `sampled` draws one.
        temperature, temperature_decay: Of the bit samples, in the first epoch and from one to the next; it
            never falls below 0.001.
        hardware_price: `sampled` prices hard networks, each on its best accelerator; `expected` prices the
            probabilities themselves, a relaxation that rewards indecision.
        hardware_samples: S, hard networks priced per architecture step.
        multiplier_lr: Step size of the limits' multiplier.
        finalists: Feasible networks that are scored on `val`.
        recalibration_batches: Batches of `train_w` for a finalist's batch-norm statistics.
        val_images: Images of `val` for the curve of each epoch; finalists are scored on all of them.
    """

    warmup_epochs: int = Field(default=2, ge=0)
    epochs: int = Field(default=4, ge=1)
    weight_steps: int | None = Field(default=None, ge=1)
    arch_steps: int = Field(default=50, ge=1)
    batch_size: int = Field(default=64, ge=2)
    weight_lr: float = Field(default=0.05, gt=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    weight_decay: float = Field(default=1e-4, ge=0)
    clip_norm: float = Field(default=5.0, gt=0)
    arch_lr: float = Field(default=0.05, gt=0)
    arch_betas: tuple[_Beta, _Beta] = (0.5, 0.999)
    paths: int = Field(default=2, ge=2)
    estimator: Literal["leave-one-out", "gumbel-top-k", "re-softmax"] = "leave-one-out"
    precision: Literal["heterogeneous", "sampled"] = "heterogeneous"
    temperature: float = Field(default=5.0, ge=1e-3)
    temperature_decay: float = Field(default=0.6, gt=0, le=1)
    hardware_price: Literal["sampled", "expected"] = "sampled"
    hardware_samples: int = Field(default=8, ge=1)
    multiplier_lr: float = Field(default=0.1, gt=0)
    finalists: int = Field(default=12, ge=1)
    recalibration_batches: int = Field(default=8, ge=1)
    val_images: int = Field(default=1000, ge=1)


class Recipe(Record):
    """Data, spaces, hardware, limits and how to search and train.

    Attributes:
        name: Names the folder of the run: letters, digits, dots, dashes and underscores.
        seed: Of everything random but the split of the data.
        threads: Of the tensor library; equal bytes are promised at equal threads.
        platform: A shipped platform's name, or a YAML file.
        clock_hertz: None takes the platform's.
        objective: What the accelerator of the chosen network is best at.
        limits: Such as ``fps>=4000``, ``dsp<=100``; a result breaks none of them.
    """

    name: str
    seed: int = Field(default=0, ge=0, le=2**62)
    threads: int = Field(default=2, ge=1)
    data: DataRecipe
    space: NetworkSpace
    platform: str
    clock_hertz: float | None = Field(default=None, gt=0)
    accelerator: AcceleratorSpace = Field(default_factory=AcceleratorSpace)
    objective: PricedObjectiveName = "fps"
    limits: PricedLimitTexts = ()
    search: SearchRecipe = Field(default_factory=SearchRecipe)
    train: TrainRecipe = Field(default_factory=TrainRecipe)

    @field_validator("name")
    @classmethod
    def _name_is_plain(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} cannot name a run; begin with a letter or digit, go on with letters, digits, '.', '_', '-'"
            )
        return name

    @field_validator("platform")
    @classmethod
    def _platform_is_known(cls, name: str) -> str:
        try:
            load_platform(name)
        except InputError as error:
            raise ValueError(str(error)) from None
        return name

    def parsed_limits(self) -> tuple[Limit, ...]:
        """The limits as records."""
        return parse_limits(self.limits, PRICED_METRICS)

    def board(self) -> tuple[Platform, float]:
        """The platform, and the clock the accelerator runs at."""
        platform = load_platform(self.platform)
        return platform, self.clock_hertz or platform.clock_hertz


def recipe_names() -> tuple[str, ...]:
    """Names of the shipped recipes."""
    return tuple(sorted(_shipped()))


def load_recipe(name_or_path: str, overrides: Sequence[str] = ()) -> Recipe:
    """A shipped recipe by name, or a user's from a YAML file.

    Args:
        name_or_path: Such as ``demo`` or ``mine.yaml``.
        overrides: Such as ``["seed=1", "train.epochs=3"]``.

    Raises:
        RecipeError: naming file, line, key and the way out.
    """
    path = find_file(name_or_path, _shipped(), noun="recipe", error=RecipeError)
    value, lines = load_yaml(path, RecipeError)
    changed: dict[str, Any] = apply_overrides(value, list(overrides), RecipeError)
    for text in overrides:  # what an override says stands on no line of the file
        lines[tuple(text.partition("=")[0].strip().split("."))] = 0
    return parse_record(Recipe, changed, source=path.name, error=RecipeError, lines=lines)


def _shipped() -> dict[str, Path]:
    return shipped_files("cosearch.search", "recipes")
