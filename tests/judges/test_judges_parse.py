"""The strict parser never guesses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judgebench.domain import Scale
from judgebench.judges.forms.brackets import parse_verdict

PAIR = Scale.pair()
SCALES = [
    Scale.check(),
    Scale.pair(2),
    PAIR,
    Scale.pair(5),
    Scale.pair(7, both_bad=True),
    Scale.rate(1, 5),
    Scale.rate(0, 100),
    Scale.levels(["low", "in between", "high"]),
    Scale.categories(["red", "green"]),
    Scale.pick(4),
]
# Any text in which no double bracket can form, also not with a neighbour.
plain = st.text().map(lambda text: text.replace("[", "(").replace("]", ")").replace("<think>", ""))


@st.composite
def scale_and_code(draw: st.DrawFn) -> tuple[Scale, int]:
    scale = draw(st.sampled_from(SCALES))
    return scale, draw(st.integers(0, len(scale.labels) - 1))


@given(scale_and_code(), plain, plain, st.sampled_from(["{}", " {} ", "\t{}\n"]), st.booleans())
def test_one_verdict_is_read_wherever_it_stands(chosen, before, after, blanks, upper) -> None:
    scale, code = chosen
    label = scale.labels[code].upper() if upper else scale.labels[code]
    assert parse_verdict(f"{before}[[{blanks.format(label)}]]{after}", scale) == code


@given(scale_and_code(), plain, st.integers(2, 5))
def test_the_same_verdict_several_times_is_one(chosen, between, times) -> None:
    scale, code = chosen
    assert parse_verdict(between.join([f"[[{scale.labels[code]}]]"] * times), scale) == code


@given(st.sampled_from(SCALES), st.data(), plain)
def test_two_verdicts_are_none(scale, data, between) -> None:
    first, second = data.draw(st.permutations(range(len(scale.labels))))[:2]
    assert parse_verdict(f"[[{scale.labels[first]}]]{between}[[{scale.labels[second]}]]", scale) is None


@given(st.sampled_from(SCALES), plain)
def test_without_brackets_there_is_no_verdict(scale, text) -> None:
    assert parse_verdict(text, scale) is None
    assert parse_verdict(f"{text} {scale.labels[0]} [{scale.labels[0]}]", scale) is None


@given(scale_and_code(), st.text(alphabet=st.characters(categories=["L", "N", "P", "S"], exclude_characters="[]")))
def test_a_word_in_brackets_that_is_not_on_the_scale_spoils_the_answer(chosen, word) -> None:
    scale, code = chosen
    if not word or scale.code(word) is not None:
        return
    assert parse_verdict(f"[[{word}]] [[{scale.labels[code]}]]", scale) is None


@given(st.sampled_from(SCALES), st.text())
def test_a_reading_is_always_a_label_that_stands_there(scale, text) -> None:
    code = parse_verdict(text, scale)
    assert code is None or f"{scale.labels[code].casefold()}" in text.casefold()


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("**[[A]]**", "A"),
        ("[[[B]]]", "B"),
        ("Final verdict: [[ Tie ]].", "tie"),
        ('if [[ -f "$x" ]]; then echo ok; fi\n[[B]]', "B"),
        ("m = [[1, 2], [3, 4]]\n[[A]]", "A"),
        ("<think>It is [[A]], no, [[B]].</think>\n[[B]]", "B"),
        ("<think>It is [[A]]", None),
        ("The tag <think> [[A]] </think>", None),
        ("[[]] [[A]]", "A"),
        ("[[C]]", None),
        ("[[A>B]]", None),
        ("[[A]] and [[a]] and [[B]]", None),
        ("[A] B [[", None),
        ("x[[0]] is the first element, so [[A]]", None),
        ("[[A\n]]", "A"),
        ("", None),
    ],
)
def test_answers_as_models_write_them(text, label) -> None:
    assert parse_verdict(text, PAIR) == (None if label is None else PAIR.code(label))


@pytest.mark.parametrize("text", ["[[4.5]]", "[[4/5]]", "[[05]]", "[[6]]", "[[-1]]", "[[four]]", "[[٤]]"])
def test_a_rating_is_a_label_and_nothing_near_it(text) -> None:
    assert parse_verdict(text, Scale.rate(1, 5)) is None


def test_a_label_with_a_blank_is_a_label() -> None:
    scale = Scale.pair(both_bad=True)
    assert parse_verdict("[[both bad]]", scale) == scale.both_bad
