"""The `Design` record, limits and their slack, run folders, manifests and events. No torch here."""

from cosearch.design.front import Front, FrontMember, OpenStretch, load_front
from cosearch.design.infeasible import Infeasible, Relaxation
from cosearch.design.limits import METRICS, Limit, LimitResult, parse_limits
from cosearch.design.network_space import Block, NetworkSpace, Operator, Stage, parse_operator
from cosearch.design.record import (
    Accuracy,
    ChunkCost,
    Design,
    EngineRecord,
    GivenNetwork,
    LayerCost,
    NetworkDesign,
    Predicted,
    load_design,
)
from cosearch.design.run import EventLog, Manifest, RunFolder

__all__ = [
    "METRICS",
    "Accuracy",
    "Block",
    "ChunkCost",
    "Design",
    "EngineRecord",
    "EventLog",
    "Front",
    "FrontMember",
    "GivenNetwork",
    "Infeasible",
    "LayerCost",
    "Limit",
    "LimitResult",
    "Manifest",
    "NetworkDesign",
    "NetworkSpace",
    "OpenStretch",
    "Operator",
    "Predicted",
    "Relaxation",
    "RunFolder",
    "Stage",
    "load_design",
    "load_front",
    "parse_limits",
    "parse_operator",
]
