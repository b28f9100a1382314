"""``cosearch accelerate`` as a user types it."""

import json

import pytest

from cosearch.design import load_design
from cosearch.errors import CosearchError
from cosearch.workload.importers import read_layers


@pytest.fixture(scope="module")
def done(accelerate, files):
    """A finished folder and what was printed."""
    folder = files / "done"
    return folder, accelerate("net.onnx", "--bits", "8", "--limit", "dsp<=40", "--out", folder)


def test_writes_a_design_and_says_what_it_is(done) -> None:
    folder, result = done
    assert (result.returncode, result.stderr) == (0, "")
    assert {path.name for path in folder.iterdir()} == {
        "design.json", "events.jsonl", "layers.yaml", "report.html", "request.yaml"
    }  # fmt: skip
    design = load_design(folder / "design.json")
    assert design.engine.certified
    assert design.predicted.dsp <= 40
    assert design.limits[0].met
    assert len(read_layers(folder / "layers.yaml").layers) == design.network.num_layers == 4
    for words in ("4 layers of net", "certified optimal, engine exact", "dsp<=40", f"{design.predicted.fps:,.1f}"):
        assert words in result.stdout
    page = (folder / "report.html").read_text()
    assert "4 layers on 2 chunks" in page
    assert "The best accelerator for the 4 layers of net on zc706 at 200 MHz: DSP at most 40." in page


def test_the_folder_is_checked_and_handed_off(done, command) -> None:
    folder, _ = done
    checked = command("check", folder)
    assert checked.returncode == 0
    assert "0 differences" in checked.stdout
    before = (folder / "layers.yaml").read_bytes()
    assert command("handoff", folder, "--to", "layers").returncode == 0
    assert (folder / "layers.yaml").read_bytes() == before
    assert command("report", folder).returncode == 0


@pytest.mark.parametrize(
    ("file", "key", "where"),
    [
        ("design.json", '"read_slots": ', "accelerator.chunks"),
        ("request.yaml", "dsp<=", "limits[0].limit"),
    ],
)
def test_a_change_is_named(file, key, where, accelerate, files, command, tmp_path) -> None:
    folder = tmp_path / "changed"
    assert accelerate("net.onnx", "--bits", "8", "--limit", "dsp<=40", "--out", folder).returncode == 0
    text = (folder / file).read_text()
    place = text.index(key) + len(key)
    (folder / file).write_text(text[:place] + "7" + text[place + 1 :])
    checked = command("check", folder)
    assert checked.returncode == 1
    assert where in checked.stdout


def test_another_network_beside_the_design_is_refused(accelerate, command, tmp_path) -> None:
    folder = tmp_path / "other"
    accelerate("net.onnx", "--bits", "8", "--out", folder)
    path = folder / "layers.yaml"
    path.write_text(path.read_text().replace("pointwise", "pointless"))
    checked = command("check", folder)
    assert "is not the network the design was made for" in checked.stdout + checked.stderr


def test_the_same_network_in_any_form_gives_the_same_accelerator(done, accelerate, tmp_path) -> None:
    folder, _ = done
    layers = folder / "layers.yaml"
    results = [
        accelerate(model, *bits, "--limit", "dsp<=40", "--json", "--out", tmp_path / str(place))
        for place, (model, bits) in enumerate((("net.pt2", ("--bits", "8")), (layers, ()), (folder, ())))
    ]
    wanted = json.loads((folder / "design.json").read_text())
    for result in results:
        assert result.returncode == 0, result.stderr
        found = json.loads(result.stdout)
        assert found["predicted"]["fps"] == wanted["predicted"]["fps"]
        assert [c["unroll"] for c in found["accelerator"]["chunks"]] == [
            c["unroll"] for c in wanted["accelerator"]["chunks"]
        ]


def test_json_is_the_design_and_the_same_seed_gives_the_same_bytes(accelerate, tmp_path) -> None:
    arguments = ("--bits", "8", "--engine", "evolutionary", "--evaluations", "60", "--seed", "3", "--json")
    first = accelerate("net.onnx", *arguments, "--out", tmp_path / "a")
    second = accelerate("net.onnx", *arguments, "--out", tmp_path / "b")
    assert first.stdout == second.stdout == (tmp_path / "a" / "design.json").read_text()
    design = json.loads(first.stdout)
    assert design["engine"]["name"] == "evolutionary"
    assert not design["engine"]["certified"]


def test_bits_of_some_layers(accelerate, tmp_path) -> None:
    folder = tmp_path / "mixed"
    result = accelerate("net.pt2", "--bits", "4", "--bits", "first=8", "--bits", "*head*=6", "--out", folder)
    assert result.returncode == 0, result.stderr
    layers = read_layers(folder / "layers.yaml").layers
    assert [layer.weight_bits for layer in layers if layer.has_weights] == [8, 4, 4, 6]


