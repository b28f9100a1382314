"""Known networks as plain modules with random weights: to import, to price and to compare counts on."""

from cosearch.network.zoo.build import NETWORKS, build, example_input

__all__ = ["NETWORKS", "build", "example_input"]
