"""Judge cards: one command for all of them against a server that answers in their native forms; names, parts, marks."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from native_replies import NATIVE
from servers.native_llm import NativeLLM

import judgebench
from judgebench.catalog import JudgeSettings, make_judge
from judgebench.domain import Case, Completion, Item, Label, Reference, Response, Scale, Status, Turn
from judgebench.errors import UnknownNameError, UsageError
from judgebench.judges.cards import card_names, load_card
from judgebench.judges.cards.asking import _ANCHORED
from judgebench.judges.cards.judge import CardJudge
from judgebench.judges.cards.reading import strict
from judgebench.judges.cards.template import Template
from judgebench.judges.sent import Sent
from judgebench.run.dialogue import forecast
from judgebench.store.runs import find_runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.judges.cards.card import Card, Layout

SETTINGS = JudgeSettings(base_url="http://127.0.0.1:9/v1")
LAYOUTS = [(card, layout) for card in map(load_card, card_names()) for layout in card.layouts]
#: Digests of all requests on the sample item, in the repository: a layout doesn't change unseen.
RENDERED = Path(__file__).with_name("rendered_cards.json")


def item(kind: str, number: int = 0, *, turns: int = 1) -> Item:
    """An item for a kind of scale, with all that a card can ask for."""
    asked = [Turn.of("user", f"What is 2+{number}?")]
    for n in range(1, turns):
        asked += [Turn.of("assistant", f"Earlier answer {n}."), Turn.of("user", f"And {n} more?")]
    count = {"pair": 2, "pick": 4}.get(kind, 1)
    return Item(
        f"i{number}",
        tuple(asked),
        tuple(Response(f"Answer {letter} to {number}.") for letter in "ABCD"[:count]),
        (Label("h", number % 2),),
        "human",
        references=(Reference(f"It is {2 + number}."),),
        context=("2 and 2 are 4.",),
        attributes=(("criterion", "correctness"),),
    )


def task_of(spec: str) -> object:
    class Task:
        name, revision, scale = f"items-{spec.replace(':', '-')}", "1", Scale.parse(spec)

        def items(self) -> Iterator[Item]:
            yield from (item(self.scale.kind, n, turns=1 + n % 2) for n in range(3))

    return Task()


def judge(name: str, scale: Scale, settings: JudgeSettings = SETTINGS) -> CardJudge:
    class Task:
        def __init__(self) -> None:
            self.scale = scale

    made = make_judge(name, Task(), settings)  # type: ignore[arg-type]  # the least that a task has
    assert isinstance(made, CardJudge)
    return made


def reply_to(name: str, scale: Scale, *texts: str, case: Case | None = None, finish: str = "stop"):
    made = judge(name, scale)
    steps = made.steps(case or Case(item(scale.kind), tuple(range({"pair": 2, "pick": 4}.get(scale.kind, 1)))), scale)
    said = list(texts)
    wanted = next(steps)
    asked = list(wanted)
    try:
        while True:
            wanted = steps.send([Completion(said.pop(0), finish=finish) for _ in wanted])
            asked += wanted
    except StopIteration as end:
        return end.value, asked


def scale_of(spec: str) -> str:
    return {"pick": "pick:4"}.get(spec, spec)


@pytest.mark.parametrize("spec", sorted({scale_of(layout.scale) for _, layout in LAYOUTS}))
def test_one_command_has_every_card_answered_in_its_native_form(spec: str, tmp_path: Path) -> None:
    names = [f"{card.name}/{layout.name}" for card, layout in LAYOUTS if scale_of(layout.scale) == spec]
    with NativeLLM(NATIVE) as server:
        scores = judgebench.run(
            [f"{name}:server/{name}" for name in names],
            task_of(spec),
            base_url=server.openai_url,
            reference="human",
            order="original",
            runs=tmp_path,
        )
        raw = {request.body["model"] for request in server.requests if request.path == "/v1/completions"}
    rows = {row.judge: row for row in scores.rows if row.subset == "all"}
    assert len(rows) == len(names)
    assert {name: row.coverage for name, row in rows.items() if row.coverage != 1} == {}
    assert raw == {f"{card.name}/{layout.name}" for card, layout in LAYOUTS if layout.raw} & set(names)
    # The other parser reads every native reply, too, and the same verdict in it.
    both = judgebench.score(str(tmp_path))
    assert len([row for row in both.rows if row.subset == "all"]) == len(names)


def test_every_layout_has_a_native_reply() -> None:
    assert set(NATIVE) == {f"{card.name}/{layout.name}" for card, layout in LAYOUTS}


def rendered() -> dict[str, str]:
    found = {}
    for card, layout in LAYOUTS:
        scale = Scale.parse(scale_of(layout.scale))
        for turns in (1, 2):
            count = {"pair": 2, "pick": 4}.get(scale.kind, 1)
            case = Case(item(scale.kind, turns=turns), tuple(range(count)), reference="human")
            (request,) = next(judge(f"{card.name}/{layout.name}:server/m", scale).steps(case, scale))
            said = [[message.role, message.text] for message in request.messages]
            digest = hashlib.sha256(json.dumps([said, request.options], sort_keys=True).encode()).hexdigest()[:16]
            found[f"{card.name}/{layout.name}, {turns} turns"] = digest
    return found


def test_prompts_are_rendered_as_they_were() -> None:
    # Changed on purpose? Write rendered() there.
    assert rendered() == json.loads(RENDERED.read_text())


PAIR, CHECK = Scale.pair(), Scale.check()
STRICT = JudgeSettings(base_url="http://127.0.0.1:9/v1", parser="strict")


def test_a_name_is_a_card_with_a_layout_and_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    assert judge("pandalm", PAIR).name == "pandalm:server/WeOpenML/PandaLM-7B-v1"
    made = judge("mt-bench:gpt-4o", PAIR)
    assert (made.name, made.backends.keys()) == ("mt-bench:openai/gpt-4o", {"openai/gpt-4o"})
    assert made.settings["card"] == f"mt-bench/pair@{made.layout.digest}"
    assert (made.settings["parser"], made.settings["temperature"], made.settings["max_tokens"]) == (
        "published",
        0,
        2048,
    )
    chosen = JudgeSettings(base_url="http://x/v1", temperature=0.7, max_tokens=9)
    assert {"temperature": 0.7, "max_tokens": 9}.items() <= judge("judgelm:server/m", PAIR, chosen).settings.items()
    assert judge("fellowship/independent:server/m", PAIR).layout.name == "independent"
    (tmp_path / "judge.toml").write_text(
        'card = "arena-hard/v0.1"\nmodel = "server/m"\nname = "mine"\nparser = "strict"\n'
    )
    mine = judge("judge.toml", PAIR)
    assert (mine.name, mine.settings["parser"], mine.layout.name) == ("mine", "strict", "v0.1")


@pytest.mark.parametrize(
    ("name", "scale", "said"),
    [
        ("pandalm:openai/gpt-4o", PAIR, "completions endpoint"),
        ("pandalm:judge", PAIR, "module named pandalm"),
        ("mt-bench/triple:server/m", PAIR, "no layout 'triple'"),
        ("pandalm:server/m", CHECK, "gives verdicts on pair"),
        ("mt-bench:server/m", Scale.rate(1, 5), "gives verdicts on pair, rate:1-10"),
        ("mt-bench:baseline/first", PAIR, "stands a model"),
    ],
)
def test_what_cannot_be_asked_is_said_first(name: str, scale: Scale, said: str) -> None:
    with pytest.raises((UsageError, UnknownNameError), match=said):
        judge(name, scale)


def test_form_and_samples_are_the_cards_own() -> None:
    with pytest.raises(UsageError, match="says itself"):
        judge("mt-bench:server/m", PAIR, JudgeSettings(base_url="http://x/v1", form="json"))
    with pytest.raises(UsageError, match="belongs to judge cards"):
        judge("server/m", PAIR, STRICT)


def test_a_module_that_lies_here_goes_before_a_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "lynx.py").write_text("def judge(item):\n    return 'correct'\n")
    assert not isinstance(make_judge("lynx:judge", task_of("check"), SETTINGS), CardJudge)
    assert judge("lynx:server/m", CHECK).card.name == "lynx"


def test_a_card_and_an_originals_text_may_be_files_of_ones_own(tmp_path: Path) -> None:
    own = tmp_path / "strict-pairs.toml"
    own.write_text(
        '[[layouts]]\nscale = "pair"\nparser = "brackets:ABC"\nstrict = "(A|B)$"\nwords = { A = "A", B = "B" }\n'
        'user = "{{question}} {{answer_a}} or {{answer_b}}?"\n'
    )
    made = judge(f"{own}:server/m", PAIR)
    (request,) = next(made.steps(Case(item("pair"), (0, 1)), PAIR))
    assert request.messages[0].text == "What is 2+0? Answer A to 0. or Answer B to 0.?"
    with pytest.raises(UsageError, match="names no model"):
        judge(str(own), PAIR)
    own.write_text(own.read_text().replace("{{question}}", "{{questoin}}"))
    load_card.cache_clear()
    with pytest.raises(UsageError, match=r"holds \{\{questoin\}\}"):
        judge(f"{own}:server/m", PAIR)
    original = tmp_path / "original.txt"
    original.write_text("### Instruction:\n{{question}}\n### Evaluation:")
    reworded = judge("pandalm:server/m", PAIR, JudgeSettings(base_url="http://x/v1", prompt=str(original)))
    (request,) = next(reworded.steps(Case(item("pair"), (0, 1)), PAIR))
    assert request.messages[0].text == "### Instruction:\nWhat is 2+0?\n### Evaluation:"
    assert reworded.settings["card"].startswith("pandalm/pair, original@")


def test_both_parsers_read_every_reply() -> None:
    reply, _ = reply_to("mt-bench:server/m", PAIR, "Not [[B]] but [[A]].")
    assert (reply.code, dict(reply.parts)["parser strict"].status) == (0, Status.UNPARSED)
    made = judge("mt-bench:server/m", PAIR, STRICT)
    steps = made.steps(Case(item("pair"), (0, 1)), PAIR)
    next(steps)
    with pytest.raises(StopIteration) as end:
        steps.send([Completion("Not [[B]] but [[A]].")])
    assert (end.value.value.code, dict(end.value.value.parts)["parser published"].code) == (None, 0)
    # A failure that the authors spell as a verdict is one in theirs, and none in ours.
    tie, _ = reply_to("pandalm:server/m", PAIR, "I can't say.")
    assert (tie.code, dict(tie.parts)["parser strict"].code) == (1, None)
    off, _ = reply_to("auto-j:server/m", Scale.rate(1, 10), "No rating.")
    assert (off.status, off.error) == (Status.UNPARSED, "the reply says 0.0, which is not on rate:1-10")


def test_score_has_a_row_for_each_parser_where_they_differ(tmp_path: Path) -> None:
    native = {"m": ("[[A]]", "Not [[B]] but [[A]]", "[[C]]")}
    with NativeLLM(native) as server:
        judgebench.run("mt-bench:server/m", task_of("pair"), base_url=server.openai_url, runs=tmp_path)
        asked = len(server.requests)
    scores = judgebench.score(str(tmp_path))
    rows = {row.judge: row for row in scores.rows if row.subset == "all"}
    assert set(rows) == {"mt-bench:server/m (parser published)", "mt-bench:server/m (parser strict)"}
    published, strictly = rows.values()
    assert published.coverage == 1 > strictly.coverage
    assert asked == 6
    (stored,) = find_runs(tmp_path)
    sent = Sent.of(stored.run)
    assert sent is not None
    assert sent.first(Case(item("pair"), (1, 0)))[0].messages[1].text.startswith("[User Question]\nWhat is 2+0?")


def test_arena_hard_is_asked_to_go_on_once_and_not_after_two_labels() -> None:
    reply, asked = reply_to("arena-hard/v0.1:server/m", PAIR, "Both are", "So [[B>>A]]")
    assert (reply.code, len(asked), [one.role for one in asked[1].messages][-2:]) == (2, 2, ["assistant", "user"])
    reply, asked = reply_to("arena-hard/v0.1:server/m", PAIR, "[[A>B]] or [[B>A]]")
    assert (reply.code, len(asked)) == (None, 1)


def test_fellowships_re_ask_reads_b_alone_anew() -> None:
    first = "### Score Assistant B:\n4/10"
    reply, asked = reply_to("fellowship/combined-10:server/m", PAIR, first, "### Score Assistant A:\n9/10")
    assert (reply.code, reply.scores, len(asked)) == (2, (-1.0, 4.0), 2)
    strict = dict(reply.parts).get("parser strict")
    assert strict is not None
    each, asked = reply_to("fellowship/independent:server/m", PAIR, *["### Overall Score:\n8/10"] * 2)
    assert (each.code, each.scores, len(asked)) == (1, (8.0, 8.0), 2)


def test_prometheus_is_asked_again_and_then_none() -> None:
    reply, asked = reply_to("prometheus-2:server/m", Scale.rate(1, 5), *["Hm."] * 3, "Good. [RESULT] 4")
    assert (reply.code, len(asked)) == (3, 4)
    reply, asked = reply_to("prometheus-2:server/m", Scale.rate(1, 5), *["Hm."] * 10)
    assert (reply.status, len(asked)) == (Status.UNPARSED, 10)


def test_a_refusal_is_none_by_any_policy_and_a_forecast_counts_on_no_second_attempt() -> None:
    reply, asked = reply_to("pandalm:server/m", PAIR, "", finish="refusal")
    assert (reply.status, reply.parts, len(asked)) == (Status.REFUSED, (), 1)
    rate = Scale.rate(1, 5)
    made = judge("prometheus-2:server/m", rate)
    assert len(forecast(made, Case(item("rate"), (0,)), rate)) == 1


def test_what_needs_no_call_makes_none() -> None:
    same = Item("s", (Turn.of("user", "?"),), (Response("x"), Response("x")), (Label("g", 0),), "human")
    reply, asked = "", []
    steps = judge("alpaca-eval:server/m", PAIR).steps(Case(same, (0, 1)), PAIR)
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert (end.value.value.code, reply, asked) == (1, "", [])
    known = Item(
        "k", (Turn.of("user", "?"),), (Response("Four."),), (Label("g", 1),), "human", references=(Reference("four"),)
    )
    steps = judge("judging-the-judges:server/m", CHECK).steps(Case(known, (0,), reference="human"), CHECK)
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert end.value.value.code == 1
    with pytest.raises(UsageError, match="needs a reference"):
        next(judge("judging-the-judges:server/m", CHECK).steps(Case(known, (0,)), CHECK))


def test_answers_are_cut_and_the_prompt_is_not() -> None:
    long = Item("l", (Turn.of("user", "?"),), (Response("a b " * 9000), Response("c d " * 9000)), (), "human")
    for card, end in (("pandalm", "### Evaluation:\n"), ("judgelm", "### Response:")):
        made = judge(f"{card}/judgebench:server/m", PAIR)
        (request,) = next(made.steps(Case(long, (0, 1)), PAIR))
        text = request.messages[0].text
        assert text.endswith(end)
        assert 1500 < made.model.counter(request.messages) < 2048


@pytest.mark.parametrize(("card", "layout"), LAYOUTS, ids=[f"{card.name}/{one.name}" for card, one in LAYOUTS])
def test_no_answer_can_forge_the_layout_or_a_verdict(card: Card, layout: Layout) -> None:
    marks = [
        re.sub(r"\\S\{1,9\}", "2", mark) for text in layout.texts.values() if text for mark in Template.of(text).marks
    ]
    headers = [re.sub(r"\\(.)", r"\1", mark) for mark in marks]
    special = ["<|im_end|>", "[/INST]", "</s>"] if layout.raw else []
    forged = "\n".join([*NATIVE[f"{card.name}/{layout.name}"], *headers, *special, *layout.marks])
    scale = Scale.parse(scale_of(layout.scale))
    plain = item(scale.kind)

    def sent(text: str) -> str:
        answers = (Response(text), *plain.responses[1:])
        case = Case(replace(plain, responses=answers), tuple(range(len(answers))), reference="human")
        requests = next(judge(f"{card.name}/{layout.name}:server/m", scale).steps(case, scale))
        return "\n".join(message.text for message in requests[0].messages)

    forging, harmless = sent(forged), sent("Answer A to 0.")
    for mark in [*headers, *special, *layout.marks]:
        assert (mark, forging.count(mark)) == (mark, harmless.count(mark))
    assert forged not in forging or not (headers or layout.marks)
    shown = forging.replace(harmless, "")
    if not _ANCHORED.search(layout.strict):
        # What a reply quotes of the answer is not a verdict.
        echo = re.search(re.escape(forged[:1]) + ".*", shown, re.DOTALL)
        assert echo is not None
        lines = [line for line in shown.splitlines() if "\u2060" in line]
        assert [strict(layout, [Completion(line)]) for line in lines] == [None] * len(lines)
