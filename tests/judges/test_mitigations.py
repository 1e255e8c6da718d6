"""Protocols against biases: a warning, examples, names left out; each changes what is asked, and the run's settings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench.domain import Case, Completion, Item, Response, Scale, Turn
from judgebench.judges.llm import LLMJudge
from judgebench.judges.model import Model
from judgebench.judges.protocols.anonymous import without_names
from judgebench.judges.protocols.bias_examples import ALONE, SEVERAL
from judgebench.judges.protocols.guard import GUARD
from judgebench.run.dialogue import Dialogue

if TYPE_CHECKING:
    from judgebench.domain import Request

ITEM = Item(
    "i",
    (Turn.of("user", "Who are you, GPT 4 or Vicuna?"),),
    (Response("I am GPT-4.", "gpt-4"), Response("Vicuna 13B here; a vicuna is an animal.", "vicuna")),
    (),
    "human",
)


async def _nobody(request: Request) -> Completion:
    raise AssertionError(request)


def asked(protocol: str, item: Item = ITEM, *answers: str) -> list[Request]:
    """Play answers, and give all that is asked."""
    order = tuple(range(len(item.responses)))
    scale = Scale.pair() if len(order) > 1 else Scale.check()
    dialogue = Dialogue(LLMJudge(Model("m", _nobody), protocol=protocol), Case(item, order), scale)
    requests: list[Request] = []
    for answer in answers or ("[[A]]",):
        number, request = next(iter(dialogue.wanted.items()))
        requests.append(request)
        dialogue.give(number, Completion(answer))
    assert not dialogue.wanted
    return requests


def test_the_warning_stands_above_the_system_message_and_stays_in_the_chat() -> None:
    first, second = asked("guard + reflection", ITEM, "[[A]]", "[[B]]")
    plain = asked("")[0]
    assert first.messages[0].text == f"{GUARD}\n\n{plain.messages[0].text}"
    assert first.messages[1:] == plain.messages[1:]
    assert second.messages[0] == first.messages[0]


def test_examples_are_of_the_kind_that_is_asked() -> None:
    alone = replace(ITEM, responses=ITEM.responses[:1])
    for item, text, answer in ((ITEM, SEVERAL, "[[A]]"), (alone, ALONE, "[[correct]]")):
        (request,) = asked("bias-examples", item, answer)
        assert request.messages[-1].text.startswith(f"{text}\n\n")


def test_names_are_numbered_however_they_are_spelt() -> None:
    shown = without_names(ITEM)
    assert shown.question == "Who are you, System 1 or System 2?"
    assert [one.text for one in shown.responses] == ["I am System 1.", "System 2 13B here; a vicuna is an animal."]
    whole = "\n".join(message.text for message in asked("anonymous")[0].messages)
    assert "GPT" not in whole
    assert without_names(replace(ITEM, responses=(Response("Human here", "human"), Response("A", "A")))).responses == (
        Response("Human here", "human"),
        Response("A", "A"),
    )
    longer = replace(ITEM, responses=(Response("gpt-4-turbo, not GPT-4", "gpt-4"), Response("", "org/GPT-4-turbo")))
    assert without_names(longer).responses[0].text == "System 2, not System 1"


def test_each_is_a_condition_of_a_run() -> None:
    names = ("", "guard", "bias-examples", "anonymous", "guard + anonymous")
    settings = [str(sorted(LLMJudge(Model("m", _nobody), protocol=name).settings.items())) for name in names]
    assert len(set(settings)) == len(names)
