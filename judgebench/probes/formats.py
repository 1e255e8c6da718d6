"""Format and markdown: the same words, marked up, stripped of their marks, or set otherwise.

Bullets, bold and a heading push for an answer, for that is what people's and judges' votes reward (style control).
What a strip takes away pushes against. Nobody has shown which way JSON or blanks push, so that they push neither. Where
a question asks for a form itself, nothing is changed.

Source: Li et al. (2024), Does style matter? Disentangling style and substance in Chatbot Arena; Zhou et al. (2026),
JudgeBiasBench (arXiv:2603.08091: beauty).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from judgebench.probes.operator import Operator
from judgebench.probes.passages import BETWEEN, is_bare_code, sentences
from judgebench.probes.vague import COMMON

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.domain import Item
    from judgebench.probes.operator import Change, Push, Shown, Side

#: Text whose lines and blanks mean something: code, tables, headings, lists that are there already.
_SET = re.compile(r"```|~~~|^(?: {4}|\t)|^#{1,6}\s|^\s*\|.*\|\s*$|^\s*(?:[-*+•]|\d{1,3}[.)])\s", re.MULTILINE)
_WORD = re.compile(r"[^\W\d_](?:[\w'\u2019-]{2,18})[^\W_]")
_CODE = re.compile(r"```.*?```|~~~.*?~~~|`[^`\n]*`", re.DOTALL)
#: Text that is marked already, or code.
_NO_PROSE = re.compile(r"`|~~~|\*|__|[{};]\s*$|\w\(\w*\)|\blambda\b|==|</", re.MULTILINE)
_NEW_LINE = "\n"
#: Questions that ask for a form: there it is no matter of taste.
_ASKED = re.compile(
    r"\b(?:bold|italics?|bullets?|bulleted|markdown|headings?|asterisks?|json|ya?ml|plain text)\b", re.IGNORECASE
)
_HEADINGS = ("Answer", "Response", "Reply", "The answer")


def _lines(mark: str) -> Callable[[str], str]:
    def write(text: str) -> str:
        own = [] if _SET.search(text) else sentences(text)
        # A line break within a sentence is one of a title, or of verse.
        return text if len(own) < 2 or any("\n" in one for one in own) else "\n".join(f"{mark}{one}" for one in own)

    return write


def _marked(before: str, after: str) -> Callable[[str], str]:
    """Mark the longest word with a meaning of each sentence, the first of several as long; not in code."""

    def write(text: str) -> str:
        if _NO_PROSE.search(text):
            return text
        for sentence in sentences(text):
            words = [word for word in _WORD.findall(sentence) if word.casefold() not in COMMON]
            if words:
                word = max(words, key=len)
                marked = re.sub(
                    rf"(?<!\w){re.escape(word)}(?!\w)", lambda one: f"{before}{one[0]}{after}", sentence, count=1
                )
                text = text.replace(sentence, marked, 1)
        return text

    return write


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    if is_bare_code(text):
        return text
    kept = _CODE.findall(text)
    pieces = [change(piece) for piece in _CODE.split(text)]
    return pieces[0] + "".join(code + piece for code, piece in zip(kept, pieces[1:], strict=True))


#: Marks: what is left of one without it, and as another that means the same.
_MARKS = (
    (re.compile(r"^(\s{0,3})(#{1,6}) +(.*?)[ #]*$", re.MULTILINE), r"\1\3", r"\1\2 \3 \2"),
    (re.compile(r"(?<![0-9A-Za-z_)])\*\*(?=\S)(.+?)(?<=\S)\*\*(?![0-9A-Za-z_(])"), r"\1", r"__\1__"),
    (re.compile(r"(?<![\w_])__(?![a-z0-9_]+__)(?=\S)(.+?)(?<=\S)__(?![\w_]|[.(]\w)"), r"\1", r"**\1**"),
    (re.compile(r"^(\s*)[-+] +(?=\S)(?!\d[\d.,]*\s*$)", re.MULTILINE), r"\1", r"\1* "),
    (re.compile(r"^(\s*)[*•] +(?=\S)", re.MULTILINE), r"\1", r"\1- "),
    (re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\w*])"), r"\1", r"_\1_"),
)


def _without(text: str) -> str:
    for pattern, bare, _ in _MARKS:
        text = pattern.sub(bare, text)
    return text


def _otherwise(text: str) -> str:
    """Write each mark as another; a text in one pass, so that none is changed back."""
    lines: list[str] = []
    for line in text.split("\n"):
        for pattern, _, other in _MARKS:
            if pattern.search(line):
                line = pattern.sub(other, line)  # noqa: PLW2901 - what is left of it
                break
        lines.append(line)
    return "\n".join(lines)


def _spaced(text: str) -> str:
    """Double blanks between sentences and lines between paragraphs, with an empty line at either end."""
    wide = BETWEEN.sub(lambda end: end[0] if "\n" in end[0] else f"{end[0]}{' ' if end[0] else ''}", text)
    return "\n\n" + wide.replace("\n\n", "\n\n\n\n") + "\n\n"


def _operator(
    name: str,
    change: Callable[[str], str],
    placebo: Callable[[str], str] | None,
    push: Push = "for",
    side: Side = "wrong",
) -> Operator:
    def of(write: Callable[[str], str]) -> Change:
        def changed(shown: Shown) -> Item | None:
            text = write(shown.text) if shown.text.strip() else shown.text
            return None if text == shown.text or _ASKED.search(shown.item.question) else shown.answered(text)

        return changed

    return Operator(f"format/{name}", of(change), None if placebo is None else of(placebo), push, side)


def _headed(mark: str) -> Change:
    def change(shown: Shown) -> Item | None:
        if not shown.text.strip() or shown.text.lstrip().startswith("#") or _ASKED.search(shown.item.question):
            return None
        return shown.answered(f"{mark}{shown.draw.of('heading', _HEADINGS)}\n\n{shown.text}")

    return change


OPERATORS = {
    "bullets": _operator("bullets", _lines("- "), _lines("")),
    "bold": _operator("bold", _marked("**", "**"), _marked("   ", "")),
    "heading": Operator("format/heading", _headed("## "), _headed("")),
    "strip": _operator(
        "strip",
        lambda text: _outside_code(text, _without),
        lambda text: _outside_code(text, _otherwise),
        "against",
        "right",
    ),
    "json": _operator(
        "json",
        lambda text: json.dumps({"answer": text}, ensure_ascii=False),
        lambda text: f"The answer:{_NEW_LINE if _NEW_LINE in text else ' '}{text}",
        "neither",
        "random",
    ),
    "blanks": _operator("blanks", lambda text: text if _SET.search(text) else _spaced(text), None, "neither", "random"),
}
