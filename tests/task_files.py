"""Files of tasks for tests: cards, rows as files, and the sample rows that are shipped."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from judgebench.tasks.card import card_dir

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def card(name: str, more: str, **said: str) -> str:
    """Write a card with the keys that each must have, some of them as ``said``, and ``more`` behind them."""
    keys = {
        "name": name, "title": "t", "summary": "s", "homepage": "https://example.org", "citation": "c", "licence": "l",
        "gold_source": "human", "annotators": "a", "scale": "check", "metric": "accuracy", "default_split": "test",
        "clusters": "c", "systems": "s",
    }  # fmt: skip
    return "".join(f'{key} = "{value}"\n' for key, value in (keys | said).items()) + more


def sample(task: str, file: str = "sample") -> list[dict[str, Any]]:
    """Read the rows of a shipped task's sample, or of a table beside it."""
    lines = (card_dir() / task / f"{file}.jsonl").read_text("utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


def write(path: Path, rows: Iterable[Any]) -> Path:
    """Write rows as JSON lines, or an object as one; folders are made."""
    whole = [json.dumps(rows, indent=1)] if isinstance(rows, dict) else None
    lines = whole or [json.dumps(one, ensure_ascii=False) for one in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path
