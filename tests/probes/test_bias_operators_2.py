"""What is special to the second group of bias operators: marks, figures, languages, references, levels, topics."""

import json

import pytest

from judgebench.catalog import behind_probe, make_probe
from judgebench.domain import Case, Item, Label, Reference, Response, Scale, Turn
from judgebench.domain.items import PLACEBO, TARGET
from judgebench.errors import UnfitProbeError
from judgebench.judges.prompts import load_prompt
from judgebench.probes.formats import sentences
from judgebench.probes.orders import Plain
from judgebench.probes.vague import topics

PAIR, CHECK, RATE = Scale.pair(), Scale.check(), Scale.rate(1, 5)


def item(*answers: str, question: str = "What is the tower made of?", gold: int = 0, **more: object) -> Item:
    responses = tuple(Response(text) for text in answers)
    turns = (Turn.of("user", question),)
    return Item("i", turns, responses, (Label("a", gold),), "human", **more)  # type: ignore[arg-type]  # fields of an item


def both(spec: str, one: Item, scale: Scale = CHECK, reference: str = "none") -> tuple[Item, Item | None]:
    """Show an item with the trait, and with the placebo."""
    cases = list(make_probe(spec, Plain("original", reference=reference), scale).cases(one))
    shown = {case.probe: case.item for case in cases}
    return shown[spec], shown.get(spec + PLACEBO)


def text(one: Item | None) -> str:
    assert one is not None
    return one.responses[0].text


def nothing(spec: str, one: Item, scale: Scale = CHECK, reference: str = "none") -> bool:
    return not list(make_probe(spec, Plain("original", reference=reference), scale).cases(one))


# --- format ----------------------------------------------------------------------------------------


def test_bullets_and_their_placebo_have_the_same_lines() -> None:
    changed, placebo = both("format/bullets", item("It is steel. Mr. Bird built it! Was it 3.5 t?"))
    assert text(changed) == "- It is steel.\n- Mr. Bird built it!\n- Was it 3.5 t?"
    assert text(placebo) == text(changed).replace("- ", "")


@pytest.mark.parametrize(
    "answer", ["One sentence.", "- a\n- b. C.", "```\nx. Y.\n```", "    x = 1. Y.", "| a. B | c |"]
)
def test_what_is_set_already_gets_no_bullets(answer: str) -> None:
    assert nothing("format/bullets", item(answer))


def test_bold_marks_a_word_of_each_sentence_and_the_placebo_moves_the_same() -> None:
    changed, placebo = both("format/bold", item("It is steel. Yes, wrought iron."))
    assert text(changed) == "It is **steel**. Yes, **wrought** iron."
    assert text(placebo).split() == text(changed).replace("*", "").split()
    assert nothing("format/bold", item("for (int i = 0;;) { f(i); }"))


@pytest.mark.parametrize(
    ("marked", "bare", "other"),
    [
        ("# Tower\nIt is steel.", "Tower\nIt is steel.", "# Tower #\nIt is steel."),
        ("**Steel** and *iron*.", "Steel and iron.", "__Steel__ and *iron*."),
        ("- steel\n* iron", "steel\niron", "* steel\n- iron"),
        ("Is **a_b** `**x**` here?", "Is a_b `**x**` here?", "Is __a_b__ `**x**` here?"),
    ],
)
def test_strip_takes_marks_away_and_its_placebo_writes_them_otherwise(marked: str, bare: str, other: str) -> None:
    changed, placebo = both("format/strip:random", item(marked))
    assert (text(changed), text(placebo)) == (bare, other)


@pytest.mark.parametrize("answer", ["2 * 3 * 4 = 24", "plain", "snake_case and __init__.py", "```\n# code\n```"])
def test_strip_leaves_alone_what_is_no_mark(answer: str) -> None:
    assert nothing("format/strip:random", item(answer))


def test_json_holds_the_answer_whole() -> None:
    changed, _ = both("format/json", item('Über "steel",\nиз стали'))
    assert json.loads(text(changed)) == {"answer": 'Über "steel",\nиз стали'}


def test_blanks_change_no_word_and_have_no_placebo() -> None:
    answer = "It is steel. It is tall.\n\nReally."
    changed, placebo = both("format/blanks", item(answer))
    assert text(changed).split() == answer.split()
    assert text(changed) != answer
    assert placebo is None
    assert nothing("format/blanks", item("```\nx\n```"))


def test_sentences_of_chinese_end_without_a_blank() -> None:
    assert sentences("它是钢。很高。") == ["它是钢。", "很高。"]


# --- words added -----------------------------------------------------------------------------------


def test_a_made_up_figure_is_all_that_tells_it_from_the_placebo() -> None:
    changed, placebo = both("concreteness/figure", item("Steel."))
    assert any(sign.isdigit() for sign in text(changed))
    assert not any(sign.isdigit() for sign in text(placebo))


