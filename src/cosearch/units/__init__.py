"""Conversions at the edge: inside, everything is SI and bits."""

from cosearch.units.convert import BITS_PER_BYTE, cycles_of, format_quantity

__all__ = ["BITS_PER_BYTE", "cycles_of", "format_quantity"]
