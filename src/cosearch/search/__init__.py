"""The joint search, its baselines and all stages of a recipe."""

from cosearch.search.observer import Observer, Silent
from cosearch.search.recipe import Recipe, SearchRecipe, load_recipe, recipe_names
from cosearch.search.record import CHOSEN_EVENT, chosen_part, file_hash, recorded_choice, workload_of_run
from cosearch.search.run import run_search, run_training

__all__ = [
    "CHOSEN_EVENT",
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
    "workload_of_run",
]
