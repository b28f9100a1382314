"""Conversions at the edge: inside, everything is SI and bits."""

from cosearch.units.convert import cycles_of, format_quantity

__all__ = ["cycles_of", "format_quantity"]
