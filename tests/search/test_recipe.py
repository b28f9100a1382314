import pytest

from cosearch.errors import RecipeError
from cosearch.search import load_recipe, recipe_names
from cosearch.search.session import recipe_text


def test_shipped_recipes_load():
    assert {"demo", "digits"} <= set(recipe_names())
    for name in recipe_names():
        assert load_recipe(name).name == name


def test_overrides_reach_nested_keys():
    recipe = load_recipe("digits", ["seed=7", "train.epochs=3", 'limits=["dsp<=9"]'])
    assert (recipe.seed, recipe.train.epochs, recipe.limits) == (7, 3, ("dsp<=9",))


def test_a_resolved_recipe_reads_back_as_itself(tmp_path):
    recipe = load_recipe("demo", ["seed=3"])
    path = tmp_path / "recipe.yaml"
    path.write_text(recipe_text(recipe))
    assert load_recipe(str(path)) == recipe


@pytest.mark.parametrize(
    ("name", "overrides", "message"),
    [
        ("dmeo", [], r"no recipe is called 'dmeo'; did you mean 'demo'\? shipped: demo, digits"),
        ("none.yaml", [], r"cannot read none.yaml: No such file or directory; check the path"),
        ("demo", ["sed=1"], r"demo.yaml: sed: unknown key; did you mean 'seed'\?"),
        ("demo", ["search.epoch=1"], r"demo.yaml: search.epoch: unknown key; did you mean 'epochs'\?"),
        ("demo", ["seed=one"], r"demo.yaml: seed: input should be a valid integer.*, not 'one'"),
        ("demo", ["seed"], r"--set seed: expected KEY=VALUE, for example --set seed=1"),
        ("demo", ["platform=zc70"], r"demo.yaml: platform: no platform is called 'zc70'; did you mean 'zc706'\?"),
        ("demo", ["space.bits=[0, 4]"], r"demo.yaml: space.bits: bits \[0, 4\] must lie from 2 to 16"),
        (
            "demo",
            ['limits=["fsp>=1"]'],
            r"demo.yaml: limits: limit 'fsp>=1': 'fsp' cannot be bounded; known: fps,",
        ),
        ("demo", ['limits=["fps<=1"]'], r"demo.yaml: limits: limit 'fps<=1': fps is bounded with >="),
        (
            "demo",
            ["objective=energy_joules"],
            r"objective: 'energy_joules' cannot be optimised; known: bram18, dsp, fps",
        ),
        ("demo", ['limits=["edp<=1"]'], r"limit 'edp<=1': 'edp' cannot be bounded; known: fps, latency_seconds, dsp"),
        ("demo", ["objective=speed"], r"demo.yaml: objective: 'speed' cannot be optimised; known: bram18, dsp, fps"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(name, overrides, message):
    with pytest.raises(RecipeError, match=message) as caught:
        load_recipe(name, overrides)
    assert "\n" not in str(caught.value)


def test_the_line_of_a_wrong_key_is_given(tmp_path):
    path = tmp_path / "mine.yaml"
    text = recipe_text(load_recipe("digits"))
    path.write_text(text.replace("epochs: 12", "epochs: many"))
    line = next(i for i, row in enumerate(path.read_text().splitlines(), 1) if "many" in row)
    with pytest.raises(RecipeError, match=rf"mine.yaml:{line}: train.epochs: input should be a valid integer"):
        load_recipe(str(path))
