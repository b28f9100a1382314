"""The joint search, its baselines and all stages of a recipe."""

from cosearch.search.observer import Observer, Silent
from cosearch.search.recipe import Recipe, SearchRecipe, load_recipe, recipe_names
from cosearch.search.run import CHOSEN_EVENT, chosen_part, run_search, run_training

__all__ = [
    "CHOSEN_EVENT",
    "Observer",
    "Recipe",
    "SearchRecipe",
    "Silent",
    "chosen_part",
    "load_recipe",
    "recipe_names",
    "run_search",
    "run_training",
]
