"""A stored answer serves a case only where everything is as it was when the case was asked."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pytest

from judgebench import catalog
from judgebench.domain import Case, Item, Label, Part, Policies, Reference, Response, Run, Scale, Turn
from judgebench.domain.results import Aggregate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from judgebench.domain import Task

ITEM = Item(
    id="i",
    conversation=(Turn.of("user", "q"), Turn("assistant", (Part("a"), Part(image="https://x/1.png")))),
    responses=(Response("one", "s1"), Response("two", "s2", ("data:image/png;base64,AA==",))),
    gold=(Label("h", 0), Label("g", None)),
    gold_source="human",
    cluster="c",
    subset="s",
    references=(Reference("r", "human"),),
    context=("doc",),
    attributes=(("criterion", "tone"),),
)
CASE = Case(ITEM, (0, 1))

#: What changes the answer: each must change the key.
SHOWN: dict[str, Case] = {
    "order": Case(ITEM, (1, 0)),
    "repeat": Case(ITEM, (0, 1), repeat=1),
    "probe": Case(ITEM, (0, 1), probe="p"),
    "reference condition": Case(ITEM, (0, 1), reference="human"),
    "id": Case(replace(ITEM, id="j"), (0, 1)),
    "role": Case(replace(ITEM, conversation=(Turn.of("system", "q"), ITEM.conversation[1])), (0, 1)),
    "words of a turn": Case(replace(ITEM, conversation=(Turn.of("user", "Q"), ITEM.conversation[1])), (0, 1)),
    "turns joined": Case(replace(ITEM, conversation=ITEM.conversation[:1]), (0, 1)),
    "image": Case(replace(ITEM, conversation=(Turn("user", (Part("q", "https://x/2.png"),)),)), (0, 1)),
    "response": Case(replace(ITEM, responses=(Response("One", "s1"), ITEM.responses[1])), (0, 1)),
    "responses swapped": Case(replace(ITEM, responses=ITEM.responses[::-1]), (0, 1)),
    "image of a response": Case(replace(ITEM, responses=(ITEM.responses[0], Response("two", "s2"))), (0, 1)),
    "reference": Case(replace(ITEM, references=(Reference("R", "human"),)), (0, 1)),
    "kind of reference": Case(replace(ITEM, references=(Reference("r", "self"),)), (0, 1)),
    "context": Case(replace(ITEM, context=("Doc",)), (0, 1)),
    "documents parted": Case(replace(ITEM, context=("d", "oc")), (0, 1)),
    "attribute": Case(replace(ITEM, attributes=(("criterion", "style"),)), (0, 1)),
}
#: What a judge never sees: none may change the key.
UNSEEN: dict[str, Case] = {
    "gold": Case(replace(ITEM, gold=(Label("h", 1),)), (0, 1)),
    "gold source": Case(replace(ITEM, gold_source="model"), (0, 1)),
    "cluster": Case(replace(ITEM, cluster="d"), (0, 1)),
    "subset": Case(replace(ITEM, subset="t"), (0, 1)),
    "author": Case(replace(ITEM, responses=(Response("one", "x"), replace(ITEM.responses[1], model=None))), (0, 1)),
}


def test_each_thing_shown_changes_the_key() -> None:
    keys = {name: case.key for name, case in SHOWN.items()} | {"base": CASE.key}
    assert len(set(keys.values())) == len(keys)


@pytest.mark.parametrize("what", UNSEEN)
def test_nothing_else_changes_the_key(what: str) -> None:
    assert UNSEEN[what].key == CASE.key


def test_the_tables_name_every_field() -> None:
    """A new field of a case or an item must be put into one of the two tables above."""
    cases = [*SHOWN.values(), *UNSEEN.values()]
    for kind, base, others in ((Case, CASE, cases), (Item, ITEM, [case.item for case in cases])):
        varied = {f.name for f in fields(kind) for other in others if getattr(other, f.name) != getattr(base, f.name)}
        assert varied >= {f.name for f in fields(kind) if f.name != "_key"}


def test_an_image_is_what_its_file_holds(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"one")

    def key(path: Path = file) -> str:
        return Case(replace(ITEM, responses=(Response("x", images=(str(path),)), ITEM.responses[1])), (0, 1)).key

    before = key()
    assert key() == before
    file.write_bytes(b"two!")
    assert key() != before
    file.write_bytes(b"one")
    assert key() == before
    # Where it lies is no part of what is shown; a missing file is known by its name.
    copy = tmp_path / "b.png"
    copy.write_bytes(b"one")
    assert key(copy) == before
    assert key(tmp_path / "c.png") != key(tmp_path / "d.png")


RUN = Run(
    task="t", revision="r", card_digest="", judge="server/m", settings={"model": "m", "temperature": 0.0},
    scale=Scale.pair(), orders="both", repeats=1, reference="none", seed=0, limit=None, policies=Policies(),
    gold_source="human",
)  # fmt: skip
ANSWERING: dict[str, Run] = {
    "judge": replace(RUN, judge="server/n"),
    "settings": replace(RUN, settings={"model": "m", "temperature": 1.0}),
    "scale": replace(RUN, scale=Scale.pair(5)),
    "again": replace(RUN, again="2026-11-30"),
}
#: They say which cases there are, or how they are scored; the case's own key says the rest.
SELECTING: dict[str, Run] = {
    "task": replace(RUN, task="u"),
    "revision": replace(RUN, revision="s"),
    "card_digest": replace(RUN, card_digest="c"),
    "orders": replace(RUN, orders="original"),
    "repeats": replace(RUN, repeats=2),
    "reference": replace(RUN, reference="human"),
    "seed": replace(RUN, seed=1),
    "limit": replace(RUN, limit=3),
    "policies": replace(RUN, policies=Policies(tie="drop")),
    "gold_source": replace(RUN, gold_source="model"),
    "aggregates": replace(RUN, aggregates=(Aggregate("a"),)),
    "versions": replace(RUN, versions={"python": "4"}),
    "counts": replace(RUN, counts={"items": 3}),
    "content": replace(RUN, content="d"),
    "models": replace(RUN, models={"m-2": 1}),
    "spent": replace(RUN, spent={"asked": 3}),
    "schema": replace(RUN, schema="x"),
    "probe": replace(RUN, probe="placebo"),
    "prompts": replace(RUN, prompts={"pair": {"name": "own"}}),
    "place": replace(RUN, place={"file": "x.csv"}),
    "by_criterion": replace(RUN, by_criterion=True),
    "family": replace(RUN, family="gpt"),
}


def test_the_judges_side_of_an_answer() -> None:
    digests = [RUN.answers, *(run.answers for run in ANSWERING.values())]
    assert len(set(digests)) == len(digests)
    assert {run.answers for run in SELECTING.values()} == {RUN.answers}
    assert set(ANSWERING) | set(SELECTING) == {f.name for f in fields(Run)}
    # The order of settings says nothing.
    assert replace(RUN, settings={"temperature": 0.0, "model": "m"}).answers == RUN.answers


def _pair() -> Task:
    return catalog.make_task("pandalm", sample=True)


_PROMPT = 'kinds = ["pair"]\nuser = """{{responses}}\n\n{{verdict}}"""\n'
CHANGES: dict[str, Callable[[catalog.JudgeSettings, Path], catalog.JudgeSettings]] = {
    "temperature": lambda s, _: replace(s, temperature=0.7),
    "no temperature": lambda s, _: replace(s, temperature=None),
    "max_tokens": lambda s, _: replace(s, max_tokens=7),
    "base_url": lambda s, _: replace(s, base_url="http://localhost:2/v1"),
    "prompt": lambda s, path: replace(s, prompt=str(path)),
    "form": lambda s, _: replace(s, form="json"),
    "samples": lambda s, _: replace(s, samples=3, temperature=1.0),
    "samples by their mean": lambda s, _: replace(s, samples=3, samples_by="mean", temperature=1.0),
    "effort": lambda s, _: replace(s, effort="low"),
}


@pytest.mark.parametrize("name", ["openai/m", "server/m", "anthropic/m"])
def test_settings_of_model_judges_name_all_that_is_sent(name: str, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(_PROMPT)
    base = catalog.JudgeSettings(base_url="http://localhost:1/v1", temperature=0.0)

    def answers(settings: catalog.JudgeSettings, judge: str = name) -> str:
        made = catalog.make_judge(judge, _pair(), settings)
        return replace(RUN, judge=made.name, settings=dict(made.settings)).answers

    found = {what: answers(change(base, file)) for what, change in CHANGES.items()}
    found |= {"base": answers(base), "model": answers(base, f"{name}2")}
    file.write_text(_PROMPT + 'system = "Be strict."\n')
    found["prompt's words"] = answers(replace(base, prompt=str(file)))
    assert len(set(found.values())) == len(found)
    # How long it may take changes no answer.
    assert answers(replace(base, timeout=3.0)) == found["base"]
    # A sampling seed is an ingredient where the API takes one.
    assert (answers(replace(base, seed=9)) != found["base"]) == ("seed" in _settings(name, base))


def _settings(name: str, settings: catalog.JudgeSettings) -> dict[str, Any]:
    return dict(catalog.make_judge(name, _pair(), settings).settings)


def test_an_address_from_the_environment_is_named_too(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("openai", "anthropic"):
        before = _settings(f"{name}/m", catalog.JudgeSettings())
        monkeypatch.setenv(f"{name.upper()}_BASE_URL", "http://localhost:3/v1")
        assert _settings(f"{name}/m", catalog.JudgeSettings())["base_url"] != before["base_url"]


def test_an_edited_function_is_another_judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.syspath_prepend(str(tmp_path))
    sources = set()
    for body in ("return 'A'", "return 'B'"):
        (tmp_path / "keyed_judge.py").write_text(f"def judge(item):\n    {body}\n")
        sys.modules.pop("keyed_judge", None)
        sources.add(_settings("keyed_judge:judge", catalog.JudgeSettings())["source"])
    assert len(sources) == 2
    sys.modules.pop("keyed_judge", None)


def test_how_code_renders_and_reads_is_an_ingredient(monkeypatch: pytest.MonkeyPatch) -> None:
    from judgebench.judges import llm
    from judgebench.judges.prompts import prompt

    base = _settings("server/m", catalog.JudgeSettings(base_url="http://localhost:1/v1"))
    monkeypatch.setattr(prompt, "_RENDERING", prompt._RENDERING + 1)
    assert _settings("server/m", catalog.JudgeSettings(base_url="http://localhost:1/v1"))["prompts"] != base["prompts"]
    monkeypatch.undo()
    monkeypatch.setattr(llm, "PARSING", llm.PARSING + 1)
    changed = _settings("server/m", catalog.JudgeSettings(base_url="http://localhost:1/v1"))
    assert changed["parsing"] != base["parsing"]
    assert changed["prompts"] == base["prompts"]
