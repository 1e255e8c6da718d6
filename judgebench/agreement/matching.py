"""Several judges on the same judgments: matched by item, and refused where they were not asked the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from judgebench.agreement.figures import scored_rows
from judgebench.agreement.policies import plurality
from judgebench.agreement.ratings import from_verdicts, numbered, select, unfinished
from judgebench.domain import Status
from judgebench.errors import DataError, UsageError, argument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from judgebench.agreement.policies import Scored
    from judgebench.domain import Policies, Ratings, Run, Scale, Verdict

Codes: TypeAlias = npt.NDArray[np.int64]

#: Judges whose coverage lies further apart than this are not compared on equal terms.
UNEQUAL_COVERAGE = 0.02
#: How many examples an error names.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Judged:
    """One judge's ratings, with what must agree before they are held against another's.

    ``items`` and ``clusters`` name the codes of the ratings; ``gold_source`` is who or what gave the gold, ``revision``
    what pins the data. ``labels`` is gold of each item as it was given, empty where judges share one table, and so its
    gold. ``unfinished``: the run behind it holds fewer verdicts than its manifest counts; ``failed``: some of its cases
    did, which are no answers.
    """

    task: str
    judge: str
    ratings: Ratings
    items: Sequence[str]
    clusters: Sequence[str]
    policies: Policies
    gold_source: str = "unspecified"
    revision: str = ""
    labels: Sequence[object] = ()
    unfinished: bool = False
    failed: bool = False


def judged_verdicts(
    verdicts: Iterable[Verdict],
    scale: Scale,
    *,
    task: str,
    judge: str,
    policies: Policies,
    gold_source: str = "unspecified",
    revision: str = "",
    counts: Mapping[str, int] | None = None,
) -> Judged:
    """Take a judge's plain verdicts (no probe's), read once, for a comparison; errors as `from_verdicts`.

    ``counts`` is what the run's manifest counts.
    """
    items: dict[str, object] = {}
    clusters: dict[str, None] = {}
    cases, failed, seen = 0, False, set[str]()

    def plain() -> Iterator[Verdict]:
        nonlocal cases, failed
        for verdict in verdicts:
            cases += 1
            seen.add(verdict.item)
            if not verdict.probe:
                failed |= verdict.status is Status.FAILED
                items.setdefault(verdict.item, verdict.gold)
                clusters.setdefault(verdict.cluster or verdict.item)
                yield verdict

    ratings = from_verdicts(plain(), scale)
    return Judged(
        task,
        judge,
        ratings,
        tuple(items),
        tuple(clusters),
        policies,
        gold_source,
        revision,
        tuple(items.values()),
        unfinished(counts or {}, cases, len(seen)),
        failed,
    )


def judged_run(
    run: Run, verdicts: Iterable[Verdict], policies: Policies, *, judge: str = "", counted: bool = False
) -> Judged:
    """Take a run's verdicts for a comparison, or those of another ``judge`` on its cases.

    ``counted``: they are all that the manifest counts, unless the run is unfinished.
    """
    return judged_verdicts(
        verdicts,
        run.scale,
        task=run.task,
        judge=judge or run.judge,
        policies=policies,
        gold_source=run.gold_source,
        revision=run.revision,
        counts=run.counts if counted else None,
    )


def gold_of(ratings: Ratings) -> list[tuple[int, ...]]:
    """Give the gold labels of each item, of its first judgment."""
    first = np.unique(ratings.item, return_index=True)[1]
    return [tuple(labels) for labels in ratings.gold[first].tolist()]


@dataclass(frozen=True, slots=True)
class Matched:
    """Judges on the same judgments, row by row.

    Row i of each ``scored`` is the same judgment of the same item; cluster, subset and system codes are the same. Each
    name of a judge occurs once. ``coverage`` is the share of a judge's judgments that hold a verdict, on the shared
    items. ``left_out`` counts items that not every judge has, above 0 only where that was asked for, ``incomplete``
    judgments that the policies drop for one judge and so for all.
    """

    task: str
    gold_source: str
    judges: tuple[str, ...]
    scored: tuple[Scored, ...]
    ratings: tuple[Ratings, ...]
    items: tuple[str, ...]
    coverage: tuple[float, ...]
    left_out: int = 0
    incomplete: int = 0
    unfinished: bool = False
    failed: bool = False
    #: What pins the data.
    revision: str = ""

    @property
    def split(self) -> int:
        """Count the items that are left out because their annotators' labels have no majority, or differ at all."""
        one, policy = self.ratings[0], self.scored[0].policies.gold
        if policy not in {"majority", "unanimous"} or len(one.annotators) < 2 or not one.scale.listed:
            return 0
        rows = np.unique(one.item, return_index=True)[1]
        _, share, ahead = plurality(one.gold, rows, len(one.scale.labels))
        agreed = ahead if policy == "majority" else share == 1
        return int(np.count_nonzero((one.gold[rows] >= 0).any(axis=1) & ~agreed))

    @property
    def warnings(self) -> tuple[str, ...]:
        """Machine-readable codes of what to be careful with."""
        found: list[str] = []
        if max(self.coverage) - min(self.coverage) > UNEQUAL_COVERAGE:
            found.append("unequal_coverage")
        if self.left_out:
            found.append("shared_items_only")
        if self.incomplete:
            found.append("incomplete_rows_dropped")
        if self.unfinished:
            found.append("incomplete_run")
        if self.failed:
            found.append("failed_cases")
        return tuple(found)


