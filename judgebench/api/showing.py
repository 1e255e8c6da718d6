"""``judgebench.show``: what stands behind a name."""

from __future__ import annotations

from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from judgebench.api.items import Items
from judgebench.api.notes import tell
from judgebench.api.parameters import Option, check_texts, question
from judgebench.api.planning import Showing, opened_task
from judgebench.api.tables import Data, Sample
from judgebench.errors import UnknownNameError, UsageError, argument
from judgebench.report.runs import Holdings, RunFacts
from judgebench.report.show import JudgeFacts, ShownFacts, TaskFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from judgebench.judges.prompts.prompt import Prompt

#: What a judge is first tried on.
_TRIAL = "--task pandalm --sample --dry-run"


@question
def show(
    name: Annotated[
        str,
        Option(
            "A task, a card's folder or file, a judge, a judge file, a prompt, or the folder of a run; or `schema`, "
            "`prompt`, `card`.",
            metavar="NAME",
        ),
    ],
    kind: Annotated[
        str | None,
        Option(
            "After `schema`: a kind of document, such as scores, compare or gate, or config (judgebench.toml). After "
            "`prompt`: its name or file, or a judge card's. After `card`: a judge card's name or file.",
            metavar="KIND",
        ),
    ] = None,
    *,
    task: Annotated[
        str | None, Option("With `prompt`: show what is sent for an item of this task.", metavar="T")
    ] = None,
    item: Annotated[str | None, Option("With --task: the item's id; by default the first.", metavar="ID")] = None,
    form: Annotated[str | None, Option("With --task: how the verdict is written, as of `run`.", metavar="FORM")] = None,
    reference: Annotated[
        str, Option("With --task: which reference answers are shown, as of `run`.", metavar="auto|none|human")
    ] = "auto",
    data: Data = None,
    sample: Sample = False,
    **items: Unpack[Items],
) -> ShownFacts | RunFacts | str:
    """Show a task, a judge, a card, a prompt as it is sent, a run, or a JSON Schema."""
    if name == "prompt":
        return _of_prompt(kind, task, item, form, reference, {**items, "data": data, "sample": sample})
    if task is not None:
        raise UsageError(f"{argument('task')} goes with `show prompt PROMPT`")
    if name in _OF_KIND:
        return _OF_KIND[name](kind)
    if kind is not None:
        raise UsageError(f"{name} is shown whole; only `show schema`, `show prompt` and `show card` take a second name")
    return _named(name, reference)


def _named(name: str, reference: str) -> ShownFacts | RunFacts:
    """Show what a name alone says; a task goes before the judge card of its name."""
    from judgebench.api.shown_tasks import shown_card, shown_place  # noqa: PLC0415 - loaded on use
    from judgebench.judges.cards import card_names as card_judges  # noqa: PLC0415 - loaded on use
    from judgebench.judges.listed import JUDGE_NOTES  # noqa: PLC0415 - loaded on use
    from judgebench.judges.prompts import prompt_names  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.card import card_names, load_card  # noqa: PLC0415 - loaded on use

    if (task := name.partition(":"))[0] in card_names():
        return shown_card(load_card(task[0]), name, task[2])
    if name in card_judges():
        return _judge_card(name)
    if (card := shown_place(name)) is not None:
        return card
    if (own := _judge(name) or _plugin(name)) is not None:
        return own
    if name in prompt_names():
        return _of_prompt(name, None, None, None, reference, {})
    if Path(name).exists():
        from judgebench.store.runs import read_run  # noqa: PLC0415 - loaded on use

        stored = read_run(Path(name))
        return RunFacts(stored.run, Holdings.of(stored), name)
    raise UnknownNameError(
        "task, judge, prompt or run folder",
        name,
        [*card_names(), *card_judges(), *JUDGE_NOTES, *prompt_names()],
        "(judgebench list tasks, list judges, list prompts)",
    )


