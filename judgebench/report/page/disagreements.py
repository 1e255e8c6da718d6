"""The list of items behind a report: what a page needs to find one among many thousands and to show all of it.

A board holds one task's items under one revision, with the verdicts of every run on them. It travels as one block
that is read when the page opens (columns to list, filter and sort by), and as chunks of a few hundred kilobytes with
all texts, of which a page unpacks those that somebody looks at.

Texts are shown only where they are the ones that were judged: the key of every verdict on the item is computed again
from them, and has to come out the same.
"""

from __future__ import annotations

import base64
import heapq
import json
import re
import zlib
from dataclasses import dataclass, field, replace
from itertools import groupby, starmap
from typing import TYPE_CHECKING, Any

import numpy as np

from judgebench.domain import HUMAN_SOURCES, Status
from judgebench.domain.replies import STRATA
from judgebench.report.document.text import snippet
from judgebench.report.page.outcomes import AT_ODDS, NOT_ASKED, flips, label, majority, meets, outcomes, same
from judgebench.report.page.plain import Plain, PlainBoard, plain_item
from judgebench.report.page.sent import Prompts, texts_of
from judgebench.report.said import known_as
from judgebench.report.words import gold_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from judgebench.domain import Code, Item, Reply, Verdict
    from judgebench.report.page.parts import Reported

__all__ = ["Explorer", "explorer"]

#: Why an item has no texts: none at hand, others than those that were judged.
_ABSENT, _OTHERS = 0, 1
#: Characters of a chunk before it is packed.
_CHUNK = 200_000
_SNIPPET = 120
#: Characters of all texts that stand in a page for readers without JavaScript; later items have none.
_PLAIN = 3_000_000
_STATUSES = tuple(Status)
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Explorer:
    """All boards of a report; ``blocks`` are JSON, deflated (zlib), in base64, by id.

    ``boards`` lists the boards, ``b0`` holds the columns of the first, ``b0-0`` its first chunk. ``items`` are in the
    blocks, of ``total`` in the runs; ``others`` have texts that are not the ones that were judged.
    """

    blocks: Mapping[str, str]
    items: int
    total: int
    texts: int
    others: int
    plain: tuple[PlainBoard, ...] = ()


@dataclass(slots=True)
class _Words:
    """Words to codes, in first-seen order."""

    codes: dict[str, int] = field(default_factory=dict[str, int])
    names: list[str] = field(default_factory=list[str])

    def __call__(self, word: str) -> int:
        if word not in self.codes:
            self.codes[word] = len(self.names)
            self.names.append(word)
        return self.codes[word]


def explorer(reported: Sequence[Reported], *, texts: bool = True, most: int | None = None) -> Explorer:
    """Pack the items of some runs; those of one task, revision and gold share a board.

    ``texts`` are the items' and the judges'; of each board ``most`` items go in, those on which a judge is at odds with
    gold first.
    """
    blocks: dict[str, str] = {}
    heads: list[dict[str, Any]] = []
    plain: list[PlainBoard] = []
    items = total = shown = others = 0
    room = _PLAIN
    names = known_as(one.rows[0].judge for one in reported)
    for number, runs in enumerate(_boards(reported)):
        board = _Board(runs, [names[one.rows[0].judge] for one in runs], texts=texts, most=most, room=room)
        for place, chunk in enumerate(board.chunks()):
            blocks[f"b{number}-{place}"] = chunk
        blocks[f"b{number}"] = _packed(_json(board.columns()))
        heads.append(board.head())
        plain.append(PlainBoard(runs[0].run.task, tuple(board.plain[i] for i in range(len(board.ids)))))
        room = board.room
        items, total = items + len(board.ids), total + board.total
        shown, others = shown + board.texts, others + board.others
    blocks["boards"] = _packed(_json(heads))
    return Explorer(blocks, items, total, shown, others, tuple(plain))


