"""Operators, supernet and quantisers; networks as workload graphs. Knows no hardware."""
