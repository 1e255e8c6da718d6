"""The report's page and the list of items in it: what goes in, what stays out, and that none of it becomes markup."""

from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reported_runs import HOSTILE, Made, reported

from judgebench.domain import Case, Item, JudgeName, Label, Policies, Reference, Reply, Response, Scale, Status, Turn
from judgebench.report.page.disagreements import explorer
from judgebench.report.page.lead import leads_of
from judgebench.report.page.measured import by_task
from judgebench.report.page.outcomes import AT_ODDS, RIGHT, UNSCORED, outcomes
from judgebench.report.page.overview import overview
from judgebench.report.page.page import report_page, tasks_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.report.page.parts import Reported

PAIR = Scale.pair()


def sorted_run(made: Made, **changes: Any) -> Reported:
    """A run whose verdicts come as a store gives them."""
    one = reported(made)
    found = sorted(one.verdicts(), key=lambda verdict: (verdict.item, verdict.repeat, verdict.order))
    return replace(one, verdicts=lambda: iter(found), **changes)


def with_items(one: Reported, *, words: str = "", text: str = "judge's words") -> Reported:
    """The same, asked about items that are there, and with the judge's words."""
    items: dict[str, Item] = {}
    asked = []
    for verdict in one.verdicts():
        item = items.setdefault(
            verdict.item,
            Item(
                id=verdict.item,
                conversation=(Turn.of("user", f"question {verdict.item}{words}"),),
                responses=tuple(Response(f"response {i}{words}", "m") for i in range(len(verdict.order))),
                gold=(Label("person", 0),),
                gold_source="human",
                references=(Reference(f"reference{words}"),),
                context=(f"context{words}",),
            ),
        )
        key = Case(item, verdict.order, verdict.repeat, verdict.probe, verdict.reference).key
        asked.append(replace(verdict, key=key, text=f"{text}{words}"))
    return replace(one, verdicts=lambda: iter(asked), items=lambda: iter(items.values()))


def unpacked(block: str) -> Any:
    return json.loads(zlib.decompress(base64.b64decode(block)))


def board(runs: Sequence[Reported], number: int = 0, **how: Any) -> tuple[dict[str, Any], dict[str, Any], list[Any]]:
    """A board's head, columns, and items in the order of the columns."""
    blocks = explorer(runs, **how).blocks
    columns = unpacked(blocks[f"b{number}"])
    places = zip(columns["chunk"], columns["slot"], strict=True)
    items = [unpacked(blocks[f"b{number}-{chunk}"])[slot] for chunk, slot in places]
    return unpacked(blocks["boards"])[number], columns, items


GOLD = [(0, 0, 0), (1, 1, 1), (2, 2, 0), (2, 2, 2), (0, 1, 2)]
BOTH = Made(gold=GOLD, judge=[0, 0, 2, None, 0], swapped=[0, 1, 0, 2, 0], scale=PAIR)


@pytest.mark.parametrize(
    ("order", "wanted"),
    [
        # The last item has no majority, so nobody can be right there.
        ("mean", [RIGHT, AT_ODDS, AT_ODDS, AT_ODDS, UNSCORED]),
        ("single", [RIGHT, AT_ODDS, RIGHT, AT_ODDS, UNSCORED]),
        ("both-right", [RIGHT, AT_ODDS, AT_ODDS, AT_ODDS, UNSCORED]),
        ("inconsistent-tie", [RIGHT, RIGHT, AT_ODDS, AT_ODDS, UNSCORED]),
    ],
)
def test_right_is_what_the_policies_say(order: str, wanted: list[int]) -> None:
    one = reported(replace(BOTH, policies=Policies(order=order)))  # type: ignore[arg-type]  # a policy by name
    assert list(outcomes(one).values()) == wanted


def test_dropped_answers_are_not_scored() -> None:
    one = reported(Made(gold=[(0,), (1,)], judge=[None, 1], policies=Policies(invalid="drop")))
    assert outcomes(one) == {"item 0": UNSCORED, "item 1": RIGHT}


def test_a_mean_label_is_met_exactly_or_not() -> None:
    made = Made(gold=[(2, 2), (1, 2), (0, 4)], judge=[2, 1, 2], scale=Scale.rate(1, 5), policies=Policies(gold="mean"))
    assert list(outcomes(reported(made)).values()) == [RIGHT, AT_ODDS, RIGHT]


