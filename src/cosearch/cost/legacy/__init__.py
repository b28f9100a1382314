"""Cost models of published code, for comparison only: nothing here prices a design of ours."""

from cosearch.cost.legacy.trips import TripsChunks, TripsLayers, trips_bram_banks, trips_cycles, trips_dsp

__all__ = ["TripsChunks", "TripsLayers", "trips_bram_banks", "trips_cycles", "trips_dsp"]
