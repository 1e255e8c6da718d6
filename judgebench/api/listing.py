"""What there is: tasks, judges, prompts, probes and metrics, a row each; one of them, a run, or a schema in full."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from judgebench.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.tasks.card import Card

Rows: TypeAlias = "list[tuple[str, ...]]"


def tasks() -> Rows:
    """List the tasks: name, scale, gold, splits, what it is."""
    from judgebench.catalog import plugins  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.card import card_names, load_card  # noqa: PLC0415 - loaded on use

    cards = [load_card(name) for name in card_names()]
    rows = [(card.name, _scale(card), card.gold_source, " ".join(card.splits), card.summary) for card in cards]
    return [*rows, *((name, "", "", "", f"plugin {entry.value}") for name, entry in plugins("tasks").items())]


def judges() -> Rows:
    """List the judges by name or name pattern."""
    from judgebench.catalog import JUDGE_NOTES, plugins  # noqa: PLC0415 - loaded on use

    return [*JUDGE_NOTES.items(), *((name, f"plugin {entry.value}") for name, entry in plugins("judges").items())]


def prompts() -> Rows:
    """List the prompts and the kinds of scale they serve."""
    from judgebench.judges.prompts import load_prompt, prompt_names  # noqa: PLC0415 - loaded on use

    return [(name, ", ".join(load_prompt(name).kinds)) for name in prompt_names()]


def probes() -> Rows:
    """List the ways to show items to a judge."""
    from judgebench.catalog import plugins  # noqa: PLC0415 - loaded on use

    orders = {
        "both": "every item in its own order and reversed (the default): flips are counted",
        "original": "the item's own order",
        "swapped": "the reverse",
        "random": "one order an item, drawn from --seed and its content",
    }
    rows = [(f"--order {order}", what) for order, what in orders.items()]
    return [*rows, *((name, f"plugin {entry.value}") for name, entry in plugins("probes").items())]


def metrics() -> Rows:
    """List the metrics: of labels, then of scores, rankings and steps with what they are about."""
    from judgebench.catalog import plugins  # noqa: PLC0415 - loaded on use
    from judgebench.stats.coefficients.catalog import METRIC_LINES  # noqa: PLC0415 - loaded on use

    return [*METRIC_LINES, *((name, f"plugin {entry.value}", "") for name, entry in plugins("metrics").items())]


LISTS: dict[str, Callable[[], Rows]] = {
    "tasks": tasks,
    "judges": judges,
    "prompts": prompts,
    "probes": probes,
    "metrics": metrics,
}


def show(name: str, kind: str | None = None, *, form: Literal["table", "json"] = "table") -> str:
    """Describe a task, a judge, a prompt or a stored run; ``show("schema", KIND)`` is the JSON Schema of a document."""
    from judgebench import catalog  # noqa: PLC0415 - loaded on use
    from judgebench.judges.prompts import load_prompt, prompt_names  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.card import card_names, load_card  # noqa: PLC0415 - loaded on use

    if name == "schema":
        from judgebench.report.document.as_json import write_json  # noqa: PLC0415 - loaded on use
        from judgebench.report.schemas import KINDS, json_schema  # noqa: PLC0415 - loaded on use

        if kind is None:
            raise UsageError(f"name a kind of document: {', '.join(sorted(KINDS))}")
        return write_json(json_schema(kind))
    if kind is not None:
        raise UsageError(f"{name} is shown whole; only `show schema KIND` takes a second name")
    if name in card_names():
        return _card(load_card(name))
    if name in catalog.JUDGE_NOTES:
        return f"{name}: {catalog.JUDGE_NOTES[name]}"
    if name in prompt_names():
        prompt = load_prompt(name)
        head = f"{prompt.name} ({', '.join(prompt.kinds)}; digest {prompt.digest})"
        return f"{head}\n\n[system]\n{prompt.system}\n\n[user]\n{prompt.user}"
    if Path(name).exists():
        from judgebench.report.runs import Holdings, RunFacts  # noqa: PLC0415 - loaded on use
        from judgebench.store.runs import read_run  # noqa: PLC0415 - loaded on use

        stored = read_run(Path(name))
        return RunFacts(stored.run, Holdings.of(stored)).render(form)
    raise UnknownNameError(
        "task, judge, prompt or run folder",
        name,
        [*card_names(), *catalog.JUDGE_NOTES, *prompt_names()],
        "(judgebench list tasks|judges|prompts shows them)",
    )


def _scale(card: Card) -> str:
    return "by split" if any(split.scale is not None for split in card.splits.values()) else card.scale.spec


def _scales(card: Card) -> list[str]:
    """Spell out the card's scale, then those of splits that have their own."""
    own = [(f"{split.name}: ", split.scale) for split in card.splits.values() if split.scale is not None]
    shown = [("", card.scale), *own]
    lines = [f"{name}{scale.spec} ({', '.join(scale.labels)})" for name, scale in shown]
    return [lines[0], *(f"{'':<18}{line}" for line in lines[1:])]


def _card(card: Card) -> str:
    policies = ", ".join(f"{key}={value}" for key, value in card.policies.to_json().items())
    fields = {
        "task": card.name,
        "title": card.title,
        "summary": card.summary,
        "scale": "\n".join(_scales(card)),
        "gold": f"{card.gold_source}: {card.annotators}",
        "headline": card.metric,
        "policies": policies,
        "splits": ", ".join(
            f"{split.name} ({split.main.count})" if split.main.count else split.name for split in card.splits.values()
        ),
        "default split": card.default_split,
        "subsets": ", ".join(card.subsets),
        "clusters": card.clusters,
        "systems": card.systems,
        "references": ", ".join(card.references),
        "recorded": ", ".join(dict.fromkeys(recorded.name for recorded in card.recorded)),
        "licence": card.licence,
        "paper": card.paper,
        "homepage": card.homepage,
        "citation": card.citation,
        "unchecked fields": ", ".join(card.unchecked_fields),
    }
    lines = [f"{key + ':':<18}{value}" for key, value in fields.items() if value]
    return "\n".join([*lines, *(f"note:             {text}" for text in card.notes)])
