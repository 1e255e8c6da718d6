"""One person labels one task: which item comes next, in which order, what was said so far.

An item is shown without who wrote a response, what gold says, or what a judge said.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import nsmallest
from typing import TYPE_CHECKING, Any

from judgebench.domain import digest
from judgebench.errors import UsageError
from judgebench.labels.annotation_files import LabelWriter, label_file
from judgebench.labels.annotations import ADJUDICATED, Labelled, code_of, words_of
from judgebench.view.rubric import NO_RUBRIC
from judgebench.view.showing import MOST_BUTTONS, choices, plain, shown, steps_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from judgebench.domain import Code, Item, Scale, Task
    from judgebench.labels.annotations import Words
    from judgebench.view.rubric import Rubric

__all__ = ["Selection", "Session", "Showing", "checked", "fitting", "now"]

#: More seconds than that nobody looks at one item.
_MOST_SECONDS = 86_400
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Selection:
    """What is labelled, and how it is shown: ``limit`` items drawn with the seed, which also orders responses.

    ``both`` shows items a second time, the other way round, after all were shown once.
    """

    seed: int = 0
    limit: int | None = None
    both: bool = False


@dataclass(frozen=True, slots=True)
class Showing:
    """An item as it is shown once; ``number`` is 1 or 2, ``mark`` tells it from all others without naming it."""

    item: Item
    order: tuple[int, ...]
    number: int
    mark: str


class Session:
    """An annotator at work on a task; what is said is in the file before `save` returns.

    Where the annotator has a file of this task already, its seed holds. UsageError where the name can't be an
    annotator's, or another process writes the file.
    """

    def __init__(
        self,
        task: Task,
        annotator: str,
        folder: Path,
        selection: Selection,
        *,
        rubric: Rubric = NO_RUBRIC,
        reference: str = "auto",
    ) -> None:
        _check_name(annotator)
        self.task = task
        self.annotator = annotator
        self.rubric = rubric
        self.reference = reference
        # An answer that was never published can't be judged by anybody.
        items = [item for item in task.items() if not item.unanswered]
        if not items:
            raise UsageError(f"{task.name} has no items to label")
        if any(label.annotator == annotator for item in items for label in item.gold):
            raise UsageError(f"{task.name} has an annotator named {annotator!r} already; take another name")
        self.writer = LabelWriter(label_file(folder, task.name, annotator)).__enter__()
        mine = [line for line in self.writer.lines if (line.task, line.annotator) == (task.name, annotator)]
        self.seed = mine[-1].seed if mine else selection.seed
        #: What was said that still fits, by item and showing; a label of None where it was skipped.
        self.lines = {(line.item, line.showing): line for line in fitting(mine, items, task.scale)}
        self.showings = self._showings(items, selection)
        self._attempts: dict[str, int] = {}

    def close(self) -> None:
        """Let go of the file."""
        self.writer.close()

    def overview(self) -> dict[str, Any]:
        """Say what is labelled here and how far it is."""
        scale = self.task.scale
        return {
            "task": self.task.name,
            "annotator": self.annotator,
            "kind": scale.kind,
            "typed": scale.kind in {"rate", "label"} and len(scale.labels) > MOST_BUTTONS,
            "labels": list(scale.labels),
            **_range(scale),
            "rubric": self.rubric.to_json(),
            "both": any(one.number == 2 for one in self.showings),
            "file": str(self.writer.file),
            **self.progress(),
        }

    def progress(self) -> dict[str, int]:
        """Count what was shown: labelled, skipped, all."""
        said = self.said
        words = [said[key] for one in self.showings if (key := (one.item.id, one.number)) in said]
        return {
            "labelled": sum(word is not None for word in words),
            "skipped": sum(word is None for word in words),
            "total": len(self.showings),
        }

    @property
    def said(self) -> dict[tuple[str, int], Words]:
        """Words in the item's own order, by item and showing."""
        return {key: line.label for key, line in self.lines.items()}

    @property
    def finished(self) -> bool:
        """Whether every showing was labelled or skipped."""
        return self.following(-1) is None

    def following(self, n: int) -> int | None:
        """Find the next showing that nothing was said about, from behind ``n`` and then from the start."""
        open_ones = [i for i, one in enumerate(self.showings) if (one.item.id, one.number) not in self.lines]
        return next((i for i in open_ones if i > n), open_ones[0] if open_ones else None)

    def skipped(self, n: int) -> int | None:
        """Find the next showing behind ``n`` that was skipped."""
        known = self.said
        said = [known.get((one.item.id, one.number), "") for one in self.showings]
        return next((i for i, words in enumerate(said) if words is None and i > n), None)

    def show(self, n: int) -> dict[str, Any]:
        """Write a showing as the page needs it."""
        one, scale = self.showing(n), self.task.scale
        responses = len(one.item.responses)
        line = self.lines.get((one.item.id, one.number))
        return {
            "n": n,
            "mark": one.mark,
            "again": one.number == 2,
            "seen": line is not None,
            "said": self._as_shown(None if line is None else line.label, one),
            "comment": "" if line is None else line.comment,
            "choices": choices(scale, responses),
            "item": shown(one.item, scale, one.order, self.reference),
        }

    def save(
        self,
        n: int,
        mark: str,
        said: Code | str | None,
        *,
        comment: str = "",
        seconds: float = 0.0,
        attempt: str = "",
    ) -> None:
        """Keep what was said about a showing, in the coordinates of the showing; None where the person can't say.

        Of numbers and sets it is what was written. ``n`` and ``mark`` both have to fit, or a page of another session is
        talking. An ``attempt`` that comes twice, after an answer that got lost, is kept once.
        """
        one, scale = self.showing(n, mark), self.task.scale
        if attempt and self._attempts.get(attempt) == n:
            return
        words: Words = None
        if said is not None:
            responses = len(one.item.responses)
            try:
                words = words_of(scale.undo(checked(said, scale, one.item), one.order), scale)
                code_of(words, scale, responses)
            except (ValueError, IndexError) as error:
                raise UsageError(f"that is not a label of this item: {error}") from None
        line = Labelled(
            task=self.task.name,
            revision=self.task.revision,
            item=one.item.id,
            content=one.item.content_digest,
            annotator=self.annotator,
            scale=scale.spec,
            label=words,
            shown=one.order,
            showing=one.number,
            seed=self.seed,
            seconds=round(min(max(seconds, 0.0), _MOST_SECONDS), 1),
            at=now(),
            comment=comment.strip(),
            rubric=self.rubric.digest,
        )
        self.writer.append(line)
        self.lines[one.item.id, one.number] = line
        if attempt:
            # Only the last few can still be under way.
            self._attempts = dict([*self._attempts.items(), (attempt, n)][-50:])

    def showing(self, n: int, mark: str | None = None) -> Showing:
        """Find a showing; UsageError where there is none, or not the one that a page calls by its ``mark``."""
        if not 0 <= n < len(self.showings):
            raise UsageError(f"there is no item number {n + 1}; there are {len(self.showings)}")
        if mark is not None and mark != self.showings[n].mark:
            raise UsageError("this page shows an item of other data or another order; load it again")
        return self.showings[n]

    def _as_shown(self, words: Words, one: Showing) -> int | list[int] | str | None:
        scale = self.task.scale
        code = code_of(words, scale, len(one.item.responses))
        if code is None:
            return None
        kind = scale.kind
        if isinstance(code, int) and kind in {"number", "set"}:
            return scale.word(code) if kind == "number" else [n for n in range(len(scale.labels)) if code >> n & 1]
        if kind == "pair":
            # Swapping is its own inverse.
            code = self.task.scale.undo(code, one.order)
        elif kind in {"pick", "rank"}:
            code = tuple(map(one.order.index, code)) if isinstance(code, tuple) else one.order.index(code)
        return plain(code)

    def _showings(self, items: list[Item], selection: Selection) -> list[Showing]:
        def key(item: Item, *what: object) -> str:
            return digest([self.seed, self.annotator, item.id, item.content_digest, *what])

        # All annotators get the same items, each in an order of their own; what somebody labelled before is among them.
        mine = {item for item, _ in self.lines}
        drawn = nsmallest(
            selection.limit or len(items),
            items,
            key=lambda item: (item.id not in mine, digest([self.seed, item.id, item.content_digest, "drawn"])),
        )
        chosen = sorted(drawn, key=key)
        first = [Showing(item, self._order(item), 1, key(item, "mark", 1)[:12]) for item in chosen]
        if not selection.both:
            return first
        # After all others: what one said of an item the first time is best forgotten.
        again = [
            Showing(one.item, one.order[::-1], 2, key(one.item, "mark", 2)[:12])
            for one in first
            if self.task.scale.kind in {"pair", "pick", "rank"}
        ]
        return [*first, *sorted(again, key=lambda one: key(one.item, "again"))]

    def _order(self, item: Item) -> tuple[int, ...]:
        own = tuple(range(len(item.responses)))
        if self.task.scale.kind not in {"pair", "pick", "rank"}:
            return own
        place = {i: digest([self.seed, self.annotator, item.id, item.content_digest, "order", i]) for i in own}
        return tuple(sorted(own, key=place.__getitem__))


