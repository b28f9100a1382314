"""Exporters with their read-back checks."""

from cosearch.handoff.layer_file import hand_off_layers, write_layers

__all__ = ["hand_off_layers", "write_layers"]
