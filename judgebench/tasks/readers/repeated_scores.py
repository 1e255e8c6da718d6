"""Best of several answers, each scored several times: verdicts to replay, and figures of the first ``k`` scores.

A row has ``id``, ``subset``, and under the name of each judge a list for every answer, the right one first; null is a
score that was not given. Convention of composo-ai/llm-judge-criteria-ensembling (arXiv:2604.13717): an answer's score
is the mean of those of its first k that are not null, an item counts where every answer has one, and it is right only
where the first answer's score is strictly the highest.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from judgebench.domain import Reply, Status
from judgebench.errors import DataError
from judgebench.files.records import shown
from judgebench.tasks.recordings import Recording, picked
from judgebench.tasks.sources import file_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from judgebench.files.records import Row
    from judgebench.tasks.recordings import Replies
    from judgebench.tasks.sources import Source


class Scored(NamedTuple):
    """One item's scores: those of each answer, the right one first."""

    id: str
    subset: str
    answers: tuple[tuple[float | None, ...], ...]

    def means(self, k: int) -> tuple[float, ...] | None:
        """Average what there is of each answer's first ``k`` scores; None where an answer has none.

        >>> Scored("1", "Math", ((7, None, 8), (6, 6, 6))).means(2), Scored("1", "Math", ((None,), (6,))).means(1)
        ((7.0, 6.0), None)
        """
        found = [[score for score in scores[:k] if score is not None] for scores in self.answers]
        return tuple(math.fsum(scores) / len(scores) for scores in found) if all(found) else None


class Tally(NamedTuple):
    """How many items count, on how many the right answer is strictly best, and on how many the best score is shared."""

    n: int
    correct: int
    tied: int

    @classmethod
    def of(cls, items: Iterable[Scored], k: int) -> Tally:
        """Count items by the means of their first ``k`` scores."""
        found = [means for item in items if (means := item.means(k)) is not None]
        tops = [[place for place, mean in enumerate(means) if mean == max(means)] for means in found]
        return cls(len(found), sum(top == [0] for top in tops), sum(len(top) > 1 for top in tops))

    def named(self, name: str) -> float | None:
        """Give a figure by its published name; None where it has no value."""
        counts = {"n": self.n, "n_correct": self.correct, "n_tied": self.tied}
        if name in counts:
            return float(counts[name])
        return self.correct / self.n if self.n else None


def read_scores(rows: Iterable[Row], judge: str) -> list[Scored]:
    """Read one judge's scores; DataError where a row has none, or they are no list of numbers for each answer."""
    found: list[Scored] = []
    for row in rows:
        answers = row.require(judge)
        if not isinstance(answers, list) or len(answers) < 2:
            row.fail(f"expected a list of scores for each of several answers, got {shown(answers)}", judge)
        found.append(
            Scored(row.name("id"), row.name("subset"), tuple(_scores(row, judge, scores) for scores in answers))
        )
    return found


def _scores(row: Row, judge: str, scores: object) -> tuple[float | None, ...]:
    if not isinstance(scores, list) or not all(
        one is None or (isinstance(one, (int, float)) and not isinstance(one, bool) and math.isfinite(one))
        for one in scores
    ):
        row.fail(f"expected a list of numbers and nulls, got {shown(scores)}", judge)
    return tuple(None if one is None else float(one) for one in scores)


def scoring_judges(source: Source) -> tuple[str, ...]:
    """Name the judges of a file: fields that hold a list for each answer."""
    return tuple(
        dict.fromkeys(
            name
            for row in source.rows()
            for name, value in row.data.items()
            if isinstance(value, list) and value and all(isinstance(one, list) for one in value)
        )
    )


def scored_recording(source: Source, asked: str | None, orders: Mapping[str, tuple[int, ...]]) -> Recording:
    """Take the mean of all scores of each answer; ``orders`` are the published places of the answers as they are shown.

    Where the highest one is shared, or an answer has none, there is no verdict.
    """
    judge = picked(asked, scoring_judges(source), source.name)
    replies: Replies = {}
    for row in source.rows():
        one = read_scores([row], judge)[0]
        order = orders.get(name := f"{one.subset}/{one.id}")
        if order is None or len(order) != len(one.answers):
            row.fail(
                f"{name!r} has {len(one.answers)} answers, and {len(order) if order else 'is not'} in the data", "id"
            )
        if (name, tuple(range(len(order)))) in replies:
            row.fail(f"{name!r} appears twice", "id")
        means = one.means(max(map(len, one.answers)))
        scores = () if means is None else tuple(means[place] for place in order)
        best = [slot for slot, score in enumerate(scores) if score == max(scores)]
        replies[name, tuple(range(len(order)))] = Reply(
            Status.OK if len(best) == 1 else Status.UNPARSED,
            best[0] if len(best) == 1 else None,
            scores=scores,
            error="" if len(best) == 1 else "equal scores" if best else "an answer without a score",
        )
    return Recording(judge, replies, tuple(dict.fromkeys(order for _, order in replies)))


def figure(find: Callable[[str], Path], names: Mapping[str, str]) -> float | None:
    """Compute a published figure for ``reproduce``.

    ``names`` say the ``file``, the judge's ``field`` in it and ``k``; with ``ids = "first"`` the first row of each id
    counts, whatever its subset, and ``subset`` keeps those of one; ``beside`` is a file in whose rows the judge's
    scores are looked up by id, of which the last counts.
    """
    field = names["field"]
    if "beside" in names:
        last = {one.id: one.answers for one in _file(find, names["file"], field)}
        base = file_source(find(names["beside"])).rows()
        told = [(row.name("id"), row.name("subset")) for row in base]
        items = [Scored(one, subset, last[one]) for one, subset in told if one in last]
    else:
        items = list(_file(find, names["file"], field))
    if names.get("ids") == "first":
        items = list({one.id: one for one in reversed(items)}.values())
    if "subset" in names:
        items = [one for one in items if one.subset == names["subset"]]
    if not names["k"].isdecimal() or not items:
        raise DataError(f"no items of {names.get('subset', 'any subset')}, or no number k", field=names["judge"])
    return Tally.of(items, int(names["k"])).named(names["metric"])


def _file(find: Callable[[str], Path], name: str, field: str) -> Sequence[Scored]:
    path = find(name)
    return _read(path, path.stat().st_mtime_ns, field)


@lru_cache(maxsize=8)
def _read(path: Path, _changed: int, field: str) -> Sequence[Scored]:
    """Read a file once for all its figures."""
    return tuple(read_scores(file_source(path).rows(), field))
