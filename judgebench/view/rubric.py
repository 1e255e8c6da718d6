"""What annotators go by: a rubric of one's own (text or Markdown), else what the task says that it asked people."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from judgebench.domain import digest
from judgebench.errors import UsageError, argument
from judgebench.files.content import small_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: More bytes nobody reads beside an item.
_MOST = 1 << 18
_LINES = re.MULTILINE | re.DOTALL
_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*\s*")
_ROW = re.compile(r"\|(.+)\|")
_RULE = re.compile(r"\|(?:\s*:?-+:?\s*\|)+")
_BULLET = re.compile(r"(?:[-*+]|\d{1,3}[.)])\s+(.*)")


@dataclass(frozen=True, slots=True)
class Rubric:
    """Headings, paragraphs and points, as plain text; ``digest`` tells one version from another, empty for none."""

    blocks: tuple[tuple[str, str], ...] = ()
    source: str = ""

    @property
    def digest(self) -> str:
        """What labels keep of it."""
        return digest([list(one) for one in self.blocks], 10) if self.blocks else ""

    def to_json(self) -> dict[str, Any]:
        """Write it as the page takes it."""
        return {"blocks": [{"kind": kind, "text": text} for kind, text in self.blocks], "source": self.source}


NO_RUBRIC = Rubric()


def read_rubric(file: Path) -> Rubric:
    """Read a rubric of one's own; UsageError where it can't be read as text, or says nothing."""
    told = argument("rubric")
    try:
        text = small_file(file, _MOST).decode("utf-8-sig")
        changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except OSError as error:
        raise UsageError(f"can't read {told} {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{told} {file} is not UTF-8 text: save it as text or Markdown") from None
    blocks = tuple(_blocks(text))
    if not blocks:
        raise UsageError(f"{told} {file} is empty: write what counts into it, as text or Markdown")
    return Rubric(blocks, f"{file.name}, {changed.day} {changed:%b %Y}")


def task_rubric(readme: str) -> Rubric:
    """Take what the annotators were asked from a task's page."""
    return Rubric(tuple(("text", text) for text in guidelines(readme)), "what the task's annotators were asked")


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    r"""Read the Markdown that people write rubrics in: headings, points, paragraphs, rows of tables as points.

    What else there is stays as it is.

    >>> list(_blocks("# What counts\n\nThe **right** one\nwins.\n- short\n  and clear\n- kind"))
    [('head', 'What counts'), ('text', 'The right one wins.'), ('point', 'short and clear'), ('point', 'kind')]
    >>> list(_blocks("| case | label |\n| --- | :-: |\n| rude | pass |"))
    [('point', 'case · label'), ('point', 'rude · pass')]
    """
    kind, lines = "text", list[str]()
    for line in [*text.splitlines(), ""]:
        bare = line.strip()
        if _RULE.fullmatch(bare):
            continue
        if row := _ROW.fullmatch(bare):
            bare = "- " + " · ".join(cell.strip() for cell in row[1].split("|"))
        heading, bullet = _HEADING.fullmatch(bare), _BULLET.fullmatch(bare)
        if (heading or bullet or not bare) and lines:
            yield kind, _plain(" ".join(lines))
            kind, lines = "text", []
        if heading:
            yield "head", _plain(heading[1])
        elif bullet:
            kind, lines = "point", [bullet[1]]
        elif bare:
            lines.append(bare)


def _plain(words: str) -> str:
    words = re.sub(r"\*\*|__|`|(?<!\w)\*|\*(?!\w)", "", " ".join(words.split()))
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", words)


def guidelines(readme: str) -> list[str]:
    r"""Take what the annotators were asked from a task's page, in paragraphs of plain text.

    Tables and lists, which tell of the gold labels, and what follows them are left out.

    >>> guidelines("## What the annotators were asked\n\nTo say **which**\nis better.\n\n- Gold is\n\n## Rows\n\nNo.")
    ['To say which is better.']
    """
    found = re.search(r"^## What the annotators were asked\n(.*?)(?=^## |^- |^\||\Z)", readme, flags=_LINES)
    paragraphs = re.split(r"\n\s*\n", found[1]) if found else []
    return [words for block in paragraphs if (words := _plain(block))]
