"""Judges without a model: does a response contain a reference, or equal one."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Literal

from judgebench.domain import Reply
from judgebench.errors import RejectedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.domain import Case, Scale

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_APOSTROPHE = re.compile("['\u2019]")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_ABBREVIATION = re.compile(r"(?<=\b[^\W\d_])\.")
_NUMERIC = re.compile(r"(?<=\d)\.(?=\d)|(?<![^\s(])-(?=\d)")
# Scripts that put no blanks between words: there "whole words" can't be told, and any place will do.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def normalise(text: str) -> str:
    """Bring a text into the form in which lexical judges compare.

    Unicode NFKC, case folded. Apostrophes go, as do the points of abbreviations ("U.S.") and the commas of thousands; a
    decimal point and a minus sign before a number stay; any other punctuation or symbol is a blank. Then the articles
    a, an, the are removed and runs of blanks made one. Accents count. A text that would be left empty ("The The") keeps
    its articles.

    >>> normalise("  The U.S.'s  *Largest*  city…"), normalise("$5,000.00 (or -3.5)")
    ('uss largest city', '5000.00 or -3.5')
    """
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u2212", "-")
    for pattern in (_APOSTROPHE, _THOUSANDS, _ABBREVIATION):
        folded = pattern.sub("", folded)
    kept = {match.start() for match in _NUMERIC.finditer(folded)}
    folded = "".join(" " if unicodedata.category(c)[0] in "PS" and i not in kept else c for i, c in enumerate(folded))
    bare = " ".join(_ARTICLES.sub(" ", folded).split())
    return bare or " ".join(folded.split())


class LexicalJudge:
    """Call a response correct if, after `normalise`, it contains the words of a reference in a row, or equals one."""

    def __init__(self, mode: Literal["contains", "exact-match"]) -> None:
        self._mode = mode

    @property
    def name(self) -> str:
        """Name in tables."""
        return self._mode

    @property
    def settings(self) -> Mapping[str, object]:
        """The rule and the version of its normalisation."""
        return {"backend": "lexical", "mode": self._mode, "normalisation": 1}

    async def judge(self, case: Case, scale: Scale) -> Reply:
        """Compare the response with the references of the case's condition; RejectedError where the item has none.

        UsageError where the scale is not a check, or the condition shows none of the item's references.
        """
        if scale.kind != "check":
            raise UsageError(f"{self._mode} gives correct or incorrect; the task's scale is {scale.spec}")
        if not case.references and case.item.references:
            kinds = " or ".join(sorted({reference.kind for reference in case.item.references}))
            raise UsageError(f"{self._mode} compares with references and none are shown; pass --reference {kinds}")
        references = [n for reference in case.references if (n := normalise(reference.text))]
        if not references:
            raise RejectedError(f"item {case.item.id!r} has no reference to compare with")
        response = normalise(case.responses[0].text)
        match = _contains if self._mode == "contains" else str.__eq__
        found = next((reference for reference in references if match(response, reference)), None)
        text = "no reference matches" if found is None else f"matches the reference {found!r}"
        return Reply.ok(int(found is not None), text=text)


def _contains(response: str, reference: str) -> bool:
    if _UNSPACED.search(reference):
        return reference in response
    return f" {reference} " in f" {response} "


def create(mode: Literal["contains", "exact-match"]) -> LexicalJudge:
    """Build ``contains`` or ``exact-match``."""
    return LexicalJudge(mode)
