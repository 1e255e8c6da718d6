"""Verdict words are recognised, listed, and never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judgebench.domain import Scale
from judgebench.errors import DataError, UsageError
from judgebench.labels.inferring import infer
from judgebench.labels.words import CHECK, GAP, UNKNOWN, code_of, fold, numbered_pair


@pytest.mark.parametrize(
    ("words", "spec"),
    [
        (["True", " FALSE "], "check"),
        (["yes", "no", "NA"], "check"),
        (["pass", "fail", "incorrect"], "check"),
        (["1", "0"], "check"),
        (["1.0", "0.0", "nan"], "check"),
        (["A", "B"], "pair:2"),
        (["A", "B", "tie"], "pair:3"),
        (["model_a", "model_b", "tie (bothbad)"], "pair:2+bad"),
        (["A>B", "B>A", "A=B"], "pair:3"),
        (["[[A]]", "[[B]]"], "pair:2"),
        (["A>>B", "B>A"], "pair:5"),
        (["A>>>B", "B>A", "a=b"], "pair:7"),
        (["left", "right"], "pair:2"),
        (["first", "second", "draw"], "pair:3"),
        (["response1", "Response 2"], "pair:2"),
        (["1", "2", "3", "5"], "rate:1-5"),
        (["1.0", "4.0"], "rate:1-4"),
        (["-3", "3"], "rate:-3-3"),
    ],
)
def test_the_one_scale_that_fits(words, spec):
    inferred = infer({"judge": words})
    assert inferred.scale.spec == spec
    assert inferred.undeclared_levels == spec.startswith("rate")


@pytest.mark.parametrize(
    "words", [["right"], ["1"], ["0"], ["1", "2"], ["0", "1", "2"], ["-1", "0", "1"], ["7"], ["1", "5000"]]
)
def test_several_scales_are_never_chosen_from(words):
    with pytest.raises(UsageError, match=r"\bscale:? "):
        infer({"judge": words, "gold": words})


def test_two_vocabularies_are_two_label_sets():
    with pytest.raises(DataError, match=r"different sets of labels.*judge: fail, pass; h1: A, B"):
        infer({"judge": ["pass", "fail"], "h1": ["A", "B"]})
    with pytest.raises(DataError, match="different sets of labels"):
        infer({"judge": ["A", "B"], "h1": ["0", "1", "2"]})


def test_what_fits_nothing_is_listed():
    with pytest.raises(DataError, match=r"'maybe' \(judge\) is not"):
        infer({"judge": ["yes", "no", "maybe"]})
    # As many strays as known words: only the strays are named.
    with pytest.raises(DataError, match=r"^some labels are words of the check scale, but 'dunno' .*, 'maybe' "):
        infer({"judge": ["yes", "no", "maybe"], "h1": ["no", "dunno"]})
    with pytest.raises(DataError, match=r"not words we know: 'blue' .* 'red' .*labels are with scale: "):
        infer({"judge": ["red", "blue"]})
    with pytest.raises(DataError, match=r"list them, worst first: scale 'high,low' or 'low,high'"):
        infer({"judge": ["low", "high"]})
    with pytest.raises(DataError, match="numbers with decimals are scores, not labels"):
        infer({"judge": ["3.5", "4"]})
    with pytest.raises(DataError, match="every cell is empty"):
        infer({"judge": ["", "N/A"]})


def test_no_verdict_words_are_a_judges_only():
    assert infer({"judge": ["yes", "no", "unparsed"], "h1": ["no", "yes"]}, ["judge"]).scale == Scale.check()
    with pytest.raises(DataError, match="unparsed"):
        infer({"judge": ["yes", "no"], "h1": ["no", "yes", "unparsed"]}, ["judge"])
    assert code_of("Refused", Scale.check(), judge=True) == GAP
    assert code_of("Refused", Scale.check()) == UNKNOWN


@pytest.mark.parametrize("gap", ["", "  ", "NA", "n/a", "NaN", "null", "None", "<NA>"])
def test_gaps(gap):
    assert code_of(gap, Scale.rate(1, 5)) == GAP


def test_a_scales_own_labels_come_before_gaps():
    scale = Scale.parse("none,mild,severe")
    assert [code_of(word, scale) for word in ("None", "MILD ", "", "NA")] == [0, 1, GAP, GAP]


@pytest.mark.parametrize(
    ("word", "scale", "code"),
    [
        ("6", "rate:1-5", UNKNOWN),
        ("3.5", "rate:1-5", UNKNOWN),
        ("05", "rate:1-5", 4),
        ("\u0663", "rate:1-5", 2),
        ("tie", "pair:2", UNKNOWN),
        ("0", "pair", UNKNOWN),
        ("neither", "pair", UNKNOWN),
        ("both bad", "pair:3+bad", 3),
        ("B<A", "pair", 0),
        ("A>>B", "pair", UNKNOWN),
        ("A>A", "pair", UNKNOWN),
        ("model_b", "pair:2", 1),
        ("2", "pick:4", 1),
        ("5", "pick:4", UNKNOWN),
        ("not  sure", "incorrect,not sure,correct", UNKNOWN),
        ("Not sure", "incorrect,not sure,correct", 1),
        ("2", "check", UNKNOWN),
    ],
)
def test_codes(word, scale, code):
    assert code_of(word, Scale.parse(scale)) == code


def test_numbers_name_responses_only_where_nothing_else_can_be_meant():
    assert [code_of(w, Scale.pair(), numbers=True) for w in ("1", "2", "tie", "0")] == [0, 2, 1, UNKNOWN]
    assert numbered_pair(["1", "2"])
    assert not numbered_pair(["1", "2", "0"])
    assert not numbered_pair(["1"])


scales = st.sampled_from(
    ["check", "pair", "pair:2", "pair:5", "pair:7+bad", "rate:1-5", "rate:-2-2", "pick:4", "x,y,z"]
)


@given(spec=scales, data=st.data(), blank=st.sampled_from(["", " ", "\t", "\u00a0"]))
def test_case_and_outer_blanks_are_ignored(spec, data, blank):
    scale = Scale.parse(spec)
    code = data.draw(st.integers(0, len(scale.labels) - 1))
    label = scale.labels[code]
    for word in (label, label.upper(), label.lower(), f"{blank}{label}{blank}"):
        assert code_of(word, scale) == code


@given(st.text(max_size=6))
def test_only_known_words_have_codes(word):
    code = code_of(word, Scale.check())
    assert (code >= 0) == (fold(word) in CHECK)


@given(st.sets(st.text(max_size=5), max_size=5))
def test_inference_answers_or_explains(words):
    try:
        scale = infer({"judge": words}).scale
    except (UsageError, DataError):
        return
    assert all(code_of(word, scale) != UNKNOWN for word in words)
