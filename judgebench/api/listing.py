"""What there is, a row each: tasks, judges, prompts, protocols and so on. Loads little: `list` is quick."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from judgebench.errors import UsageError, argument

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.tasks.card import Card

Rows: TypeAlias = "list[tuple[str, ...]]"

#: So many splits of a task fit a line, and so many letters of a scale.
_SPLITS = 3
_SPEC = 14


def tasks() -> Rows:
    """List the tasks: name, scale, gold, splits, what it is."""
    from judgebench.catalog import plugins  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.card import card_names, load_card  # noqa: PLC0415 - loaded on use

    cards = [load_card(name) for name in card_names()]
    rows = [(card.name, _scale(card), card.gold_source, _splits(card), card.summary) for card in cards]
    return [*rows, *((name, "", "", "", f"plugin {entry.value}") for name, entry in plugins("tasks").items())]


def judges() -> Rows:
    """List the judges by name or name pattern."""
    from judgebench.catalog import plugins  # noqa: PLC0415 - loaded on use
    from judgebench.judges.listed import JUDGE_NOTES  # noqa: PLC0415 - loaded on use

    return [*JUDGE_NOTES.items(), *((name, f"plugin {entry.value}") for name, entry in plugins("judges").items())]


def cards() -> Rows:
    """List the judge cards: name, what each gives, its template, what becomes of a failure, and the model it asks."""
    from judgebench.judges.cards import card_names, load_card  # noqa: PLC0415 - loaded on use

    rows: Rows = []
    for card in map(load_card, card_names()):
        pairs = [one for one in card.layouts if one.kind == "pair"]
        ties = "" if not pairs else "ties" if any(one.ties for one in pairs) else "no ties"
        failures = dict.fromkeys(str(one.failure) for one in card.layouts)
        model = card.models[0][0] if card.models else ""
        endpoint = "raw" if card.raw else "chat"
        rows.append((card.name, " ".join(card.scales), ties, endpoint, f"failure {', '.join(failures)}", model))
    return rows


def prompts() -> Rows:
    """List the prompts and the kinds of scale they serve."""
    from judgebench.judges.prompts import load_prompt, prompt_names  # noqa: PLC0415 - loaded on use

    return [(name, ", ".join(load_prompt(name).kinds)) for name in prompt_names()]


def protocols() -> Rows:
    """List the protocols by which a judge comes to a verdict, and the kinds of panel."""
    from judgebench.judges.panels import KINDS  # noqa: PLC0415 - loaded on use
    from judgebench.judges.protocols import ANSWERS, LAYERS, SHAPES  # noqa: PLC0415 - loaded on use

    rows = {name: row for name, row in (SHAPES | ANSWERS | LAYERS).items() if name}
    named = [(f"{name}[:{row.argument}]" if row.argument else name, row.about) for name, row in rows.items()]
    return [*named, *((f'kind = "{name}"', f"in a judge file: {kind.about}") for name, kind in KINDS.items())]


def probes() -> Rows:
    """List the ways to show items to a judge."""
    from judgebench.catalog import plugins  # noqa: PLC0415 - loaded on use
    from judgebench.probes.listed import PROBES  # noqa: PLC0415 - loaded on use

    orders = {
        "both": "every item in its own order and reversed (the default): flips are counted",
        "original": "the item's own order",
        "swapped": "the reverse",
        "random": "one order an item, drawn from --seed and its content",
        "cyclic": "as many orders as responses: each stands once in each place (lists)",
    }
    rows = [(f"--order {order}", what) for order, what in orders.items()]
    ours = [(f"--probe {name}", one.note) for name, one in PROBES.items()]
    plugged = ((name, f"plugin {entry.value}") for name, entry in plugins("probes").items())
    return [*ours, *plugged, *rows]


def metrics() -> Rows:
    """List the metrics with what they are about and their witness, who computes them a second time."""
    from judgebench.catalog import plugins  # noqa: PLC0415 - loaded on use
    from judgebench.stats.coefficients.catalog import METRIC_LINES  # noqa: PLC0415 - loaded on use

    foreign = (
        (name, f"plugin {entry.value}", "", "its own, if it names one") for name, entry in plugins("metrics").items()
    )
    return [*((*line, witness or "no witness") for *line, witness in METRIC_LINES), *foreign]


def formats() -> Rows:
    """List the tools whose files are known by their shape, and what these hold."""
    from judgebench.labels.importers.catalog import TOOLS  # noqa: PLC0415 - loaded on use

    return [(tool.name, tool.holds) for tool in TOOLS]


LISTS: dict[str, Callable[[], Rows]] = {
    "tasks": tasks,
    "judges": judges,
    "cards": cards,
    "prompts": prompts,
    "protocols": protocols,
    "probes": probes,
    "metrics": metrics,
    "formats": formats,
}


def listing(kind: str) -> Rows:
    """List tasks, judges, judge cards, prompts, protocols, probes, metrics or formats."""
    if kind not in LISTS:
        raise UsageError(f"{argument('kind')}={kind!r}: write one of {', '.join(map(repr, LISTS))}")
    return LISTS[kind]()


def _splits(card: Card) -> str:
    """Name the first splits, and count the others."""
    first = list(card.splits)[:_SPLITS]
    return " ".join(first) + (f" and {len(card.splits) - len(first)} more" if len(card.splits) > len(first) else "")


def _scale(card: Card) -> str:
    """Write its scale; of a long list of labels how many there are."""
    if any(split.scale is not None for split in card.splits.values()):
        return "by split"
    spec = card.scale.spec
    return spec if len(spec) <= _SPEC else f"{spec.partition(':')[0]} of {len(card.scale.labels)}"
