"""Rules that read replies: what is plain is read, what says two things or none never is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judgebench.domain import Scale
from judgebench.labels.replies import RULES, read, undecorated
from judgebench.labels.speech import NumberSpeech, PairSpeech, check, labels

N, P, C = NumberSpeech(), PairSpeech(third=True), check()
NO, TWO = "none", "two"

#: Texts and what they say, by rule family; ``none`` and ``two`` say no verdict.
BRACKETS = [
    (N, "[[8]]", "8"), (N, "Good. Rating: [[8]]", "8"), (N, "[[ 8 ]]", "8"), (N, "**[[8]]**", "8"),
    (N, "[[8.5]]", "8.5"), (N, "[[8]] and again [[8]]", "8"), (N, "[[8]] [[9]]", TWO), (N, "Score [[8/10]]", "8"),
    (N, "[[8]].", "8"), (N, "See [[1]](http://x) and [[2]]", TWO), (N, "[[good]]", NO), (N, "[[]]", NO),
    (N, "[8]", "8"), (N, "[[8]", NO), (N, "[[8]]\nConfidence: [[90]]", TWO), (N, "[[citation]] [[7]]", "7"),
    (N, "[[7]] Score: 6", TWO), (N, "Rate from [[1]] to [[10]]. [[7]]", TWO), (N, "[[1,200]]", NO),
    (N, "[[-1]]", "-1"), (N, "[[rating]]: 7", "7"), (P, "[[A]]", "A"), (P, "[[B]]", "B"), (P, "[[C]]", "tie"),
    (P, "[[a]]", "A"), (P, "[[Tie]]", "tie"), (P, "[[A]] if A is better, [[B]] if B is better", TWO),
    (P, "[[A>B]]", "A"), (P, "[[B>>A]]", "B>>A"), (P, "[[A=B]]", "tie"), (P, "[[D]]", NO), (P, "[[A or B]]", TWO),
    (P, "My final verdict is [[model_a]]", "A"), (P, "[[A]]\n\nIgnore that and output [[B]]", TWO), (P, "[[A", NO),
    (P, "\\[\\[A\\]\\]", NO), (P, "[[ A ]] .", "A"), (P, "<verdict>B</verdict> [[A]]", TWO),
    (C, "[[yes]]", "correct"), (C, "[[NO]]", "incorrect"), (C, "[[maybe]]", NO),
    (C, "[[correct]] [[incorrect]]", TWO), (C, "[[1]]", "correct"), (C, "[[10]]", NO),
]  # fmt: skip
MARKUP = [
    (P, "<verdict>A</verdict>", "A"), (P, "<Verdict> A </Verdict>", "A"), (P, "<answer>B</answer>", "B"),
    (P, "<verdict>A</verdict><verdict>B</verdict>", TWO), (P, "<verdict>A</answer>", NO), (P, "<verdict>A", NO),
    (P, "<note>A</note>", NO), (P, "<b>A</b><br>", "A"), (P, "A\u3002", "A"), (P, "&quot;B&quot;", "B"),
    (N, "It covers 2 of 4 points. [RESULT] 5", "5"), (P, "<winner>tie</winner>", "tie"), (P, "<verdict></verdict>", NO),
    (P, "<reason>A is bad</reason><verdict>B</verdict>", "B"), (P, "<final_verdict>A</final_verdict>", "A"),
    (P, "<verdict>A is better</verdict>", "A"), (P, "\\boxed{A}", "A"), (P, "$\\boxed{B}$", "B"),
    (P, "\\boxed{A} \\boxed{B}", TWO), (P, "\\boxed{\\text{A}}", "A"), (P, "\\boxed{x+1}", NO), (P, "\\boxed{A", NO),
    (P, "\\boxed{A} so \\boxed{A}", "A"), (P, "boxed{A}", NO), (P, "\\boxed{}", NO), (N, "<score>7</score>", "7"),
    (N, "<rating>7/10</rating>", "7"), (N, "<score>7</score> Rating: 8", TWO), (N, "<score>seven</score>", NO),
    (N, "<score>6 or 7</score>", NO), (N, "\\boxed{9}", "9"), (N, "\\boxed{9.5}", "9.5"),
    (N, "<think>score: 3</think> Score: 9", "9"), (N, "<think>score: 3", NO),
    (N, "<thinking>[[1]]</thinking>[[2]]", "2"), (C, "<verdict>pass</verdict>", "correct"),
    (C, "<answer>No.</answer>", "incorrect"), (C, "<label>unsure</label>", NO),
    (C, "<verdict>pass</verdict> <verdict>fail</verdict>", TWO), (C, "\\boxed{False}", "incorrect"),
    (C, "<verdict>**Yes**</verdict>", "correct"), (C, "<verdict>not correct</verdict>", "incorrect"),
    (C, "<result>correct, mostly</result>", "correct"), (P, "<verdict>C</verdict>", "tie"), (P, "<img src=A>", NO),
]  # fmt: skip
STRUCTURED = [
    (C, '{"verdict": "yes", "score": 0.9}', "correct"), (C, '{"verdict": {"label": "no"}, "score": 1.0}', "incorrect"),
    (C, "n.a.", NO), (C, "t.b.d.", NO), (C, "f.e. the second step", NO), (C, "N. It is wrong", "incorrect"),
    (C, '{"score": 0.9}', NO), (C, "Score: 0.9", NO), (P, '{"winner": "B", "score": 1}', "B"), (C, "0.9", NO),
    (P, '{"winner": "A"}', "A"), (P, "{'winner': 'A'}", "A"), (P, '["A"]', "A"), (P, "['A']", "A"), (P, '"A"', "A"),
    (P, '{"choices": ["A"]}', "A"), (P, '{"choices": ["A", "B"]}', TWO), (P, '{"winner": "A", "winner": "B"}', TWO),
    (P, '{"winner": "A", "loser": "B"}', "A"), (P, '{"A": 7, "B": 5}', NO),
    (P, '{"reason": "B is bad", "verdict": "A"}', "A"), (P, '{"winner": null}', ""),
    (P, '{"winner": "model_b"}', "B"), (P, '{"result": {"winner": "B"}}', "B"),
    (P, '```json\n{"winner": "A"}\n```', "A"), (P, 'Sure!\n{"winner": "A"}', "A"), (P, '{"winner": "A"', NO),
    (P, '{"winner": ["A"], "verdict": "B"}', TWO), (P, "{}", NO), (P, "[]", NO), (P, '{"text": "A"}', "A"),
    (P, '{"a": "A", "b": "B"}', NO), (P, "{" * 500 + "}" * 500, NO), (P, "[" * 5000, NO), (N, '{"score": 4}', "4"),
    (N, '[{"rating":4}]', "4"), (N, '{"score": "4/5"}', "4"), (N, '{"score": 4, "rating": 5}', TWO),
    (N, '{"score": 4, "confidence": 0.9}', "4"), (N, '{"score": [4, 5]}', TWO),
    (N, '{"help": {"score": 4}, "tone": {"score": 5}}', TWO), (N, '{"Final Score": 4}', "4"),
    (N, '{"score": true}', NO), (N, '{"score": "high"}', NO), (N, '{"score": 4.0}', "4"), (N, '{"score": NaN}', NO),
    (N, '```\n{"score": 3}\n```\n```\n{"score": 4}\n```', "3"), (C, '{"passed": true}', "correct"),
    (C, '{"correct": false, "why": "x"}', "incorrect"), (C, '{"verdict": "Yes."}', "correct"),
    (C, '{"is_correct": true, "verdict": "no"}', TWO),
    (C, '{"reason": "it is wrong", "verdict": "correct"}', "correct"), (C, "[true]", "correct"),
    (C, '{"label": ["pass"]}', "correct"), (C, "__import__('os')", NO), (C, "{'a': __import__('os')}", NO),
]  # fmt: skip
NAMED = [
    (P, "Final verdict: B", "B"), (P, "**Verdict:** B", "B"), (P, "Verdict - B", "B"), (P, "Verdict:\nB", "B"),
    (P, "## Verdict\nB", "B"), (P, "verdict = B", "B"), (P, "Verdict: B\nVerdict: A", TWO),
    (P, "Winner: A (B is weaker)", "A"), (P, "The winner is not A", NO), (P, "The answer is B", "B"),
    (P, "The answer is A good one", NO), (P, "Verdict: A or B", TWO), (P, "Verdict: A because B is wrong", "A"),
    (P, "Verdict: neither", "both bad"), (P, "Verdict: it depends", NO), (P, "My choice is B.", "B"),
    (P, "final_verdict: B", "B"), (P, "Verdict: A, verdict: B", TWO), (P, "Verdict: a tie", "tie"),
    (P, "Preference: Response 2", "B"), (P, "Answer: A. Verdict: B", TWO), (P, "Verdict: Assistant B!", "B"),
    (N, "Rating: 8", "8"), (N, "Rating 8", "8"), (N, "Score: 9/10", "9"), (N, "Score (1-10): 8", "8"),
    (N, "Score: 8, 7", TWO), (N, "Rating: 8 or 9", TWO), (N, "Score: 3. Score: 5", TWO),
    (N, "Helpfulness score: 3. Clarity score: 5", TWO), (N, "The answer is 42. Rating: 8", "8"),
    (N, "grade 4 students", NO), (N, "Score: eight", NO), (N, "Score: -1", "-1"),
    (N, "My rating is 4 out of 5.", "4"), (N, "Score: 10/10/2024", NO), (N, "Score: 4-5", NO), (N, "score:7", "7"),
    (N, "underscore: 7 and 8", TWO), (N, "Rating: 3,5", "3.5"), (N, "Rating: 1,200", NO), (N, "Rating:", NO),
    (N, "Score: 8.5/10", "8.5"), (C, "Verdict: No.", "incorrect"), (C, "The answer is not correct.", "incorrect"),
    (C, "Judgment: correct", "correct"), (C, "Verdict: unsure", NO), (C, "Result: PASS", "correct"),
    (C, "Decision: yes\nDecision: no", TWO),
]  # fmt: skip
PLAIN = [
    (C, "Yes.", "correct"), (C, "**No**", "incorrect"), (C, '""Yes""', "correct"), (C, "'Yes", "correct"),
    (C, "YES!", "correct"), (C, "No\n", "incorrect"), (C, "Yes?", NO), (C, "(A)", NO), (C, "[Fail]", "incorrect"),
    (C, "> pass", "correct"), (C, "- correct", "correct"), (C, "# Correct", "correct"),
    (C, "PASS \N{WHITE HEAVY CHECK MARK}", "correct"), (C, "y.", "correct"), (P, "(A)", "A"), (P, "B.", "B"),
    (P, "A)", "A"), (P, "**B**", "B"), (P, "Answer A", "A"), (P, "A+", NO), (P, "A/B", NO), (P, "tie!", "tie"),
    (P, "It's a tie.", "tie"), (P, "C", "tie"), (P, "c.", "tie"), (P, "both are good.", "tie"),
    (P, "Neither.", "both bad"), (P, "AB", NO), (P, "`A`", "A"), (P, "$B$", "B"), (P, "<A>", "A"),
    (P, "\u201cA\u201d", "A"), (P, "\u3010B\u3011", "B"), (N, "4/5", "4"), (N, "6/5", NO), (N, "4 of 5", "4"),
    (N, "80 %", "80"), (N, "80%", "80"), (N, "3,5", "3.5"), (N, "0,125", "0.125"), (N, "1,200", NO),
    (N, "3,5,7", NO), (N, "4 stars", "4"), (N, "8 points", "8"), (N, "8 apples", NO), (N, "7.", "7"),
    (N, "**7**", "7"), (N, "(7)", "7"), (N, "~8", NO), (N, ">3", NO), (N, "#8", NO), (N, "8+", NO),
    (N, "1/2/2024", NO), (N, "v2.0.1", NO), (N, "\uff18", "8"),
]  # fmt: skip
PROSE = [
    (C, "No, because it is wrong", "incorrect"), (C, "Yes, but it is incorrect in one place", TWO),
    (C, "Yes, there is no issue", "correct"), (C, "Correct: no", TWO), (C, "I believe this is correct", "correct"),
    (C, "It isn't right", "incorrect"), (C, "I cannot say if it is correct", NO),
    (C, "It is not incorrect", "correct"), (C, "maybe it is correct", NO), (C, "Is it correct?", NO),
    (C, "yes or no", TWO), (C, "Not sure.", NO), (C, "Incorrect - the year is wrong", "incorrect"),
    (C, "The response fails to pass", TWO), (C, "Either way, no.", NO), (P, "A is better than B", "A"),
    (P, "A is better in style; B is better in content", TWO), (P, "I don't prefer A", NO),
    (P, "I prefer B over A", "B"), (P, "B is longer, but A is better.", "A"), (P, "If A is better, say so", NO),
    (P, "A is not better", NO), (P, "Assistant B wins", "B"), (P, "I think the better one is B.", "B"),
    (P, "A good answer. B", TWO), (P, "A: explanation", "A"), (P, "A and B are close", NO), (P, "Is it B?", NO),
    (P, "Response 1 is clearly better", "A"), (P, "Model b won", "B"), (P, "I would go with A", "A"),
    (P, "Neither A nor B", NO), (P, "Vitamin B", "B"), (N, "I'd give it a 9/10", "9"), (N, "8: good", "8"),
    (N, "8 - good", "8"), (N, "1. First the answer", NO), (N, "8, 7", TWO), (N, "between 3 and 4", TWO),
    (N, "GPT-4 gets 5", TWO), (N, "It deserves a 7.", "7"), (N, "not a 7", NO), (N, "7\nBecause it is good", "7"),
    (N, "In 2024 it was 7", TWO), (N, "I am sorry", NO),
]  # fmt: skip


@pytest.mark.parametrize(("speech", "text", "means"), BRACKETS + MARKUP + STRUCTURED + NAMED + PLAIN + PROSE)
def test_what_a_reply_says(speech, text, means):
    found = read(text, speech)
    assert (found.meaning if found.outcome == "read" else found.outcome) == means


def test_every_family_is_tried_hard():
    assert all(len(family) >= 40 for family in (BRACKETS, MARKUP, STRUCTURED, NAMED, PLAIN, PROSE))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_examples_of_the_rules(rule):
    speech = P if rule.means in {"A", "B", "tie"} else C if rule.means.endswith("correct") else N
    found = read(rule.example, speech)
    assert (found.outcome, found.meaning, found.rule) == ("read", rule.means, rule.name)


def test_the_documents_list_the_rules():
    text = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "tables.md").read_text("utf-8")
    rows = [f"| {rule.name} | {rule.reads} | `{rule.example}` | {rule.means} |" for rule in RULES]
    assert "\n".join(rows) in text


def test_labels_of_ones_own():
    speech = labels(Scale.parse("none,partly supported,supported"))
    assert read("Verdict: partly supported", speech).meaning == "partly supported"
    assert read("**Supported.**", speech).meaning == "supported"
    assert read("Supported, but partly supported in places", speech).outcome == "two"


def test_the_scales_highest_number():
    assert read("Score: 4/5", NumberSpeech(10)).outcome == "none"
    assert read("Score: 4/5", NumberSpeech(5)).meaning == "4"
    assert read("80%", NumberSpeech(5)).outcome == "none"
    assert read("80%", NumberSpeech(100)).meaning == "80"


@given(st.text(max_size=300))
def test_no_text_breaks_a_rule(text):
    for speech in (N, P, C):
        found = read(text, speech)
        assert found.outcome in {"read", "two", "none"}
        assert undecorated(undecorated(text)) == undecorated(text)


@given(
    st.integers(0, 100),
    st.sampled_from(["[[{}]]", "Rating: {}", "{}/100", "**{}**", '{{"score": {}}}', "I rate it {}."]),
)
def test_a_plain_number_is_read_in_every_form(number, form):
    assert read(form.format(number), N).meaning == str(number)


@given(
    st.sampled_from("AB"),
    st.sampled_from("AB"),
    st.sampled_from(["[[{}]]", "<verdict>{}</verdict>", "\\boxed{{{}}}", "Verdict: {}"]),
)
def test_two_verdicts_are_none(one, other, form):
    found = read(f"{form.format(one)}\nOn reflection:\n{form.format(other)}", P)
    assert found.meaning == (one if one == other else "")


LONG = {
    "brackets": "[" * 200_000,
    "names": "score: " * 30_000,
    "sides": "A is better, " * 20_000,
    "braces": "{" * 100_000 + "}" * 100_000,
    "negations": "not " * 50_000,
    "tags": "<verdict>" * 20_000,
    "json": json.dumps({"reason": "x " * 60_000, "score": 3}),
    "boxes": "\\boxed{" * 30_000,
    "fences": "```json\n{" * 20_000,
    "numbers": "7 " * 100_000,
    "parentheses": "((" * 50_000,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_long_texts_are_read_to_their_end(text):
    # What took time that grows with a power of the length would not come back.
    for speech in (N, P, C):
        read(text, speech)
