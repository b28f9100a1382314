"""Infeasibility as a result: what binds, and what would be enough."""

from typing import Literal

from cosearch.design.limits import Limit
from cosearch.records import Record


class Relaxation(Record):
    """One limit loosened while all others stay.

    Attributes:
        limit: As requested.
        sufficient: The tightest bound of this metric that makes the request feasible, or None: not alone.
    """

    limit: Limit
    sufficient: float | None


class Infeasible(Record):
    """A request that cannot be met.

    Attributes:
        status: `infeasible` with a proof, or `not_found` without one.
        binding: The limit that lies furthest from what can be reached with the others kept.
        relaxations: Each limit alone.
        joint_factor: The smallest factor by which all limits together must be loosened; None if none helps.
        reason: One sentence.
    """

    status: Literal["infeasible", "not_found"]
    binding: str
    relaxations: tuple[Relaxation, ...]
    joint_factor: float | None
    reason: str
