"""Lines of zigzag_mappings.py as sentences and as tables."""

from collections.abc import Mapping, Sequence
from math import exp, log
from typing import Any

from zigzag_sides import OBJECTIVES

EQUAL = 1e-9
"""By how much equal figures may differ, as a fraction: sums are not added up in one order."""

Row = dict[str, Any]


def worst(row: Mapping[str, Any]) -> float:
    """The largest quotient of our best by ZigZag's best, over the objectives; 0 if it has none that we could have."""
    found = [row["ours"][each]["best"] / row["zigzag"][each]["best"] for each in OBJECTIVES if each in row["zigzag"]]
    return max(found, default=0.0)


def falls_short(ours: Mapping[str, Any], zigzag: Mapping[str, Any]) -> bool:
    """Whether ZigZag's best of some objective is better than all of ours that both can have."""
    return any(
        ours[each]["legal_in_both"] is None or ours[each]["legal_in_both"] > zigzag[each]["best"] * (1 + EQUAL)
        for each in OBJECTIVES
        if each in zigzag
    )


def summary(found: Sequence[Row]) -> str:
    """All lines in a few sentences."""
    both = compared(found)
    quotients = [
        row["ours"][each]["legal_in_both"] / row["zigzag"][each]["best"] for row in both for each in OBJECTIVES
    ]
    worse = sum(each > 1 + EQUAL for each in quotients)
    better = sum(each < 1 - EQUAL for each in quotients)
    seconds = {side: sum(row[side]["seconds"] for row in found) for side in ("zigzag", "ours")}
    least = min(row["zigzag"]["seconds"] / row["ours"]["seconds"] for row in found)
    back = {name: sum(row["round_trip"][name] for row in found) for name in ("equal", "less", "more")}
    points = {name: sum(row["ours"][name] for row in found) for name in ("points", "legal_in_zigzag")}
    return (
        f"{len(found)} searches, {len(both)} of them with mappings that both can have, three objectives each: "
        f"ours is better in {better}, equal in {len(quotients) - better - worse} and worse in {worse}; the largest "
        f"quotient is {max(quotients):.4f}.\n"
        f"ZigZag's searches take {seconds['zigzag']:.0f} s, ours {seconds['ours']:.0f} s: a ratio of "
        f"{seconds['zigzag'] / seconds['ours']:.0f}, and of {least:.1f} for the layer where it is least.\n"
        f"Of {sum(back.values())} of its mappings that were written as ours and back, ZigZag's model gives "
        f"{back['equal']} the same energy, {back['less']} less and {back['more']} more.\n"
        f"Of {points['points']} points of our fronts ZigZag could have {points['legal_in_zigzag']}.\n"
    )


def table(found: Sequence[Row]) -> str:
    """The results as Markdown: one row for an array, a network and a kind of search."""
    heads = ("Array", "Network", "Levels", "Shapes", "Its mappings", "Also ours", "Energy", "Cycles", "EDP")
    lines = [f"| {' | '.join((*heads, 'Its seconds', 'Ratio'))} |", "|---" * (len(heads) + 2) + "|"]
    for group in groups(found):
        both = compared(group)
        mappings = sum(row["zigzag"]["mappings"] for row in group)
        legal = sum(row["zigzag"]["legal_in_ours"] for row in group)
        seconds = sum(row["zigzag"]["seconds"] for row in group)
        ratios = [row["zigzag"]["seconds"] / row["ours"]["seconds"] for row in group]
        ratio = seconds / sum(row["ours"]["seconds"] for row in group)
        shapes = f"{len(group)}" if len(both) == len(group) else f"{len(both)} of {len(group)}"
        quotients = [
            spread_of([row["ours"][each]["legal_in_both"] / row["zigzag"][each]["best"] for row in both])
            for each in OBJECTIVES
        ]
        cells = [*named(group), shapes, f"{mappings}", f"{legal}", *quotients]
        lines.append(f"| {' | '.join((*cells, f'{seconds:.0f}', f'{ratio:.0f} ({min(ratios):.1f})'))} |")
    return "\n".join(lines) + "\n"


def by_their_model(found: Sequence[Row], against: str) -> str:
    """Our front by ZigZag's model, as Markdown: its best points by ZigZag's `pick` that is ours too, or of `all`."""
    lines = ["| Array | Network | Levels | Energy | Cycles | EDP |", "|---|---|---|---|---|---|"]
    for group in groups(found):
        quotients = [
            spread_of(
                [
                    row["ours"][each]["by_zigzag"] / row["zigzag"][each][f"{against}_by_zigzag"]
                    for row in compared(group)
                ]
            )
            for each in OBJECTIVES
        ]
        lines.append(f"| {' | '.join((*named(group), *quotients))} |")
    return "\n".join(lines) + "\n"


def named(group: Sequence[Row]) -> tuple[str, str, str]:
    """Array, network and kind of search of a group."""
    return group[0]["array"], group[0]["network"], group[0]["kind"]


def compared(group: Sequence[Row]) -> list[Row]:
    """Lines in which each side has a mapping that the other could have."""
    return [row for row in group if row["zigzag"]["legal_in_ours"] and row["ours"]["legal_in_zigzag"]]


def groups(found: Sequence[Row]) -> list[list[Row]]:
    """Lines of one array, network and kind of search each, in the order in which each appears first."""
    grouped: dict[tuple[str, str, str], list[Row]] = {}
    for row in found:
        grouped.setdefault((row["array"], row["network"], row["kind"]), []).append(row)
    return list(grouped.values())


def spread_of(quotients: Sequence[float]) -> str:
    """Geometric mean, and the largest."""
    if not quotients:
        return "none"
    return f"{exp(sum(log(each) for each in quotients) / len(quotients)):.3f} ({max(quotients):.3f})"
