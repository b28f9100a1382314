"""Find a neural network, its bitwidths and the accelerator that runs it, together."""

__version__ = "0.1.0"
