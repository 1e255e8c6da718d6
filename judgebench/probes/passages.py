"""Where an answer can be cut: its paragraphs, with blocks of code left whole, and the sentences of a paragraph."""

from __future__ import annotations

import re

_GAP = re.compile(r"\n[ \t]*\n\s*")
_FENCE = re.compile(r"^\s*(?:```|~~~)", re.MULTILINE)
#: What is between two sentences: blanks before a capital, a number or a quote, but not after "1.", an initial or a
#: common abbreviation; nothing behind the full stop of a script without blanks.
BETWEEN = re.compile(
    r"(?<![\s(]\d\.)(?<!\b[A-Z]\.)(?<!\b[eE]\.g\.)(?<!\bi\.e\.)(?<!\b(?:Dr|Mr|Ms|St|vs|no)\.)"
    r"(?:(?<=[.!?])|(?<=[.!?][\"')\]]))\s+(?=[A-ZÀ-Þ0-9\"'(])|(?<=[\u3002\uff01\uff1f])"
)
_FENCED = re.compile(r"(```|~~~).*?\1", re.DOTALL)
#: Lines of programs.
_CODE = re.compile(
    r"^\s*(?:def|class|import|from|for|while|if|elif|else|return|fn|func|let|const|var|int|void|public|#include)\b.*[:;{(\])]\s*$"
    r"|^\s*(?:def|fn|func|class)\s\w+.*[(:{]|^\s*(?:import|from)\s[\w.]+(?:\s+(?:as|import)\s[\w.]+)?\s*$|[{};]\s*$"
    r"|^\s*return\s|^\s*print\(",
    re.MULTILINE,
)
#: How long a question wants its answer to be.
_LENGTH = re.compile(
    r"\b(?:in|with|only|exactly|most|least|under|than|up to)\s+(?:\w+\s+){0,2}(?:words?|sentences?|lines?|letters)\b"
    r"|\b(?:short|shortly|brief|briefly|concise|concisely)\b",
    re.IGNORECASE,
)


def is_bare_code(text: str) -> bool:
    r"""Whether there is code outside of fences, which a sentence or a mark more or less would break.

    >>> is_bare_code("def f(x):\n    return x"), is_bare_code("It is so: call `f`.\n```\nreturn 1;\n```")
    (True, False)
    """
    return bool(_CODE.search(_FENCED.sub("", text)))


def wants_length(question: str) -> bool:
    """Whether a question says how long its answer is to be, so that length is no matter of taste.

    >>> wants_length("Name a river in one word."), wants_length("Which river is the longest?")
    (True, False)
    """
    return bool(_LENGTH.search(question))


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


def sentences(prose: str) -> list[str]:
    """Cut prose into sentences.

    >>> sentences("It is 3.5 m. Dr. Ito says so! Good.")
    ['It is 3.5 m.', 'Dr. Ito says so!', 'Good.']
    """
    return [one.strip() for one in BETWEEN.split(prose) if one.strip()]


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