def fitting(lines: Iterable[Labelled], items: Iterable[Item], scale: Scale) -> Iterable[Labelled]:
    """Choose what was said about items as they are now; what does not fit is asked again."""
    here: Mapping[str, Item] = {item.id: item for item in items}
    for line in lines:
        item = here.get(line.item)
        if item is None or (line.content, line.scale) != (item.content_digest, scale.spec):
            continue
        with contextlib.suppress(ValueError):
            code_of(line.label, scale, len(item.responses))
            yield line


def now() -> str:
    """Say when something is saved."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _range(scale: Scale) -> dict[str, Any]:
    """Say between which numbers one lies."""
    if scale.kind != "number":
        return {}
    low, high = scale.values
    return {"low": low, "high": high, "range": f"a number from {low:g} to {high:g}"}


def checked(said: Code | str, scale: Scale, item: Item) -> Code:
    """Refuse what scales would take for something else: negative codes, lists where one code is due."""
    kind, labels = scale.kind, len(scale.labels)
    if kind in {"number", "set"} or isinstance(said, str):
        code = scale.code(said) if isinstance(said, str) and kind in {"number", "set"} else None
        if code is None:
            raise ValueError(f"{said!r:.100}")
        return code
    codes = said if isinstance(said, tuple) else (said,)
    several = kind in {"rank", "steps"}
    most = len(item.responses) if kind in {"pick", "rank"} else labels
    wanted = (steps_of(item) if kind == "steps" else len(item.responses)) if several else 1
    if isinstance(said, tuple) != several or len(codes) != wanted or not all(0 <= code < most for code in codes):
        raise ValueError(f"{said!r}")
    return said


def _check_name(annotator: str) -> None:
    if not annotator.isprintable() or annotator != annotator.strip() or not 0 < len(annotator) <= _LONGEST_NAME:
        raise UsageError(f"an annotator's name has 1 to {_LONGEST_NAME} characters that can be printed")
    if annotator.casefold() == ADJUDICATED:
        raise UsageError(f"{ADJUDICATED} is what labels are called that annotators settled on; take another name")
