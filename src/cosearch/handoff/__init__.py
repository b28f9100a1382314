"""Exporters with their read-back checks."""
