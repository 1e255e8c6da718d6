"""A task's recordings, read and measured once each: our side of ``reproduce``."""

from __future__ import annotations

import importlib
import math
from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench.domain import Case, Reply, Status, Verdict
from judgebench.errors import DataError, MismatchError
from judgebench.files.records import find
from judgebench.tasks.base import open_task

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from judgebench.domain import Agreement, Estimate, Policies, Ratings
    from judgebench.stats.crosstab import Level
    from judgebench.tasks.base import CardTask, Recording
    from judgebench.tasks.card import Card, Recorded
    from judgebench.tasks.published import AltTestRow, AnnotatorCell, HumansCell
    from judgebench.tasks.published import Cell as PublishedCell

__all__ = ["Sources", "recorded_verdicts"]

#: Two ways to the same figure may differ by this much.
_TOLERANCE = 1e-9


class Sources:
    """A task's recordings, read and measured once each."""

    def __init__(self, card: Card, data: Path) -> None:
        self.card = card
        self.data = data
        self._tasks: dict[str, CardTask] = {}
        self._figures: dict[str, Mapping[str, float]] = {}
        self._ratings: dict[tuple[str, str], Ratings] = {}
        self._measured: dict[tuple[str, str, Policies], dict[str, Agreement]] = {}

    def path(self, recorded: Recorded) -> Path | None:
        """Return where a recorded file lies, in the task's folder or in the folder itself."""
        for home in (*(self.data / name for name in (self.card.name, *self.card.folders)), self.data):
            found = find(home, recorded.file)
            if found is not None:
                return found
        return None

    def has_items(self, split: str) -> bool:
        """Whether the items' own file is there."""
        homes = (*(self.data / name for name in (self.card.name, *self.card.folders)), self.data)
        files = self.card.split(split).main.files
        return any(find(home, file) is not None for home in homes for file in files)

    def task(self, split: str) -> CardTask:
        """Open the task once per split."""
        name = split or self.card.default_split
        if name not in self._tasks:
            self._tasks[name] = open_task(f"{self.card.name}:{name}", data=self.data)
        return self._tasks[name]

    def figure(self, cell: PublishedCell, recorded: Recorded) -> tuple[float | None, str]:
        """Return our figure, or None and why there is none."""
        if recorded.kind == "figures":
            return self._from_figures(cell, recorded)
        policies = self.card.policies.override(f"{name}={value}" for name, value in cell.policies.items())
        rows = self._rows(recorded, policies)
        if cell.subset not in rows:
            return None, f"there is no row {cell.subset!r}; the rows are {', '.join(rows)}"
        return _value(rows[cell.subset].metrics.get(cell.metric), cell.metric)

    def _rows(self, recorded: Recorded, policies: Policies) -> dict[str, Agreement]:
        from judgebench.agreement.measure import measure  # noqa: PLC0415 - loads numpy

        key = (recorded.name, recorded.split, policies)
        if key not in self._measured:
            task = self.task(recorded.split)
            rows = measure(
                self._recorded_ratings(recorded),
                task=task.name,
                judge=recorded.name,
                gold_source=self.card.gold_source,
                policies=policies,
                aggregates=self.card.aggregates,
                revision=task.revision,
                verify=True,
            )
            self._measured[key] = {row.subset: row for row in rows}
        return self._measured[key]

    def _recorded_ratings(self, recorded: Recorded) -> Ratings:
        from judgebench.agreement.ratings import from_verdicts  # noqa: PLC0415 - loads numpy

        key = (recorded.name, recorded.split)
        if key not in self._ratings:
            task, path = self.task(recorded.split), self.path(recorded)
            if path is None:
                raise DataError(f"{recorded.file} isn't here", file=str(self.data))
            recording = task.recorded(path, recorded.column or None)
            self._ratings[key] = from_verdicts(recorded_verdicts(task, recording), task.scale)
        return self._ratings[key]

    def _from_figures(self, cell: PublishedCell, recorded: Recorded) -> tuple[float | None, str]:
        """Weigh published figures per subset; the card's aggregates are the witness of the reader's own sums."""
        path = self.path(recorded)
        if cell.metric != "accuracy" or path is None:
            return None, f"{recorded.file} holds accuracies, not {cell.metric}"
        if recorded.name not in self._figures:
            values = self._read_figures(path, recorded)
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
        if cell.subset not in values:
            return None, f"there is no figure of {cell.subset!r} in {recorded.file}"
        return values[cell.subset], ""

    def _read_figures(self, path: Path, recorded: Recorded) -> Mapping[str, float]:
        module, _, attribute = self.card.reader.partition(":")
        reader = getattr(importlib.import_module(module), attribute)(self.card, recorded.split)
        values: Mapping[str, float] = reader.figures(path, recorded.column)
        return values

    def between(self, pair: AnnotatorCell) -> tuple[float | None, str]:
        """Return our figure between two annotators, or None and why there is none."""
        from judgebench.agreement.ceiling import pairwise  # noqa: PLC0415 - loads numpy
        from judgebench.agreement.measure import measure  # noqa: PLC0415 - loads numpy
        from judgebench.stats.coefficients.catalog import METRICS  # noqa: PLC0415 - only here

        task, ratings = self._labelled(pair.split)
        if pair.metric not in METRICS or not {pair.a, pair.b} <= set(ratings.annotators):
            return (
                None,
                f"the annotators are {', '.join(ratings.annotators)}, the metrics those of judgebench list metrics",
            )
        metric = METRICS[pair.metric]
        a, b = ratings.annotators.index(pair.a), ratings.annotators.index(pair.b)
        by_names = pairwise(ratings, metric, self.card.policies)
        value, reason = _value(by_names.get((pair.a, pair.b), by_names.get((pair.b, pair.a))), pair.metric)
        if value is None:
            return None, reason
        # The same figure by the judge's road, b as a judge of a, with the named libraries as witnesses.
        both = replace(ratings, judge=ratings.gold[:, b], gold=ratings.gold[:, [a]], annotators=(pair.a,))
        rows = measure(both, task=task.name, judge=pair.b, metrics={pair.metric: metric}, verify=True)
        other, _ = _value(rows[0].metrics[pair.metric], pair.metric)
        if metric.symmetric and (other is None or not abs(other - value) <= _TOLERANCE):
            raise MismatchError(f"{task.name}, {pair.a} and {pair.b}: {pair.metric} is {value!r} and {other!r}")
        return value, ""

    def among(self, cell: HumansCell) -> tuple[float | None, str]:
        """Return our alpha of all annotators on a subset, or None and why there is none."""
        import numpy as np  # noqa: PLC0415 - `list` needs no arrays

        from judgebench.stats.coefficients.krippendorff import alpha_units  # noqa: PLC0415 - loads numpy

        task, ratings = self._labelled(cell.split)
        if cell.subset not in {"all", *ratings.subsets}:
            return None, f"there is no subset {cell.subset!r}; the subsets are {', '.join(ratings.subsets)}"
        rows = np.ones(ratings.item.size, dtype=np.bool_)
        if cell.subset != "all":
            rows = ratings.subset == ratings.subsets.index(cell.subset)
        scale, labels = ratings.scale, ratings.gold[rows]
        found = alpha_units(labels, len(scale.labels), np.asarray(scale.values), scale.level)
        if isinstance(found, str):
            return None, f"undefined: {found}"
        theirs = _alpha_witness(labels, len(scale.labels), scale.level)
        if not abs(theirs - found[0]) <= _TOLERANCE:
            raise MismatchError(
                f"{task.name}, {cell.subset}: alpha is {found[0]!r} here and {theirs!r} by krippendorff"
            )
        return found[0], ""

    def tested(self, row: AltTestRow, recorded: Recorded) -> dict[str, tuple[float | None, str]]:
        """Return our figures of the alternative annotator test, or None and why there are none."""
        from judgebench.agreement.alt_test import alt_test_ratings  # noqa: PLC0415 - loads numpy
        from judgebench.agreement.witness.tables import verify_alt_test  # noqa: PLC0415 - loads scipy

        ratings = self._recorded_ratings(recorded)
        found = alt_test_ratings(ratings, self.card.policies, epsilon=row.epsilon, scoring=row.scoring)
        verify_alt_test(found, ratings, where=f"{self.card.name}:{row.split}, {row.judge}")
        ours = {"winning_rate": found.winning_rate, "advantage_probability": found.advantage}
        return {name: _value(estimate, name) for name, estimate in ours.items()}

    def _labelled(self, split: str) -> tuple[CardTask, Ratings]:
        from judgebench.agreement.ratings import from_verdicts  # noqa: PLC0415 - loads numpy

        task = self.task(split)
        key = ("", task.split)
        if key not in self._ratings:
            unanswered = Reply(Status.FAILED, error="no judge was asked")
            cases = (Case(item, tuple(range(len(item.responses)))) for item in task.items())
            verdicts = (Verdict.of(case, unanswered, task.scale, task.revision) for case in cases)
            self._ratings[key] = from_verdicts(verdicts, task.scale)
        return task, self._ratings[key]


def _alpha_witness(labels: npt.NDArray[np.int64], categories: int, level: Level) -> float:
    """Krippendorff's alpha by the krippendorff package."""
    import krippendorff  # noqa: PLC0415 - only where it is needed
    import numpy as np  # noqa: PLC0415 - `list` needs no arrays

    counts = np.stack([(labels == code).sum(axis=1) for code in range(categories)], axis=1)
    used = counts.sum(axis=0) > 0
    domain = np.arange(categories)[used]
    return float(krippendorff.alpha(value_counts=counts[:, used], value_domain=domain, level_of_measurement=level))


def _value(estimate: Estimate | None, metric: str) -> tuple[float | None, str]:
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
        for order in _orders(recording.orders, own):
            reply = recording.replies.get((item.id, order), absent)
            yield Verdict.of(Case(item, order), reply, scale, revision)


def _orders(orders: Iterable[tuple[int, ...]], own: tuple[int, ...]) -> Sequence[tuple[int, ...]]:
    return [order for order in orders if len(order) == len(own)] or [own]