def _boards(reported: Sequence[Reported]) -> list[list[Reported]]:
    """Put runs together whose items and gold are the same."""
    boards: list[tuple[list[Reported], dict[str, object]]] = []
    for one in reported:
        gold = dict(zip(one.judged.items, one.judged.labels, strict=True))
        for runs, known in boards:
            if (runs[0].run.task, runs[0].run.revision) != (one.run.task, one.run.revision):
                continue
            if runs[0].run.scale == one.run.scale and all(
                known.get(name, label) == label for name, label in gold.items()
            ):
                runs.append(one)
                known.update(gold)
                break
        else:
            boards.append(([one], gold))
    return [runs for runs, _ in boards]


class _Board:
    """One task's items while they are packed; `chunks` has to be used up before `columns` and `head` are called."""

    def __init__(
        self, runs: Sequence[Reported], names: Sequence[str], *, texts: bool, most: int | None, room: int
    ) -> None:
        self._runs, self._names = runs, names
        self.room = room
        self.plain: dict[int, Plain] = {}
        self._scale = runs[0].run.scale
        self._with_texts = texts
        self._outcomes = [outcomes(one) for one in runs]
        self._sent = [one.sent for one in runs]
        judged = dict.fromkeys(name for found in self._outcomes for name in found)
        self.total = len(judged)
        self._items = _wanted(runs, judged) if texts else {}
        # The order of the task where its items are at hand, else the order of a person who counts.
        order = {name: place for place, name in enumerate(self._items)}
        ids = sorted(judged, key=lambda name: (order.get(name, len(order)), _natural(name)))
        if most is not None:
            ids = sorted(ids, key=lambda name: all(found.get(name) != AT_ODDS for found in self._outcomes))[:most]
            ids.sort(key=lambda name: (order.get(name, len(order)), _natural(name)))
        self.ids = ids
        self._place = {name: place for place, name in enumerate(ids)}
        self.texts = self.others = 0
        self._words, self._orders, self._annotators = _Words(), _Words(), _Words()
        self._subsets, self._systems = _Words(), _Words()
        self._prompts = Prompts()
        self._attributes: dict[str, _Words] = {}
        for word in self._scale.labels:
            self._words(word)
        self._rows: list[dict[str, Any]] = [{} for _ in ids]

    def chunks(self) -> Iterator[str]:
        """Pack the items, in the order in which the store keeps them."""
        waiting: list[str] = []
        number = size = 0
        merged = heapq.merge(*starmap(_stream, enumerate(self._runs)), key=lambda entry: entry[:2])
        for name, group in groupby(merged, key=lambda entry: entry[0]):
            place = self._place.get(name)
            if place is None:
                continue
            text = _json(self._entry(place, [(run, verdict) for _, run, verdict in group]))
            if waiting and size + len(text) > _CHUNK:
                yield _packed(f"[{','.join(waiting)}]")
                waiting, size, number = [], 0, number + 1
            self._rows[place] |= {"chunk": number, "slot": len(waiting)}
            waiting.append(text)
            size += len(text)
        if waiting:
            yield _packed(f"[{','.join(waiting)}]")

    def _entry(self, place: int, said: Sequence[tuple[int, Verdict]]) -> dict[str, Any]:
        plain = [(run, verdict) for run, verdict in said if not verdict.probe]
        first = (plain or said)[0][1]
        item = self._items.get(first.item)
        why = _ABSENT
        if item is not None and not self._same(item, plain):
            item, why = None, _OTHERS
            self.others += 1
        self.texts += item is not None
        labels = [code for _, code in first.gold if code is not None]
        meant = majority(labels)
        valid = {self._word(verdict.code) for _, verdict in plain if verdict.code is not None}
        judged = [run for run, _ in plain]
        self._rows[place] |= {
            "subset": self._subsets(first.subset),
            "systems": sorted({self._systems(system) for system in first.systems if system}),
            "gold": -1 if meant is None else self._word(meant, gold=True),
            "people": 0 if len(labels) < 2 else 1 if len(set(labels)) == 1 else 2,
            "judges": 0 if len(set(judged)) < 2 else 1 if len(valid) == 1 and _all_valid(plain) else 2,
            "attributes": {name: self._attribute(name)(value) for name, value in first.attributes},
            "snippet": "" if item is None else snippet(item.question, _SNIPPET),
            "answer": "" if item is None or len(item.responses) != 1 else snippet(item.responses[0].text, _SNIPPET),
            "run": judged,
            "word": [-1 if verdict.code is None else self._word(verdict.code) for _, verdict in plain],
            "flip": flips(plain, len(self._runs)),
            "gap": self._gaps(plain, meant),
        }
        entry = {
            "text": None if item is None else self._texts(item),
            "why": why,
            "systems": list(first.systems),
            "gold": [
                [self._annotators(name), -1 if code is None else self._word(code, gold=True)]
                for name, code in first.gold
            ],
            "said": [self._said(run, verdict, meant, item) for run, verdict in said],
            "code": "" if item is None else item.content_digest,
        }
        known, named = self._words.names, self._annotators.names
        pair = self._scale.kind == "pair"
        own = plain_item(self.ids[place], entry, known, named, self._names, pair=pair, texts=self.room > 0)
        self.room -= own.size
        self.plain[place] = own
        return entry

    def _gaps(self, said: Sequence[tuple[int, Verdict]], meant: Code | None) -> list[float | None]:
        """Say of each run how far it rates above the label that most people gave; None where there is none."""
        values = self._scale.values
        if self._scale.kind != "rate" or not isinstance(meant, int) or not values:
            return []
        far: list[list[float]] = [[] for _ in self._runs]
        for run, verdict in said:
            if isinstance(verdict.code, int):
                far[run].append(values[verdict.code] - values[meant])
        return [round(sum(one) / len(one), 4) if one else None for one in far]

    def _said(self, run: int, verdict: Verdict, meant: Code | None, item: Item | None) -> dict[str, Any]:
        sent, asked = self._sent[run], None if item is None or verdict.probe else self._shown(run, item)
        known = self._runs[run].beside.get(verdict.item)
        shown = {
            "sent": []
            if item is None or asked is None or sent is None
            else self._prompts.sent(asked, verdict, sent, self._texts(item)),
            "code": "" if asked is None or asked is item else asked.content_digest,
            "can": "" if known is None or not known.can_answer else f"{STRATA[known.can_answer]} (by {known.by})",
            "order": list(verdict.order),
            "repeat": verdict.repeat,
            "probe": verdict.probe,
            "reference": verdict.reference,
        }
        return {"run": run} | self._heard(verdict, meant, shown)

    def _same(self, item: Item, said: Sequence[tuple[int, Verdict]]) -> bool:
        """Whether these verdicts were given on this very item, with the references that each run made for it."""
        apart: dict[str, tuple[Item, list[Verdict]]] = {}
        for run, verdict in said:
            shown = self._shown(run, item)
            apart.setdefault(shown.content_digest, (shown, []))[1].append(verdict)
        return all(same(shown, verdicts) for shown, verdicts in apart.values())

    def _shown(self, run: int, item: Item) -> Item:
        """Give an item as a run had it, with the references that were made for it."""
        known = self._runs[run].beside.get(item.id)
        return item if known is None else known.shown(item)

    def _texts(self, item: Item) -> dict[str, Any]:
        """Give the texts of an item, and the references that runs were made to show."""
        made = (known for run in self._runs if (known := run.beside.get(item.id)) is not None)
        every = dict.fromkeys(one for known in made for one in known.references)
        return texts_of(replace(item, references=(*item.references, *every)) if every else item)

    def _heard(self, said: Verdict | Reply, meant: Code | None, shown: dict[str, Any]) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "word": -1 if said.code is None else self._word(said.code),
            "status": _STATUSES.index(said.status),
            **shown,
            "tokens": [said.usage.input_tokens, said.usage.output_tokens],
            "usd": said.usage.usd,
            "seconds": round(said.seconds, 3),
            "scores": list(said.scores),
            "probabilities": list(said.probabilities),
            "model": said.model,
            "right": meets(said.code, meant, self._scale),
            "parts": [{"name": name} | self._heard(part, meant, {}) for name, part in said.parts],
        }
        if self._with_texts:
            entry |= {"text": said.text, "error": said.error}
        # What says nothing takes no room.
        return {name: value for name, value in entry.items() if value not in ("", [], None, 0, 0.0, [0, 0])}

    def _word(self, code: Code, *, gold: bool = False) -> int:
        return self._words(label(code, self._scale, gold=gold))

    def _attribute(self, name: str) -> _Words:
        return self._attributes.setdefault(name, _Words())

    def columns(self) -> dict[str, Any]:
        rows = self._rows
        runs = len(self._runs)
        # Where one question is asked of every text, the text tells items apart.
        if 2 * len({row["snippet"] for row in rows}) < len(rows) and any(row["answer"] for row in rows):
            rows = [row | {"snippet": row["answer"] or row["snippet"]} for row in rows]
        outcome = [[found.get(name, NOT_ASKED) for found in self._outcomes] for name in self.ids]
        columns: dict[str, Any] = {"id": self.ids}
        for name in ("subset", "systems", "gold", "people", "judges", "snippet", "chunk", "slot"):
            columns[name] = [row[name] for row in rows]
        columns["attributes"] = {name: [row["attributes"].get(name, -1) for row in rows] for name in self._attributes}
        # Judgments lie end to end: `start` says where an item's begin.
        columns["start"] = np.cumsum([0, *(len(row["run"]) for row in rows)]).tolist()
        for name in ("run", "word"):
            columns[name] = [value for row in rows for value in row[name]]
        columns["outcome"] = [value for line in outcome for value in line]
        columns["flip"] = [value for row in rows for value in row["flip"]]
        if any(row["gap"] for row in rows):
            columns["gap"] = [value for row in rows for value in row["gap"] or [None] * runs]
        return columns | {
            "runs": runs,
            "names": list(self._names),
            "words": self._words.names,
            "statuses": [status.value for status in _STATUSES],
            "subsets": self._subsets.names,
            "system": self._systems.names,
            "attribute": {name: words.names for name, words in self._attributes.items()},
            "annotators": self._annotators.names,
            "prompts": self._prompts.words,
        }

    def head(self) -> dict[str, Any]:
        run = self._runs[0].run
        return {
            "task": run.task,
            "revision": run.revision,
            "gold": gold_word(run.gold_source),
            "human": run.gold_source in HUMAN_SOURCES,
            "values": list(self._scale.values),
            "kind": self._scale.kind,
            "items": len(self.ids),
            "total": self.total,
            "texts": self.texts,
            "others": self.others,
            "wanted": self._with_texts,
        }


def _stream(run: int, one: Reported) -> Iterator[tuple[str, int, Verdict]]:
    return ((verdict.item, run, verdict) for verdict in one.verdicts())


def _wanted(runs: Sequence[Reported], judged: Mapping[str, None]) -> dict[str, Item]:
    read = next((one.items for one in runs if one.items is not None), None)
    return {} if read is None else {item.id: item for item in read() if item.id in judged}


def _all_valid(said: Iterable[tuple[int, Verdict]]) -> bool:
    return all(verdict.code is not None for _, verdict in said)


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Sort ``item-2`` before ``item-10``.

    >>> sorted(["b10", "b2", "a"], key=_natural)
    ['a', 'b2', 'b10']
    """
    parts = _DIGITS.split(name)
    # Beyond the digits that Python reads at once a number is a text.
    return [
        (0, int(part), "") if i % 2 and len(part) < 1000 and part.isascii() else (1, 0, part)
        for i, part in enumerate(parts)
    ]


def _json(value: Any) -> str:
    # ASCII: unpaired surrogates from benchmark files are safe.
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _packed(text: str) -> str:
    return base64.b64encode(zlib.compress(text.encode("ascii"), 6)).decode("ascii")
