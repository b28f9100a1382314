"""The DRAM port as a chunk sees it, in bits and cycles."""

from pydantic import Field

from cosearch.records import Record


class DramPort(Record):
    """Beats and bursts of the port at the accelerator clock.

    Attributes:
        beat_bits: Bits that one slot carries.
        burst_latency_cycles: Cycles that every burst costs beside its beats.
        total_slots: Slots of a frame that all chunks share, reads and writes together.
    """

    beat_bits: int = Field(ge=8)
    burst_latency_cycles: int = Field(ge=0)
    total_slots: int = Field(ge=2)