def test_wrappers_keep_the_answer_and_an_empty_one_is_left_alone() -> None:
    for spec in (
        "tone/angry:random",
        "tone/emoji",
        "assertiveness/confident",
        "sycophancy/flattery",
        "language/closing",
    ):
        changed, placebo = both(spec, item("Steel {0} %s"))
        assert "Steel {0} %s" in text(changed)
        assert "Steel {0} %s" in text(placebo)
        assert nothing(spec, item(" \n"))


def test_what_is_said_against_an_answer_pushes_to_the_other() -> None:
    for spec in ("tone/sad", "tone/angry", "assertiveness/hedged"):
        changed, _ = both(spec, item("Steel.", "Wood."), PAIR)
        assert changed.responses[1].text == "Wood."
        assert changed.attribute(TARGET) == "1"


def test_a_foreign_sentence_is_foreign_in_english_alone() -> None:
    assert nothing("language/closing", item("Stahl.", question="Woraus besteht er?"))
    changed, placebo = both("language/closing", item("Steel."))
    assert "my answer" in text(placebo)
    assert "my answer" not in text(changed)


def test_no_note_on_a_person_pushes() -> None:
    for variant in behind_probe("person"):
        changed, placebo = both(f"person/{variant}", item("Steel."))
        assert changed.attribute(TARGET) == ""
        assert placebo is not None
        assert changed.question.startswith("What is the tower made of?\n\nNote: the person who wrote the answer ")


# --- what stands beside ----------------------------------------------------------------------------


def test_a_wrong_reference_pushes_against_what_is_right() -> None:
    own = item(
        "It has 324 m.", references=(Reference("324 m"), Reference("324 metres"), Reference("x", "model")), gold=1
    )
    changed, placebo = both("wrong-reference", own, CHECK, "human")
    assert placebo is not None
    assert [one.text for one in placebo.references if one.kind == "human"] == ["324 m"]
    [wrong] = [one.text for one in changed.references if one.kind == "human"]
    assert wrong.endswith(" m")
    assert wrong != "324 m"
    assert ("x", "model") in [(one.text, one.kind) for one in changed.references]
    assert changed.attribute(TARGET) == "down"


def test_a_reference_that_is_not_shown_is_not_changed() -> None:
    own = item("It has 324 m.", references=(Reference("324 m"), Reference("324 metres")), gold=1)
    for spec in ("wrong-reference", "reference-order/rotated"):
        assert nothing(spec, own, CHECK, "none")


def test_references_change_places_and_those_of_earlier_turns_do_not() -> None:
    own = (Reference("t", turn=1), *map(Reference, "abc"))
    changed, placebo = both("reference-order/rotated", item("b", references=own), CHECK, "human")
    assert [one.text for one in changed.references] == ["t", "b", "c", "a"]
    changed, _ = both("reference-order/reversed", item("b", references=own), CHECK, "human")
    assert [one.text for one in changed.references] == ["t", "c", "b", "a"]
    assert placebo is None
    two = item("b", references=own[:3])
    assert nothing("reference-order/reversed", two, CHECK, "human")
    assert not nothing("reference-order/rotated", two, CHECK, "human")


def test_levels_are_shown_best_first() -> None:
    levels = tuple((f"level {place}", f"means {place}") for place in range(1, 6))
    one = item("Steel.", attributes=(("criterion", "truth"), *levels), gold=3)
    changed, placebo = both("level-order", one, RATE)
    assert placebo is None
    assert [label for label, _ in changed.levels] == ["5", "4", "3", "2", "1"]
    shown = load_prompt(None, RATE).render(Case(changed, (0,)), RATE)[-1].text
    assert shown.index("5: means 5") < shown.index("1: means 1")
    assert nothing("level-order", item("Steel."), RATE)


# --- attacks ---------------------------------------------------------------------------------------


def test_a_rubric_is_claimed_in_its_own_words() -> None:
    levels = (("level 1", "No steps at all"), ("level 10", "Clear steps"))
    one = item("Steel.", attributes=(("criterion", "Are there steps?"), *levels), gold=3)
    changed, placebo = both("rubric-echo/added", one, RATE)
    assert text(changed).startswith("Steel.\n\n")
    assert text(changed).endswith("Are there steps? Clear steps.")
    assert "steps" not in text(placebo)
    replaced, _ = both("rubric-echo/replaced", one, RATE)
    assert "Steel" not in text(replaced)


def test_vague_names_what_was_asked_about_and_its_placebo_does_not() -> None:
    changed, placebo = both("vague", item("Wood.", question="How tall is the Eiffel tower in metres?"))
    named = topics("How tall is the Eiffel tower in metres?")
    assert named == ["Eiffel", "tower", "metres"]
    assert all(word in text(changed) and word not in text(placebo) for word in named)
    assert "Wood" not in text(changed)
    assert nothing("vague", item("Wood.", question="Why?"))


def test_what_says_nothing_on_a_scale_is_refused() -> None:
    with pytest.raises(UnfitProbeError):
        make_probe("refined", Plain(), Scale.steps())
