"""Engines that sample, and what they share: a meter of evaluations, drawing, resuming."""

from cosearch.accelerate.sampling.bayesian import Bayesian
from cosearch.accelerate.sampling.differentiable import Differentiable
from cosearch.accelerate.sampling.engine import AbstractSamplingEngine
from cosearch.accelerate.sampling.evolutionary import Evolutionary
from cosearch.accelerate.sampling.random_search import Random

__all__ = ["AbstractSamplingEngine", "Bayesian", "Differentiable", "Evolutionary", "Random"]
