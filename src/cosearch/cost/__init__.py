"""Closed-form cycles, energy and resources, in batches of tensors."""
