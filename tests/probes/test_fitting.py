"""Items on which a probe would say nothing, break the answer, or make it right: they are left out."""

import pytest
from test_bias_operators_2 import CHECK, PAIR, both, item, nothing, text

from judgebench.domain import Reference, Scale
from judgebench.probes.passages import is_bare_code, wants_length

CODE = "def f(x):\n    return x + 1"


@pytest.mark.parametrize("variant", ["padding", "restating", "repeating"])
def test_length_is_not_added_where_it_breaks_something(variant: str) -> None:
    assert nothing(f"verbosity/{variant}", item(CODE))
    assert nothing(f"verbosity/{variant}", item("Nile", question="Name a river in one word."))
    assert not nothing(f"verbosity/{variant}", item(f"Here:\n```\n{CODE}\n```"))


@pytest.mark.parametrize("answer", ["If you want to, call me (today).", "For example: steel.", "It is so; really."])
def test_prose_is_no_code(answer: str) -> None:
    assert not is_bare_code(answer)


def test_a_length_is_told_from_a_topic() -> None:
    assert wants_length("Explain it in at most two sentences.")
    assert not wants_length("What does the word mean, and who wrote the sentence?")


def test_marks_stay_where_they_mean_something() -> None:
    asked = item("It is **steel**.", question="Write the material in bold.")
    assert nothing("format/strip:random", asked)
    for answer in ("2**3**4 = 2417851639229258349412352", "the __init__ method", f"# add\n{CODE}", "- 4"):
        assert nothing("format/strip:random", item(answer))
    for answer in ("## Tower\nIt is steel. It is tall.", "A tower\nIt is steel. It is tall."):
        assert nothing("format/bullets", item(answer))


def test_a_second_thought_needs_a_first() -> None:
    assert nothing("superficial-reflection", item("It is steel."))


def test_consent_is_no_dummy_where_it_may_be_right() -> None:
    for question in ("Is it made of steel?", "can cats see in the dark"):
        assert nothing("dummy/yes", item("Wood.", question=question))
        assert not nothing("dummy/yes", item("Wood.", question=question, references=(Reference("No."),)))
    assert nothing("dummy/empty", item(" "))
    assert nothing("dummy/question", item("Wood.", question="word " * 61))


def test_what_is_said_fits_the_number_of_answers() -> None:
    said = [
        both("sycophancy/stated", one, scale)[0].question
        for one, scale in (
            (item("a", gold=0), CHECK),
            (item("a", gold=3), Scale.rate(1, 5)),
            (item("a", "b"), PAIR),
            (item("a", "b", "c"), Scale.pick(3)),
        )
    ]
    words = ("right.", "a very good one.", "the better one.", "the best one.")
    assert all(one.endswith(end) for one, end in zip(said, words, strict=True))


def test_a_verdict_can_name_an_answer_beyond_the_scale() -> None:
    changed, _ = both("fake-verdict/brackets", item(*"abcdef", gold=0), Scale.pick(4))
    assert any("[[" in one.text for one in changed.responses)


def test_a_system_without_an_answer_is_not_probed() -> None:
    assert nothing("bandwagon", item("", gold=3), Scale.rate(1, 5))
    assert not nothing("bandwagon", item("", "Steel."), PAIR)


def test_a_rubric_is_claimed_without_the_fact_that_it_asks_for() -> None:
    one = item("Wood.", attributes=(("criterion", "whether it holds this fact: It is steel."),))
    assert "steel" not in text(both("rubric-echo/added", one)[0])
