"""What ZigZag finds for a layer on an array and what we find, each priced by both models; for zigzag_mappings.py."""

import json
import subprocess
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from zigzag_bridge import Priced, expressed, in_their_form, priced

from cosearch.accelerate.asic import MappingSpace, Unrolling, best_mappings, unrollings
from cosearch.cost.asic import ArrayRates, rates_of_array
from cosearch.errors import MappingError
from cosearch.hardware import ArrayAccelerator, ArrayMapping, Technology, check_array_mapping
from cosearch.workload import Layer

SCRIPT = Path(__file__).parent / "zigzag_search.py"
OBJECTIVES = ("energy_joules", "cycles", "edp")
THEIRS = {"energy_joules": "energy", "cycles": "cycles", "edp": "edp"}
SAMPLED = 40
"""One of so many mappings of ZigZag's is priced by ZigZag again."""

Row = dict[str, Any]


def run_zigzag(python: str, question: Mapping[str, Any]) -> Row:
    """ZigZag's answer to a question."""
    told = subprocess.run(
        [python, str(SCRIPT)], input=json.dumps(question), capture_output=True, text=True, check=True, timeout=550
    )
    return json.loads(told.stdout)


def judged(python: str, question: Mapping[str, Any], mappings: Sequence[ArrayMapping]) -> list[Row]:
    """What ZigZag's model says of mappings of ours."""
    return run_zigzag(python, {**question, "judged": [in_their_form(each) for each in mappings]})["judged"]


def value(mapping: Mapping[str, Any], objective: str) -> float:
    """ZigZag's own number of a mapping."""
    return mapping["energy"] * mapping["cycles"] if objective == "edp" else mapping[THEIRS[objective]]


def theirs(layer: Layer, array: ArrayAccelerator, technology: Technology, answer: Mapping[str, Any]) -> Row:
    """What is kept of ZigZag's search."""
    why: Counter[str] = Counter()
    legal: list[tuple[Mapping[str, Any], Priced]] = []
    known: dict[str, Priced | str] = {}
    rates = rates_of_array(array, technology)
    for each in answer["mappings"]:
        key = json.dumps((each["spatial"], each["loops"], each["held"]))
        if key not in known:
            known[key] = best_form(layer, array, rates, each)
        form = known[key]
        if isinstance(form, str):
            why[form] += 1
        else:
            legal.append((each, form))
    row: Row = {
        "seconds": round(answer["seconds"], 3),
        "failed": answer["failed"],
        "mappings": len(answer["mappings"]),
        "legal_in_ours": len(legal),
        "not_ours": dict(sorted(why.items())),
    }
    for objective in OBJECTIVES if legal else ():
        row[objective] = _of_theirs(legal, answer["mappings"], objective, array)
    return row


def _of_theirs(
    legal: Sequence[tuple[Mapping[str, Any], Priced]],
    mappings: Sequence[Mapping[str, Any]],
    objective: str,
    array: ArrayAccelerator,
) -> Row:
    """ZigZag's best of an objective among what both can have, by its model and by ours."""
    chosen = min(mappings, key=lambda each: value(each, objective))
    picked = min(legal, key=lambda pair: value(pair[0], objective))
    best = min((form for _, form in legal), key=lambda form: form.metric(objective, array))
    return {
        "pick_is_legal": any(each is chosen for each, _ in legal),
        "pick": picked[1].metric(objective, array),
        "pick_by_zigzag": value(picked[0], objective),
        "all_by_zigzag": value(chosen, objective),
        "best": best.metric(objective, array),
        "best_mapping": best.mapping.model_dump(mode="json", exclude_defaults=True),
    }


def best_form(layer: Layer, array: ArrayAccelerator, rates: ArrayRates, mapping: Mapping[str, Any]) -> Priced | str:
    """A mapping of ZigZag's as ours, the cheapest of its forms, or why there is none."""
    forms = expressed(mapping, array)
    if not forms:
        return "uneven"
    good: list[Priced] = []
    refused = ""
    for form in forms:
        try:
            check_array_mapping(layer, form, array)
        except MappingError as error:
            refused = next((level for level in ("registers", "buffer") if f" in {level} " in str(error)), "array")
            continue
        good.append(priced(layer, form, array, rates))
    return min(good, key=lambda each: each.energy_joules * each.cycles) if good else f"too large for {refused}"


