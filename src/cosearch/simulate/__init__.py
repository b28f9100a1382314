"""The timing contract as an executable specification, in integers."""

from cosearch.simulate.accelerator import AcceleratorTrace, simulate_accelerator
from cosearch.simulate.layer import Event, LayerTrace, simulate_layer

__all__ = ["AcceleratorTrace", "Event", "LayerTrace", "simulate_accelerator", "simulate_layer"]
