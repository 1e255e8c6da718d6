"""Features of judgments, and the columns of a regression that they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.errors import DataError
from judgebench.stats.crosstab import TINY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from judgebench.agreement.policies import Scored
    from judgebench.domain import Ratings
    from judgebench.stats.crosstab import Floats
    from judgebench.stats.influence import Ints

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
