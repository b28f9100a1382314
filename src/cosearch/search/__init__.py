"""The joint search, its baselines and all stages of a recipe."""
