"""Where an answer can be cut: its paragraphs, with blocks of code left whole, and the sentences of a paragraph."""

from __future__ import annotations

import re
from itertools import pairwise

_GAP = re.compile(r"\n[ \t]*\n\s*")
_FENCE = re.compile(r"^\s*(?:```|~~~)", re.MULTILINE)
#: A sentence ends where a blank and a capital follow; not after "1.", an initial or a common abbreviation.
_END = re.compile(
    r"(?<![\s(]\d)(?<!\b[A-Z])(?<!\b[eE]\.g)(?<!\bi\.e)(?<!\b(?:Dr|Mr|vs|St|no))[.!?][\"')\]]?[ \t]+(?=[A-Z])"
)


def paragraphs(text: str) -> list[str]:
    r"""Cut a text at its blank lines, but not within a block of code.

    >>> paragraphs("One.\n\n```\na\n\nb\n```\n\nTwo.")
    ['One.', '```\na\n\nb\n```', 'Two.']
    """
    text = text.strip()
    found: list[str] = []
    start = 0
    for gap in (*_GAP.finditer(text), None):
        piece = text[start : gap.start() if gap else None]
        if gap is not None and len(_FENCE.findall(piece)) % 2:
            continue
        found.append(piece)
        start = gap.end() if gap else start
    return [one for one in found if one]


def is_prose(paragraph: str) -> bool:
    """Whether a paragraph is neither code nor a list nor a table, so that a line break within it does no harm."""
    return "\n" not in paragraph and not re.match(r"\s*(?:```|~~~|[-*|>#]|\d{1,3}[.)]\s)", paragraph)


def sentences(paragraph: str) -> list[str]:
    """Cut a paragraph of prose into sentences.

    >>> sentences("It is 3.5 m. Dr. Ito says so! Good.")
    ['It is 3.5 m.', 'Dr. Ito says so!', 'Good.']
    """
    ends = [0, *(match.end() for match in _END.finditer(paragraph)), len(paragraph)]
    cut = (paragraph[start:end].strip() for start, end in pairwise(ends))
    return [one for one in cut if one]


def last_passage(text: str) -> tuple[str, str]:
    """Cut a text before its last paragraph, or before the last sentence of its only one; the first part may be empty.

    >>> last_passage("Two and two. That makes four."), last_passage("Four.")
    (('Two and two.', 'That makes four.'), ('', 'Four.'))
    """
    text = text.strip()
    last = (paragraphs(text) or [""])[-1]
    if len(last) == len(text) and is_prose(text):
        last = (sentences(text) or [""])[-1]
    return text[: len(text) - len(last)].rstrip(), last


def joined(*pieces: str) -> str:
    """Put paragraphs together, those without text left out."""
    return "\n\n".join(filter(None, pieces))