def _plugin(name: str) -> ShownFacts | None:
    """Say what a plugin brings by a name; None where none does."""
    from judgebench.catalog import plugins  # noqa: PLC0415 - loaded on use

    if (entry := plugins("tasks").get(name)) is not None:
        about = f"a task of the plugin {entry.value}"
        text = f"{name}: {about}\n\nNext:  judgebench run --judge gpt-4o --task {name} --dry-run"
        said = {"task": name, "title": name, "summary": about, "licence": "", "plugin": entry.value}
        return TaskFacts(text, said)
    if (entry := plugins("judges").get(name.partition("/")[0])) is not None:
        about = f"a judge of the plugin {entry.value}"
        text = f"{name}: {about}\n\nNext:  judgebench run --judge {name} {_TRIAL}"
        return JudgeFacts(text, {"judge": name, "about": about, "plugin": entry.value})
    return None


def _judge(name: str) -> JudgeFacts | None:
    """Say what a judge is, by its name or its file; None where it is neither."""
    from judgebench.api.judging import shown_judge  # noqa: PLC0415 - loaded on use
    from judgebench.catalog import model_label  # noqa: PLC0415 - loaded on use
    from judgebench.judges.listed import JUDGE_NOTES  # noqa: PLC0415 - loaded on use

    if name in JUDGE_NOTES:
        return JudgeFacts(f"{name}: {JUDGE_NOTES[name]}", {"judge": name, "about": JUDGE_NOTES[name]})
    if (asked := model_label(name)) and not Path(name).exists():
        note = next(text for one, text in JUDGE_NOTES.items() if one.startswith(f"{asked.partition('/')[0]}/"))
        text = f"{asked}: {note}\n\nNext:  judgebench run --judge {name} {_TRIAL}"
        return JudgeFacts(text, {"judge": asked, "about": note})
    return shown_judge(Path(name)) if name.endswith(".toml") and Path(name).is_file() else None


def _judge_card(name: str | None) -> ShownFacts:
    from judgebench.api.prompting import shown_card  # noqa: PLC0415 - loaded on use
    from judgebench.judges.cards import card_names, load_card  # noqa: PLC0415 - loaded on use

    if name is None:
        raise UsageError(f"name a judge card: {', '.join(card_names())}, or a file")
    return shown_card(load_card(name))


def schema(kind: str | None) -> str:
    """Write the JSON Schema of a kind of document, or of ``judgebench.toml``."""
    from judgebench.report.document.as_json import write_json  # noqa: PLC0415 - loaded on use
    from judgebench.report.schemas import KINDS, json_schema  # noqa: PLC0415 - loaded on use

    if kind is None:
        raise UsageError(f"name a kind of document: {', '.join(sorted(KINDS))}; or config, for judgebench.toml")
    if kind == "config":
        # Its fields are the options of the commands, which this room doesn't know.
        return write_json(resolve_name("judgebench.cli.settings:json_schema")())
    return write_json(json_schema(kind))


#: What takes a name of its own.
_OF_KIND: Mapping[str, Callable[[str | None], ShownFacts | str]] = {"schema": schema, "card": _judge_card}


def _of_prompt(
    prompt: str | None, task: str | None, item: str | None, form: str | None, reference: str, said: Mapping[str, Any]
) -> ShownFacts:
    """Write a prompt, or what is sent by it for an item of a task; ``said`` is what opens the task."""
    from judgebench.api.items import task_of  # noqa: PLC0415 - loaded on use
    from judgebench.api.prompting import shown_card, shown_prompt, shown_requests  # noqa: PLC0415 - loaded on use
    from judgebench.judges.cards.naming import named  # noqa: PLC0415 - loaded on use
    from judgebench.judges.prompts import prompt_names  # noqa: PLC0415 - loaded on use

    if task is None:
        if prompt is None:
            raise UsageError(f"name a prompt: {', '.join(prompt_names())}, or a file")
        carded = named(prompt)
        return shown_prompt(_loaded(prompt)) if carded is None else shown_card(carded.card)
    data, sample = said["data"], said["sample"]
    check_texts(sample=sample, data=data)
    opened = opened_task(task_of(task, said), None if data is None else Path(data), sample=sample)
    own = None if prompt is None else named(prompt) or _loaded(prompt)
    return shown_requests(opened, own, form, Showing("original", reference=reference), item)


def _loaded(name: str) -> Prompt:
    from judgebench.judges.prompts import load_prompt  # noqa: PLC0415 - loaded on use

    prompt = load_prompt(name)
    for text in prompt.slips():
        tell(text)
    return prompt
