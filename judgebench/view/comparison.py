"""Two runs on the same items, as their page needs them: what changed item by item, and the texts behind it.

Figures are those of `judgebench.agreement.compare`; here items are only counted. Of two runs the first is *before*, the
second *after*: differences are after less before, so that more is better.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from judgebench.agreement.contrasts import groups, hits_of, verdicts_differ
from judgebench.domain import Case
from judgebench.judges.sent import Sent
from judgebench.report.document.text import clean, snippet
from judgebench.report.page.outcomes import label, majority, meets, same
from judgebench.view.showing import plain, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.agreement.compare.comparison import Comparison
    from judgebench.agreement.matching import Matched
    from judgebench.domain import Code, Item, Scale, Verdict
    from judgebench.report.compare import TwoJudges
    from judgebench.view.run_table import Shown

__all__ = ["BETTER", "HALF", "OTHER", "WORSE", "Compared", "ItemChange", "changes_of"]

#: What became of an item: right in more of its judgments, in fewer, or in as many with another verdict.
BETTER, WORSE, OTHER = "better", "worse", "other"
#: A mark beside: now right in a part of its judgments only, as one whose verdict flips with the order.
HALF = "half"
_SNIPPET = 90


@dataclass(frozen=True, slots=True)
class ItemChange:
    """An item: right in so many of its ``judgments`` ``before`` and ``after``; ``differs`` where any verdict does."""

    item: str
    subset: str
    judgments: int
    before: int
    after: int
    differs: bool

    @property
    def kind(self) -> str:
        """What became of it; empty where all is as it was."""
        if self.before != self.after:
            return BETTER if self.after > self.before else WORSE
        return OTHER if self.differs else ""

    @property
    def half(self) -> bool:
        """Whether it is now right in a part of its judgments only."""
        return 0 < self.after < self.judgments


def changes_of(matched: Matched) -> tuple[list[ItemChange], bool]:
    """Count right judgments item by item, after first and before second; and say whether right is defined here."""
    _, judges = next(groups(matched))
    hits, differ = hits_of(judges[:2]), verdicts_differ(matched)
    one, ratings = matched.scored[0], matched.ratings[0]
    codes = one.item.astype(np.int64)
    size = int(codes.max(initial=-1)) + 1
    rows = np.bincount(codes, minlength=size)
    nothing = np.zeros(size, dtype=np.int64)
    after, before = (nothing, nothing) if hits is None else (np.bincount(codes[hit], minlength=size) for hit in hits)
    apart = np.bincount(codes[differ], minlength=size) > 0
    subset = dict(zip(codes.tolist(), ratings.subset[one.row].tolist(), strict=True))
    found = [
        ItemChange(
            matched.items[code],
            ratings.subsets[subset[code]],
            int(rows[code]),
            int(before[code]),
            int(after[code]),
            bool(apart[code]),
        )
        for code in np.flatnonzero(rows).tolist()
    ]
    return found, hits is not None


class Compared:
    """A comparison of two runs: the document, and every item that changed, with its texts where they are at hand."""

    def __init__(
        self,
        document: TwoJudges,
        matched: Matched,
        runs: tuple[Shown, Shown],
        texts: Mapping[str, Item],
        unread: str,
    ) -> None:
        self.document = document
        self.found: Comparison = document.found
        #: Before, after.
        self.runs = runs
        self.unread = unread
        self.every, self.scored = changes_of(matched)
        self.changed = sorted(
            (one for one in self.every if one.kind),
            key=lambda one: (one.kind == OTHER, -abs(one.after - one.before) / one.judgments),
        )
        wanted = {one.item for one in self.changed}
        self._texts = {name: item for name, item in texts.items() if name in wanted}
        self._beside = [stored.beside() for stored in runs]
        self._sent = [Sent.of(stored.run) for stored in runs]
        self.flips = [0, 0]
        self._said: tuple[dict[str, list[Verdict]], dict[str, list[Verdict]]] = ({}, {})
        for side, stored in enumerate(runs):
            self._read(side, stored, wanted)

    def _read(self, side: int, stored: Shown, wanted: set[str]) -> None:
        orders: dict[tuple[str, int], Code] = {}
        flipped: set[str] = set()
        for verdict in stored.verdicts():
            if verdict.probe != stored.run.probe:
                continue
            if verdict.code is not None:
                place = verdict.item, verdict.repeat
                if orders.setdefault(place, verdict.code) != verdict.code:
                    flipped.add(verdict.item)
            if verdict.item in wanted:
                self._said[side].setdefault(verdict.item, []).append(verdict)
        self.flips[side] = len(flipped)

    def listed(self) -> list[dict[str, Any]]:
        """List the items that changed, as the page takes them; `show` has the rest of each."""
        return [
            {
                "n": n,
                "id": clean(one.item),
                "part": clean(one.subset),
                "kind": one.kind,
                "half": one.half and one.kind != OTHER,
                "now": self.now(one),
                "snippet": "" if (item := self._texts.get(one.item)) is None else snippet(item.question, _SNIPPET),
            }
            for n, one in enumerate(self.changed)
        ]

    def now(self, one: ItemChange) -> str:
        """Say how an item stands after."""
        if one.kind == OTHER:
            return "another verdict"
        if one.half:
            return "now right in one order" if one.judgments == 2 else f"now right {one.after} of {one.judgments} times"
        return "now right" if one.after else "now wrong"

    def show(self, n: int) -> dict[str, Any]:
        """Write an item with its texts, gold, and what both judges said in each order; IndexError if there is none."""
        if n < 0:
            raise IndexError(n)
        one = self.changed[n]
        said = [side.get(one.item, []) for side in self._said]
        scale = self.runs[0].run.scale
        item = self._texts.get(one.item)
        whole = item is not None and all(
            same(self._as_shown(side, item), (verdict for verdict in verdicts if not verdict.probe))
            for side, verdicts in enumerate(said)
        )
        own = () if item is None else tuple(range(len(item.responses)))
        first = next((verdict for side in said for verdict in side), None)
        gold = () if first is None else first.gold
        labels = {code for _, code in gold if code is not None}
        return {
            "n": n,
            "id": clean(one.item),
            "part": clean(one.subset),
            "kind": one.kind,
            "now": self.now(one),
            "item": shown(item, scale, own, "auto") if item is not None and whole else None,
            "why": "" if whole else self.unread or "the texts at hand are not those that were judged",
            "systems": [] if first is None else [clean(name) for name in first.systems],
            "gold": [
                {"name": clean(name), "label": self._word(code, gold=True), "code": plain(code)} for name, code in gold
            ],
            "same": len(labels) == 1,
            "chosen": chosen(next(iter(labels)), scale) if len(labels) == 1 else [],
            "sides": [
                [self._verdict(side, verdict, item if whole else None) for verdict in verdicts]
                for side, verdicts in enumerate(said)
            ],
        }

    def _word(self, code: Code | None, *, gold: bool) -> str:
        return "" if code is None else label(code, self.runs[0].run.scale, gold=gold)

    def _as_shown(self, side: int, item: Item) -> Item:
        known = self._beside[side].get(item.id)
        return item if known is None else known.shown(item)

    def _verdict(self, side: int, verdict: Verdict, item: Item | None) -> dict[str, Any]:
        scale, sent = self.runs[side].run.scale, self._sent[side]
        requests: Sequence[Any] = ()
        if item is not None and sent is not None and not verdict.probe:
            case = Case(self._as_shown(side, item), verdict.order, verdict.repeat, "", verdict.reference)
            requests = sent.first(case)
        return {
            "swapped": verdict.order != tuple(range(len(verdict.order))),
            "order": list(verdict.order),
            "repeat": verdict.repeat,
            "status": verdict.status.value,
            "word": self._word(verdict.code, gold=False),
            "code": plain(verdict.code),
            "right": right(verdict, scale),
            "text": verdict.text,
            "error": verdict.error,
            "model": clean(verdict.model),
            "sent": [
                {"role": message.role, "text": "".join(part.text or "(an image)" for part in message.parts)}
                for request in requests
                for message in request.messages
            ],
        }


def right(verdict: Verdict, scale: Scale) -> bool | None:
    """Whether a verdict is what most annotators say; None where no label is ahead, or there is no verdict."""
    met = meets(verdict.code, majority(code for _, code in verdict.gold if code is not None), scale)
    return {0: None, 1: True, 2: False}[met]


def chosen(code: Code, scale: Scale) -> list[int]:
    """Name the responses that a label prefers, by their place.

    >>> from judgebench.domain import Scale
    >>> chosen(0, Scale.pair()), chosen(1, Scale.pair()), chosen(2, Scale.pick(4))
    ([0], [], [2])
    """
    if scale.kind == "pick":
        return list(code) if isinstance(code, tuple) else [code]
    if scale.kind != "pair" or isinstance(code, tuple):
        return []
    return [n for n, letter in enumerate("AB") if scale.labels[code].startswith(letter)]
