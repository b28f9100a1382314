"""The timing contract as an executable specification, in integers."""

from cosearch.simulate.accelerator import AcceleratorTrace, simulate_accelerator
from cosearch.simulate.arbitration import SharedTrace, share_slots
from cosearch.simulate.layer import Event, LayerTrace, simulate_layer
from cosearch.simulate.stream import StreamTrace, stream_images

__all__ = [
    "AcceleratorTrace",
    "Event",
    "LayerTrace",
    "SharedTrace",
    "StreamTrace",
    "share_slots",
    "simulate_accelerator",
    "simulate_layer",
    "stream_images",
]
