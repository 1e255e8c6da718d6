"""A judge card's words to a model: the texts of a case in the layout, cut, and guarded against forged marks.

A native layout has no fences. So what an item says must not look like the layout: where a text holds one of its
headers, a special token of a raw prompt, or a verdict as the judge would write it, a word joiner (U+2060) is put behind
the first character. Whoever reads sees the same; a model is given other tokens, and no parser reads an echo.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from judgebench.domain import Message, Request
from judgebench.errors import RejectedError, UsageError, argument
from judgebench.judges.cards.template import Template

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from judgebench.domain import Case, Item, Response, Turn
    from judgebench.judges.cards.card import Layout, Truncation

_JOINER = "\u2060"
#: What tokenizers of raw prompts take for a token of their own.
_SPECIAL = r"<\|[^|<>\n]{1,40}\|>|</?s>|<unk>|<pad>|\[/?INST\]|<</?SYS>>|\[(?:PAD|UNK|CLS|SEP|MASK)\]|<(?:bos|eos)>"
#: A verdict at a reply's very beginning or end can't be an echo, and marks too many texts.
_ANCHORED = re.compile(r"\\[AZ]|(?<![\[\\])\^|(?<!\\)\$")


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes requests in a layout; ``count`` counts the tokens of a text."""

    card: str
    layout: Layout
    count: Callable[[str], int]

    def request(self, backend: str, case: Case) -> Request:
        """Ask about a case; UsageError where the layout needs what its condition doesn't show."""
        texts, lists = self._texts(case)
        self._check(case, texts)
        layout = self.layout
        if layout.truncation is not None:
            texts, lists = self._cut(texts, lists, layout.truncation)
        if layout.raw:
            raw = Template.of(layout.raw).fill(texts, lists)
            return Request(backend, (Message.of("user", raw),), self._options(raw=True))
        system, user = (Template.of(text).fill(texts, lists).strip() for text in (layout.system, layout.user))
        said = [Message.of("system", system)] if system else []
        said += [Message.of("user", user)] if user else []
        return Request(backend, tuple(said), self._options())

    def _options(self, **more: Any) -> tuple[tuple[str, Any], ...]:
        own = {name: value for name, value in self.layout.sampling if name not in {"temperature", "max_tokens"}}
        return tuple(sorted((own | more).items()))

    def _check(self, case: Case, texts: Mapping[str, str]) -> None:
        where = f"judge card {self.card}/{self.layout.name}"
        if lacks := [need for need in self.layout.needs if not texts.get(need)]:
            hint = f"; pass {argument('reference')} KIND" if lacks == ["reference"] and case.item.references else ""
            raise UsageError(f"{where} needs a {lacks[0]}, and item {case.item.id!r} is shown without one{hint}")
        if any(True for _ in case.item.images):
            raise RejectedError(f"{where} shows texts alone, and item {case.item.id!r} has images")

    def _texts(self, case: Case) -> tuple[dict[str, str], dict[str, list[dict[str, str]]]]:
        item, clean, layout = case.item, self._clean, self.layout
        guard = _guard(layout.raw, (layout.system, layout.user), layout.marks, layout.strict)
        answers = [guard(clean(response.whole)) for response in case.responses]
        references = [guard(reference.text) for reference in case.references]
        asked = [turn for turn in item.conversation if turn.role != "system"]
        criterion = item.attribute("criterion") or ""
        levels = tuple((word, guard(means)) for word, means in item.levels) or self.layout.levels
        low, _, high = self.layout.scale.partition(":")[2].partition("-")
        dialogues = [_dialogue(item, response, guard) for response in case.responses]
        named = dict(zip(("answer_a", "answer_b"), answers, strict=False)) if len(answers) == 2 else {}
        texts = {
            "question": guard(asked[0].text if len(asked) == 1 else _transcript(item.conversation)),
            "last": guard(item.question),
            "input": guard(item.attribute("input") or ""),
            "answer": answers[0] if len(answers) == 1 else "",
            "reference": references[0] if len(references) == 1 else "\n\n".join(references),
            "references": "\n".join(references),
            "context": "\n\n".join(map(guard, item.context)),
            "criterion": guard(criterion) or self.layout.criterion,
            "levels": "\n".join(f"Score {word}: {means}" for word, means in levels),
            "category": guard(item.subset),
            "several": "yes" if len(dialogues[0]) > 1 else "",
            "low": low,
            "high": high,
        }
        lists = {
            "answers": [{"n": str(n), "letter": chr(64 + n), "text": text} for n, text in enumerate(answers, 1)],
            **dict(zip(("turns_a", "turns_b"), dialogues, strict=False)),
        }
        return texts | named, lists

    def _clean(self, text: str) -> str:
        if not self.layout.remove:
            return text
        pattern = "|".join(map(re.escape, self.layout.remove))
        return re.sub(pattern, "", text.strip()).strip()

    def _cut(
        self, texts: dict[str, str], lists: dict[str, list[dict[str, str]]], truncation: Truncation
    ) -> tuple[dict[str, str], dict[str, list[dict[str, str]]]]:
        """Cut the responses until everything fits; the prompt around them stays whole."""
        layout = self.layout
        slots = [slot for slot in ("answer", "answer_a", "answer_b") if texts.get(slot)]
        bare = texts | dict.fromkeys(slots, "")
        empty = {**lists, "answers": [{**one, "text": ""} for one in lists["answers"]]}
        around = sum(
            self.count(Template.of(t).fill(bare, empty)) for t in (layout.raw, layout.system, layout.user) if t
        )
        room = truncation.context - int(dict(layout.sampling).get("max_tokens", 0)) - around
        budget = max(room // len(lists["answers"]) - 2, 0)

        def cut(text: str) -> str:
            return shortened(text, budget, self.count, left=truncation.side == "left")

        whole = {**lists, "answers": [{**one, "text": cut(one["text"])} for one in lists["answers"]]}
        return texts | {slot: cut(texts[slot]) for slot in slots}, whole


def shortened(text: str, budget: int, count: Callable[[str], int], *, left: bool) -> str:
    """Cut a text to a number of tokens, at its beginning or at its end.

    >>> shortened("abcdefgh", 1, lambda text: -(-len(text) // 4), left=True)
    'efgh'
    """
    if count(text) <= budget:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        kept = text[-middle:] if left else text[:middle]
        low, high = (middle, high) if count(kept) <= budget else (low, middle - 1)
    return (text[-low:] if left else text[:low]) if low else ""


def _transcript(turns: Sequence[Turn]) -> str:
    return "\n\n".join(f"{turn.speaker.capitalize()}: {turn.text}" for turn in turns)


def _told(turn: Turn) -> str:
    return turn.text if turn.speaker == turn.role else f"\n\n[{turn.speaker}]\n{turn.text}\n\n"


def _dialogue(item: Item, response: Response, guard: Callable[[str], str]) -> list[dict[str, str]]:
    """Pair what the user said with what was answered, up to the response."""
    mine = response.turns or ()
    turns = [*item.conversation, *mine]
    said = [(turn.role, _told(turn)) for turn in turns if turn.role != "system"]
    if not mine:
        said.append(("assistant", response.text))
    rounds: list[dict[str, str]] = []
    for role, text in said:
        if role == "user" or not rounds:
            rounds.append({"n": str(len(rounds) + 1), "user": "", "assistant": ""})
        rounds[-1]["user" if role == "user" else "assistant"] += guard(text)
    return rounds


@lru_cache(maxsize=64)
def _guard(raw: str, chat: tuple[str, ...], own: tuple[str, ...], strict: str) -> Callable[[str], str]:
    """Make what keeps texts from forging a layout's marks."""
    marks = [mark for text in (raw, *chat) if text for mark in Template.of(text).marks]
    marks += map(re.escape, own)
    if raw:
        marks.append(_SPECIAL)
    if not _ANCHORED.search(strict):
        marks.append(strict)
    # One after the other: a header may hold another mark.
    patterns = [re.compile(mark, re.IGNORECASE | re.MULTILINE) for mark in marks]

    def guard(text: str) -> str:
        for pattern in patterns:
            text = pattern.sub(lambda found: found[0] and f"{found[0][0]}{_JOINER}{found[0][1:]}", text)
        return text

    return guard
