"""The DRAM port as a chunk sees it, in bits and cycles, with what the platform's control adds."""

from pydantic import Field

from cosearch.hardware.contract import LAYER_SETUP_CYCLES, STORE_OVERHEAD_CYCLES, TILE_OVERHEAD_CYCLES
from cosearch.records import Record


class DramPort(Record):
    """Beats and bursts of the port at the accelerator clock, and the overheads of control.

    Overheads are the timing contract's unless a platform was calibrated.

    Attributes:
        beat_bits: Bits that one slot carries.
        burst_latency_cycles: Cycles that every burst costs beside its beats.
        total_slots: Slots of a frame that all chunks share, reads and writes together.
        layer_overhead_cycles: Before a layer's first request: the controller reads the layer's program.
        step_overhead_cycles: In every COMPUTE: the array's pipeline fills and drains.
        store_overhead_cycles: In every STORE: the store path's pipeline fills.
    """

    beat_bits: int = Field(ge=8)
    burst_latency_cycles: int = Field(ge=0)
    total_slots: int = Field(ge=2)
    layer_overhead_cycles: int = Field(default=LAYER_SETUP_CYCLES, ge=0)
    step_overhead_cycles: int = Field(default=TILE_OVERHEAD_CYCLES, ge=0)
    store_overhead_cycles: int = Field(default=STORE_OVERHEAD_CYCLES, ge=0)
