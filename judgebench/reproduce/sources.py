"""A task's recorded verdicts and labels in a folder of data, and our figures from them.

Replies as they were recorded, in shown coordinates, become verdicts in the item's own order, and from there on
everything is what a run goes through: ratings, policies, metrics, witnesses.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations, islice
from typing import TYPE_CHECKING, TypeAlias

from judgebench.domain import Case, Reply, Status, Verdict
from judgebench.errors import DataError, MismatchError
from judgebench.files.content import find
from judgebench.reproduce.published import PublishedFigure
from judgebench.tasks.base import judge_columns, open_task, reader_of, recorded_judges
from judgebench.tasks.card import Recorded
from judgebench.tasks.recordings import Recording

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from judgebench.domain import Agreement, Estimate, Policies, Ratings
    from judgebench.stats.crosstab import Level
    from judgebench.tasks.base import CardTask
    from judgebench.tasks.card import Card

__all__ = ["Sources", "recorded_verdicts"]

#: Our figure, or None and why there is none.
Found: TypeAlias = tuple[float | None, str]

#: How the name of a figure ends that is the number of comparisons behind a metric.
COUNT = " n"
#: Two ways to the same figure may differ by this much.
_TOLERANCE = 1e-9
_LISTED = 8


class Sources:
    """A task's recordings, read and measured once each.

    ``held`` are the judges of the recorded files that are here, by name and split: those that the card and ``own``
    name, and those that nobody does. ``beside`` is another folder where recorded files may lie. With ``files``, of
    ``split``, there are no others.
    """

    def __init__(
        self,
        card: Card,
        data: Path,
        own: Iterable[Recorded] = (),
        *,
        files: Sequence[Path] = (),
        split: str = "",
        beside: Path | None = None,
        tell: Callable[[str], object] = str,
    ) -> None:
        self.card = card
        self.data = data
        self._files = {str(path): path for path in files}
        self._beside = () if beside is None else (beside,)
        self.held: dict[tuple[str, str], Recorded] = {}
        self._tell = tell
        self._compared: set[tuple[str, str]] | None = None
        self._lost: dict[tuple[str, str], str] = {}
        self._tasks: dict[str, CardTask] = {}
        self._figures: dict[str, Mapping[str, float]] = {}
        self._ratings: dict[tuple[str, str], Ratings] = {}
        self._measured: dict[tuple[str, str, Policies], dict[str, Agreement]] = {}
        self._tested: dict[tuple[str, str, float, str], dict[str, Estimate]] = {}
        self._hold(_of_files(files, [*own], split or card.default_split) if files else [*card.recorded, *own])

    def _hold(self, entries: Sequence[Recorded]) -> None:
        files: dict[tuple[str, str], tuple[Recorded, Mapping[str, str], set[str]]] = {}
        for entry in entries:
            key, path = (entry.name, entry.split), self._find(entry.file)
            if path is None:
                self._lost[key] = f"{entry.file} isn't here"
                continue
            if (entry.file, entry.split) not in files:
                names = self._judges(path, entry)
                files[entry.file, entry.split] = (entry, names, set())
            _, names, named = files[entry.file, entry.split]
            if not entry.name:
                # A file of which nothing is said: its judges are called as it calls them, or one as the file.
                if not names:
                    name = path.name.partition(".")[0]
                    self.held[name, entry.split] = replace(entry, name=name)
                continue
            column = _column(entry, names)
            if column is None:
                self._lost[key] = f"{entry.file} holds {_listed(dict.fromkeys(names.values()))}"
                continue
            self.held[key] = replace(entry, column=column)
            named.add(column)
        for (file, split), (entry, names, named) in files.items():
            for judge in dict.fromkeys(names.values()):
                if judge not in named:
                    taken = (judge, split) in self.held or (judge, split) in self._lost
                    name = f"{judge} ({file})" if taken else judge
                    self.held[name, split] = replace(entry, name=name, column=judge)

    def _judges(self, path: Path, entry: Recorded) -> Mapping[str, str]:
        """Name the judges of a file, and tell how one with a column per judge is understood."""
        reader = reader_of(self.card, entry.split)
        try:
            if (wide := judge_columns(path, reader)) is not None:
                self._tell(f"{entry.file}: {wide}")
            return recorded_judges(path, reader)
        except DataError:
            # Whoever says which column is the judge's needs no guess.
            if not entry.column:
                raise
            return {}

    def lacking(self, figure: PublishedFigure) -> str:
        """Say what a figure needs that isn't in the task's folder or in the folder itself; empty where it is."""
        if figure.kind in {"cell", "alt_test"}:
            key = (figure.judge, figure.split)
            if key in self.held:
                return ""
            known = dict.fromkeys(name for name, split in (*self.held, *self._lost) if split == figure.split)
            return self._lost.get(key) or f"the recorded judges are {_listed(known) or 'none'}"
        return "" if self.labelled(figure.split) else "the labelled items aren't here"

    def labelled(self, split: str) -> bool:
        """Whether the items of a split are here."""
        return self._find(*self.card.split(split).main.files) is not None

    def headlines(self, judge: str, split: str) -> list[PublishedFigure]:
        """Name what is measured of a judge where nothing is published: the scale's headline on all items.

        Of criteria on the items of each.
        """
        recorded = self.held[judge, split]
        subsets, metric = ["all"], "accuracy"
        if recorded.kind == "figures":
            subsets = [next((one.name for one in reversed(self.card.aggregates)), "all")]
        else:
            rows = self._rows(recorded, self.card.policies)
            metric = rows["all"].headline
            if self._task(split).by_criterion:
                subsets = [name for name in rows if name != "all"]
        return [PublishedFigure("cell", judge, metric, 0.0, 4, "fraction", split, subset) for subset in subsets]

    def comparing(self, figures: Iterable[PublishedFigure]) -> None:
        """Hear of all figures that will be compared with published ones."""
        self._compared = {(figure.judge, figure.split) for figure in figures}

    def ours(self, figure: PublishedFigure) -> Found:
        """Compute our figure."""
        if figure.kind == "annotators":
            return self._between(figure)
        if figure.kind == "alt_test":
            return self._alt_test(figure)
        if figure.kind == "humans":
            return self._among(figure)
        recorded = self.held[figure.judge, figure.split]
        return self._from_figures(figure, recorded) if recorded.kind == "figures" else self._cell(figure, recorded)

    def _find(self, *files: str) -> Path | None:
        if given := next((self._files[file] for file in files if file in self._files), None):
            return given
        homes = (*(self.data / name for name in (self.card.name, *self.card.folders)), self.data, *self._beside)
        return next((path for home in homes for file in files if (path := find(home, file)) is not None), None)

    def _task(self, split: str) -> CardTask:
        if split not in self._tasks:
            self._tasks[split] = open_task(f"{self.card.name}:{split}", data=self.data, root=self.card.folder.parent)
        return self._tasks[split]

    def _labels(self, split: str, recorded: Recorded | None = None) -> Ratings:
        """Read a recording with the gold beside it, or the gold alone."""
        from judgebench.agreement.ratings import from_verdicts  # noqa: PLC0415 - loads numpy

        key = ("" if recorded is None else recorded.name, split)
        if key not in self._ratings:
            task = self._task(split)
            recording = Recording("", {}, ())
            if recorded is not None and (path := self._find(recorded.file)) is not None:
                recording = task.recorded(path, recorded.column or None)
            self._ratings[key] = from_verdicts(recorded_verdicts(task, recording), task.scale)
        return self._ratings[key]

    def _rows(self, recorded: Recorded, policies: Policies) -> dict[str, Agreement]:
        from judgebench.agreement.measure import measure  # noqa: PLC0415 - loads numpy

        key = (recorded.name, recorded.split, policies)
        if key not in self._measured:
            task = self._task(recorded.split)
            rows = measure(
                self._labels(recorded.split, recorded),
                task=task.name,
                judge=recorded.name,
                gold_source=self.card.gold_source,
                policies=policies,
                aggregates=self.card.aggregates_of(recorded.split),
                revision=task.revision,
                # Witnesses are heard of what is compared.
                verify=self._compared is None or (recorded.name, recorded.split) in self._compared,
            )
            self._measured[key] = {row.subset: row for row in rows}
        return self._measured[key]

    def _cell(self, figure: PublishedFigure, recorded: Recorded) -> Found:
        policies = self.card.policies.override(f"{name}={value}" for name, value in figure.policies.items())
        found = self._rows(recorded, policies)
        if figure.subset not in found:
            return None, figure.unknown("subset", f"there is no row {figure.subset!r}; the rows are {', '.join(found)}")
        row = found[figure.subset]
        # How a judge leans is beside its metrics.
        measured, name = {**row.bias, **row.metrics}, figure.metric.removesuffix(COUNT)
        if name not in measured:
            known = ", ".join(measured)
            return None, figure.unknown("metric", f"{figure.metric!r} isn't measured here; these are: {known}")
        if name != figure.metric:
            return float(measured[name].n), ""
        value, reason = _value(measured.get(figure.metric), figure.metric)
        alone = (row.unverified or {}).get(figure.metric)
        return value, reason or (f"not verified: {alone}" if alone else "")

    def _from_figures(self, figure: PublishedFigure, recorded: Recorded) -> Found:
        """Weigh published figures per subset; the card's aggregates are the witness of the reader's own sums."""
        path = self._find(recorded.file)
        if figure.metric != "accuracy" or path is None:
            return None, figure.unknown("metric", f"{recorded.file} holds accuracies, not {figure.metric}")
        if recorded.name not in self._figures:
            values = reader_of(self.card, recorded.split).figures(path, recorded.column)
            summed = dict(values)
            for aggregate in self.card.aggregates:
                shares = aggregate.weights or (1.0,) * len(aggregate.of)
                summed[aggregate.name] = math.fsum(
                    share * summed[part] for share, part in zip(shares, aggregate.of, strict=True)
                ) / math.fsum(shares)
                if not abs(summed[aggregate.name] - values[aggregate.name]) <= _TOLERANCE:
                    raise MismatchError(
                        f"{self.card.name}, {recorded.name}, {aggregate.name}: {values[aggregate.name]!r} by the "
                        f"reader and {summed[aggregate.name]!r} by the card's weights; please report this"
                    )
            self._figures[recorded.name] = values
        values = self._figures[recorded.name]
        if figure.subset not in values:
            known = ", ".join(values)
            return None, figure.unknown(
                "subset", f"there is no figure of {figure.subset!r} in {recorded.file}; it has {known}"
            )
        return values[figure.subset], ""

    def _between(self, figure: PublishedFigure) -> Found:
        from judgebench.agreement.ceiling import pairwise  # noqa: PLC0415 - loads numpy
        from judgebench.agreement.measure import measure  # noqa: PLC0415 - loads numpy
        from judgebench.stats.coefficients.catalog import METRICS  # noqa: PLC0415 - only here

        task, ratings = self._task(figure.split), self._labels(figure.split)
        if figure.metric not in METRICS:
            return None, figure.unknown(
                "metric", f"there is no metric {figure.metric!r} of labels; these are: {', '.join(METRICS)}"
            )
        for key, name in zip("ab", figure.pair, strict=True):
            if name not in ratings.annotators:
                known = ", ".join(ratings.annotators)
                return None, figure.unknown(key, f"there is no annotator {name!r}; the annotators are {known}")
        metric = METRICS[figure.metric]
        a, b = (ratings.annotators.index(name) for name in figure.pair)
        by_names = pairwise(ratings, metric, self.card.policies)
        value, reason = _value(by_names.get(figure.pair, by_names.get((figure.pair[1], figure.pair[0]))), figure.metric)
        if value is None:
            return None, reason
        # The same figure by the judge's road, b as a judge of a, with the named libraries as witnesses.
        both = replace(ratings, judge=ratings.gold[:, b], gold=ratings.gold[:, [a]], annotators=figure.pair[:1])
        rows = measure(both, task=task.name, judge=figure.pair[1], metrics={figure.metric: metric}, verify=True)
        other, _ = _value(rows[0].metrics[figure.metric], figure.metric)
        if metric.symmetric and (other is None or not abs(other - value) <= _TOLERANCE):
            raise MismatchError(f"{task.name}, {figure.judge}: {figure.metric} is {value!r} and {other!r}")
        return value, ""

    def _among(self, figure: PublishedFigure) -> Found:
        import numpy as np  # noqa: PLC0415 - `list` needs no arrays

        from judgebench.agreement.ceiling import select  # noqa: PLC0415 - loads numpy
        from judgebench.stats.coefficients.krippendorff import alpha_units  # noqa: PLC0415 - loads numpy

        task, ratings = self._task(figure.split), self._labels(figure.split)
        if figure.subset not in {"all", *ratings.subsets}:
            known = ", ".join(("all", *ratings.subsets))
            return None, figure.unknown("subset", f"there is no subset {figure.subset!r}; the subsets are {known}")
        rows = np.ones(ratings.item.size, dtype=np.bool_)
        if figure.subset != "all":
            rows = ratings.subset == ratings.subsets.index(figure.subset)
        scale, labels = ratings.scale, ratings.gold[rows]
        if figure.metric != "krippendorff_alpha":
            return _of_pairs(figure, select(ratings, np.flatnonzero(rows)), self.card.policies)
        found = alpha_units(labels, len(scale.labels), np.asarray(scale.values), scale.level)
        if isinstance(found, str):
            return None, f"undefined: {found}"
        theirs = _alpha_witness(labels, len(scale.labels), scale.level)
        if not abs(theirs - found[0]) <= _TOLERANCE:
            raise MismatchError(
                f"{task.name}, {figure.subset}: alpha is {found[0]!r} here and {theirs!r} by krippendorff"
            )
        return found[0], ""

    def _alt_test(self, figure: PublishedFigure) -> Found:
        from judgebench.agreement.alt_test.ratings import alt_test_ratings  # noqa: PLC0415 - loads numpy
        from judgebench.agreement.witness.tables import verify_alt_test  # noqa: PLC0415 - loads scipy

        key = (figure.judge, figure.split, figure.epsilon, figure.scoring)
        if key not in self._tested:
            ratings = self._labels(figure.split, self.held[figure.judge, figure.split])
            found = alt_test_ratings(ratings, self.card.policies, epsilon=figure.epsilon, scoring=figure.scoring)
            verify_alt_test(found, ratings, where=f"{self.card.name}:{figure.split}, {figure.judge}")
            self._tested[key] = {"winning_rate": found.winning_rate, "advantage_probability": found.advantage}
        return _value(self._tested[key][figure.metric], figure.metric)


def _of_files(files: Iterable[Path], own: Sequence[Recorded], split: str) -> list[Recorded]:
    """Say what the files are: what ``own`` says of a file of that name, else one whose judges have no other names."""
    found: list[Recorded] = []
    for path in files:
        said = [replace(one, file=str(path)) for one in own if one.file in {path.name, path.name.removesuffix(".gz")}]
        found += said or [Recorded("", str(path), split=split)]
    return found


def _column(entry: Recorded, names: Mapping[str, str]) -> str | None:
    """Find an entry's judge among those of its file: the only one needs no name; None where it isn't there."""
    if not names:
        return entry.column
    if not entry.column and len(only := set(names.values())) == 1:
        return only.pop()
    return names.get(entry.column or entry.name)


def _of_pairs(figure: PublishedFigure, ratings: Ratings, policies: Policies) -> Found:
    """Measure all pairs of labels that people gave to one item, each person's with everybody else's."""
    from judgebench.agreement.people import Pool  # noqa: PLC0415 - loads numpy
    from judgebench.stats.coefficients.catalog import METRICS  # noqa: PLC0415 - only here

    name = figure.metric.removesuffix(COUNT)
    if name not in METRICS:
        return None, figure.unknown(
            "metric", f"there is no metric {name!r} of labels; these are: krippendorff_alpha, {', '.join(METRICS)}"
        )
    table = Pool.of(ratings, policies).among().table
    outcome = METRICS[name](table)
    if name != figure.metric:
        return float(table.n if outcome.n is None else outcome.n), ""
    if outcome.value is None:
        return None, f"undefined: {outcome.reason}"
    # The plain definition: every two labels of an item, those with a tie left out where the metric leaves them out.
    labels = [[code for code in row if code >= 0] for row in ratings.gold.tolist()]
    pairs = [pair for codes in labels for pair in combinations(codes, 2)]
    if name == "agreement_s2":
        pairs = [pair for pair in pairs if ratings.scale.tie not in pair]
    if name in {"agreement_s1", "agreement_s2", "percent_agreement"}:
        plain = sum(one == two for one, two in pairs) / len(pairs)
        if not abs(plain - outcome.value) <= _TOLERANCE:
            raise MismatchError(f"{figure}: {outcome.value!r} here and {plain!r} by counting")
    return float(outcome.value), ""


def _alpha_witness(labels: npt.NDArray[np.int64], categories: int, level: Level) -> float:
    """Krippendorff's alpha by the krippendorff package."""
    import krippendorff  # noqa: PLC0415 - only where it is needed
    import numpy as np  # noqa: PLC0415 - `list` needs no arrays

    counts = np.stack([(labels == code).sum(axis=1) for code in range(categories)], axis=1)
    used = counts.sum(axis=0) > 0
    domain = np.arange(categories)[used]
    return float(krippendorff.alpha(value_counts=counts[:, used], value_domain=domain, level_of_measurement=level))


def _value(estimate: Estimate | None, metric: str) -> Found:
    if estimate is None:
        return None, f"{metric} isn't measured on this scale"
    return estimate.value, "" if estimate.undefined is None else f"undefined: {estimate.undefined}"


def _listed(names: Collection[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(islice(names, _LISTED)) + more


def recorded_verdicts(task: CardTask, recording: Recording) -> Iterator[Verdict]:
    """Turn a recording into verdicts: each item in each recorded order, undone to the item's own.

    An item that the recording doesn't hold becomes a failed verdict: nothing is dropped in silence.
    """
    scale, revision = task.scale, task.revision
    absent = Reply(Status.FAILED, error="not in the recording")
    # Without orders that all items share, each has its own.
    drawn = {} if recording.orders else {item: [order] for item, order in recording.replies}
    for item in task.items():
        own = tuple(range(len(item.responses)))
        shown = drawn.get(item.id) or [order for order in recording.orders if len(order) == len(own)] or [own]
        for order in shown:
            reply = recording.replies.get((item.id, order), absent)
            yield Verdict.of(Case(item, order), reply, scale, revision)
