"""Engines that find the accelerator of one fixed network."""

from cosearch.accelerate.space import AcceleratorSpace, CapacityChoices, ChunkSpace, demo_space

__all__ = ["AcceleratorSpace", "CapacityChoices", "ChunkSpace", "demo_space"]
