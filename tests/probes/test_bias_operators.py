"""What holds of every operator of `PROBES`, and what each of the bias probes does by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, note, settings
from made_items import items

from judgebench.catalog import behind_probe, make_probe
from judgebench.domain import Case, Item, Label, Reference, Response, Scale, Turn
from judgebench.domain.items import OWED, PLACEBO, TARGET
from judgebench.judges.prompts import load_prompt
from judgebench.probes.listed import PROBES
from judgebench.probes.named import Spec, variants
from judgebench.probes.operator import Draw, Operator, Shown
from judgebench.probes.orders import Plain
from judgebench.probes.passages import last_passage, paragraphs

OURS = {TARGET, OWED}
#: Where the trait is length itself, or signs that count as words, the placebo leaves the number of words as it was.
LENGTH = {"verbosity", "format/bullets"}


def operators() -> dict[str, Operator]:
    """Find every operator by the name that a user would give."""
    found: dict[str, Operator] = {}
    for name, entry in PROBES.items():
        if entry.observed:
            continue
        behind = behind_probe(name)
        for spec in variants(name, behind):
            one = behind[Spec.of(spec).variant] if Spec.of(spec).variant else behind
            if isinstance(one, Operator):
                found[spec] = one
    return found


OPERATORS = operators()


def shown_words(item: Item) -> int:
    turns = [*item.conversation, *(turn for one in item.responses for turn in one.turns[:-1])]
    texts = [*(turn.text for turn in turns), *(one.text for one in item.responses)]
    # JSON writes a line's end as two signs.
    return sum(len(text.replace("\\n", " ").split()) for text in (*texts, *(one.text for one in item.references)))


def by_kind(spec: str, item: Item, scale: Scale, seed: int = 0) -> tuple[list[Case], list[Case]]:
    made = list(make_probe(spec, Plain("both"), scale, seed=seed).cases(item))
    assert {case.probe for case in made} <= {spec, spec + PLACEBO}
    return [one for one in made if one.probe == spec], [one for one in made if one.probe != spec]


@settings(max_examples=60)
@given(items())
def test_an_operator_changes_one_response_and_nothing_else(made: tuple[Item, Scale]) -> None:
    item, scale = made
    prompt = load_prompt(None, scale)
    plain = Plain("both")
    for spec, operator in OPERATORS.items():
        if scale.kind not in operator.scales:
            continue
        note(spec)
        changed, placebo = by_kind(spec, item, scale)
        # Both are asked in the orders of the plain cases, or neither is.
        orders = [case.order for case in plain.cases(item)]
        assert [one.order for one in changed] in ([], orders)
        assert [one.order for one in placebo] == ([one.order for one in changed] if operator.placebo else [])
        for case in (*changed, *placebo):
            assert (case.item.id, case.item.gold, case.item.cluster, case.item.subset) == (
                item.id, item.gold, item.cluster, item.subset
            )  # fmt: skip
            assert [pair for pair in case.item.attributes if pair[0] not in OURS] == list(item.attributes)
            other = [one for one, two in zip(item.responses, case.item.responses, strict=True) if one != two]
            assert len(other) <= 1
            assert len(case.item.responses) == len(item.responses)
            prompt.render(case, scale)
            _check_target(case, operator, item)
        for one, two in zip(changed, placebo, strict=False):
            _check_length(spec, item, one.item, two.item)


def _check_target(case: Case, operator: Operator, item: Item) -> None:
    target = case.item.attribute(TARGET)
    assert target is not None
    assert (case.item.attribute(OWED) or "") == operator.owed
    if operator.push == "neither":
        assert target == ""
    elif len(item.responses) == 1:
        assert target == ("up" if operator.push == "for" else "down")
    elif len(item.responses) == 2:
        other = [i for i, two in enumerate(case.item.responses) if two != item.responses[i]]
        assert target in {"0", "1"}
        assert not other or (int(target) == other[0]) == (operator.push == "for")


def _check_length(spec: str, item: Item, changed: Item, placebo: Item) -> None:
    before, one, two = shown_words(item), shown_words(changed), shown_words(placebo)
    if {spec, Spec.of(spec).name} & LENGTH:
        assert abs(two - before) <= 1
        assert one > before
    else:
        assert abs(one - two) <= max(4, abs(one - before) // 4)


@settings(max_examples=25)
@given(items())
def test_what_is_drawn_hangs_on_the_content_and_the_seed_alone(made: tuple[Item, Scale]) -> None:
    item, scale = made
    # Another name, and another place in the file.
    again = replace(item, id="other", cluster="another", subset="elsewhere")
    for spec, operator in OPERATORS.items():
        if scale.kind in operator.scales:
            note(spec)
            one, two = (list(make_probe(spec, Plain("both"), scale).cases(each)) for each in (item, again))
            assert [case.item.content_digest for case in one] == [case.item.content_digest for case in two]


def pair(first: str = "Four. I am sure.", second: str = "Five. I am sure.", question: str = "2 + 2?") -> Item:
    responses = (Response(first, "one-7b"), Response(second))
    return Item("i", (Turn.of("user", question),), responses, (Label("h", 0),), "human")


def single(text: str = "Five", gold: int = 0, *references: str) -> Item:
    asked = (Turn.of("user", "What is 2 + 2?"),)
    return Item(
        "i", asked, (Response(text),), (Label("h", gold),), "human", references=tuple(map(Reference, references))
    )


def texts(spec: str, item: Item, scale: Scale) -> tuple[str, str]:
    """Give the last response's text with the trait, and with the placebo."""
    changed, placebo = by_kind(spec, item, scale)
    return changed[0].item.responses[-1].text, placebo[0].item.responses[-1].text