@pytest.mark.parametrize("rule", ["stage", "contiguous", "searched"])
def test_every_allocation(rule, accelerate, tmp_path) -> None:
    result = accelerate("net.onnx", "--bits", "8", "--allocation", rule, "--json", "--out", tmp_path / rule)
    assert result.returncode == 0, result.stderr
    assert f"allocation by {rule}" in json.loads(result.stdout)["engine"]["scope"]


def test_an_impossible_request_is_a_result(accelerate, tmp_path) -> None:
    folder = tmp_path / "none"
    limits = ("--limit", "fps>=1e9", "--limit", "dsp<=20")
    result = accelerate("net.onnx", "--bits", "8", *limits, "--out", folder)
    assert result.returncode == 3
    assert "infeasible: no accelerator of the declared space keeps fps>=1e+09, dsp<=20" in result.stdout.replace(
        "1000000000", "1e+09"
    )
    assert "every limit loosened by a factor of" in result.stdout
    assert (folder / "infeasible.json").is_file()
    assert (folder / "report.html").is_file()
    runs = accelerate("net.onnx", "--bits", "8", "--limit", "fps>=1e9", "--allocation", "contiguous", "--out", folder)
    assert runs.returncode == 3
    assert "no cut into at most 4 runs keeps fps>=1000000000; with the other limits kept, fps reaches" in runs.stdout


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"platform": "zc707"}, "no platform is called 'zc707'; did you mean 'zc706'?"),
        ({"bits": ["eight"]}, "--bits eight: expected a width such as 8, or LAYERS=8"),
        ({"bits": ["8", "4"]}, "--bits 4: one width for all layers is enough, 8 is given too"),
        ({"bits": ["8", "tail=4"]}, "--bits tail=4: no layer matches; the first is"),
        ({"limits": ["fpss>=3"]}, "'fpss' cannot be bounded; known: fps"),
        ({"objective": "speed"}, "'speed' cannot be optimised; known:"),
        ({"overrides": ["chunk.lane=16"]}, "space.chunk.lane: unknown key; did you mean 'lanes'?"),
        ({"allocation": "layer"}, "space.allocation:"),
        ({"engine": "magic"}, "engine:"),
        ({"input_shape": "1,x"}, "--input-shape 1,x: expected whole numbers such as 1,3,224,224"),
        ({"front": "fps"}, "a front of fps; give two different metrics, such as fps,dsp"),
        ({"front": "fps,fps"}, "a front of fps, fps; give two different metrics"),
        ({"front": "fps,speed"}, "'speed' cannot be optimised; known:"),
        ({"front": "fps,dsp", "engine": "random"}, "a front needs the exact engine, not random"),
        (
            {"front": "fps,dsp", "allocation": "contiguous"},
            "a front needs an allocation that a layer's shape decides",
        ),
        ({"front": "fps,dsp", "objective": "fps"}, "--objective is about one accelerator and --front asks for many"),
        ({"front": "fps,dsp", "explain": True}, "--explain is about one accelerator and --front asks for many"),
        ({"front": "fps,dsp", "points": 1}, "points: input should be greater than or equal to 2, not 1"),
        (
            {"front": "fps,dsp", "evaluations": 9},
            "--evaluations is a budget of engines that sample; the exact engine",
        ),
        ({"evaluations": 9}, "--evaluations is a budget of engines that sample; the exact engine takes --seconds"),
        ({"points": 4}, "points are of a front; give two metrics for one"),
        ({"bits": []}, "reads the network's input at a width that no quantiser states"),
        (
            {"engine": "random", "allocation": "contiguous"},
            "engine random needs an allocation that a layer's shape decides, contiguous does not; take one of single",
        ),
    ],
)
def test_bad_input_is_named_in_one_line(asked, text, in_process, tmp_path) -> None:
    with pytest.raises(CosearchError) as refused:
        in_process("net.onnx", quiet=True, out=tmp_path / "bad", **({"bits": ["8"]} | asked))
    assert text in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "bad" / "design.json").exists()


def test_bad_input_ends_with_status_2(accelerate, tmp_path) -> None:
    result = accelerate("net.onnx", "--bits", "eight", "--out", tmp_path / "bad")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "cosearch: error: --bits eight: expected a width such as 8, or LAYERS=8\n"


def test_explains_what_a_little_more_would_buy(accelerate, tmp_path) -> None:
    result = accelerate("net.onnx", "--bits", "8", "--explain", "--out", tmp_path / "explained")
    assert result.returncode == 0, result.stderr
    assert "fps by resource" in result.stdout
    for words in ("with 10 % less", "as it is", "with 10 % more", "bram18", "slots"):
        assert words in result.stdout


def test_a_folder_of_a_search_is_not_overwritten(accelerate, tmp_path) -> None:
    (tmp_path / "recipe.yaml").write_text("name: mine\n")
    result = accelerate("net.onnx", "--bits", "8", "--out", tmp_path)
    assert result.returncode == 2
    assert "holds a search; give another folder with --out" in result.stderr
