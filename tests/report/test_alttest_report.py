"""The alternative annotator test in words."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import numpy as np
from documents import breaks, document
from hypothesis import given, settings
from hypothesis import strategies as st

from judgebench.agreement.alt_test.codes import alt_test
from judgebench.agreement.alt_test.judges import JudgeDifference, advantage_difference
from judgebench.agreement.alt_test.ratings import SWEEP
from judgebench.domain import Estimate, Policies
from judgebench.report.alt_test import AltTests, Entry

RNG = np.random.default_rng(4)
TRUTH = RNG.integers(0, 2, 80)
PEOPLE = np.where(RNG.random((80, 3)) < 0.8, TRUTH[:, None], 1 - TRUTH[:, None])
PEOPLE[20:, 2] = -1


def entry(judge, name="good", sweep=False, **how) -> Entry:
    result = alt_test(judge, PEOPLE, np.eye(2), names=("ann", "bob", "cy"), epsilon=0.2, scoring="accuracy", **how)
    rates = tuple((epsilon, result.winning_rate) for epsilon in SWEEP) if sweep else ()
    return Entry("own.csv", name, "crowd", "data:1", Policies(order="single"), result, rates)


GOOD = entry(TRUTH)
BAD = entry(1 - TRUTH, "bad", cluster=np.arange(80) // 4)
NOBODY = alt_test(TRUTH[:20], PEOPLE[:20], np.eye(2), scoring="accuracy")
EMPTY = Entry("own.csv", "new", "crowd", "", Policies(), NOBODY)


def render(tests, versus=(), form="table", *, explain=True):
    return AltTests(tuple(tests), tuple(versus)).render(form, explain=explain)


def pairs():
    estimate, p = advantage_difference(GOOD.result, BAD.result)
    return [JudgeDifference(0, 1, estimate, p, p), JudgeDifference(1, 0, Estimate.missing("no_annotators"), None, None)]


def test_the_first_line_says_what_it_means():
    good, bad, empty = (render([test]).split("\n\n", 1)[0].replace("\n  ", " ") for test in (GOOD, BAD, EMPTY))
    assert good.startswith("good on own.csv passes at epsilon 0.2: it wins against 2 of 2")
    assert "bad on own.csv doesn't pass" in bad
    assert "wins against 0 of 2" in bad
    assert "nothing can be said" in empty


def test_the_brief_answer_says_yes_no_or_on_whom_it_hangs():
    good, bad, empty = (render([test], explain=False).split("\n\n", 1)[0].split("\n")[0] for test in (GOOD, BAD, EMPTY))
    assert good.startswith("Not sure whether good passes")  # of two people
    assert bad.startswith("Not sure whether bad passes")  # the test alone can't say no of so few
    assert empty.startswith("Nothing can be said of new")
    assert "  not sure " in render([GOOD, BAD], explain=False)
    assert "Fewer than 3" not in render([EMPTY], explain=False)
    assert ".15" in render([entry(TRUTH, sweep=True)], explain=False)


def test_the_table_has_annotators_clusters_sweep_and_pairs():
    text = render([GOOD, BAD], pairs())
    assert "left out" in text
    assert "clustered p" in text
    assert "Differences of advantage" in text
    assert "fewer than 3 annotators" in text
    assert "eps 0.15" not in text
    assert "bad: items share clusters" in text
    assert "eps 0.15" in render([entry(TRUTH, sweep=True)])
    assert "| ann |" in render([GOOD], form="md")


def test_json_keeps_its_schema():
    ranks = entry(TRUTH, "ranks", small="wilcoxon")
    plain = replace(GOOD.result, majority=(0.0, 0.5))
    tests = [GOOD, BAD, EMPTY, entry(TRUTH, sweep=True), ranks, GOOD._replace(result=plain)]
    found = document(render(tests, pairs(), "json"))
    assert found["rows"][0]["passed"] is True
    assert found["rows"][2]["winning_rate"]["undefined"] == "no_annotators"
    assert found["rows"][4]["annotators"][2]["test"] == "wilcoxon"
    assert found["pairs"][0]["difference"]["value"] > 0
    assert breaks(found | {"rows": [found["rows"][0] | {"passed": "yes"}]})


def test_csv_has_a_row_per_judge_and_per_annotator():
    lines = list(csv.DictReader(io.StringIO(render([GOOD, EMPTY], form="csv"))))
    assert [(line["judge"], line["annotator"]) for line in lines] == [
        ("good", "(all)"), ("good", "ann"), ("good", "bob"), ("good", "cy"),
        ("new", "(all)"), ("new", "annotator 1"), ("new", "annotator 2"), ("new", "annotator 3"),
    ]  # fmt: skip
    assert [line["passed"] for line in lines[:4]] == ["yes", "yes", "yes", ""]
    assert lines[3]["test"] == "left out"
    assert lines[4]["winning_rate"] == ""


@given(st.text(st.characters(exclude_categories=()), max_size=20), st.sampled_from(["table", "json", "csv", "md"]))
@settings(max_examples=40, deadline=None)
def test_any_names_can_be_printed(name, form):
    text = render([GOOD._replace(task=name, judge=name)], form=form)
    text.encode("utf-8")
    assert not any(ord(c) < 32 and c != "\n" for c in text)


def test_clusters_that_turn_the_verdict_are_named_in_the_first_line():
    turned = GOOD._replace(result=replace(GOOD.result, clustered_rate=Estimate(0.0, None, None, 2)))
    assert "which says otherwise" in render([turned]).replace("\n  ", " ")
    assert "which says otherwise" not in render([GOOD]).replace("\n  ", " ")


def test_each_table_of_a_latex_file_has_a_label_of_its_own():
    labels = re.findall(r"\\label\{([^}]*)\}", render([GOOD, BAD], pairs(), "tex"))
    assert len(labels) == len(set(labels)) == 3


def test_the_epsilon_that_nobody_chose_is_told_with_its_reason():
    """It went from .1 to .15 with --gold human, and the answer turned without a word."""
    for gold, because, said in (("unspecified", "gold", "--gold human takes .15"), ("human", "gold", "for people"),
                                ("crowd", "card", "card says"), ("human", "option", "")):  # fmt: skip
        text = render([GOOD._replace(gold=gold, because=because)], explain=False)
        assert ("“Level” is give or take .20" in text) == bool(said)
        assert said in text