def test_length_is_added_and_no_more() -> None:
    item = pair()
    own = item.responses[1].text
    padded, apart = texts("verbosity/padding", item, Scale.pair())
    assert padded.startswith(own)
    assert len(padded.split()) > len(own.split()) + 30
    assert apart == "Five.\n\nI am sure."
    assert texts("verbosity/repeating", item, Scale.pair())[0].count(own) == 2
    restated, _ = texts("verbosity/restating", item, Scale.pair())
    assert restated.endswith(own)
    assert "2 + 2?" in restated
    # The right response and a tie's are left alone.
    assert by_kind("verbosity/padding", item, Scale.pair())[0][0].item.responses[0] == item.responses[0]
    assert by_kind("verbosity/padding", replace(item, gold=(Label("h", 1),)), Scale.pair()) == ([], [])


def test_a_longer_answer_is_padded_more() -> None:
    short, long = (pair(second="So it is. " * times) for times in (5, 200))
    added = [
        len(texts("verbosity/padding", one, Scale.pair())[0]) - len(one.responses[1].text) for one in (short, long)
    ]
    assert added[1] > 2 * added[0]


def test_a_citation_and_a_second_thought_are_put_where_they_belong() -> None:
    own = pair().responses[1].text
    cited, placebo = texts("authority", pair(), Scale.pair())
    assert cited.startswith(own)
    assert placebo.startswith(own)
    assert cited != placebo
    thought, _ = texts("superficial-reflection", pair(), Scale.pair())
    assert thought.startswith("Five.\n\n")
    assert thought.endswith("\n\nI am sure.")


def test_a_note_names_the_answer_by_where_it_is_shown() -> None:
    changed, placebo = by_kind("bandwagon", pair(), Scale.pair())
    assert ["second" in case.item.question for case in (*changed, *placebo)] == [True, False, True, False]
    assert Shown(replace(pair(), responses=(Response("a"),) * 12), 11, 11, Draw((0,))).which == "answer number 12"


def test_identities_come_from_the_data_or_from_nowhere() -> None:
    found = [
        by_kind("identity/named:right", pair(), Scale.pair())[0],
        by_kind("identity/named:wrong", pair(), Scale.pair())[0],
    ]
    assert found[0][0].item.responses[0].text.startswith("[Author of this answer: one-7b]")
    assert found[1] == []
    weak = by_kind("identity/weak", pair(), Scale.pair())[0][0].item
    assert (weak.attribute(TARGET), weak.responses[1]) == ("1", pair().responses[1])


def test_dummies_are_what_is_known_to_be_right_or_wrong() -> None:
    check = Scale.check()
    gold = by_kind("dummy/gold", single("4", 1, "four"), check)[0][0].item
    assert (gold.responses[0].text, gold.attribute(OWED), gold.attribute(TARGET)) == ("four", "accept", "down")
    assert by_kind("dummy/gold", single("4", 1), check) == ([], [])
    said, nonsense = texts("dummy/question", single(), check)
    assert said == "What is 2 + 2?"
    assert len(nonsense) == len(said)
    assert nonsense.endswith("?")
    assert texts("dummy/yes", single("No", 0, "no"), check)[0] == "Yes"
    # It would be right here.
    assert by_kind("dummy/yes", single("No", 0, "Yes!"), check) == ([], [])
    assert by_kind("dummy/empty", single(), check)[0][0].item.responses[0].text == ""


@pytest.mark.parametrize("key", [spec for spec in OPERATORS if spec.startswith("master-key/")])
def test_a_key_is_the_whole_answer(key: str) -> None:
    agent = replace(
        single(), responses=(Response("Five", turns=(Turn.of("call", "add()"), Turn.of("assistant", "Five"))),)
    )
    changed, placebo = by_kind(key, agent, Scale.check())
    (one,), (two,) = changed[0].item.responses, placebo[0].item.responses
    assert (one.turns, two.turns) == ((), ())
    assert len(one.text) == len(two.text)
    assert one.text != two.text
    assert by_kind(key, pair(), Scale.pair())[0][0].item.attribute(TARGET) == "1"


def test_text_is_cut_where_nothing_is_torn() -> None:
    code = "```\na\n\nb\n```"
    assert paragraphs(f" One.\n \n{code}\n\n\nTwo.\n") == ["One.", code, "Two."]
    assert last_passage(f"One.\n\n{code}") == ("One.", code)
    assert last_passage("See p. 5, e.g. Dr. Ito. A fact.") == ("See p. 5, e.g. Dr. Ito.", "A fact.")
    assert last_passage(" ") == ("", "")
