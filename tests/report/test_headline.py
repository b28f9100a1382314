import pytest

from cosearch.design import Accuracy, Design, EngineRecord, Limit
from cosearch.hardware import load_platform
from cosearch.report.headline import accuracy_card, cards_of, certificate_of, enough, question_of, slack_bars


def with_engine(design: Design, **changes: object) -> Design:
    engine = EngineRecord(
        **{"name": "random", "objective": "fps", "certified": False, "gap": None, "scope": ""} | changes
    )
    return design.model_copy(update={"engine": engine})


def test_the_question_says_all_limits(design: Design) -> None:
    assert question_of(design) == (
        "A network of the space fashion-eight for images of 1×28×28 and 10 classes, with the accelerator that runs "
        "it on zc706 at 200 MHz: throughput at least 1,200 images/s, DSP at most 140 and BRAM18 at most 110."
    )


def test_cards_carry_units_budget_and_confidence(design: Design) -> None:
    cards = {card.title: card for card in cards_of(design, load_platform("zc706"))}
    assert cards["Throughput"].value == "2,028 images/s"
    assert cards["DSP"].note == "9.7 % of the budget of 720"
    assert cards["Energy"].note == "per image; confidence: relative"
    assert "URAM" not in cards  # the part has none
    assert cards_of(design, None)[4].note == "the platform's budget is not known"


def test_every_accuracy_names_its_split(design: Design) -> None:
    card = accuracy_card(design)
    assert card.value == "87.26 %"
    assert (
        card.note == "test, integer network; 87.31 % test, retrained; 87.84 % val, retrained; 83.12 % val, supernet"
    )
    none = accuracy_card(design.model_copy(update={"accuracy": Accuracy()}))
    assert (none.value, none.note) == ("–", "not measured")


def test_slack_is_the_distance_to_the_limit(design: Design) -> None:
    fps, dsp, bram = slack_bars(design)
    assert (fps.slack, dsp.slack, bram.slack) == ("69 % to spare", "50 % to spare", "27.3 % to spare")
    assert dsp.fill / dsp.mark == pytest.approx(70 / 140)
    assert fps.fill / fps.mark == pytest.approx(design.predicted.fps / 1200)
    assert max(fps.fill, dsp.mark) <= 100


def test_a_broken_limit_says_what_is_missing(design: Design) -> None:
    broken = Limit(metric="fps", op=">=", limit=4000).judge(3000)
    exact = Limit(metric="dsp", op="<=", limit=70).judge(70)
    bars = slack_bars(design.model_copy(update={"limits": (broken, exact)}))
    assert (bars[0].met, bars[0].slack) == (False, "25 % missing")
    assert (bars[1].met, bars[1].slack) == (True, "met exactly")


def test_certificates_gaps_and_neither(design: Design) -> None:
    assert certificate_of(design)[0] == "Certified optimal"
    assert certificate_of(with_engine(design, gap=0.032))[0] == "Gap 3.2 %"
    word, sentence = certificate_of(with_engine(design, objective="energy_joules"))
    assert word == "No certificate"
    assert sentence == "The engine random knows no bound, so a better accelerator may exist."


@pytest.mark.parametrize(
    ("limit", "sufficient", "written"),
    [
        (Limit(metric="latency_seconds", op="<=", limit=1e-3), 2.10449e-3, "2.105 ms"),
        (Limit(metric="fps", op=">=", limit=9000), 5210.9, "5,210 images/s"),
        (Limit(metric="dsp", op="<=", limit=9), 212, "212"),
        (Limit(metric="dsp", op="<=", limit=9), 0, "0"),
    ],
)
def test_what_is_enough_is_still_enough_as_written(limit: Limit, sufficient: float, written: str) -> None:
    assert enough(limit, sufficient).replace("\u00a0", " ") == written
