"""Tasks as people read them: what a card says, a benchmark's or one's own."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from judgebench.api.listing import data_of
from judgebench.errors import DataError, UsageError
from judgebench.report.document.as_table import fill
from judgebench.report.document.brief import WIDEST
from judgebench.report.show import TaskFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.tasks.card import Card, Split

#: Where texts begin behind their names.
_EDGE = 18


def shown_card(card: Card, spec: str, split: str = "") -> TaskFacts:
    """Write a benchmark's card, or what it says of one split; ``spec`` is how that was named."""
    if split:
        only = card.split(split)
        card = replace(
            card,
            splits={only.name: only},
            default_split=only.name,
            scale=only.scale or card.scale,
            gold_source=only.gold_source or card.gold_source,
        )
    fields = {
        "scale": "\n".join(_scales(card)),
        "gold": f"{card.gold_source}: {card.annotators}",
        "headline": card.metric,
        "policies": ", ".join(f"{key}={value}" for key, value in card.policies.to_json().items()),
        "splits": ", ".join(
            f"{split.name} ({split.count})" if split.count else split.name for split in card.splits.values()
        ),
        "default split": "" if split else card.default_split,
        "subsets": ", ".join(card.subsets),
        "clusters": card.clusters,
        "systems": card.systems,
        "references": ", ".join(card.references),
        "recorded": "\n".join(_recordings(card, spec)),
        "licence": card.licence,
        "paper": card.paper,
        "homepage": card.homepage,
        "citation": card.citation,
        "unchecked fields": ", ".join(card.unchecked_fields),
    }
    head = "\n".join(fill(f"{card.title}: {card.summary}", WIDEST, indent=""))
    notes = [_fields({"note": text}) for text in card.notes]
    following = f"Next:  {_next(card, spec)}"
    return TaskFacts(
        "\n".join([head, "", _fields(fields), *notes, "", following]), _said(card) | ({"task": spec} if split else {})
    )


def _next(card: Card, spec: str) -> str:
    """Write a command that runs: of data that are here public verdicts or the commonest label, else a dry run."""
    task = shlex.quote(spec)
    if data_of(card) == "here":
        from judgebench.tasks.layouts import recorded_at_hand  # noqa: PLC0415 - loaded on use

        replies = recorded_at_hand(Path(os.environ["JUDGEBENCH_DATA"]), card)
        judge = shlex.quote(f"replay:{replies[0]}") if replies else "baseline/majority"
        return f"judgebench run --judge {judge} --task {task}"
    try:
        textless = _textless(card)
    except (DataError, UsageError):
        return f"judgebench validate {task}"
    if textless:
        return f"judgebench run --judge baseline/majority --task {task} --sample"
    return f"judgebench run --judge gpt-4o --task {task} --sample --dry-run"


def _textless(card: Card) -> bool:
    """Whether an item of its sample lacks what a model could judge; DataError where there is no sample."""
    from judgebench.tasks.base import open_task  # noqa: PLC0415 - loaded on use

    items = open_task(f"{card.name}:{card.default_split}", sample=True, root=card.folder.parent).items()
    return any(item.unanswered for item in items)


def shown_place(name: str) -> TaskFacts | None:
    """Show a task's card by its folder or its file; None where there is none."""
    from judgebench.files.toml import read_toml  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.card import load_card  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.places import card_at, read_own_card  # noqa: PLC0415 - loaded on use

    file = card_at(Path(name))
    if file is None or not {"columns", "splits"} & (said := read_toml(file)[0]).keys():
        return None
    if "splits" in said:
        folder = file.resolve().parent
        return shown_card(load_card(folder.name, folder.parent), name)
    found = read_own_card(file)
    reading = found.reading
    text = _fields(
        {
            "task": found.name,
            "title": found.title,
            "summary": found.summary,
            "data": ", ".join(map(str, found.files)),
            "scale": reading.scale,
            "gold": reading.gold,
            "columns": "; ".join(f"{role}: {', '.join(names)}" for role, names in reading.columns.items()),
            "where": "; ".join(reading.where),
            "licence": found.licence,
        }
    )
    facts = {
        "task": found.name,
        "title": found.title,
        "summary": found.summary,
        "licence": found.licence,
        "scale": reading.scale or None,
        "gold_source": reading.gold or None,
        "policies": found.policies,
        "files": [str(one) for one in found.files],
        "columns": reading.columns,
        "where": reading.where,
    }
    return TaskFacts(text, facts)


def _said(card: Card) -> dict[str, Any]:
    """Take what the JSON of a benchmark's card holds."""
    as_they_are = (
        "title", "summary", "licence", "gold_source", "annotators", "metric", "policies", "default_split", "subsets",
        "clusters", "systems", "references", "default_reference", "paper", "homepage", "citation", "unchecked_fields",
        "notes", "digest",
    )  # fmt: skip
    return {name: getattr(card, name) for name in as_they_are} | {
        "task": card.name,
        "scale": card.scale.spec,
        "labels": card.scale.labels,
        "splits": [_split(card, split) for split in card.splits.values()],
    }


def _split(card: Card, split: Split) -> dict[str, Any]:
    scale = split.scale or card.scale
    recorded, figures = _recorded(card, split)
    return {
        "split": split.name,
        "items": split.count,
        "scale": scale.spec,
        "labels": scale.labels,
        "gold_source": split.gold_source or card.gold_source,
        **{name: getattr(split.main, name) for name in ("hub", "revision", "url", "files")},
        "recorded": recorded,
        "figures": figures,
    }


def _recorded(card: Card, split: Split) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Name the judges whose verdicts on a split are public, then those of whom only figures are."""
    known = [one for one in card.recorded if one.split == split.name]
    replies = tuple(dict.fromkeys(one.name for one in known if one.kind == "replies"))
    return replies, tuple(dict.fromkeys(one.name for one in known if one.name not in replies))


def _scales(card: Card) -> list[str]:
    """Spell out the card's scale, then those of splits that have their own."""
    own = [(f"{split.name}: ", split.scale) for split in card.splits.values() if split.scale is not None]
    shown = [("", card.scale), *own]
    return [f"{name}{scale.spec} ({', '.join(scale.labels)})" for name, scale in shown]


def _recordings(card: Card, spec: str) -> list[str]:
    """Name what is recorded, and how it is replayed; splits that share their judges share a line."""
    sharing: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for split in card.splits.values():
        sharing.setdefault(_recorded(card, split), []).append(split.name)
    lines: list[str] = []
    for (replies, figures), splits in sharing.items():
        task = "" if splits[0] == card.default_split else f" --task {spec}:{splits[0]}"
        said = [f"{', '.join(replies)} (--judge replay:NAME{task})"] if replies else []
        said += [f"{', '.join(figures)} (figures only)"] if figures else []
        if said:
            lines.append(("" if splits == list(card.splits) else f"{', '.join(splits)}: ") + "; ".join(said))
    return lines


def _fields(fields: Mapping[str, str]) -> str:
    """Write names and texts side by side, no wider than a terminal."""
    lines: list[str] = []
    for key, value in fields.items():
        told = [piece for line in value.split("\n") for piece in fill(line.strip(), WIDEST - _EDGE, indent="")]
        lines += [f"{'' if i else key + ':':<{_EDGE}}{line}" for i, line in enumerate(told) if line]
    return "\n".join(lines)
