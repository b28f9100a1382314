"""Recompute a finished design from its files and name every difference."""
