"""Which row of a table is whose label of what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from judgebench.errors import UsageError, argument

#: What a verdict names: the place of an answer as it was shown, or the answer.
Picks: TypeAlias = Literal["position", "answer"]
#: What becomes of a rater's several labels of one item.
Combine: TypeAlias = Literal["each", "majority", "mean", "sum"]

#: Stands for a criterion in the names of columns.
CRITERION = "{criterion}"


class LongSpec(NamedTuple):
    """Columns of a table with one row per item and rater: a shorthand of their three options."""

    item: str
    rater: str
    label: str

    @classmethod
    def parse(cls, text: str) -> LongSpec:
        """Read ``item,rater,label`` as the command line writes it."""
        names = [name.strip() for name in text.split(",")]
        if len(names) != 3 or len(set(names)) != 3 or not all(names):
            raise UsageError(f"{argument('long')} names three columns, item,rater,label; got {text!r}")
        return cls(*names)


@dataclass(frozen=True, slots=True)
class Layout:
    """What a person said of a table's rows, beside the columns of judges and gold.

    Items are rows, or what ``id`` names, by several columns together. Rows with the same ``cluster`` (the question) are
    not independent. A rater is a column; or the column ``rater`` names who gave the row's ``label``; or, for judges
    beside gold columns, ``judge_name`` does. ``order`` is the order in which a row's judge saw the answers, and
    ``second_order`` has its verdicts on the other order, a column per judge; verdicts that pick a ``position`` are
    turned back. ``combine`` is for several labels of one rater and item: kept as repeats (``each``), or made one.

    A row stands for ``count`` items; ``categories`` count the people who chose each of them; ``confusion`` says that
    the table is one: a row per gold label and a column per verdict. ``one_hot`` and ``pair_scores`` make a column of
    several: the one that holds 1, the response with the higher score. ``sides`` are the columns that name the two
    responses, where a label may name its winner; where they are ``id``, too, a pair is one item either way round.
    ``where`` are the rows to keep. ``criterion`` names what a row is about, where an item is labelled by several
    criteria, each with figures of its own.
    """

    id: Sequence[str] = ()
    cluster: Sequence[str] = ()
    rater: str | None = None
    label: str | None = None
    judge_name: Sequence[str] = ()
    order: str | None = None
    second_order: Sequence[str] = ()
    picks: Picks | None = None
    combine: Combine | None = None
    count: str | None = None
    categories: Sequence[str] = ()
    confusion: bool = False
    one_hot: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    pair_scores: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    sides: Sequence[str] = ()
    where: Sequence[str] = ()
    criterion: str | None = None

    @property
    def golden(self) -> bool:
        """Whether gold needs no column of its own: raters in rows, counts of their labels, a confusion table."""
        return self.rater is not None or bool(self.categories) or self.confusion

    @property
    def reshaped(self) -> bool:
        """Whether a row of the table may be another number of judgments than one, or none."""
        several = (self.rater, self.judge_name, self.second_order, self.combine, self.count, self.confusion)
        return any(several) or bool(self.where or self.criterion)

    def check(
        self,
        judges: Sequence[str],
        golds: Sequence[str],
        scores: Sequence[str],
        subset: str | None,
        system: str | None,
    ) -> None:
        """Refuse what contradicts itself, or leaves a reading open; UsageError names the options."""
        self._check_raters(judges, golds, scores)
        if self.confusion and (subset or system):
            raise UsageError(f"{argument('confusion')} has no column of subsets or systems")
        self._check_orders(judges)
        self._check_made({*judges, *golds, *scores, *self.second_order, self.label, subset, system})
        if self.combine and not self.id:
            raise UsageError(f"{argument('combine')} is about several rows of one item; name it with {argument('id')}")
        if self.combine not in {None, "each"} and scores:
            raise UsageError(f"{argument('combine')} {self.combine} combines labels; {argument('scores')} has numbers")
        if self.count and (self.id or self.rater or self.categories):
            raise UsageError(
                f"a row of {argument('count')} stands for several items, so that it has no {argument('id')}, "
                f"{argument('rater')} or {argument('categories')}"
            )
        many = [name for name in (*judges, *golds, *self.second_order, *scores) if CRITERION in name]
        if (self.criterion or many) and subset:
            raise UsageError(f"criteria are the subsets, so that {argument('subset')} has to be left out")
        if self.criterion and many:
            raise UsageError(f"criteria are in a column, {self.criterion!r}, or in names ({many[0]!r}): not in both")
        if self.criterion and not self.id:
            raise UsageError(f"{argument('criterion')} needs {argument('id')}: several rows are about one item")
        if many and not all(CRITERION in name for name in (*judges, *golds, *self.second_order)):
            raise UsageError(f"{CRITERION} is in every {argument('judge')} and {argument('gold')}, or in none")

    def _check_made(self, named: set[str | None]) -> None:
        """Refuse a column that is made of others and named by nothing."""
        for option, made in (("one_hot", self.one_hot), ("pair_scores", self.pair_scores)):
            if idle := [name for name in made if name not in named]:
                raise UsageError(
                    f"{argument(option)} makes a column {idle[0]!r} that no option names; give {argument('gold')} "
                    f"{idle[0]}, or {argument('judge')} {idle[0]}"
                )

    def _check_raters(self, judges: Sequence[str], golds: Sequence[str], scores: Sequence[str]) -> None:
        if (self.rater is None) != (self.label is None):
            raise UsageError(f"raters in rows need both {argument('rater')} and {argument('label')}")
        if self.rater and not self.id:
            raise UsageError(f"{argument('rater')} needs {argument('id')}: the column of what the raters labelled")
        if self.rater and self.judge_name:
            raise UsageError(
                f"{argument('judge_name')} is for judges in rows beside gold columns, {argument('rater')} for all "
                "raters in rows: one of the two"
            )
        if self.judge_name and not (judges or scores):
            raise UsageError(
                f"{argument('judge_name')} says who judged; name the column of the verdicts with {argument('judge')}"
            )
        if self.categories and (self.rater or golds):
            raise UsageError(
                f"{argument('categories')} counts the labels of the people, so that there is no "
                f"{argument('rater' if self.rater else 'gold')}"
            )
        others = (self.id, self.rater, self.judge_name, self.order, self.count, self.categories, judges, golds, scores)
        if self.confusion and any(others):
            raise UsageError(
                f"{argument('confusion')}: rows are gold and columns are verdicts, so that no column has another role"
            )

    def _check_orders(self, judges: Sequence[str]) -> None:
        if self.second_order and (self.rater or len(self.second_order) != len(judges)):
            raise UsageError(
                f"{argument('second_order')} has each judge's verdicts on the other order: one per {argument('judge')}"
                + (f", and there are {len(self.second_order)} for {len(judges)}" if not self.rater else "")
            )
        ordered = [name for name in ("order", "second_order") if getattr(self, name)]
        if ordered and self.picks is None and not self.sides:
            raise UsageError(
                f"does a verdict of the other order name the place of an answer or the answer? Say {argument('picks')} "
                f"position (A is what was shown first; such verdicts are turned back) or {argument('picks')} answer (A "
                "is the same answer in both orders)"
            )
        if self.picks and not ordered:
            raise UsageError(
                f"{argument('picks')} is about {argument('order')} or {argument('second_order')}; name the column"
            )
        if self.picks == "position" and self.sides:
            raise UsageError(
                f"{argument('sides')} name answers, so that verdicts don't name places: {argument('picks')} answer"
            )
