"""Closed-form cycles, energy and resources, in batches of tensors."""

from cosearch.cost.resources import Resources, chunk_resources, resources_of

__all__ = ["Resources", "chunk_resources", "resources_of"]