def sampled(answer: Mapping[str, Any], array: ArrayAccelerator) -> list[tuple[float, ArrayMapping]]:
    """Energies of some of ZigZag's mappings by its model, and the mappings as ours."""
    return [(each["energy"], form) for each in answer["mappings"][::SAMPLED] for form in expressed(each, array)[:1]]


def round_trip(sample: Sequence[tuple[float, ArrayMapping]], verdicts: Sequence[Row]) -> dict[str, int]:
    """Mappings that ZigZag's model gives the same energy when they come back, or less, or more."""
    found = Counter(_compared(energy, verdict) for (energy, _), verdict in zip(sample, verdicts, strict=True))
    return {name: found[name] for name in ("equal", "less", "more", "illegal")}


def _compared(energy: float, verdict: Mapping[str, Any]) -> str:
    if verdict["why"]:
        return "illegal"
    ratio = verdict["energy"] / energy
    return "equal" if abs(ratio - 1) < 1e-9 else "less" if ratio < 1 else "more"


def spreads(layer: Layer, array: ArrayAccelerator) -> tuple[Unrolling, ...]:
    """One loop along rows and one along columns, with the largest exact factor or the largest one."""
    found: dict[Unrolling, None] = {}
    for surplus in (0.0, 1.0):
        found |= dict.fromkeys(unrollings(layer, array, MappingSpace(loops_per_axis=1, surplus=surplus)))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Mappings of ours, with what finding them took.

    Attributes:
        forms: Those that no other one beats.
        seconds: CPU time.
    """

    forms: tuple[Priced, ...]
    evaluations: int
    unrollings: int
    seconds: float


def ours(layer: Layer, array: ArrayAccelerator, technology: Technology) -> Found:
    """Our front."""
    rates = rates_of_array(array, technology)
    start = time.process_time()
    front = best_mappings(layer, array, rates, spread=spreads(layer, array))
    seconds = time.process_time() - start
    return Found(
        forms=tuple(
            Priced(mapping=point.mapping, cycles=point.cycles, energy_joules=point.joules) for point in front.points
        ),
        evaluations=front.evaluations,
        unrollings=front.unrollings,
        seconds=seconds,
    )


def ours_unpadded(layer: Layer, array: ArrayAccelerator, technology: Technology) -> Found:
    """Our front of a layer whose padding is stored, priced for the layer."""
    rows = (layer.OY - 1) * layer.stride_y + (layer.FY - 1) * layer.dilation_y + 1
    columns = (layer.OX - 1) * layer.stride_x + (layer.FX - 1) * layer.dilation_x + 1
    found = ours(replace(layer, IY=rows, IX=columns, padding_y=0, padding_x=0), array, technology)
    rates = rates_of_array(array, technology)
    return replace(found, forms=tuple(priced(layer, form.mapping, array, rates) for form in found.forms))


def joined(first: Found, second: Found) -> Found:
    """What two searches found."""
    return Found(
        forms=first.forms + second.forms,
        evaluations=first.evaluations + second.evaluations,
        unrollings=first.unrollings,
        seconds=first.seconds + second.seconds,
    )


def our_row(found: Found, array: ArrayAccelerator, verdicts: Sequence[Row]) -> Row:
    """What is kept of our search."""
    legal = [form for form, verdict in zip(found.forms, verdicts, strict=True) if not verdict["why"]]
    row: Row = {
        "seconds": round(found.seconds, 3),
        "points": len(found.forms),
        "evaluations": found.evaluations,
        "unrollings": found.unrollings,
        "legal_in_zigzag": len(legal),
        "not_zigzag": dict(sorted(Counter(each["why"] for each in verdicts if each["why"]).items())),
    }
    for objective in OBJECTIVES:
        best = min(found.forms, key=lambda form: form.metric(objective, array))
        row[objective] = {
            "best": best.metric(objective, array),
            "best_mapping": best.mapping.model_dump(mode="json", exclude_defaults=True),
            "legal_in_both": min((form.metric(objective, array) for form in legal), default=None),
            "by_zigzag": min((value(each, objective) for each in verdicts if not each["why"]), default=None),
        }
    return row
