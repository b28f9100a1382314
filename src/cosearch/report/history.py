"""What a run's events say of its epochs, as series over time. Keys that nobody knows are passed over."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Panel:
    """One small chart: series of one unit.

    Attributes:
        title: What it shows.
        note: How to read it, in a sentence.
        series: Event keys and their names.
        prefix: Also every key that starts so, and every entry of a mapping of that name.
        is_share: Whether values are fractions, shown in percent.
        is_whole: Whether the axis spans everything from 0 to 1.
        line: A value worth a line across, or None.
    """

    title: str
    note: str
    series: tuple[tuple[str, str], ...]
    prefix: str = ""
    is_share: bool = False
    is_whole: bool = False
    line: float | None = None


ALARM_RATIO = 1.1
"""Where what is built costs so much more than what was priced, the gradient means little."""

_ACCURACIES = (("val_accuracy", "val"), ("train_accuracy", "train, running"))

PANELS = (
    Panel(
        "Loss",
        "On batches of train_w, and on those of train_arch that move the choices.",
        (("train_loss", "weights"), ("arch_loss", "choices"), ("val_loss", "val")),
    ),
    Panel(
        "Accuracy", "Of the most probable network, later of the one that is retrained.", _ACCURACIES, is_share=True
    ),
    Panel(
        "Hardware cost",
        "Each sampled network on its own best accelerator; a violation of 0 or less keeps all limits.",
        (("violation", "violation"), ("expected_violation", "expected violation"), ("hardware_cost", "cost")),
    ),
    Panel(
        "Networks within the limits",
        "Among those the search samples.",
        (("share_feasible", "within the limits"),),
        is_share=True,
        is_whole=True,
    ),
    Panel("Multipliers", "What the search pays for breaking a limit.", (), prefix="multiplier"),
    Panel(
        "Entropy",
        "How undecided the choices still are.",
        (("op_entropy", "operators"), ("bit_entropy", "bits")),
        prefix="entropy",
    ),
    Panel(
        "Share of skips", "Watch for a collapse towards 1.", (("skip_share", "skips"),), is_share=True, is_whole=True
    ),
    Panel("Temperature", "Of the soft bit samples.", (("temperature", "temperature"),)),
    Panel(
        "What is built over what is priced",
        "Integer optimum over linear relaxation, and the like.",
        (("ratio_integer_to_lp", "integer over relaxation"),),
        prefix="ratio_",
        line=ALARM_RATIO,
    ),
)


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch event."""

    stage: str
    number: int
    values: dict[str, float]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A finalist of the search."""

    val_accuracy: float
    fps: float
    feasible: bool
    blocks: list[Any]


def epochs_of(events: list[dict[str, Any]]) -> list[Epoch]:
    """Epoch events with their numeric values, in order."""
    found: list[Epoch] = []
    for event in events:
        if event.get("event") != "epoch":
            continue
        values: dict[str, float] = {}
        for key, value in event.items():
            entries = value.items() if isinstance(value, dict) else [("", value)]
            for name, number in entries:
                if _is_number(number):
                    values[f"{key}.{name}" if name else key] = float(number)
        number = values.pop("epoch", float(len(found)))
        found.append(Epoch(str(event.get("stage", "run")), int(number), values))
    return found


def stages_of(epochs: list[Epoch]) -> list[tuple[str, int, int]]:
    """Stages with the positions of their first and last epoch."""
    stages: list[tuple[str, int, int]] = []
    for position, epoch in enumerate(epochs):
        if stages and stages[-1][0] == epoch.stage:
            stages[-1] = (epoch.stage, stages[-1][1], position)
        else:
            stages.append((epoch.stage, position, position))
    return stages


def series_of(panel: Panel, epochs: list[Epoch]) -> dict[str, str]:
    """Keys that occur in the epochs and belong on a panel, with their names."""
    occurring = sorted({key for epoch in epochs for key in epoch.values})
    named = {key: name for key, name in panel.series if key in occurring}
    if panel.prefix:
        for key in occurring:
            if key.startswith(panel.prefix) and key not in named:
                rest = key.removeprefix(panel.prefix).removeprefix("s.").strip("._")
                named[key] = rest.replace("_", " ") or panel.prefix
    return named


def alarms_of(epochs: list[Epoch]) -> list[str]:
    """What a reader must know of the search before believing it; a sentence each."""
    alarms: list[str] = []
    for key in sorted({key for epoch in epochs for key in epoch.values if key.startswith("ratio_")}):
        values = [epoch.values[key] for epoch in epochs if key in epoch.values]
        high = [value for value in values if value > ALARM_RATIO]
        if high:
            name = key.removeprefix("ratio_").replace("_", " ")
            alarms.append(
                f"In {len(high)} of {len(values)} epochs the ratio of {name} passed {ALARM_RATIO:g} "
                f"(at most {max(high):.3g}): what is built differs from what was priced."
            )
    return alarms


def candidates_of(events: list[dict[str, Any]]) -> list[Candidate]:
    """Finalists of the last event that lists them; rows without both numbers are passed over."""
    rows: list[Any] = []
    for event in events:
        if event.get("event") == "candidates" and isinstance(event.get("rows"), list):
            rows = event["rows"]
    return [
        Candidate(
            float(row["val_accuracy"]),
            float(row["fps"]),
            bool(row.get("feasible", True)),
            list(row.get("blocks", [])),
        )
        for row in rows
        if isinstance(row, dict) and _is_number(row.get("val_accuracy")) and _is_number(row.get("fps"))
    ]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
