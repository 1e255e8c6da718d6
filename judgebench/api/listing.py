"""What there is, a row each: tasks, judges, prompts, protocols and so on. Loads little: `list` is quick."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from judgebench.errors import UsageError, argument

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.tasks.card import Card

Rows: TypeAlias = "list[tuple[str, ...]]"


class List(NamedTuple):
    """What there is of a kind: how its rows are found, what its columns are, and which of them a terminal shows."""

    rows: Callable[[], Rows]
    columns: tuple[str, ...]
    about: str
    shown: tuple[int, ...] = ()


def tasks() -> Rows:
    """List the tasks: where their data are, whose labels, what is asked."""
    from judgebench.catalog import plugins  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.card import card_names, load_card  # noqa: PLC0415 - loaded on use

    rows = [
        (card.name, data_of(card), card.gold_source, card.summary, _scale(card), " ".join(card.splits))
        for card in map(load_card, card_names())
    ]
    return [*rows, *((name, "", "", f"plugin {entry.value}", "", "") for name, entry in plugins("tasks").items())]


def judges() -> Rows:
    """List whom `--judge` takes, by name or pattern."""
    from judgebench.catalog import plugins  # noqa: PLC0415 - loaded on use
    from judgebench.judges.listed import JUDGE_NOTES  # noqa: PLC0415 - loaded on use

    return [*JUDGE_NOTES.items(), *((name, f"plugin {entry.value}") for name, entry in plugins("judges").items())]


def cards() -> Rows:
    """List the published judges that have a card."""
    from judgebench.judges.cards import card_names, load_card  # noqa: PLC0415 - loaded on use

    rows: Rows = []
    for card in map(load_card, card_names()):
        pairs = [one for one in card.layouts if one.kind == "pair"]
        ties = "" if not pairs else "ties" if any(one.ties for one in pairs) else "no ties"
        failures = dict.fromkeys(str(one.failure) for one in card.layouts)
        model = card.models[0][0] if card.models else ""
        rows.append((card.name, " ".join(card.scales), model, ties, "raw" if card.raw else "chat", ", ".join(failures)))
    return rows


def prompts() -> Rows:
    """List the prompts and the kinds of scale they serve."""
    from judgebench.judges.prompts import load_prompt, prompt_names  # noqa: PLC0415 - loaded on use

    return [(name, ", ".join(load_prompt(name).kinds)) for name in prompt_names()]


def protocols() -> Rows:
    """List the ways to a verdict, and the kinds of panel."""
    from judgebench.judges.panels import KINDS  # noqa: PLC0415 - loaded on use
    from judgebench.judges.protocols import ANSWERS, LAYERS, SHAPES  # noqa: PLC0415 - loaded on use

    rows = {name: row for name, row in (SHAPES | ANSWERS | LAYERS).items() if name}
    named = [(f"{name}[:{row.argument}]" if row.argument else name, row.about) for name, row in rows.items()]
    return [*named, *((f'kind = "{name}"', f"{kind.about} (in a judge file)") for name, kind in KINDS.items())]


def probes() -> Rows:
    """List the ways to show items to a judge."""
    from judgebench.catalog import plugins  # noqa: PLC0415 - loaded on use
    from judgebench.probes.listed import PROBES  # noqa: PLC0415 - loaded on use

    orders = {
        "both": "every item in its own order and reversed (the default): flips are counted",
        "original": "the item's own order",
        "swapped": "the reverse",
        "random": "one order an item, drawn from --seed and its content",
        "cyclic": "as many orders as responses: each is shown once in each place (lists)",
    }
    rows = [(f"--order {order}", what) for order, what in orders.items()]
    ours = [(f"--probe {name}", one.note) for name, one in PROBES.items()]
    plugged = ((name, f"plugin {entry.value}") for name, entry in plugins("probes").items())
    return [*ours, *plugged, *rows]


def metrics() -> Rows:
    """List the metrics, and who computes each a second time."""
    from judgebench.catalog import plugins  # noqa: PLC0415 - loaded on use
    from judgebench.stats.coefficients.catalog import METRIC_LINES  # noqa: PLC0415 - loaded on use

    foreign = (
        (name, f"plugin {entry.value}", "", "its own, if it names one") for name, entry in plugins("metrics").items()
    )
    return [*((*line, witness or "no witness") for *line, witness in METRIC_LINES), *foreign]


def formats() -> Rows:
    """List the tools whose files are known by their shape."""
    from judgebench.labels.importers.catalog import TOOLS  # noqa: PLC0415 - loaded on use

    return [(tool.name, tool.holds) for tool in TOOLS]


LISTS: dict[str, List] = {
    "tasks": List(
        tasks,
        ("task", "data", "labels by", "what is asked", "scale", "splits"),
        "Every task has a sample (--sample). Data: here, fetched when first used, or yours to give (--data).",
        (0, 1, 2, 3),
    ),
    "judges": List(judges, ("--judge", "who that is"), "Several are asked side by side: give --judge again."),
    "cards": List(
        cards,
        ("card", "gives", "model", "ties", "endpoint", "a failure counts as"),
        "--judge CARD asks its model; CARD:BACKEND/MODEL asks another one.",
        (0, 1, 2),
    ),
    "prompts": List(
        prompts, ("prompt", "scales"), "--prompt takes a name or a file; `judgebench show NAME` prints one."
    ),
    "protocols": List(protocols, ("--protocol", "what happens"), "Several go together: --protocol 'A + B'."),
    "probes": List(probes, ("option", "what is shown"), "`judgebench probe` measures them, each beside a placebo."),
    "metrics": List(
        metrics,
        ("metric", "what it is", "scales", "witness"),
        "--metric takes a name; --verify recomputes each by its witness.",
        (0, 1, 2),
    ),
    "formats": List(formats, ("tool", "what its files hold"), "Files of these tools are read as they are: --csv FILE."),
}


def listing(kind: str) -> Rows:
    """List tasks, judges, cards, prompts, protocols, probes, metrics or formats."""
    if kind not in LISTS:
        raise UsageError(f"{argument('kind')}={kind!r}: write one of {', '.join(map(repr, LISTS))}")
    return LISTS[kind].rows()


def data_of(card: Card) -> str:
    """Say where the data of a task's usual split are: here, fetched, or yours."""
    if root := os.environ.get("JUDGEBENCH_DATA", ""):
        from judgebench.tasks.layouts import at_hand  # noqa: PLC0415 - loaded on use

        if at_hand(Path(root), card):
            return "here"
    main = card.split().main
    return "fetched" if main.hub or main.url else "yours"


def _scale(card: Card) -> str:
    """Write its scale."""
    return "by split" if any(split.scale is not None for split in card.splits.values()) else card.scale.spec
