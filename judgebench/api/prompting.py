"""Prompts as people read them: what a file says, and what is sent by it for an item."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from judgebench.api.asking import plain
from judgebench.errors import UsageError

if TYPE_CHECKING:
    from judgebench.api.asking import Showing
    from judgebench.domain import Completion, Request, Task
    from judgebench.judges.prompts.prompt import Prompt


def shown_prompt(prompt: Prompt) -> str:
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
    return "\n\n".join([head, *(f"[{name}]\n{text}" for name, text in blocks.items() if text or name in always)])


def shown_requests(task: Task, prompt: Prompt | None, form: str | None, showing: Showing, item: str | None) -> str:
    """Write what a judge is sent for one item, by the same steps as in a run."""
    from judgebench.judges.forms import DEFAULT  # noqa: PLC0415 - loaded on use
    from judgebench.judges.llm import LLMJudge  # noqa: PLC0415 - loaded on use
    from judgebench.judges.model import Model  # noqa: PLC0415 - loaded on use

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
    return "\n\n".join(blocks)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


async def _nobody(request: Request) -> Completion:
    raise UsageError(f"{request.backend} is asked nothing")
