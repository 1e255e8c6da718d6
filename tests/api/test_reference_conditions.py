"""References as a condition of a run: whose they are, that none is asked twice, and what the judge can answer."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers.fake_batches import FakeBatches
from servers.fake_llm import FakeLLM

import judgebench
from judgebench.api.report import report_sources
from judgebench.api.run_sources import stored_sources
from judgebench.catalog import make_task
from judgebench.domain import Item, Reference, Response, Turn
from judgebench.errors import DataError, IncompleteError, UsageError
from judgebench.labels.answers import graded, normalise
from judgebench.probes.references import Pool
from judgebench.report.page.disagreements import explorer
from judgebench.store.beside import BESIDE, Beside, read_beside, write_beside
from judgebench.store.verify import verify

if TYPE_CHECKING:
    from pathlib import Path

    from judgebench.report.scores import Scores

pytestmark = pytest.mark.filterwarnings("ignore::judgebench.api.notes.NoteWarning")
CONDITIONS = ["none", "self", "human", "wrong", "random"]

# --- made without a model -----------------------------------------------------------------------

_WORDS = [
    *("B", "(C)", "The answer is A.", "42", "-3.50", "1,250 USD", "yes", "Paris", "Igor Stravinsky", "it is higher"),
    *("Cash rises by 450 and is not lower.", "\u0661\u0662", "the", "...", "\ud800", "9" * 40, "1. first\n2. second"),
]
_TEXTS = st.one_of(st.sampled_from(_WORDS), st.text(max_size=40))


def _item(number: int, texts: list[str], subset: str = "") -> Item:
    question = (Turn.of("user", f"question {number}"),)
    references = tuple(Reference(text) for text in texts)
    return Item(f"i{number}", question, (Response("an answer"),), (), "human", subset=subset, references=references)


@given(st.lists(st.lists(_TEXTS, max_size=3), min_size=2, max_size=5), st.integers(0, 3))
def test_a_made_reference_is_never_a_right_one_and_hangs_on_the_seed_and_the_texts(
    texts: list[list[str]], seed: int
) -> None:
    items = [_item(number, own) for number, own in enumerate(texts)]
    pool, again = Pool.of(items, "human", seed), Pool.of(reversed(items), "human", seed)
    for item in items:
        right = {normalise(one.text) for one in item.references}
        for make, other in ((pool.wrong, again.wrong), (pool.random, again.random)):
            made = make(item)
            assert made == other(item) or (made and other(item) and made.references == other(item).references)
            said = {normalise(one.text) for one in made.references} if made else set()
            assert not said & right


@pytest.mark.parametrize(
    ("right", "edit"),
    [
        ("(B)", "another letter"),
        ("The answer is D.", "another letter"),
        ("It costs 1,250.50 at 8 %", "other numbers"),
        ("Revenue rises", "opposite words"),
        ("A bond is a debt", "a negation"),
        ("Paris", "another name"),
        ("so be it", "another item's, of the nearest length"),
    ],
)
def test_a_wrong_reference_says_which_edit_made_it(right: str, edit: str) -> None:
    items = [_item(1, [right]), _item(2, ["Rome"]), _item(3, ["wild guess"])]
    made = Pool.of(items, "human", 0).wrong(items[0])
    assert made is not None
    assert (made.how, made.references[0].kind) == (edit, "wrong")


def test_what_is_random_comes_of_the_same_subset_and_another_question() -> None:
    items = [_item(n, [f"text {n // 2}"], subset) for n, subset in enumerate("aaaabb")]
    pools = [Pool.of(items, "human", seed) for seed in range(8)]
    drawn = {pool.random(items[0]).references[0].text for pool in pools}
    assert drawn == {"text 1"}
    assert pools[0].random(items[4]) is None


@pytest.mark.parametrize(
    ("answer", "right", "told"),
    [
        ("Option A fails. The answer is (B).", ["B"], (True, "letter")),
        ("BBBBB", ["A"], (False, "letter")),
        ("All are plausible", ["A"], (None, "")),
        ("so it is 12.346", ["12.35"], (True, "number")),
        ("The answer is $1,250", ["1250"], (True, "number")),
        ("2 + 3 = 5", ["5"], (None, "")),
        ("It flows into the Danube.", ["Rhine", "The Danube"], (True, "contains")),
        ("It flows into the Rhone.", ["Rhine"], (False, "contains")),
        ("No, because of that", ["yes"], (False, "exact")),
        ("Equity rises.", ["Cash and equity rise by the profit that was made."], (None, "")),
        ("", ["A"], (None, "")),
    ],
)
def test_what_no_comparison_tells_is_not_called_wrong(answer: str, right: list[str], told: tuple) -> None:
    assert tuple(graded(answer, right)) == told


# --- asked ---------------------------------------------------------------------------------------


def _run(llm: FakeLLM, task: str = "bff-bench", **how: object) -> Scores:
    return judgebench.run("server/m", task, sample=True, base_url=llm.openai_url, **how)


def _twice(llm: FakeLLM) -> Counter[str]:
    """Count the prompts that were answered more than once, but for those of items that have nothing to show."""
    said = [(one.digest, one.body["messages"][-1]["content"]) for one in llm.requests if one.fault is None]
    answered = Counter(name for name, text in said if "begin reference" in text or "begin response" not in text)
    return Counter({name: count for name, count in answered.items() if count > 1})


def test_no_free_labels_in_one_command(here: Path, fake_llm: FakeLLM) -> None:
    ahead = judgebench.estimate("server/m", "bff-bench", sample=True, base_url=fake_llm.openai_url,
                                reference=CONDITIONS, can_answer=True)  # fmt: skip
    scores = _run(fake_llm, reference=CONDITIONS, can_answer=True)
    assert sum(row["calls"] for row in ahead.to_json()["runs"]) == len(fake_llm.requests)
    # 17 questions, 16 of them with a reference that takes a judge; then 26 items in five conditions.
    assert len(fake_llm.requests) == 17 + 16 + 5 * 26
    assert not _twice(fake_llm)
    strata = {(row.judge.conditions["reference"], row.subset): row.items for row in scores}
    for condition in CONDITIONS:
        parts = [strata[condition, name] for name in ("answerable", "not answerable", "can't tell")]
        assert sum(parts) == strata[condition, "all"]
    table = scores.render(explain=True).partition("kappa by whether the judge can answer")[2]
    assert all(f"reference {condition}" in table for condition in CONDITIONS)
    # The same again would ask nobody, and measuring asks nobody.
    again = judgebench.estimate("server/m", "bff-bench", sample=True, base_url=fake_llm.openai_url,
                                reference=CONDITIONS, can_answer=True)  # fmt: skip
    assert sum(row["calls"] for row in again.to_json()["runs"]) == 0
    stored = {(row.judge, row.subset): row.metrics for row in judgebench.score("runs")}
    assert stored == {(row.judge, row.subset): row.metrics for row in scores}


def test_the_judges_own_answer_is_shown_beside_what_it_judges(here: Path, fake_llm: FakeLLM) -> None:
    scores = _run(fake_llm, reference="self")
    asked, judged = fake_llm.requests[:17], fake_llm.requests[17:]
    assert [one["role"] for one in asked[0].body["messages"]] == ["user"]
    assert "=== begin" not in asked[0].body["messages"][0]["content"]
    assert len(judged) == 26
    assert all("=== begin reference [" in one.body["messages"][-1]["content"] for one in judged)
    # What the own answers used is counted.
    (run,) = [path for path in (here / "runs").iterdir() if "own-answers" not in path.name and path.name[0] != "."]
    own = sum(one.usage.input_tokens for one in read_beside(run).values())
    assert scores.row().usage.input_tokens == scores.asked[0].usage.input_tokens + own > own > 0
    (reported,) = report_sources(stored_sources([here / "runs"]), (), data=None, sample=True, texts=True, tell=str)
    found = explorer([reported])
    assert (found.texts, found.others) == (26, 0)


def test_a_published_judge_has_the_answers_of_its_model(here: Path, fake_llm: FakeLLM) -> None:
    _run(fake_llm, reference="self", limit=3)
    before = len(fake_llm.requests)
    scores = judgebench.run("judging-the-judges:server/m", "bff-bench", sample=True, base_url=fake_llm.openai_url,
                            reference="self", limit=3)  # fmt: skip
    assert (before, len(fake_llm.requests) - before) == (2 + 3, 3)
    assert scores.row().items


def test_both_orders_of_a_pair_share_one_answer(here: Path, fake_llm: FakeLLM) -> None:
    rows = [{"id": str(n), "question": f"{n} + {n}?", "answer_a": "A", "answer_b": "B", "gold": "A"} for n in range(4)]
    judgebench.run("server/m", rows, base_url=fake_llm.openai_url, reference="self")
    assert len(fake_llm.requests) == 4 + 2 * 4
    assert not _twice(fake_llm)


def test_what_stopped_goes_on_and_pays_for_nothing_twice(here: Path) -> None:
    with FakeLLM(faults="500@0.5*1") as llm:
        done = False
        for _ in range(8):
            try:
                scores = _run(llm, reference=["self", "wrong"], can_answer=True, attempts=1)
                done = not any(row.statuses.get("failed") for row in scores)
            except IncompleteError:
                done = False
            if done:
                break
        assert done
        assert not _twice(llm)


def test_items_of_ones_own_with_short_references_take_no_grader(here: Path, fake_llm: FakeLLM) -> None:
    # The stand-in draws A or B, and states no other letter.
    rows = [{"id": f"q{n}", "question": f"A or B, {n}?",
             "answer": "A", "reference": "AB"[n % 2], "gold": "correct"} for n in range(6)]  # fmt: skip
    scores = judgebench.run("server/m", rows, scale="check", base_url=fake_llm.openai_url, can_answer=True)
    assert len(fake_llm.requests) == 2 * 6
    (run,) = [path for path in (here / "runs").iterdir() if "own-answers" not in path.name and path.name[0] != "."]
    known = read_beside(run)
    assert {one.by for one in known.values()} == {"letter"}
    for n in range(6):
        assert (known[f"q{n}"].can_answer == "yes") == (f"[[{'AB'[n % 2]}]]" in known[f"q{n}"].answer)
    assert sum(row.items for row in scores if row.subset != "all") == 6


def test_references_from_a_file_are_joined_by_id(here: Path, fake_llm: FakeLLM) -> None:
    ids = [item.id for item in make_task("bff-bench", sample=True).items()]
    lines = [{"item_id": name, "gold_answer": f"of {name}"} for name in ids[3:]] + [
        {"item_id": "x", "gold_answer": "?"}
    ]
    (here / "mine.jsonl").write_text("\n".join(map(json.dumps, lines)))
    _run(fake_llm, reference="file:mine.jsonl", limit=5)
    shown = [one.body["messages"][-1]["content"] for one in fake_llm.requests]
    assert sum(f"of {ids[3]}" in text for text in shown) == 1
    (run,) = [path for path in (here / "runs").iterdir() if path.name[0] != "."]
    assert read_beside(run)[ids[3]] == Beside((Reference(f"of {ids[3]}", "file:mine.jsonl"),), "from mine.jsonl")
    (here / "other.csv").write_text("id,reference\nnobody,text\n")
    with pytest.raises(DataError, match="none of its ids is that of an item"):
        _run(fake_llm, reference="file:other.csv")
    (here / "two.csv").write_text("id,expected,target\na1c90000-t1,x y,z w\n")
    with pytest.raises(UsageError, match=r"file:two\.csv#COLUMN"):
        _run(fake_llm, reference="file:two.csv")


@pytest.mark.parametrize(
    ("judge", "task", "how", "why"),
    [
        ("baseline/first", "pandalm", {"reference": "self"}, "is not a language model"),
        ("server/m", "pandalm", {"reference": "wrong"}, "no item of pandalm has a reference"),
        ("server/m", "pandalm", {"can_answer": True}, "nothing says what a right answer is"),
        ("server/m", "pandalm", {"reference": "other"}, "has no reference 'other'"),
        ("server/m", "pandalm", {"reference": "file:"}, "name a file"),
        ("server/m", "pandalm", {"grader": "server/g"}, "belongs to"),
    ],
)
def test_what_can_not_be_is_refused_before_anybody_is_asked(
    here: Path, fake_llm: FakeLLM, judge: str, task: str, how: dict, why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        judgebench.run(judge, task, sample=True, base_url=fake_llm.openai_url, **how)
    assert not fake_llm.requests


def test_a_conversation_has_a_reference_for_each_turn() -> None:
    item = next(one for one in make_task("bff-bench", sample=True).items() if one.id == "a1c90000-t2")
    assert [one.turn for one in item.references] == [1, 0]


# --- kept -----------------------------------------------------------------------------------------


def test_what_is_known_of_items_is_kept_whole(tmp_path: Path) -> None:
    one = Beside((Reference("x", "wrong", 1), Reference("\ud800", "wrong")), "other numbers")
    write_beside(tmp_path, {"b": one, "a": Beside(can_answer="yes", by="letter", answer="B")})
    # Who comes later without having looked takes nothing away.
    write_beside(tmp_path, {"a": one})
    known = read_beside(tmp_path)
    assert known["b"] == one
    assert (known["a"].references, known["a"].can_answer) == (one.references, "yes")
    file = tmp_path / BESIDE
    file.write_bytes(file.read_bytes().replace(b'"yes"', b'"no!"'))
    with pytest.raises(DataError, match="not what was written"):
        read_beside(tmp_path)
    assert any("checksum" in str(one) for one in verify(tmp_path).findings)


def test_batches_take_own_answers_first_and_go_on_where_they_stopped(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    with FakeBatches(polls=1) as llm:
        how = {"sample": True, "base_url": llm.openai_url, "limit": 4, "engine": "batch", "poll": 0.02}
        how |= {"reference": ["self", "none"], "can_answer": True}
        for _ in range(2):
            with pytest.raises(IncompleteError, match="submitted in 1 batch"):
                judgebench.run("openai/gpt-4o", "bff-bench", wait=False, **how)
        assert judgebench.run("openai/gpt-4o", "bff-bench", **how)
        # Own answers, their grades, then both conditions.
        assert [len(one.entries) for one in llm.batches] == [3, 3, 4, 4]
        assert max(llm.paid.values()) == 1
        assert not llm.requests
