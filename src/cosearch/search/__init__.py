"""The joint search, its baselines and all stages of a recipe."""

from cosearch.search.observer import Observer, Silent
from cosearch.search.recipe import Recipe, SearchRecipe, load_recipe, recipe_names
from cosearch.search.record import chosen_part, file_hash, recorded_choice
from cosearch.search.run import run_search, run_training

__all__ = [
    "Observer",
    "Recipe",
    "SearchRecipe",
    "Silent",
    "chosen_part",
    "file_hash",
    "load_recipe",
    "recipe_names",
    "recorded_choice",
    "run_search",
    "run_training",
]
