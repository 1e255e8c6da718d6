"""``list`` and ``show``: what there is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from judgebench.cli.options import emit
from judgebench.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.tasks.card import Card


def lists(*, help_option: bool) -> typer.Typer:
    """Make the ``list`` group: one command a kind, none with a parameter, which keeps typer from loading pydantic."""
    group = typer.Typer(
        help="List tasks, judges, prompts, probes or metrics, a line each.",
        no_args_is_help=True,
        rich_markup_mode=None,
        add_help_option=help_option,
    )
    for name, command in _LISTS.items():
        group.command(name, add_help_option=help_option)(command)
    return group


def list_tasks() -> None:
    """List the tasks: name, scale, gold, splits, what it is."""
    from judgebench.catalog import plugins  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.card import card_names, load_card  # noqa: PLC0415 - loaded on use

    cards = [load_card(name) for name in card_names()]
    rows = [(card.name, _scale(card), card.gold_source, " ".join(card.splits), card.summary) for card in cards]
    _print([*rows, *((name, "", "", "", f"plugin {entry.value}") for name, entry in plugins("tasks").items())])


def list_judges() -> None:
    """List the judges by name or name pattern."""
    from judgebench.catalog import JUDGE_NOTES, plugins  # noqa: PLC0415 - loaded on use

    _print([*JUDGE_NOTES.items(), *((name, f"plugin {entry.value}") for name, entry in plugins("judges").items())])


def list_prompts() -> None:
    """List the prompts and the kinds of scale they serve."""
    from judgebench.judges.prompts import load_prompt, prompt_names  # noqa: PLC0415 - loaded on use

    _print([(name, ", ".join(load_prompt(name).kinds)) for name in prompt_names()])


def list_probes() -> None:
    """List the ways to show items to a judge."""
    from judgebench.catalog import plugins  # noqa: PLC0415 - loaded on use

    orders = {
        "both": "every item in its own order and reversed (the default): flips are counted",
        "original": "the item's own order",
        "swapped": "the reverse",
        "random": "one order an item, drawn from --seed and its content",
    }
    rows = [(f"--order {order}", what) for order, what in orders.items()]
    _print([*rows, *((name, f"plugin {entry.value}") for name, entry in plugins("probes").items())])


def list_metrics() -> None:
    """List the metrics: of labels, then of scores, rankings and steps with what they are about."""
    from judgebench.agreement.names import METRIC_LINES  # noqa: PLC0415 - loaded on use
    from judgebench.catalog import plugins  # noqa: PLC0415 - loaded on use

    plugged = [(name, f"plugin {entry.value}", "") for name, entry in plugins("metrics").items()]
    _print([*METRIC_LINES, *plugged])


_LISTS = {
    "tasks": list_tasks,
    "judges": list_judges,
    "prompts": list_prompts,
    "probes": list_probes,
    "metrics": list_metrics,
}


def _print(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    emit("\n".join(line.rstrip() for line in lines), None)


def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A task, a judge, a prompt, or the folder of a run.")],
    form: Annotated[
        Literal["table", "json"], typer.Option("--format", help="A run as lines, or its manifest and holdings as JSON.")
    ] = "table",
) -> None:
    """Show a task's card, a judge, a prompt, or what a run asked, what came of it and what it cost."""
    from judgebench import catalog  # noqa: PLC0415 - loaded on use
    from judgebench.judges.prompts import load_prompt, prompt_names  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.card import card_names, load_card  # noqa: PLC0415 - loaded on use

    if name in card_names():
        emit(_card(load_card(name)), None)
    elif name in catalog.JUDGE_NOTES:
        emit(f"{name}: {catalog.JUDGE_NOTES[name]}", None)
    elif name in prompt_names():
        prompt = load_prompt(name)
        head = f"{prompt.name} ({', '.join(prompt.kinds)}; digest {prompt.digest})"
        emit(f"{head}\n\n[system]\n{prompt.system}\n\n[user]\n{prompt.user}", None)
    elif Path(name).exists():
        from judgebench.report.stored_run import as_json, describe  # noqa: PLC0415 - loaded on use
        from judgebench.store.runs import read_run  # noqa: PLC0415 - loaded on use

        stored = read_run(Path(name))
        emit(json.dumps(as_json(stored), indent=1, ensure_ascii=False) if form == "json" else describe(stored), None)
    else:
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
