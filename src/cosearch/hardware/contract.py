"""Constants of the timing contract: closed form, executable specification and hardware all use these.

The bits of an output channel's parameters belong to the layer: `cosearch.workload.PARAMETER_BITS`.
"""

FRAME_SLOTS = 64
"""Beats of the DRAM port in one frame; a chunk owns some of them for reads and some for writes."""

ACCUMULATOR_BITS = 32
"""Width of a partial sum."""

LAYER_SETUP_CYCLES = 16
"""From the end of a layer to the first request of the next: the controller reads the layer's program."""

TILE_OVERHEAD_CYCLES = 8
"""Added to every compute step: the array's pipeline fills and drains."""

STORE_OVERHEAD_CYCLES = 8
"""Added to every STORE: the store path's pipeline fills."""

PACKED_BITS = 8
"""The widest operands of which a DSP slice makes two products at once: ``(w1 << 16) + w2`` fits its 25-bit port."""
