"""Our figures beside published ones: each computed from a task's recordings, as a run of today would be measured."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias

from judgebench.errors import MismatchError
from judgebench.reproduce.published import PublishedFigure
from judgebench.tasks.base import reader_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    import numpy.typing as npt

    from judgebench.domain import Agreement, Estimate, Policies, Ratings
    from judgebench.reproduce.sources import Sources
    from judgebench.stats.crosstab import Level
    from judgebench.tasks.card import Recorded

__all__ = ["Recomputing"]

#: Our figure, or None and why there is none.
Found: TypeAlias = tuple[float | None, str]

#: How the name of a figure ends that is the number of comparisons behind a metric.
COUNT = " n"
#: Two ways to the same figure may differ by this much.
_TOLERANCE = 1e-9


class Recomputing:
    """Computes figures of a task's recordings; what several rest on is measured once.

    ``figures`` are all that will be compared with published ones: witnesses are asked about the judges of these.
    """

    def __init__(self, sources: Sources, figures: Iterable[PublishedFigure]) -> None:
        self._sources = sources
        self._card = sources.card
        self._compared = {(figure.judge, figure.split) for figure in figures}
        self._figures: dict[str, Mapping[str, float]] = {}
        self._measured: dict[tuple[str, str, Policies], dict[str, Agreement]] = {}
        self._tested: dict[tuple[str, str, float, str], dict[str, Estimate]] = {}

    def headlines(self, judge: str, split: str) -> list[PublishedFigure]:
        """Name what is measured of a judge where nothing is published: the scale's headline on all items.

        Of criteria on the items of each.
        """
        recorded = self._sources.held[judge, split]
        subsets, metric = ["all"], "accuracy"
        if recorded.kind == "figures":
            subsets = [next((one.name for one in reversed(self._card.aggregates)), "all")]
        else:
            rows = self._rows(recorded, self._card.policies)
            metric = rows["all"].headline
            if self._sources.task(split).by_criterion:
                subsets = [name for name in rows if name != "all"]
        return [PublishedFigure("cell", judge, metric, 0.0, 4, "fraction", split, subset) for subset in subsets]

    def ours(self, figure: PublishedFigure) -> Found:
        """Compute our figure."""
        if figure.kind == "annotators":
            return self._between(figure)
        if figure.kind == "alt_test":
            return self._alt_test(figure)
        if figure.kind == "humans":
            return self._among(figure)
        recorded = self._sources.held[figure.judge, figure.split]
        return self._from_figures(figure, recorded) if recorded.kind == "figures" else self._cell(figure, recorded)

    def _rows(self, recorded: Recorded, policies: Policies) -> dict[str, Agreement]:
        from judgebench.agreement.measure import measure  # noqa: PLC0415 - loads numpy

        key = (recorded.name, recorded.split, policies)
        if key not in self._measured:
            task = self._sources.task(recorded.split)
            rows = measure(
                self._sources.labels(recorded.split, recorded),
                task=task.name,
                judge=recorded.name,
                gold_source=self._card.gold_source,
                policies=policies,
                aggregates=self._card.aggregates_of(recorded.split),
                revision=task.revision,
                verify=(recorded.name, recorded.split) in self._compared,
            )
            self._measured[key] = {row.subset: row for row in rows}
        return self._measured[key]

    def _cell(self, figure: PublishedFigure, recorded: Recorded) -> Found:
        policies = self._card.policies.override(f"{name}={value}" for name, value in figure.policies.items())
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
        path = self._sources.path(recorded)
        if figure.metric != "accuracy" or path is None:
            return None, figure.unknown("metric", f"{recorded.file} holds accuracies, not {figure.metric}")
        if recorded.name not in self._figures:
            values = reader_of(self._card, recorded.split).figures(path, recorded.column)
            summed = dict(values)
            for aggregate in self._card.aggregates:
                shares = aggregate.weights or (1.0,) * len(aggregate.of)
                summed[aggregate.name] = math.fsum(
                    share * summed[part] for share, part in zip(shares, aggregate.of, strict=True)
                ) / math.fsum(shares)
                if not abs(summed[aggregate.name] - values[aggregate.name]) <= _TOLERANCE:
                    raise MismatchError(
                        f"{self._card.name}, {recorded.name}, {aggregate.name}: {values[aggregate.name]!r} by the "
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
        from judgebench.agreement.measure import measure  # noqa: PLC0415 - loads numpy
        from judgebench.agreement.people.ceiling import pairwise  # noqa: PLC0415 - loads numpy
        from judgebench.stats.coefficients.catalog import METRICS  # noqa: PLC0415 - only here

        task, ratings = self._sources.task(figure.split), self._sources.labels(figure.split)
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
        by_names = pairwise(ratings, metric, self._card.policies)
        value, reason = _value(by_names.get(figure.pair, by_names.get((figure.pair[1], figure.pair[0]))), figure.metric)
        if value is None:
            return None, reason
        # The same figure the way a judge is measured, b as a judge of a, with the named libraries as witnesses.
        both = replace(ratings, judge=ratings.gold[:, b], gold=ratings.gold[:, [a]], annotators=figure.pair[:1])
        rows = measure(both, task=task.name, judge=figure.pair[1], metrics={figure.metric: metric}, verify=True)
        other, _ = _value(rows[0].metrics[figure.metric], figure.metric)
        if metric.symmetric and (other is None or not abs(other - value) <= _TOLERANCE):
            raise MismatchError(f"{task.name}, {figure.judge}: {figure.metric} is {value!r} and {other!r}")
        return value, ""

    def _among(self, figure: PublishedFigure) -> Found:
        import numpy as np  # noqa: PLC0415 - `list` needs no arrays

        from judgebench.agreement import alpha_units  # noqa: PLC0415 - loads numpy
        from judgebench.agreement.ratings import select  # noqa: PLC0415 - loads numpy

        task, ratings = self._sources.task(figure.split), self._sources.labels(figure.split)
        if figure.subset not in {"all", *ratings.subsets}:
            known = ", ".join(("all", *ratings.subsets))
            return None, figure.unknown("subset", f"there is no subset {figure.subset!r}; the subsets are {known}")
        rows = np.ones(ratings.item.size, dtype=np.bool_)
        if figure.subset != "all":
            rows = ratings.subset == ratings.subsets.index(figure.subset)
        scale, labels = ratings.scale, ratings.gold[rows]
        if figure.metric != "krippendorff_alpha":
            return _of_pairs(figure, select(ratings, np.flatnonzero(rows)), self._card.policies)
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
        from judgebench.agreement.witness.alt_test import verify_alt_test  # noqa: PLC0415 - loads scipy

        key = (figure.judge, figure.split, figure.epsilon, figure.scoring)
        if key not in self._tested:
            ratings = self._sources.labels(figure.split, self._sources.held[figure.judge, figure.split])
            found = alt_test_ratings(ratings, self._card.policies, epsilon=figure.epsilon, scoring=figure.scoring)
            verify_alt_test(found, ratings, where=f"{self._card.name}:{figure.split}, {figure.judge}")
            self._tested[key] = {"winning_rate": found.winning_rate, "advantage_probability": found.advantage}
        return _value(self._tested[key][figure.metric], figure.metric)


def _of_pairs(figure: PublishedFigure, ratings: Ratings, policies: Policies) -> Found:
    """Measure all pairs of labels that people gave to one item, each person's with everybody else's."""
    from judgebench.agreement.people.pool import Pool  # noqa: PLC0415 - loads numpy
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
    import krippendorff
    import numpy as np  # noqa: PLC0415 - `list` needs no arrays

    counts = np.stack([(labels == code).sum(axis=1) for code in range(categories)], axis=1)
    used = counts.sum(axis=0) > 0
    domain = np.arange(categories)[used]
    return float(krippendorff.alpha(value_counts=counts[:, used], value_domain=domain, level_of_measurement=level))


def _value(estimate: Estimate | None, metric: str) -> Found:
    if estimate is None:
        return None, f"{metric} isn't measured on this scale"
    return estimate.value, "" if estimate.undefined is None else f"undefined: {estimate.undefined}"
