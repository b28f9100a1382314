"""The `Design` record, limits and their slack, run folders, manifests and events. No torch here."""

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
    "GivenNetwork",
    "Infeasible",
    "LayerCost",
    "Limit",
    "LimitResult",
    "Manifest",
    "NetworkDesign",
    "NetworkSpace",
    "Operator",
    "Predicted",
    "Relaxation",
    "RunFolder",
    "Stage",
    "load_design",
    "parse_limits",
    "parse_operator",
]