def match(judges: Sequence[Judged], *, shared: bool = False) -> Matched:
    """Put two judges or more side by side on the same judgments, in the order given.

    A judgment that the policies drop for one judge (``invalid=drop``) is dropped for all, so that every figure is about
    the same items. ``shared`` goes on with the items that all judges have, instead of refusing. UsageError for fewer
    than two judges, or a policy that makes no sense on the scale; DataError if task, data, scale, gold, policies, items
    or the number of judgments per item differ, or nothing is left.
    """
    if len(judges) < 2:
        raise UsageError(f"a comparison needs two judges or more: two RUN folders, or {argument('judge')} twice")
    first = judges[0]
    _same(judges, "tasks", lambda one: one.task, f"choose one with {argument('task')} NAME, or name the runs")
    _same(judges, "scales", lambda one: one.ratings.scale.spec)
    _same(judges, "gold sources", lambda one: one.gold_source, "name the RUN folders of one of them")
    _same(judges, "data", lambda one: one.revision or "unknown", "run them on the same revision of the task")
    _same(judges, "policies", lambda one: str(one.policies), f"set them alike with {argument('policy')} NAME=VALUE")
    names = _common(judges, shared=shared)
    _same_gold(judges, names)
    annotators = set(first.ratings.annotators)
    if any(set(one.ratings.annotators) != annotators for one in judges):
        raise DataError("the judges' gold comes from different annotators", hint="run them again on the same data")
    ratings = _recoded(judges, names)
    if first.policies.order != "single":
        ratings, names = _same_games(judges, ratings, names, shared=shared)
    scored = [scored_rows(one, judge.policies) for one, judge in zip(ratings, judges, strict=True)]
    rows, incomplete = _aligned(scored, ratings)
    scored = [one.take(kept) for one, kept in zip(scored, rows, strict=True)]
    if not scored[0].size:
        raise DataError("no judgment is left that all judges share", hint="check the policies and the gold labels")
    return Matched(
        first.task,
        first.gold_source,
        _unique([one.judge for one in judges]),
        tuple(scored),
        tuple(ratings),
        tuple(names),
        tuple(float((one.judge >= 0).mean()) for one in ratings),
        len(set().union(*(one.items for one in judges))) - len(names),
        incomplete,
        any(one.unfinished for one in judges),
        any(one.failed for one in judges),
        first.revision,
    )


def _same(judges: Sequence[Judged], what: str, of: Callable[[Judged], str], hint: str = "") -> None:
    found: dict[str, str] = {}
    for one in judges:
        found.setdefault(of(one), one.judge)
    if len(found) > 1:
        told = "; ".join(f"{judge}: {value}" for value, judge in islice(found.items(), _NAMED))
        raise DataError(f"different {what} can't be compared ({told})", hint=hint)


def _common(judges: Sequence[Judged], *, shared: bool) -> list[str]:
    """Names of the items that every judge has, in the first one's order."""
    owned = [set(one.items) for one in judges]
    every = set.intersection(*owned)
    names = [name for name in judges[0].items if name in every]
    if not names:
        raise DataError("the judges have no item in common", hint="compare runs on the same items")
    if shared:
        return names
    everything = set.union(*owned)
    for one, own in zip(judges, owned, strict=True):
        if missing := sorted(everything - own):
            raise DataError(
                f"{one.judge} has no judgment of {_some(missing, 'item')} that another judge has",
                hint=f"finish that run, or give {argument('shared')} to compare on the {len(names):,} items they share",
            )
    return names


def _some(names: Sequence[str], what: str) -> str:
    shown = ", ".join(map(repr, names[:_NAMED]))
    more = ", ..." if len(names) > _NAMED else ""
    return f"{len(names):,} {what}{'' if len(names) == 1 else 's'} ({shown}{more})"


def _same_gold(judges: Sequence[Judged], names: Sequence[str]) -> None:
    first, *others = judges
    gold = dict(zip(first.items, first.labels, strict=False))
    for one in others:
        other = dict(zip(one.items, one.labels, strict=False))
        if differs := [name for name in names if gold.get(name) != other.get(name)]:
            raise DataError(
                f"{first.judge} and {one.judge} have different gold on {_some(differs, 'item')}",
                hint="run the older one again: it asks nothing and takes the present gold (judges in rows: gold "
                "is the same on all rows of an item)",
            )


