"""Consistency without labels: wordings of one request, and preferences that run in a circle."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import judgebench as jb
from judgebench.agreement.observed.transitivity import to_order, triads
from judgebench.catalog import make_probe
from judgebench.domain import Case, Item, Part, Response, Scale, Turn
from judgebench.errors import BackendError, DataError, UsageError
from judgebench.probes.named import variants
from judgebench.probes.orders import Plain
from judgebench.probes.paraphrase import OPERATORS

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("a", "b", "c", "d")


def item(question: str, *answers: str, image: str | None = None) -> Item:
    parts = (Part(question), *([Part("", image=image)] if image else []))
    return Item("i", (Turn("user", parts),), tuple(map(Response, answers)), (), "unspecified")


@given(st.text(), st.text(), st.text(), st.sampled_from(sorted(OPERATORS)))
def test_all_but_the_request_stays_and_the_request_is_in_it(question: str, one: str, two: str, variant: str) -> None:
    before = item(question, one, two)
    made = make_probe(f"paraphrase/{variant}", Plain("both"), Scale.pair())
    cases = list(made.cases(before))
    # After a colon the closing words would be taken for the text that is asked about; two empty answers are none.
    open_end = variant == "closed" and question.rstrip().endswith((":", "\uff1a"))
    if not question.strip() or not (one + two).strip() or open_end:
        assert not cases
        return
    assert [case.order for case in cases] == [(0, 1), (1, 0)]
    assert len({case.item.question for case in cases}) == 1
    for case in cases:
        assert case.item.responses == before.responses
        assert question.rstrip() in case.item.conversation[-1].parts[0].text
        assert case.item.question != before.question
        assert (
            dict(case.item.attributes)["probe target"] == "" if "probe target" in dict(case.item.attributes) else True
        )


def test_wordings_with_braces_and_images_are_left_as_they_are() -> None:
    made = make_probe("paraphrase/framed", Plain("original"), Scale.check())
    [case] = made.cases(item("What is {x} in {}?", "1", image="data:image/png;base64,AA=="))
    first, second = case.item.conversation[-1].parts
    assert first.text == "My request:\n\nWhat is {x} in {}?"
    assert second.image == "data:image/png;base64,AA=="


@pytest.mark.parametrize(
    ("name", "text", "column"),
    [
        ("own.csv", "id,paraphrase_1,Paraphrase 2\ni,First?,Second?\nj,Other?,\n", ""),
        ("own.csv", "item_id,text\ni,First?\nj,Other?\ni,Second?\n", ""),
        ("own.csv", "id,text,one,two\ni,no,First?,Second?\n", "#one,two"),
        ("own.jsonl", '{"id": "i", "paraphrases": ["First?", " ", "Second?"]}\n', ""),
        ("own.jsonl", '{"id": "the question", "paraphrases": ["First?", "Second?"]}\n', ""),
    ],
)
def test_rewordings_of_ones_own_take_the_place_of_the_request(
    tmp_path: Path, name: str, text: str, column: str
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    file = f"{tmp_path / name}{column}"
    before = replace(item("What is it?", "1", image="data:image/png;base64,AA=="), cluster="the question")
    specs = variants(f"paraphrase:{file}", OPERATORS)
    assert specs == [f"paraphrase/{place}:{file}" for place in (1, 2)]
    for place, (spec, words) in enumerate(zip(specs, ("First?", "Second?"), strict=True), 1):
        [case] = make_probe(spec, Plain("original"), Scale.check()).cases(before)
        assert case.probe == f"paraphrase/{place}:{name}{column}"
        assert [part.text for part in case.item.conversation[-1].parts] == [words, ""]
        assert case.item.responses == before.responses
        # Of what the file does not have, and of the request as it was, there is nothing to ask.
        assert not list(make_probe(spec, Plain("original"), Scale.check()).cases(item(words, "1")))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("own.csv", "id,text\ni,First?\ni,First?\n", "own.csv:3, field 'text': this rewording of 'i' appears twice"),
        ("own.csv", "id,text\n,First?\n", "own.csv:2, field 'id'"),
        ("own.csv", "id,text_1,text_2\ni,,\n", "own.csv:2, field 'text_1, text_2': there is no rewording"),
        ("own.jsonl", '{"id": "i", "text": 3}\n', "own.jsonl:1, field 'text': expected a text"),
        ("own.csv", "name,text\ni,First?\n", "no column of ids"),
        ("own.csv", "id,words\ni,First?\n", "write own.csv#COLUMN"),
    ],
)
def test_what_are_no_rewordings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises((DataError, UsageError)) as found:
        variants(f"paraphrase:{name}", OPERATORS)
    assert said in str(found.value)


def test_agreement_over_as_many_rewordings_as_each_item_has(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(
        "id,question,answer,gold\na,Plain a,x,correct\nb,Plain b,x,correct\nc,Plain c,x,correct\n", "utf-8"
    )
    (tmp_path / "own.csv").write_text("id,text\na,Turn a\na,Once more a\nb,Again b\n", "utf-8")

    def judge(case: Case, scale: Scale) -> str:
        return "incorrect" if case.item.question.startswith("Turn") else "correct"

    how = {"judge": judge, "task": tmp_path / "items.csv", "runs": tmp_path / "runs"}
    probes = [f"paraphrase:{tmp_path / 'own.csv'}", "paraphrase/polite"]
    found = {row.probe: row.found for row in jb.probe(probe=probes, **how).rows}
    # Our own wordings have a row of theirs.
    assert set(found) == {
        "paraphrase/1:own.csv", "paraphrase/2:own.csv", "paraphrase:own.csv", "paraphrase/polite", "paraphrase",
    }  # fmt: skip
    whole = found["paraphrase:own.csv"]
    # a: correct, incorrect, correct; b: correct twice; c has no other wording.
    assert (whole.rows, whole.unmatched) == (2, 1)
    assert whole.figures["pairwise_agreement"].value == pytest.approx((1 / 3 + 1) / 2)
    assert whole.figures["fully_consistent"].value == 0.5


@given(st.permutations(NAMES))
def test_an_order_has_no_circle_and_needs_no_edit(order: list[str]) -> None:
    wins = {(a, b): -1 if order.index(a) < order.index(b) else 1 for a, b in combinations(NAMES, 2)}
    assert list(triads(wins)) == [False] * 4
    assert to_order(wins) == 0


@given(st.lists(st.sampled_from([-1, 0, 1]), min_size=6, max_size=6))
def test_a_circle_needs_an_edit(sides: list[int]) -> None:
    wins = dict(zip(combinations(NAMES, 2), sides, strict=True))
    assert to_order(wins) >= any(triads(wins))
    assert to_order(wins) <= 3


def test_wordings_are_asked_and_their_agreement_told(fake_llm, tmp_path):
    how = {"judge": "server/m", "base_url": fake_llm.openai_url, "task": "pandalm", "sample": True, "runs": tmp_path}
    found = jb.probe(suite="consistency", **how)
    rows = {row.probe: row.found for row in found.rows}
    assert {f"paraphrase/{name}" for name in OPERATORS} < set(rows)
    whole = rows["paraphrase"].figures
    assert whole["retest_agreement"].value == 1
    assert 0 <= whole["fully_consistent"].value < whole["pairwise_agreement"].value < 1
    assert whole["alpha"].value < 0.5
    # A judge that draws its verdict from the prompt's words is seen to be inconsistent.
    assert rows["paraphrase"].led
    assert sum(fake_llm.counts.values()) == (2 + len(OPERATORS)) * 48


def test_circles_of_a_round_robin_are_counted(tmp_path):
    # One question whose verdicts run in a circle, and one with an order.
    beats = {"q0": "a>b b>c c>a", "q1": "a>b b>c a>c"}
    lines = ["id,question,answer_a,answer_b,system_a,system_b,gold"]
    for q in beats:
        lines += [f"{q}{a}{b},{q},text {a} {q},text {b} {q},{a},{b},A" for a, b in combinations("abc", 2)]
    (tmp_path / "mine.csv").write_text("\n".join(lines), "utf-8")

    def circular(case: Case, scale: Scale) -> str:
        a, b = (case.item.responses[place].text.split()[1] for place in case.order)
        return "A" if f"{a}>{b}" in beats[case.item.question] else "B"

    jb.run(judge=circular, task=tmp_path / "mine.csv", runs=tmp_path / "runs")
    [row] = jb.probe(tmp_path / "runs", probe="transitivity").rows
    assert row.found.figures["cyclic_triads"].value == 0.5
    assert row.found.figures["pair_flips"].value == 0
    assert row.found.figures["edits"].value == 0.5


def test_answers_to_one_question_are_compared_by_their_vectors(judgebench, tmp_path, monkeypatch) -> None:
    # A stand-in for the encoder: answers are alike in so far as they share their first letters.
    def cosines(name: str, pairs: list[tuple[str, str]]) -> list[float]:
        return [float(one[0] == two[0]) for one, two in pairs]

    monkeypatch.setattr("judgebench.judges.backends.embedding.cosines", cosines)
    rows = ("p,Oslo", "p,Oslo", "p,Bergen", "q,Tungsten", "q,Tin", "r,alone", "s,Yes", "s,")
    (tmp_path / "answers.csv").write_text("question,answer\n" + "".join(f"{row}\n" for row in rows), "utf-8")
    asked = ("--judge", "embedding/stand-in", "--task", "answers.csv", "--scale", "check", "--similarity")
    [row] = judgebench("probe", *asked, "--format", "json").document()["rows"]
    assert (row["questions"], row["pairs"]) == (2, 4)
    assert row["mean"]["value"] == pytest.approx((1 / 3 + 1) / 2)
    assert row["mean"]["low"] < row["mean"]["value"] < row["mean"]["high"]
    assert row["alike"]["value"] == 0.5
    assert (row["least"], row["least_text"]) == (pytest.approx(1 / 3), "p")
    assert judgebench("probe", "--similarity", "--judge", "embedding/x").code == 2
    none = judgebench("probe", *asked, "--alike-from", "2")
    assert (none.code, "between -1 and 1" in none.err) == (2, True)


def test_only_embedding_models_compare(tmp_path) -> None:
    (tmp_path / "answers.csv").write_text("question,answer\np,Oslo\np,Bergen\n", "utf-8")
    with pytest.raises(BackendError, match="embedding/MODEL"):
        jb.similarity(judge="gpt-4o", task=tmp_path / "answers.csv", scale="check")
