"""What predicts that a judge disagrees with gold: a clustered logistic regression, in points and odds."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.intervals import symmetric
from judgebench.domain import Estimate
from judgebench.errors import DataError, UsageError
from judgebench.stats.crosstab import TINY
from judgebench.stats.inference.intervals import t_quantile
from judgebench.stats.inference.multiplicity import holm
from judgebench.stats.influence import Clusters
from judgebench.stats.logistic import logistic, marginal_effects, usable_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from judgebench.agreement.policies import Scored
    from judgebench.domain import Ratings
    from judgebench.stats.crosstab import Floats, Ints

#: A category on fewer rows than this says nothing by itself and joins the reference.
FEW_ROWS = 10
#: A feature with more categories than this is a name, not a feature.
MOST_LEVELS = 40


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature of every item: numbers, or codes into ``levels``; NaN or -1 where there is none."""

    name: str
    values: Floats | Ints
    levels: tuple[str, ...] = ()

    @classmethod
    def of_words(cls, name: str, words: Sequence[str]) -> Feature:
        """Read a feature from text: a number where every filled cell is one, else categories.

        DataError if no cell is filled, or there are too many categories.
        """
        filled = [word.strip() for word in words]
        known = list(dict.fromkeys(word for word in filled if word))
        if not known:
            raise DataError(f"feature {name!r} is empty on every row")
        try:
            numbers = {word: float(word) for word in known}
        except ValueError:
            numbers = {}
        if numbers and all(abs(value) <= 1e300 for value in numbers.values()):
            return cls(name, np.array([numbers.get(word, np.nan) for word in filled]))
        if len(known) > MOST_LEVELS:
            raise DataError(
                f"feature {name!r} has {len(known):,} different values, and not all of them are numbers",
                hint=f"a feature is a number or has at most {MOST_LEVELS} categories",
            )
        place = {word: code for code, word in enumerate(known)}
        return cls(name, np.array([place.get(word, -1) for word in filled], dtype=np.int64), tuple(known))

    def on(self, rows: Ints) -> Feature:
        """Give the feature of the items that rows are about."""
        return Feature(self.name, self.values[rows], self.levels)


@dataclass(frozen=True, slots=True)
class DesignColumn:
    """A column of the regression: 0 and 1 (``binary``), or a number with an empty ``level`` and ``per unit``."""

    feature: str
    level: str
    against: str
    values: Floats
    binary: bool


def common_features(ratings: Ratings, scored: Scored) -> Iterator[Feature]:
    """Give the features that every task has, one value per row: gold label, subset, system, human disagreement.

    Features that don't vary are left out.
    """
    yield Feature("gold", scored.gold, scored.scale.labels)
    for name, codes, names in (
        ("subset", scored.subset, ratings.subsets),
        ("system", scored.system, ratings.systems),
    ):
        if len(names) > 1:
            yield Feature(name, codes, tuple(word or "(none)" for word in names))
    if len(ratings.annotators) > 1:
        labels = ratings.gold[scored.row]
        given = labels >= 0
        highest = labels.max(axis=1)
        split = (given & (labels != highest[:, None])).any(axis=1)
        if given.sum(axis=1).max(initial=0) > 1:
            yield Feature("annotators", split.astype(np.int64), ("agree", "disagree"))


def others_wrong(scored: Scored, others: Sequence[Scored]) -> Floats:
    """Share of the other judges that err on each row: how hard the item is, this judge left out.

    Source: Henrysson (1963), Correction of item-total correlations in item analysis: what is judged is left out of the
    total that it is held against.
    """
    wrong = np.zeros(scored.size)
    for other in others:
        wrong += other.judge != other.gold
    return wrong / len(others)


