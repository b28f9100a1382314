"""What stands at the top of the page: key figures, limits with their slack, and how sure the result is."""

import math
from dataclasses import dataclass

from cosearch.design import Design, GivenNetwork, Infeasible, Limit, LimitResult
from cosearch.hardware import Platform
from cosearch.report.words import SPLITS, amount, listing, percent, title_of

_SIGNS = {">=": "at least", "<=": "at most"}


@dataclass(frozen=True, slots=True)
class Card:
    """One key figure: its name, its value with a unit, and what it means."""

    title: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class SlackBar:
    """One limit as a bar.

    Attributes:
        asked: ``Throughput at least 200 images/s``.
        value: What is reached.
        slack: ``7.1 % to spare``.
        met: Whether the limit holds.
        fill, mark: Where the value and the limit lie, in percent of the bar.
    """

    asked: str
    value: str
    slack: str
    met: bool
    fill: float
    mark: float


@dataclass(frozen=True, slots=True)
class RelaxationRow:
    """One limit of an infeasible request, and how far it alone would have to move."""

    asked: str
    enough: str
    is_binding: bool


def cards_of(design: Design, platform: Platform | None) -> list[Card]:
    """The figures a reader looks for first."""
    predicted = design.predicted
    budget = platform.budget() if platform else {}
    accuracy = [] if isinstance(design.network, GivenNetwork) else [accuracy_card(design)]
    cards = [
        *accuracy,
        Card(title_of("fps"), amount("fps", predicted.fps), f"an image every {predicted.period_cycles:,} cycles"),
        Card(
            "Latency",
            amount("latency_seconds", predicted.latency_seconds),
            f"one image alone; {amount('latency_seconds', predicted.latency_loaded_seconds)} at full rate",
        ),
        Card(
            "Energy",
            amount("energy_joules", predicted.energy_joules),
            f"per image; confidence: {energy_confidence(design)}",
        ),
    ]
    for key in ("dsp", "bram18", "uram", "lut"):
        value = int(getattr(predicted, key))
        room = budget.get(key, 0)
        if value or room:
            cards.append(Card(title_of(key), amount(key, value), _of_budget(value, room)))
    cards.append(
        Card(
            "Model",
            amount("model_bits", predicted.model_bits),
            "weights at their own bits, biases and requantisation constants",
        )
    )
    return cards


def energy_confidence(design: Design) -> str:
    """How far the joules can be trusted, in the cost model's own word."""
    return design.predicted.confidence.get("energy", "not stated")


def accuracy_card(design: Design) -> Card:
    """The most telling accuracy there is, with its split; the others in the note."""
    known = [(split, getattr(design.accuracy, split)) for split in SPLITS]
    known = [(split, value) for split, value in known if value is not None]
    if not known:
        return Card("Accuracy", "–", "not measured")
    first, *others = known
    note = SPLITS[first[0]]
    if others:
        note += "; " + "; ".join(f"{percent(value, 2)} {SPLITS[split]}" for split, value in others)
    return Card("Accuracy", percent(first[1], 2), note)


def slack_bars(design: Design) -> list[SlackBar]:
    """One bar for each limit, in the order they were asked."""
    return [_slack_bar(limit) for limit in design.limits]


def asked_of(limit: Limit) -> str:
    """A limit in words."""
    return f"{title_of(limit.metric)} {_SIGNS[limit.op]} {amount(limit.metric, limit.limit)}"


def certificate_of(design: Design) -> tuple[str, str]:
    """How sure the accelerator is the best one for this network: a word and a sentence."""
    engine = design.engine
    objective = title_of(engine.objective).lower() if engine.objective != "fps" else "throughput"
    scope = f" Scope: {engine.scope.rstrip('.')}." if engine.scope else ""
    if engine.certified:
        said = (
            f"No accelerator of the declared space does better on {objective} for this network, by the closed form."
        )
        return "Certified optimal", said + scope
    if engine.gap is not None:
        said = (
            f"The accelerator is at most {percent(engine.gap)} from the best possible {objective}, by a valid bound."
        )
        return f"Gap {percent(engine.gap)}", said + scope
    return "No certificate", f"The engine {engine.name} knows no bound, so a better accelerator may exist." + scope


def question_of(design: Design) -> str:
    """What was asked, in a sentence."""
    place = f"on {design.accelerator.platform} at {design.accelerator.clock_hertz / 1e6:g} MHz"
    network = design.network
    if isinstance(network, GivenNetwork):
        text = f"The best accelerator for the {network.num_layers} layers of {network.source} {place}"
    else:
        shape = "×".join(map(str, network.input))
        text = (
            f"A network of the space {network.space.name} for images of {shape} and {network.classes} classes, "
            f"with the accelerator that runs it {place}"
        )
    asked = [asked_of(limit)[0].lower() + asked_of(limit)[1:] for limit in design.limits]
    asked = [words.replace("dSP", "DSP").replace("bRAM", "BRAM").replace("lUT", "LUT") for words in asked]
    return f"{text}: {listing(asked)}." if asked else f"{text}."


def relaxations_of(infeasible: Infeasible) -> list[RelaxationRow]:
    """Each limit with what would be enough of it alone."""
    return [
        RelaxationRow(
            asked_of(row.limit),
            "not alone" if row.sufficient is None else enough(row.limit, row.sufficient),
            row.limit.metric == infeasible.binding,
        )
        for row in infeasible.relaxations
    ]


def enough(limit: Limit, sufficient: float) -> str:
    """A bound that suffices, rounded to the side that still does."""
    if sufficient <= 0:
        return amount(limit.metric, sufficient)
    step = 10.0 ** (math.floor(math.log10(sufficient)) - 3)
    steps = sufficient / step
    nearest = round(steps)
    if not math.isclose(steps, nearest, rel_tol=1e-9):
        nearest = math.floor(steps) if limit.op == ">=" else math.ceil(steps)
    return amount(limit.metric, nearest * step, digits=4)


def _of_budget(value: int, room: int) -> str:
    return f"{percent(value / room)} of the budget of {room:,}" if room > 0 else "the platform's budget is not known"


def _slack_bar(limit: LimitResult) -> SlackBar:
    scale = max(limit.value, limit.limit) * 1.08 or 1.0
    slack = "to spare" if limit.met else "missing"
    return SlackBar(
        asked=asked_of(limit),
        value=amount(limit.metric, limit.value),
        slack="met exactly" if limit.slack == 0 and limit.met else f"{percent(abs(limit.slack))} {slack}",
        met=limit.met,
        fill=100 * limit.value / scale,
        mark=100 * limit.limit / scale,
    )
