"""Engines that find the accelerator of one fixed network."""

from cosearch.accelerate.allocation import ChunkClass
from cosearch.accelerate.arrays import RESOURCES
from cosearch.accelerate.asked import LimitTexts, ObjectiveName, PricedLimitTexts, PricedObjectiveName
from cosearch.accelerate.bound import least_period_bound
from cosearch.accelerate.class_table import ClassTable
from cosearch.accelerate.combine import Deadline
from cosearch.accelerate.contiguous import ContiguousMinimum, least_contiguous_period
from cosearch.accelerate.declared import JointQuestion, PricedPart, SeparableQuestion
from cosearch.accelerate.designs import ChunkDesigns
from cosearch.accelerate.engine import AbstractEngine, Budget, EngineResult, Progress, build_accelerator
from cosearch.accelerate.exact import Exact, is_feasible, solve
from cosearch.accelerate.explain import explain, round_outwards
from cosearch.accelerate.explain_runs import explain_contiguous
from cosearch.accelerate.front import FrontGap, FrontPoint, ParetoFront, front
from cosearch.accelerate.given import accelerate
from cosearch.accelerate.given_front import DesignedPoint, GivenFront, accelerate_front
from cosearch.accelerate.moves import MappedDesigns, Moves
from cosearch.accelerate.offers import Offers
from cosearch.accelerate.optimum import Minimum
from cosearch.accelerate.pool import DesignPool
from cosearch.accelerate.problem import PRICED_METRICS, PROBLEM_METRICS, Problem
from cosearch.accelerate.question import AbstractQuestion, Judged, Parameter, Part
from cosearch.accelerate.relaxation import LinearRelaxation, Prices
from cosearch.accelerate.request import Request, load_request
from cosearch.accelerate.rules import solve_allocation
from cosearch.accelerate.runs import solve_contiguous
from cosearch.accelerate.sampling import Bayesian, Differentiable, Evolutionary, Random
from cosearch.accelerate.shadow import ShadowPrice, shadow_prices
from cosearch.accelerate.space import SHAPE_RULES, AcceleratorSpace, CapacityChoices, ChunkSpace
from cosearch.accelerate.space_file import load_space, shipped_spaces
from cosearch.accelerate.stretches import Run
from cosearch.accelerate.table import Demand, DesignTable
from cosearch.accelerate.table_question import TableQuestion

__all__ = [
    "PRICED_METRICS",
    "PROBLEM_METRICS",
    "RESOURCES",
    "SHAPE_RULES",
    "AbstractEngine",
    "AbstractQuestion",
    "AcceleratorSpace",
    "Bayesian",
    "Budget",
    "CapacityChoices",
    "ChunkClass",
    "ChunkDesigns",
    "ChunkSpace",
    "ClassTable",
    "ContiguousMinimum",
    "Deadline",
    "Demand",
    "DesignPool",
    "DesignTable",
    "DesignedPoint",
    "Differentiable",
    "EngineResult",
    "Evolutionary",
    "Exact",
    "FrontGap",
    "FrontPoint",
    "GivenFront",
    "JointQuestion",
    "Judged",
    "LimitTexts",
    "LinearRelaxation",
    "MappedDesigns",
    "Minimum",
    "Moves",
    "ObjectiveName",
    "Offers",
    "Parameter",
    "ParetoFront",
    "Part",
    "PricedLimitTexts",
    "PricedObjectiveName",
    "PricedPart",
    "Prices",
    "Problem",
    "Progress",
    "Random",
    "Request",
    "Run",
    "SeparableQuestion",
    "ShadowPrice",
    "TableQuestion",
    "accelerate",
    "accelerate_front",
    "build_accelerator",
    "explain",
    "explain_contiguous",
    "front",
    "is_feasible",
    "least_contiguous_period",
    "least_period_bound",
    "load_request",
    "load_space",
    "round_outwards",
    "shadow_prices",
    "shipped_spaces",
    "solve",
    "solve_allocation",
    "solve_contiguous",
]
