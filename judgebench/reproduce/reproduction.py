"""Published figures, recomputed from recorded public verdicts through our own pipeline.

Replies as they were recorded, in shown coordinates, become verdicts in the item's own order, and from there on
everything is what a run goes through: ratings, policies, metrics, witnesses.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from judgebench.domain import Case, Reply, Status, Verdict
from judgebench.errors import DataError, MismatchError, argument
from judgebench.files.content import find
from judgebench.report.reproduction import Cell, Reproduction, Unmatched
from judgebench.reproduce.published import load_published
from judgebench.tasks.base import Recording, open_task, reader_of
from judgebench.tasks.card import card_names, load_card

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from judgebench.domain import Agreement, Estimate, Policies, Ratings
    from judgebench.reproduce.published import Published, PublishedFigure
    from judgebench.stats.crosstab import Level
    from judgebench.tasks.base import CardTask
    from judgebench.tasks.card import Card, Recorded

__all__ = ["recorded_verdicts", "reproduce"]

#: Our figure, or None and why there is none.
Found: TypeAlias = tuple[float | None, str]

#: Two ways to the same figure may differ by this much.
_TOLERANCE = 1e-9


def reproduce(tasks: Sequence[str] | None, data: Path) -> Reproduction:
    """Recompute published figures from the recorded verdicts in a data folder, or a task's own folder.

    ``tasks`` are names; with None every task with published figures whose files are there. Cells come in the order of
    the published figures. DataError where nothing can be recomputed, MismatchError where a witness computes another
    value than we do.
    """
    if not data.is_dir():
        raise DataError(
            "there is no such folder",
            file=str(data),
            hint=f"{argument('data')} names the folder that holds pandalm/ ...",
        )
    cells: list[Cell] = []
    unmatched: list[Unmatched] = []
    for name in card_names() if tasks is None else dict.fromkeys(tasks):
        card, published = load_card(name), load_published(name)
        found, missing = _recompute(card, published, data)
        if not found and tasks is not None:
            wanted = " or ".join(sorted({recorded.file for recorded in card.recorded})) or "none that are known"
            raise DataError(
                f"nothing of {name} can be recomputed here; its recorded verdicts are {wanted} (.gz may follow)",
                file=str(data),
                hint=f"put them into {name}/ there",
            )
        cells += found
        unmatched += missing
        unmatched += (Unmatched(name, figure, reason) for figure, reason in published.unmatched)
    if not cells:
        raise DataError(
            "there are no recorded verdicts of any task here",
            file=str(data),
            hint=f"{argument('data')} names the folder that holds pandalm/, judgebench/ ...",
        )
    return Reproduction(tuple(cells), tuple(unmatched))


def _recompute(card: Card, published: Published, data: Path) -> tuple[list[Cell], list[Unmatched]]:
    """Every figure of a task whose files are there; the others with the file that is missing."""
    sources = _Sources(card, data)
    cells: list[Cell] = []
    missing: list[Unmatched] = []
    for figure in published.figures:
        if lacking := sources.lacking(figure):
            absent = Unmatched(card.name, str(figure), lacking)
            # The two figures of one alternative annotator test are missing together.
            if figure.kind != "alt_test" or absent not in missing:
                missing.append(absent)
            continue
        ours, reason = sources.ours(figure)
        cells.append(
            Cell(
                task=card.name if figure.split == card.default_split else f"{card.name}:{figure.split}",
                split=figure.split,
                judge=figure.judge,
                subset=figure.subset,
                metric=figure.metric,
                ours=ours,
                published=figure.value,
                decimals=figure.decimals,
                unit=figure.unit,
                match=ours is not None and figure.matches(ours),
                source=figure.source,
                note=reason or figure.note,
            )
        )
    return cells, missing


class _Sources:
    """A task's recordings, read and measured once each."""

    def __init__(self, card: Card, data: Path) -> None:
        self.card = card
        self.data = data
        self._tasks: dict[str, CardTask] = {}
        self._figures: dict[str, Mapping[str, float]] = {}
        self._ratings: dict[tuple[str, str], Ratings] = {}
        self._measured: dict[tuple[str, str, Policies], dict[str, Agreement]] = {}
        self._tested: dict[tuple[str, str, float, str], dict[str, Estimate]] = {}

    def lacking(self, figure: PublishedFigure) -> str:
        """Say which file a figure needs that isn't in the task's folder or in the folder itself; empty where it is."""
        if figure.kind in {"cell", "alt_test"}:
            file = self._recorded(figure).file
            return "" if self._find(file) else f"{file} isn't here"
        return "" if self._find(*self.card.split(figure.split).main.files) else "the labelled items aren't here"

    def ours(self, figure: PublishedFigure) -> Found:
        """Compute our figure."""
        if figure.kind == "annotators":
            return self._between(figure)
        if figure.kind == "alt_test":
            return self._alt_test(figure)
        if figure.kind == "humans":
            return self._among(figure)
        recorded = self._recorded(figure)
        return self._from_figures(figure, recorded) if recorded.kind == "figures" else self._cell(figure, recorded)

    def _recorded(self, figure: PublishedFigure) -> Recorded:
        # `load_published` has checked that the card knows this judge and split.
        return next(r for r in self.card.recorded if (r.name, r.split) == (figure.judge, figure.split))

    def _find(self, *files: str) -> Path | None:
        homes = (*(self.data / name for name in (self.card.name, *self.card.folders)), self.data)
        return next((path for home in homes for file in files if (path := find(home, file)) is not None), None)

    def _task(self, split: str) -> CardTask:
        if split not in self._tasks:
            self._tasks[split] = open_task(f"{self.card.name}:{split}", data=self.data)
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

    def _cell(self, figure: PublishedFigure, recorded: Recorded) -> Found:
        from judgebench.agreement.measure import measure  # noqa: PLC0415 - loads numpy

        policies = self.card.policies.override(f"{name}={value}" for name, value in figure.policies.items())
        key = (recorded.name, recorded.split, policies)
        if key not in self._measured:
            task = self._task(recorded.split)
            rows = measure(
                self._labels(recorded.split, recorded),
                task=task.name,
                judge=recorded.name,
                gold_source=self.card.gold_source,
                policies=policies,
                aggregates=self.card.aggregates,
                revision=task.revision,
                verify=True,
            )
            self._measured[key] = {row.subset: row for row in rows}
        found = self._measured[key]
        if figure.subset not in found:
            return None, f"there is no row {figure.subset!r}; the rows are {', '.join(found)}"
        return _value(found[figure.subset].metrics.get(figure.metric), figure.metric)

    def _from_figures(self, figure: PublishedFigure, recorded: Recorded) -> Found:
        """Weigh published figures per subset; the card's aggregates are the witness of the reader's own sums."""
        path = self._find(recorded.file)
        if figure.metric != "accuracy" or path is None:
            return None, f"{recorded.file} holds accuracies, not {figure.metric}"
        if recorded.name not in self._figures:
            values = reader_of(self.card, recorded.split).figures(path, recorded.column)
            known = dict(values)
            for aggregate in self.card.aggregates:
                shares = aggregate.weights or (1.0,) * len(aggregate.of)
                known[aggregate.name] = math.fsum(
                    share * known[part] for share, part in zip(shares, aggregate.of, strict=True)
                ) / math.fsum(shares)
                if not abs(known[aggregate.name] - values[aggregate.name]) <= _TOLERANCE:
                    raise MismatchError(
                        f"{self.card.name}, {recorded.name}, {aggregate.name}: {values[aggregate.name]!r} by the "
                        f"reader and {known[aggregate.name]!r} by the card's weights; please report this"
                    )
            self._figures[recorded.name] = values
        values = self._figures[recorded.name]
        if figure.subset not in values:
            return None, f"there is no figure of {figure.subset!r} in {recorded.file}"
        return values[figure.subset], ""

    def _between(self, figure: PublishedFigure) -> Found:
        from judgebench.agreement.ceiling import pairwise  # noqa: PLC0415 - loads numpy
        from judgebench.agreement.measure import measure  # noqa: PLC0415 - loads numpy
        from judgebench.stats.coefficients.catalog import METRICS  # noqa: PLC0415 - only here

        task, ratings = self._task(figure.split), self._labels(figure.split)
        if figure.metric not in METRICS or not set(figure.pair) <= set(ratings.annotators):
            return (
                None,
                f"the annotators are {', '.join(ratings.annotators)}, the metrics those of judgebench list metrics",
            )
        metric = METRICS[figure.metric]
        a, b = (ratings.annotators.index(name) for name in figure.pair)
        by_names = pairwise(ratings, metric, self.card.policies)
        value, reason = _value(by_names.get(figure.pair, by_names.get(figure.pair[::-1])), figure.metric)
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

        from judgebench.stats.coefficients.krippendorff import alpha_units  # noqa: PLC0415 - loads numpy

        task, ratings = self._task(figure.split), self._labels(figure.split)
        if figure.subset not in {"all", *ratings.subsets}:
            return None, f"there is no subset {figure.subset!r}; the subsets are {', '.join(ratings.subsets)}"
        rows = np.ones(ratings.item.size, dtype=np.bool_)
        if figure.subset != "all":
            rows = ratings.subset == ratings.subsets.index(figure.subset)
        scale, labels = ratings.scale, ratings.gold[rows]
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
        from judgebench.agreement.alt_test import alt_test_ratings  # noqa: PLC0415 - loads numpy
        from judgebench.agreement.witness.tables import verify_alt_test  # noqa: PLC0415 - loads scipy

        key = (figure.judge, figure.split, figure.epsilon, figure.scoring)
        if key not in self._tested:
            ratings = self._labels(figure.split, self._recorded(figure))
            found = alt_test_ratings(ratings, self.card.policies, epsilon=figure.epsilon, scoring=figure.scoring)
            verify_alt_test(found, ratings, where=f"{self.card.name}:{figure.split}, {figure.judge}")
            self._tested[key] = {"winning_rate": found.winning_rate, "advantage_probability": found.advantage}
        return _value(self._tested[key][figure.metric], figure.metric)


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


def recorded_verdicts(task: CardTask, recording: Recording) -> Iterator[Verdict]:
    """Turn a recording into verdicts: each item in each recorded order, undone to the item's own.

    An item that the recording doesn't hold becomes a failed verdict: nothing is dropped in silence.
    """
    scale, revision = task.scale, task.revision
    absent = Reply(Status.FAILED, error="not in the recording")
    for item in task.items():
        own = tuple(range(len(item.responses)))
        for order in [order for order in recording.orders if len(order) == len(own)] or [own]:
            reply = recording.replies.get((item.id, order), absent)
            yield Verdict.of(Case(item, order), reply, scale, revision)
