"""The timing contract as an executable specification, in integers."""

from cosearch.simulate.accelerator import AcceleratorTrace, simulate_accelerator
from cosearch.simulate.arbitration import steady_period, work_conserving
from cosearch.simulate.layer import Event, LayerTrace, simulate_layer
from cosearch.simulate.stream import StreamTrace, stream_images

__all__ = [
    "AcceleratorTrace",
    "Event",
    "LayerTrace",
    "StreamTrace",
    "simulate_accelerator",
    "simulate_layer",
    "steady_period",
    "stream_images",
    "work_conserving",
]
