"""Prompts as people read them: what a file says, and what is sent by it for an item."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from judgebench.api.planning import plain
from judgebench.errors import UsageError
from judgebench.report.show import CardFacts, PromptFacts, RequestFacts

if TYPE_CHECKING:
    from judgebench.api.planning import Showing
    from judgebench.domain import Completion, Judge, Request, Task
    from judgebench.judges.cards.card import Card, Layout
    from judgebench.judges.cards.naming import Carded
    from judgebench.judges.prompts.prompt import Prompt


def shown_prompt(prompt: Prompt) -> PromptFacts:
    """Write a prompt with all that it brings."""
    blocks = {
        "system": prompt.system,
        "user": prompt.user,
        "verdicts": "\n".join(f"{word} = {label}" for word, label in prompt.verdicts),
        "levels": "\n".join(f"{word}: {means}" for word, means in prompt.levels),
        "criteria": "\n".join(f"weight {one.weight:g}, {one}" for one in prompt.criteria),
        "calls": f"a {prompt.calls}" if prompt.criteria else "",
        "examples": "\n\n".join(
            _json({name: text for name, text in asdict(one).items() if text} | {"verdicts": dict(one.verdicts)})
            for one in prompt.examples
        ),
    }
    head = f"{prompt.name} ({', '.join(prompt.kinds)}; digest {prompt.digest})"
    always = ("system", "user")
    texts = [f"[{name}]\n{text}" for name, text in blocks.items() if text or name in always]
    return PromptFacts("\n\n".join([head, *texts]), prompt)


def shown_card(card: Card) -> CardFacts:
    """Write a judge card: where it comes from, and how each of its layouts asks and reads."""
    facts = {
        "judge card": f"{card.name}: {card.title}",
        "source": card.source,
        "paper": card.paper,
        "code": card.code,
        "weights": card.weights,
        "models": "; ".join(f"{model} ({licence})" for model, licence in card.models),
        "family": card.family,
        "order": card.order,
    }
    head = [f"{key + ':':<12}{value}" for key, value in facts.items() if value]
    head += [f"{'note:':<12}{note}" for note in card.notes]
    return CardFacts("\n\n".join(["\n".join(head), *map(_shown_layout, card.layouts)]), card)


def _shown_layout(layout: Layout) -> str:
    says = {
        "gives": layout.scale + ("" if layout.ties or layout.kind != "pair" else ", never a tie"),
        "template": "raw, to a completions endpoint" if layout.raw else "chat",
        "sampling": _json(dict(layout.sampling)).replace("\n", "").replace("  ", " "),
        "parser": f"published: {layout.parser}; strict: {layout.strict}",
        "failure": str(layout.failure) + (f", after {layout.retry} more tries" if layout.retry else ""),
        "asked again": layout.again.turn.strip() if layout.again else "",
        "truncation": str(layout.truncation or ""),
        "samples": str(layout.samples) if layout.samples > 1 else "",
        "needs": ", ".join(layout.needs),
        "no call": layout.shortcut,
    }
    lines = [f"layout {layout.name} (digest {layout.digest})"]
    lines += [f"  {key + ':':<13}{value}" for key, value in says.items() if value]
    return "\n\n".join(["\n".join(lines), *(f"[{name}]\n{text}" for name, text in layout.texts.items() if text)])


def shown_requests(
    task: Task, prompt: Prompt | Carded | None, form: str | None, showing: Showing, item: str | None
) -> RequestFacts:
    """Write what a judge is sent for one item, by the same steps as in a run."""
    from judgebench.judges.cards.judge import CardJudge  # noqa: PLC0415 - loaded on use
    from judgebench.judges.cards.naming import Carded  # noqa: PLC0415 - loaded on use
    from judgebench.judges.forms import DEFAULT  # noqa: PLC0415 - loaded on use
    from judgebench.judges.llm import LLMJudge  # noqa: PLC0415 - loaded on use
    from judgebench.judges.model import Model  # noqa: PLC0415 - loaded on use

    if isinstance(prompt, Carded):
        judge: Judge = CardJudge(prompt.card, prompt.layout(task.scale, None), Model("a model", _nobody), {})
    else:
        judge = LLMJudge(Model("a model", _nobody), prompt=prompt, form=form or DEFAULT).serving(task.scale)
    found = next((one for one in task.items() if item in {None, one.id}), None)
    if found is None:
        raise UsageError(f"{task.name} has no {'items' if item is None else f'item {item!r}'}")
    case = next(iter(plain(task, showing).cases(found)))
    blocks = [f"item {found.id}"]
    requests = list(next(judge.steps(case, task.scale)))
    for number, request in enumerate(requests, 1):
        blocks += [f"request {number} of {len(requests)}"] if len(requests) > 1 else []
        for message in request.messages:
            words = "".join(part.text if part.image is None else f"<image {part.image}>" for part in message.parts)
            blocks.append(f"[{message.role}]\n{words}")
        if options := dict(request.options):
            blocks.append(f"[options]\n{_json(options)}")
    return RequestFacts("\n\n".join(blocks), {"task": task.name, "item": found.id, "requests": requests})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


async def _nobody(request: Request) -> Completion:
    raise UsageError(f"{request.backend} is asked nothing")
