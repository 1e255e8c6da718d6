"""Judge cards: one command for all of them against a server that answers in their native forms; names, parts, marks."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from native_replies import NATIVE
from servers.native_llm import NativeLLM

import judgebench
from judgebench.catalog import JudgeSettings, make_judge
from judgebench.domain import Case, Completion, Item, Label, Reference, Response, Scale, Turn
from judgebench.judges.cards import card_names, load_card
from judgebench.judges.cards.judge import CardJudge

if TYPE_CHECKING:
    from collections.abc import Iterator

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

    made = make_judge(name, Task(), settings)  # type: ignore[arg-type]
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
