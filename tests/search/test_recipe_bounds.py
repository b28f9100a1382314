"""Numbers and names that would only fail later are refused with the recipe."""

import pytest

from cosearch.errors import RecipeError
from cosearch.search import load_recipe


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seed=4611686018427387905", r"seed: input should be less than or equal to 4611686018427387904"),
        ("seed=-1", r"seed: input should be greater than or equal to 0, not -1"),
        ("data.seed=99999999999999999999", r"data.seed: input should be less than or equal to 46"),
        ("data.seed=-1", r"data.seed: input should be greater than or equal to 0, not -1"),
        ("search.arch_betas=[0.5, 1.0]", r"search.arch_betas.1: input should be less than 1, not 1.0"),
        ("search.arch_betas=[-0.5, 0.9]", r"search.arch_betas.0: input should be greater than or equal to 0"),
        ("search.temperature=1e-9", r"search.temperature: input should be greater than or equal to 0.001"),
        ("search.weight_lr=.nan", r"search.weight_lr: input should be a finite number, not nan"),
        ("search.clip_norm=.inf", r"search.clip_norm: input should be a finite number, not inf"),
        ("train.learning_rate=.inf", r"train.learning_rate: input should be a finite number, not inf"),
        ("clock_hertz=.inf", r"clock_hertz: input should be a finite number, not inf"),
        ("search.arch_betas=[.nan, 0.9]", r"search.arch_betas.0: input should be a finite number, not nan"),
    ],
)
def test_a_number_out_of_bounds_is_named(override, message):
    with pytest.raises(RecipeError, match=message):
        load_recipe("digits", [override])


@pytest.mark.parametrize("name", ["../up", "/root", "a/b", ".hidden", "-flag", "a b", "", "a\nb", "[red]", "é"])
def test_a_name_that_is_no_folder_name_is_refused(name):
    with pytest.raises(RecipeError, match=r"name: .* cannot name a run; begin with a letter or digit, go on with"):
        load_recipe("digits", [f"name={name!r}" if "\n" not in name else 'name="a\\nb"'])


@pytest.mark.parametrize("name", ["mine", "Mine-2.1_b", "7"])
def test_a_plain_name_is_kept(name):
    assert load_recipe("digits", [f"name='{name}'"]).name == name