def test_columns_say_what_the_verdicts_say() -> None:
    head, columns, items = board([sorted_run(BOTH)])
    assert columns["id"] == [f"item {i}" for i in range(5)]
    assert [columns["words"][code] if code >= 0 else None for code in columns["gold"]] == ["A", "tie", "B", "B", None]
    assert columns["people"] == [1, 1, 2, 1, 2]
    # 0: one order only, 1: held, 2: changed.
    assert columns["flip"] == [1, 2, 2, 0, 1]
    assert columns["start"] == [0, 2, 4, 6, 8, 10]
    said = [[columns["word"][g] for g in range(a, a + 2)] for a in columns["start"][:-1]]
    assert said == [[0, 0], [0, 1], [2, 0], [-1, 2], [0, 0]]
    assert head["items"] == head["total"] == 5
    assert [len(item["said"]) for item in items] == [2] * 5
    assert [columns["annotators"][name] for name, _ in items[0]["gold"]] == ["person 0", "person 1", "person 2"]


def test_items_stand_in_natural_order_without_a_task_and_in_the_task_s_with_one() -> None:
    one = sorted_run(Made(gold=[(0,)] * 12, judge=[0] * 12))
    assert board([one])[1]["id"] == [f"item {i}" for i in range(12)]
    turned = with_items(one)
    assert turned.items is not None
    backwards = replace(turned, items=lambda: iter(list(turned.items())[::-1]))  # type: ignore[misc]  # held above
    assert board([backwards])[1]["id"] == sorted((f"item {i}" for i in range(12)), reverse=True)


def test_runs_of_one_task_share_a_board_and_other_gold_has_its_own() -> None:
    first = sorted_run(Made(gold=[(0,), (1,)], judge=[0, 0]))
    second = sorted_run(Made(gold=[(0,), (1,), (1,)], judge=[1, 1, 1], name="other"))
    relabelled = sorted_run(Made(gold=[(1,), (1,)], judge=[1, 1], name="third"))
    found = explorer([first, second, relabelled])
    heads = unpacked(found.blocks["boards"])
    assert [head["items"] for head in heads] == [3, 2]
    columns = unpacked(found.blocks["b0"])
    assert columns["names"] == ["model", "other"]
    # 3: this judge was not asked about the item.
    assert columns["outcome"] == [RIGHT, AT_ODDS, AT_ODDS, RIGHT, 3, RIGHT]
    assert columns["run"] == [0, 1, 0, 1, 1]
    assert columns["judges"] == [2, 2, 0]
    assert unpacked(found.blocks["b1"])["names"] == ["third"]


def test_a_judge_without_a_verdict_splits_no_judges_and_is_named_apart() -> None:
    heard = [sorted_run(Made(gold=[(0,), (1,)], judge=[0, 1], name=name)) for name in ("one", "two")]
    silent = sorted_run(Made(gold=[(0,), (1,)], judge=[None, None], name="old"))

    def columns(runs: Sequence[Reported]) -> dict[str, Any]:
        [block] = re.findall(r'id="block-b0">([^<]+)<', report_page(runs))
        return unpacked(block)

    found = columns([*heard, silent])
    assert (found["names"], found["judges"]) == (["one", "two"], [1, 1])
    assert "Not measured: old" in report_page([*heard, silent])
    # Alone it is what there is to look at.
    assert columns([silent])["names"] == ["old"]


def test_texts_are_those_that_were_judged_or_none() -> None:
    one = with_items(sorted_run(BOTH))
    head, columns, items = board([one])
    assert head["texts"] == 5
    assert all(item["text"]["responses"] == [["response 0", []], ["response 1", []]] for item in items)
    assert columns["snippet"][0] == "question item 0"
    assert one.items is not None
    read = one.items

    def changed() -> Any:
        for item in read():
            yield replace(item, context=("another context",)) if item.id == "item 2" else item

    head, columns, items = board([replace(one, items=changed)])
    assert (head["texts"], head["others"]) == (4, 1)
    assert [item["text"] is None for item in items] == [False, False, True, False, False]
    assert items[2]["why"] == 1
    assert columns["snippet"][2] == ""
    # Labels and names of systems are no texts: another name of a system changes nothing that was shown.
    renamed = replace(
        one, items=lambda: (replace(i, responses=tuple(replace(r, model="x") for r in i.responses)) for i in read())
    )
    assert board([renamed])[0]["texts"] == 5


