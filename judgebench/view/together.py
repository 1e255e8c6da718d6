"""Annotators of one task beside each other: how far they agree, and what they settle on where they don't.

Nobody sees what another one said of an item before having said something of it. The labels that people gave by
themselves stay as they are; what they settle on is a line of its own, in a file that is nobody's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from judgebench.domain import Case, Label, Policies, Reply, Status, Verdict
from judgebench.errors import DataError, UsageError
from judgebench.labels.annotation_files import read_file
from judgebench.labels.annotations import ADJUDICATED, Labelled, Own, code_of, differ, words_of
from judgebench.report.document.text import clean
from judgebench.report.said import whole
from judgebench.view.figures import estimate
from judgebench.view.labelling import checked, fitting, now
from judgebench.view.showing import choices, plain, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from judgebench.domain import Code, Item, Scale
    from judgebench.labels.annotations import Words
    from judgebench.view.labelling import Session, Showing

#: Items that a person has labelled, and another one too, before they see each other's labels; fewer where all are done.
ENOUGH = 5
#: With fewer items a kappa says next to nothing.
_FEWEST = 10
#: Labels of a scale from which on a table of who said what is too wide.
_WIDEST = 7


class Together:
    """What was said of the items of a session, by everyone who has a file in the folder.

    ``people`` are the annotators, the session's own first, with what they said that still fits; ``settled`` is what was
    settled on, by item, and ``unread`` names files that can't be read.
    """

    def __init__(self, session: Session, folder: Path) -> None:
        self.session = session
        self.items = {one.item.id: one for one in session.showings if one.number == 1}
        found: dict[str, dict[str, Labelled]] = {session.annotator: {}}
        self.settled: dict[str, Labelled] = {}
        self.unread: list[str] = []
        items = [one.item for one in self.items.values()]
        for file in sorted(folder.glob("*.jsonl")):
            try:
                lines = [one.said for one in read_file(file) if one.said.task == session.task.name]
            except DataError as error:
                self.unread.append(str(error))
                continue
            for line in fitting(lines, items, session.task.scale):
                if line.settles:
                    self.settled[line.item] = line
                elif line.showing == 1:
                    found.setdefault(line.annotator, {})[line.item] = line
        self.people: Mapping[str, Mapping[str, Labelled]] = found

    def progress(self) -> list[dict[str, Any]]:
        """Count what each annotator has labelled of these items, or skipped."""
        return [
            {"name": name, "done": len(mine), "total": len(self.items)} for name, mine in self.people.items() if mine
        ]

    def shared(self) -> list[tuple[int, Showing, list[Labelled]]]:
        """Find the items that the session's own annotator labelled, and somebody else too, with all that was said."""
        found: list[tuple[int, Showing, list[Labelled]]] = []
        for n, one in enumerate(self.session.showings):
            lines = [mine[one.item.id] for mine in self.people.values() if one.item.id in mine]
            said = [line for line in lines if line.label is not None]
            if one.number == 1 and len(said) > 1 and said[0].annotator == self.session.annotator:
                found.append((n, one, said))
        return found

    def to_json(self) -> dict[str, Any]:
        """Write it as the page takes it: counts for all, labels only to who has labelled enough."""
        shared = self.shared()
        ready = len(shared) >= ENOUGH or (self.session.finished and bool(shared))
        told = {
            "people": self.progress(),
            "shared": len(shared),
            "enough": ENOUGH,
            "ready": ready,
            "unread": list(map(clean, self.unread)),
        }
        if not ready:
            return told
        apart = [(n, one, said) for n, one, said in shared if differ(said)]
        names = list(dict.fromkeys(line.annotator for _, _, said in shared for line in said))
        return told | {
            "among": names,
            "same": len(shared) - len(apart),
            **self._figures([(one.item, said) for _, one, said in shared]),
            "apart": [self._apart(n, one, said) for n, one, said in apart],
            "table": self._table(names, [(one.item, said) for _, one, said in shared]),
        }

    def show(self, n: int) -> dict[str, Any]:
        """Write an item on which people differ, in its own order: who saw it how no longer matters."""
        one, said = self._differing(n)
        item, scale = one.item, self.session.task.scale
        own = tuple(range(len(item.responses)))
        return self._apart(n, one, said) | {
            "choices": choices(scale, len(item.responses)),
            "item": shown(item, scale, own, self.session.reference),
        }

    def settle(self, n: int, mark: str, said: Code | str, comment: str) -> Labelled:
        """Write what people settle on about an item; UsageError where it is not a label, or they don't differ there."""
        self.session.showing(n, mark)
        one, apart = self._differing(n)
        item, scale = one.item, self.session.task.scale
        try:
            words = words_of(checked(said, scale, item), scale)
            code_of(words, scale, len(item.responses))
        except (ValueError, IndexError) as error:
            raise UsageError(f"that is not a label of this item: {error}") from None
        return Labelled(
            task=self.session.task.name,
            revision=self.session.task.revision,
            item=item.id,
            content=item.content_digest,
            annotator=ADJUDICATED,
            scale=scale.spec,
            label=words,
            shown=tuple(range(len(item.responses))),
            at=now(),
            comment=comment.strip(),
            rubric=self.session.rubric.digest,
            by=self.session.annotator,
            settles=tuple(Own(line.annotator, line.label) for line in apart),
        )

    def _differing(self, n: int) -> tuple[Showing, list[Labelled]]:
        found = next(((one, said) for place, one, said in self.shared() if place == n and differ(said)), None)
        if found is None:
            raise UsageError(f"there is nothing to settle about item number {n + 1}: load the page again")
        return found

    def _apart(self, n: int, one: Showing, said: Sequence[Labelled]) -> dict[str, Any]:
        scale, responses = self.session.task.scale, len(one.item.responses)
        done = self.settled.get(one.item.id)
        return {
            "n": n,
            "mark": one.mark,
            "labels": [
                {"name": line.annotator, "label": _told(line.label, scale, responses), "comment": line.comment}
                for line in said
            ],
            "settled": None
            if done is None
            else {
                "label": _told(done.label, scale, responses),
                "code": plain(code_of(done.label, scale, responses)),
                "by": done.by,
                "comment": done.comment,
                "at": done.at[:10],
            },
        }

    def _figures(self, said: Sequence[tuple[Item, Sequence[Labelled]]]) -> dict[str, Any]:
        """Measure these people against each other, as `judgebench humans` does."""
        from judgebench.agreement.people.humans import measure_humans  # noqa: PLC0415 - loaded on use
        from judgebench.agreement.people.unlisted_humans import measure_unlisted  # noqa: PLC0415 - as above
        from judgebench.agreement.ratings import from_verdicts  # noqa: PLC0415 - as above

        task = self.session.task
        if task.scale.sequential or len(said) < _FEWEST:
            return {"kappa": None}
        verdicts = (_labelled(item, lines, task.scale, task.revision) for item, lines in said)
        ratings = from_verdicts(verdicts, task.scale)
        measured = measure_humans(ratings, Policies()) if task.scale.listed else measure_unlisted(ratings)
        return {"kappa": estimate(measured.kappa), "percent": estimate(measured.percent_agreement, whole)}

    def _table(self, names: Sequence[str], said: Sequence[tuple[Item, Sequence[Labelled]]]) -> dict[str, Any] | None:
        """Count who said what, where there are two people and few labels."""
        scale = self.session.task.scale
        if len(names) != 2 or not scale.listed or scale.sequential or not 2 <= len(scale.labels) <= _WIDEST:
            return None
        counts = [[0] * len(scale.labels) for _ in scale.labels]
        for item, lines in said:
            one, two = (code_of(line.label, scale, len(item.responses)) for line in lines)
            if isinstance(one, int) and isinstance(two, int):
                counts[one][two] += 1
        return {"labels": list(scale.labels), "counts": counts}


def _labelled(item: Item, lines: Sequence[Labelled], scale: Scale, revision: str) -> Verdict:
    """Give an item its labels, where figures look for them: beside a verdict, which here is none."""
    responses = len(item.responses)
    gold = tuple(Label(line.annotator, code_of(line.label, scale, responses)) for line in lines)
    case = Case(replace(item, gold=gold), tuple(range(responses)))
    return Verdict.of(case, Reply(Status.FAILED), scale, revision)


def _told(words: Words, scale: Scale, responses: int) -> str:
    """Write a label in the words of the buttons."""
    code = code_of(words, scale, responses)
    texts = {one["code"]: one["text"] for one in choices(scale, responses)}
    if isinstance(code, tuple):
        return (" > " if scale.kind == "rank" else ", ").join(str(texts.get(one, one)) for one in code)
    return str(texts.get(code, words)) if scale.listed else str(words)