def columns_of(features: Sequence[Feature], rows: int) -> tuple[list[DesignColumn], dict[str, str]]:
    """Turn complete features into columns; the most frequent category is the one that others are compared with.

    The second value names the features (or ``feature: category``) that made none, and why: ``constant``,
    ``too_many_levels``, ``few_rows``.
    """
    columns: list[DesignColumn] = []
    left_out: dict[str, str] = {}
    for feature in features:
        values = feature.values.astype(np.float64)
        if not feature.levels:
            if np.ptp(values) < TINY:
                left_out[feature.name] = "constant"
            else:
                binary = bool(np.isin(values, (0.0, 1.0)).all())
                columns.append(DesignColumn(feature.name, "", "0" if binary else "per unit", values, binary))
            continue
        counts = np.bincount(feature.values.astype(np.int64), minlength=len(feature.levels))
        present = np.flatnonzero(counts)
        if present.size < 2 or present.size > MOST_LEVELS:
            left_out[feature.name] = "constant" if present.size < 2 else "too_many_levels"
            continue
        usual = int(counts.argmax())
        for code in present:
            if code == usual:
                continue
            if counts[code] < min(FEW_ROWS, rows // 2):
                left_out[f"{feature.name}: {feature.levels[code]}"] = "few_rows"
                continue
            flags = (feature.values == code).astype(np.float64)
            columns.append(DesignColumn(feature.name, feature.levels[code], feature.levels[usual], flags, binary=True))
    return columns, left_out


def complete(features: Mapping[str, Feature]) -> npt.NDArray[np.bool_] | None:
    """Mark the rows on which every feature has a value; None without features."""
    found: npt.NDArray[np.bool_] | None = None
    for feature in features.values():
        here = feature.values >= 0 if feature.levels else np.isfinite(feature.values)
        found = here if found is None else found & here
    return found


@dataclass(frozen=True, slots=True)
class Effect:
    """What a feature does to the probability of an error, all other features held.

    ``level`` is the category, empty for a number, and ``against`` what it is compared with: the most frequent category,
    or ``per unit``. ``rows`` are those in the category. ``odds_ratio`` compares the odds of an error; ``effect`` is the
    average marginal effect on its probability. ``p`` is two-sided, ``p_holm`` corrected over all effects of the judge.
    """

    feature: str
    level: str
    against: str
    rows: int
    odds_ratio: Estimate
    effect: Estimate
    p: float
    p_holm: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """The regression of a judge's errors: effects, largest marginal effect first, or why there is none.

    ``errors`` of the ``rows`` disagree with gold; ``incomplete`` rows are left out because a feature has no value
    there. ``left_out`` names features and categories without an effect, and why.
    """

    rows: int
    errors: int
    effects: tuple[Effect, ...] = ()
    left_out: Mapping[str, str] | None = None
    undefined: str | None = None
    incomplete: int = 0


def explain(
    ratings: Ratings,
    scored: Scored,
    *,
    others: Sequence[Scored] = (),
    features: Mapping[str, Feature] | None = None,
) -> Explanation:
    """Regress the judge's errors on features of the items.

    An error is a judgment that disagrees with gold, unusable answers included. Features: the gold label, subset,
    system, whether the annotators disagree, the share of other judges that err (where there are any), and those given,
    one value per item code. What predicts is not a cause: features that the table lacks act through those that it has.
    Undefined: ``no_errors``, ``only_errors``, ``no_features``, ``few_clusters``, ``separated``; UsageError where gold
    is a number.

    Source: Liang & Zeger (1986), Longitudinal data analysis using generalized linear models.
    """
    if scored.gold_values is not None:
        raise UsageError("errors are judgments off the gold label; use gold=majority or each, not gold=mean")
    error = (scored.judge != scored.gold).astype(np.float64)
    given = {name: feature.on(scored.item) for name, feature in (features or {}).items()}
    found = {feature.name: feature for feature in common_features(ratings, scored)}
    if others:
        found["other judges wrong"] = Feature("other judges wrong", others_wrong(scored, others))
    found |= given
    keep = complete(given)
    rows = np.arange(scored.size) if keep is None else np.flatnonzero(keep)
    error = error[rows]
    told = Explanation(rows.size, int(error.sum()), left_out={}, incomplete=scored.size - rows.size)
    if not rows.size or not error.any() or error.all():
        reason = "no_items" if not rows.size else "no_errors" if not error.any() else "only_errors"
        return replace(told, undefined=reason)
    columns, left_out = columns_of([feature.on(rows) for feature in found.values()], rows.size)
    unusable = usable_columns(error, [column.values for column in columns])
    for position, reason in unusable.items():
        column = columns[position]
        left_out[f"{column.feature}: {column.level}" if column.level else column.feature] = reason
    columns = [column for position, column in enumerate(columns) if position not in unusable]
    if not columns:
        return replace(told, left_out=left_out, undefined="no_features")
    design = np.column_stack([np.ones(rows.size), *(column.values for column in columns)])
    fit = logistic(error, design, Clusters.of(scored.cluster[rows]))
    if isinstance(fit, str):
        return replace(told, left_out=left_out, undefined=fit)
    binary = [False, *(column.binary for column in columns)]
    sizes, errors_of = marginal_effects(fit, design, binary)
    p = _p_values(fit.coefficients[1:] / fit.se[1:], fit.clusters - 1)
    adjusted = holm(p)
    reach = t_quantile(fit.clusters - 1)
    effects = [
        Effect(
            column.feature,
            column.level,
            column.against,
            int(column.values.sum()) if column.binary else rows.size,
            _odds(float(fit.coefficients[j + 1]), float(fit.se[j + 1]), reach, rows.size),
            symmetric(float(sizes[j + 1]), float(errors_of[j + 1]), reach, rows.size, "cr1-t"),
            float(p[j]),
            float(adjusted[j]),
        )
        for j, column in enumerate(columns)
    ]
    effects.sort(key=lambda one: -abs(one.effect.value or 0.0))
    return replace(told, effects=tuple(effects), left_out=left_out)


def _p_values(statistics: Floats, df: int) -> Floats:
    from scipy.special import stdtr

    found: Floats = 2 * stdtr(df, -np.abs(statistics))
    return found


def _odds(coefficient: float, se: float, reach: float, n: int) -> Estimate:
    # A unit as long as all of the data (a share in millionths) has odds past what a float holds.
    low, ratio, high = (math.exp(min(coefficient + side * reach * se, 600.0)) for side in (-1, 0, 1))
    return Estimate(ratio, low, high, n, None, ratio * se, "cr1-t-log")
