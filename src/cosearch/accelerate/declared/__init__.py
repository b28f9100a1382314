"""Spaces that a user declares: named parameters, rules and a batched cost of their own."""

from cosearch.accelerate.declared.exact import rounded_sum, solve_declared
from cosearch.accelerate.declared.joint import JointQuestion
from cosearch.accelerate.declared.separable import Combination, Cost, PricedPart, SeparableQuestion

__all__ = ["Combination", "Cost", "JointQuestion", "PricedPart", "SeparableQuestion", "rounded_sum", "solve_declared"]