def _recoded(judges: Sequence[Judged], names: Sequence[str]) -> list[Ratings]:
    """Ratings on the common items only, with common codes, sorted by item and game."""
    code_of = {name: code for code, name in enumerate(names)}
    first = judges[0].ratings
    found: list[Ratings] = []
    # The question, the subset and the system are the item's, whichever judge saw it: the first judge's row has them.
    place = np.zeros(len(names), np.int64)
    width = max((one.ratings.sequence.shape[1] for one in judges if one.ratings.sequence is not None), default=0)
    strata = _strata(judges, names)
    for one in judges:
        own = one.ratings
        codes = np.fromiter((code_of.get(name, -1) for name in one.items), np.int64, len(one.items))[own.item]
        rows = np.lexsort((own.game, codes))
        rows = rows[int(np.count_nonzero(codes < 0)) :]
        item = codes[rows]
        if not found:
            place[item] = rows
        columns = [own.annotators.index(name) for name in first.annotators]
        found.append(
            replace(
                own,
                annotators=first.annotators,
                judge=own.judge[rows],
                gold=own.gold[rows][:, columns],
                item=item,
                game=own.game[rows],
                swapped=own.swapped[rows],
                cluster=first.cluster[place[item]],
                subset=first.subset[place[item]],
                subsets=first.subsets,
                system=first.system[place[item]],
                systems=first.systems,
                stratum=None if strata is None else strata[item],
                strata=() if strata is None else first.strata,
                score=None if own.score is None else own.score[rows],
                has_score=None if own.has_score is None else own.has_score[rows],
                order=None if own.order is None else own.order[rows],
                sequence=None if own.sequence is None else _widened(own.sequence[rows], width),
                gold_sequence=None
                if own.gold_sequence is None
                else _widened(own.gold_sequence[rows][:, columns], width),
            )
        )
    return found


def _strata(judges: Sequence[Judged], names: Sequence[str]) -> Codes | None:
    """Give the items' strata where all judges share them: what one can answer itself says nothing of another."""
    told: list[dict[str, str]] = []
    for one in judges:
        own = one.ratings
        if own.stratum is None:
            return None
        rows = dict(zip(own.item.tolist(), own.stratum.tolist(), strict=True))
        told.append({name: own.strata[rows[code]] for code, name in enumerate(one.items) if code in rows})
    if any(other.get(name) != told[0].get(name) for other in told[1:] for name in names):
        return None
    return np.array([judges[0].ratings.strata.index(told[0][name]) for name in names], np.int64)


def _widened(codes: Codes, width: int) -> Codes:
    """Fill sequences up with -1: a judge that checked more steps than the others has wider ones."""
    return np.pad(codes, [(0, 0)] * (codes.ndim - 1) + [(0, width - codes.shape[-1])], constant_values=-1)


def _same_games(
    judges: Sequence[Judged], ratings: list[Ratings], names: list[str], *, shared: bool
) -> tuple[list[Ratings], list[str]]:
    """Hold the judges to the same number of judgments per item."""
    games = np.stack([np.bincount(one.item, minlength=len(names)) for one in ratings])
    alike = (games == games[0]).all(axis=0)
    if alike.all():
        return ratings, names
    other = int(np.argmax((games != games[0]).any(axis=1)))
    at = int(np.argmax(games[0] != games[other]))
    if not shared or not alike.any():
        raise DataError(
            f"{judges[0].judge} was asked {games[0, at]} times about item {names[at]!r}, "
            f"{judges[other].judge} {games[other, at]} times",
            hint=f"{argument('policy')} order=single takes each judge's first answer",
        )
    keep = np.flatnonzero(alike)
    to = np.cumsum(alike) - 1
    kept = [select(one, np.flatnonzero(alike[one.item])) for one in ratings]
    return [replace(one, item=to[one.item]) for one in kept], [names[code] for code in keep.tolist()]


def _aligned(scored: Sequence[Scored], ratings: Sequence[Ratings]) -> tuple[list[npt.NDArray[np.intp]], int]:
    """Rows of each judge that are the same judgment, in one order, and how many judgments fell out."""
    games = 1 + max(int(one.game.max(initial=0)) for one in ratings)
    keys: list[Codes] = []
    for one, own in zip(scored, ratings, strict=True):
        game = own.game[one.row] if one.policies.order == "mean" else 0
        key = one.item.astype(np.int64) * games + game
        # Under gold=each and leave-one-out a judgment has a row per annotator: gold is the same for all judges, so
        # the k-th row of one is the k-th row of the other.
        keys.append(key * (1 + max(len(own.annotators), 1)) + numbered(key))
    common = keys[0]
    for key in keys[1:]:
        common = np.intersect1d(common, key, assume_unique=True)
    common = np.sort(common)
    most = np.unique(np.concatenate(keys)).size
    order = [np.argsort(key, kind="stable") for key in keys]
    return [rows[np.searchsorted(key[rows], common)] for key, rows in zip(keys, order, strict=True)], most - common.size


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    """Tell judges of one name apart: two prompts or two settings of one model."""
    counts: dict[str, int] = {}
    found: list[str] = []
    for name in names:
        counts[name] = counts.get(name, 0) + 1
        found.append(name if names.count(name) == 1 else f"{name} #{counts[name]}")
    return tuple(found)