def test_texts_that_one_of_two_judges_did_not_see_are_not_shown() -> None:
    first = with_items(sorted_run(BOTH))
    second = with_items(sorted_run(replace(BOTH, name="other")), words=" (another version)")
    head, _, items = board([first, second])
    assert (head["texts"], head["others"]) == (0, 5)
    assert all(item["text"] is None for item in items)


def test_without_texts_none_is_in_the_file() -> None:
    words = " must-not-be-passed-on"
    one = with_items(sorted_run(BOTH), words=words)
    for texts in (True, False):
        blocks = explorer([one], texts=texts).blocks
        raw = b"".join(zlib.decompress(base64.b64decode(block)) for block in blocks.values())
        assert (words.encode() in raw) == texts
        # Readers without JavaScript have them as they are.
        assert (words in report_page([one], texts=texts)) == texts
    assert "left out on purpose" in report_page([one], texts=False)


def test_a_limit_keeps_disagreements_first_and_says_so() -> None:
    one = sorted_run(Made(gold=[(0,)] * 6, judge=[0, 0, 1, 0, 1, 0]))
    head, columns, _ = board([one], most=3)
    assert columns["id"] == ["item 0", "item 2", "item 4"]
    assert (head["items"], head["total"]) == (3, 6)
    assert "3 of 6 items" in report_page([one], most=3)


def test_whole_verdicts_have_words() -> None:
    steps = Made(gold=[((1, 0),), ((1, 1),)], judge=[(1, 0), (1, 0)], scale=Scale.steps())  # type: ignore[list-item]  # whole verdicts
    one = sorted_run(steps)
    assert list(outcomes(one).values()) == [RIGHT, AT_ODDS]
    _, columns, _ = board([one])
    assert [columns["words"][code] for code in columns["word"]] == ["correct, incorrect"] * 2
    assert [columns["words"][code] for code in columns["gold"]] == ["correct, incorrect", "correct, correct"]


def test_one_of_several_right_picks_is_right() -> None:
    picks = Made(gold=[((0, 2),), ((0, 2),), (1,)], judge=[2, 1, 1], scale=Scale.pick(4))  # type: ignore[list-item]  # several right
    one = sorted_run(picks)
    wide = [replace(verdict, order=(0, 1, 2, 3), systems=("",) * 4) for verdict in one.verdicts()]
    _, columns, items = board([replace(one, verdicts=lambda: iter(wide))])
    assert [columns["words"][code] for code in columns["gold"]] == ["1 or 3", "1 or 3", "2"]
    assert [item["said"][0]["right"] for item in items] == [1, 2, 1]


def test_what_the_members_of_a_jury_said_is_beside_its_verdict() -> None:
    one = sorted_run(Made(gold=[(1,)], judge=[1]))
    members = (("mild", Reply.ok(1, text="fine by me")), ("strict", Reply(Status.REFUSED, error="no such thing")))
    asked = [replace(verdict, parts=members) for verdict in one.verdicts()]
    for texts in (True, False):
        _, columns, items = board([replace(one, verdicts=lambda: iter(asked))], texts=texts)
        parts = items[0]["said"][0]["parts"]
        assert [part["name"] for part in parts] == ["mild", "strict"]
        assert [part.get("text", part.get("error")) for part in parts] == (
            ["fine by me", "no such thing"] if texts else [None, None]
        )
        assert columns["words"][parts[0].get("word", 0)] == "correct"
        assert (parts[1]["word"], columns["statuses"][parts[1]["status"]]) == (-1, "refused")


def test_chunks_stay_small_and_hold_every_item_once() -> None:
    one = with_items(sorted_run(Made(gold=[(0,)] * 40, judge=[1] * 40)), text="word " * 4000)
    found = explorer([one])
    chunks = {name: unpacked(block) for name, block in found.blocks.items() if name.startswith("b0-")}
    assert len(chunks) > 3
    columns = unpacked(found.blocks["b0"])
    places = list(zip(columns["chunk"], columns["slot"], strict=True))
    assert len(set(places)) == 40
    assert sorted(places) == [
        (int(name[3:]), slot) for name in sorted(chunks, key=lambda n: int(n[3:])) for slot in range(len(chunks[name]))
    ]
    assert (found.items, found.total, found.texts, found.others) == (40, 40, 40, 0)


