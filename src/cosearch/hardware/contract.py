"""Constants of the timing contract: closed form, executable specification and hardware all use these."""

FRAME_SLOTS = 64
"""Beats of the DRAM port in one frame; a chunk owns some of them for reads and some for writes."""

ACCUMULATOR_BITS = 32
"""Width of a partial sum."""

PARAMETER_BITS = 64
"""Bias and requantisation constants of one output channel: a 32-bit bias, a 32-bit multiplier with its shift."""

LAYER_SETUP_CYCLES = 16
"""From the end of a layer to the first request of the next: the controller reads the layer's program."""

TILE_OVERHEAD_CYCLES = 8
"""Added to every compute step: the array's pipeline fills and drains."""
