"""The table of all tasks, as ``tasks/README.md`` has it: ``python -m judgebench.api.overview > tasks/README.md``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from judgebench.reproduce.published import load_published
from judgebench.tasks.card import card_names, load_card

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from judgebench.tasks.card import Card, Split

_HEAD = """# Tasks

<!-- Written by `python -m judgebench.api.overview > tasks/README.md`; a test holds it against the cards. -->

`judgebench run --judge gpt-4o --task NAME`, or `NAME:SPLIT`; `--sample` takes rows written for this project,
`--data DIR` a clone or a file. A folder has the card, what people were asked and quirks (README.md), and the sample.
[How to add a task](../docs/reference/tasks.md).

"""
_COLUMNS = ("task", "split", "items", "scale", "gold", "recorded judges", "published figures", "source")
#: A longer scale is cut: the card has it whole.
_LONGEST = 40


def overview(root: Path | None = None) -> str:
    """Write a table of all cards, a row for each split, and what each card's licence says."""
    cards = [load_card(name, root) for name in card_names(root)]
    rows = [row for card in cards for row in _rows(card, root)]
    lines = [_line(_COLUMNS), _line(["---"] * len(_COLUMNS)), *map(_line, rows)]
    licences = [_line(["task", "what it is", "licence"]), _line(["---"] * 3)]
    licences += [_line([f"[{card.name}]({card.name})", card.summary, card.licence]) for card in cards]
    return _HEAD + "\n".join(licences) + "\n\n" + "\n".join(lines) + "\n"


def _rows(card: Card, root: Path | None) -> Iterator[tuple[str, ...]]:
    published = load_published(card.name, root)
    figures: dict[str, int] = {}
    for one in published.figures:
        name = one.split or card.default_split
        figures[name] = figures.get(name, 0) + 1
    for split in card.splits.values():
        judges = len({one.name for one in card.recorded if one.split == split.name})
        beside = " and files beside the data" if published.printed and split.name == card.default_split else ""
        scale = (split.scale or card.scale).spec
        yield (
            card.name,
            f"**{split.name}**" if split.name == card.default_split else split.name,
            f"{split.count:,}" if split.count else "",
            scale if len(scale) <= _LONGEST else f"{scale[:_LONGEST]}…",
            split.gold_source or card.gold_source,
            str(judges or ""),
            f"{figures.get(split.name) or ''}{beside}",
            _source(split),
        )


def _source(split: Split) -> str:
    part = split.main
    if part.hub:
        return f"hub {part.hub}{f'@{part.revision[:7]}' if part.revision else ''}"
    return "pinned address" if part.url else "files of one's own"


def _line(cells: tuple[str, ...] | list[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    sys.stdout.write(overview())