def test_the_same_runs_give_the_same_bytes() -> None:
    runs = [with_items(sorted_run(BOTH)), with_items(sorted_run(replace(BOTH, name="other")))]
    assert report_page(runs) == report_page(runs)


def test_the_first_thing_said_is_the_answer() -> None:
    text = report_page([sorted_run(BOTH)])
    assert text.index("<h1>") < text.index('class="lead"') < text.index("<table") < text.index("<h2")
    assert "Licence of the data of" not in text
    assert "Licence of the data of task: CC0." in report_page([sorted_run(BOTH, licence="CC0")])
    assert "give --data" in report_page([sorted_run(BOTH, unread="give --data")])


class _Tags(HTMLParser):
    """Every element and attribute of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if ("http-equiv", "Content-Security-Policy") in attrs:
            self.policy = dict(attrs)["content"] or ""


def _looked_at(text: str) -> _Tags:
    text.encode("utf-8")
    tags = _Tags()
    tags.feed(text)
    return tags


PLAIN = _looked_at(report_page([with_items(sorted_run(BOTH))], title="plain"))


def test_the_policy_lets_nothing_in() -> None:
    assert "default-src 'none'" in PLAIN.policy
    assert "connect-src 'none'" in PLAIN.policy
    assert "unsafe" not in PLAIN.policy
    assert not {name for name in PLAIN.attributes if name.startswith("on") or name == "style"}


@given(st.text(st.characters(exclude_categories=()), max_size=40))
@example(HOSTILE)
@example("</script><img src=x onerror=x>")
@example("<!--<script>")
@example("{{ 7*7 }}")
@example("\ud800")
@example("\x00")
@settings(max_examples=8)
def test_no_name_becomes_markup(words: str) -> None:
    made = replace(BOTH, name=words, task=words or "t", systems=[(words, "b")] * 5, subsets=[words, "", "", "", ""])
    one = with_items(sorted_run(made, licence=words, unread=words), words=words)
    tags = _looked_at(report_page([one], title=words or None))
    assert tags.tags <= PLAIN.tags
    assert tags.attributes <= PLAIN.attributes


def test_samples_stand_in_no_column_of_real_data() -> None:
    def run(name: str, revision: str, task: str) -> Reported:
        gold = [(0, 0, 1), (1, 1, 1), (0, 0, 0), (1, 0, 1)] * (3 if revision == "sample" else 6)
        judge = JudgeName(name, {"revision": revision}) if name == "rule" else name
        return reported(
            Made(gold, [0, 1, 0, 1] * (len(gold) // 4), name=judge, task=task, manifest={"revision": revision})
        )

    runs = [run("rule", "data:1", "one"), run("rule", "sample", "one"), run("m", "data:1", "one")]
    found = overview(by_task([*runs, run("other", "sample", "one"), run("rule", "sample", "two")]))
    assert [head.title for head in found.heads] == ["one", "one (SAMPLE)", "two (SAMPLE)"]
    assert {row.name: [cell is not None for cell in row.cells] for row in found.rows} == {
        "rule": [True, True, True],
        "m": [True, False, False],
        "other": [False, True, False],
    }


def test_rows_of_a_sample_are_a_task_of_their_own() -> None:
    gold = [(0, 0, 1), (1, 1, 1), (0, 0, 0), (1, 0, 1)] * 6
    own = reported(Made(gold, [0, 1, 0, 1] * 6, name="m"))
    sample = reported(Made(gold, [0, 1, 1, 1] * 6, name="other", manifest={"revision": "sample:1"}))
    found = tasks_of(by_task([sample, own]))
    assert [(one.name, one.sample) for one in found] == [("task", False), ("task (SAMPLE)", True)]
    for task, name in zip(found, ("m", "other"), strict=True):
        assert [line.name for line in task.views[0].table.lines] == ["People with each other", name]
    # The page's answer is that of the task's own rows.
    assert leads_of(by_task([own, sample])) == leads_of(by_task([own]))
