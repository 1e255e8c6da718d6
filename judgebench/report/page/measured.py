"""One task's judges as a page compares them: each with its verdict, and measured like people where people are."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from judgebench.agreement.compare.standings import ranks_of, shared
from judgebench.agreement.intervals import estimated
from judgebench.agreement.people.ceiling import ratio_of
from judgebench.agreement.people.humans import kappa_of, measure_humans
from judgebench.agreement.people.pool import Pool
from judgebench.agreement.ratings import one_per_item
from judgebench.domain import HUMAN_SOURCES, Estimate
from judgebench.errors import DataError, JudgebenchError
from judgebench.report.document.text import clean
from judgebench.report.line import Line
from judgebench.report.said import known_as
from judgebench.report.stand_in import SAID, answer_without
from judgebench.report.words import sampled
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.influence import combine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.agreement.people.humans import Humans
    from judgebench.domain import Ratings
    from judgebench.report.page.parts import Reported
    from judgebench.stats.influence import Influences

__all__ = ["Aside", "Judge", "Leaders", "Measured", "Nouns", "by_task"]

#: Verdicts in the order in which a table has them; the last is of tasks on which nobody can tell.
_ORDER = (*SAID, "")


class Nouns(NamedTuple):
    """What a verdict and an item are called; ``does`` goes before whom a judge agrees with."""

    label: str
    does: str
    item: str = "item"


_NOUNS = {
    "pair": Nouns("choice", "makes the same choice as", "pair"),
    "pick": Nouns("choice", "makes the same choice as"),
    "rate": Nouns("rating", "gives the same rating as"),
    "check": Nouns("answer", "gives the same answer as"),
    "label": Nouns("label", "gives the same label as"),
    "rank": Nouns("order", "gives the same order as"),
    "steps": Nouns("steps", "marks the same steps as"),
    "number": Nouns("number", "gives the same number as"),
    "set": Nouns("labels", "gives the same labels as"),
}


class Judge(Line):
    """A judge of one task with its run; where not all judges are ``beside`` people, each is held against gold."""

    def __init__(self, run: Reported, name: str, *, beside: bool = True) -> None:
        metric = kappa_of(run.run.scale) if beside else ""
        super().__init__(run.rows[0], name, lambda: run.ratings, metric=metric, beside=beside)
        self.run = run

    @property
    def in_turn(self) -> bool:
        """Each person is left out in turn, however long it takes."""
        return True


class Aside(NamedTuple):
    """Figures where one annotator is left out, and of a judge the answer then."""

    figure: Estimate
    share: Estimate
    level: tuple[int, int] | None = None
    state: str = ""


class Leaders(NamedTuple):
    """Who may be best: names of those whom no judge is clearly ahead of, and whom the first is clearly ahead of.

    ``difference`` is that of the first two.
    """

    first: tuple[str, ...]
    behind: tuple[str, ...]
    difference: Estimate | None = None


def by_task(reported: Sequence[Reported]) -> list[Measured]:
    """Measure runs task by task, in the order in which tasks come; rows of a sample are a task of their own, below."""
    names = known_as(one.rows[0].judge for one in reported)
    tasks: dict[tuple[str, bool], list[tuple[str, Reported]]] = {}
    for one in reported:
        tasks.setdefault((one.run.task, sampled(one.run.revision)), []).append((names[one.rows[0].judge], one))
    return [Measured(task, some) for (task, _), some in sorted(tasks.items(), key=lambda one: one[0][1])]


class Measured:
    """One task: its judges in the order of the first table, its people, and what they are measured by.

    ``alike``: judges are held against one other person's label, as people are; else against gold. ``metric`` is the
    figure of the table. ``judges`` are those that are asked about; ``rules`` stand below them, and ``silent`` gave no
    verdict at all.
    """

    def __init__(self, task: str, runs: Sequence[tuple[str, Reported]]) -> None:
        self.task = task
        every = [Judge(run, name) for name, run in runs]
        heard = [one for one in every if one.row.coverage]
        self.silent = [one for one in every if not one.row.coverage]
        asked = [one for one in heard if one.asked]
        judges, rules = asked or heard, [one for one in heard if asked and not one.asked]
        self.alike = bool(judges) and all(one.answer is not None for one in judges)
        if not self.alike:
            judges, rules = ([Judge(one.run, one.name, beside=False) for one in some] for some in (judges, rules))
        self.judges = sorted(judges, key=_place)
        self.rules = sorted(rules, key=_place)
        fullest = max(self.judges or every, key=lambda one: one.row.items)
        self.row = fullest.row
        self.run = fullest.run
        self.scale = self.run.run.scale
        self.nouns = _NOUNS[self.scale.kind]
        self.metric = fullest.metric
        #: Whose labels gold is.
        self.whom = "people" if self.row.gold in HUMAN_SOURCES else "the labels"
        self.people = self.row.ceiling.get(self.metric) if self.alike else None
        self.people_share = self.row.ceiling.get("percent_agreement") if self.alike else None
        self.annotators = len(self.run.ratings.annotators)
        self.items = self.row.people.items if self.alike and self.row.people is not None else self.row.items
        self.questions = int(np.unique(self.run.ratings.cluster).size)
        self.sample = sampled(self.row.revision)
        self._without: dict[str, tuple[Aside, Mapping[str, Aside]]] = {}

    @property
    def title(self) -> str:
        """Its name, marked where its rows are a sample."""
        return clean(self.task) + (" (SAMPLE)" if self.sample else "")

    @property
    def best(self) -> Judge | None:
        """The judge that a sentence is about: the first of the table."""
        return self.judges[0] if self.judges else None

    def of(self, state: str) -> list[Judge]:
        """List the judges with an answer."""
        return [one for one in self.judges if one.state == state]

    @cached_property
    def humans(self) -> Humans | None:
        """The annotators, one by one; None where nobody can be held against anybody."""
        if not self.alike or not self.scale.listed:
            return None
        try:
            return measure_humans(self.run.ratings, self.run.policies)
        except DataError:
            return None

    @cached_property
    def decider(self) -> str:
        """Name the annotator on whom an answer hangs, best the one who moves the human line; empty for none."""
        counts: dict[str, int] = {}
        for one in self.judges:
            for name in one.deciding:
                counts[name] = counts.get(name, 0) + 1
        if self.humans is not None and self.humans.pulling in counts:
            return self.humans.pulling
        return max(counts, key=counts.__getitem__, default="")

    @cached_property
    def leaders(self) -> Leaders | None:
        """Say who may be best, all pairs at once; None where that can't be told, or there is one judge only."""
        if len(self.judges) < 2:
            return None
        ordered = sorted(self.judges, key=_figure)
        found = self._pulls(ordered) if self.alike else self._against_gold(ordered)
        if found is None:
            return None
        ahead, influences = found
        beaten = {second for _, second in ahead}
        first = [i for i in range(len(ordered)) if i not in beaten]
        gap = estimated(combine([influences[0], influences[1]], [1.0, -1.0]))
        behind = [ordered[j].name for j in range(len(ordered)) if (0, j) in ahead]
        return Leaders(tuple(ordered[i].name for i in first), tuple(behind), gap)

    def _pulls(self, ordered: Sequence[Judge]) -> tuple[set[tuple[int, int]], list[Influences]] | None:
        """Compare judges in the place of one of two people."""
        metric = METRICS.get(self.metric)
        if metric is None or not self.scale.listed:
            return None
        codes: dict[str, int] = {}
        pulls: list[Influences] = []
        for one in ordered:
            names = one.run.judged.clusters
            to = np.fromiter((codes.setdefault(name, len(codes)) for name in names), np.int64, len(names))
            ratings = replace(one.run.ratings, cluster=to[one.run.ratings.cluster])
            found = _beside(ratings, one.run)[1]
            if found is None:
                return None
            pulls.append(found)
        return ranks_of(pulls).ahead, pulls

    def _against_gold(self, ordered: Sequence[Judge]) -> tuple[set[tuple[int, int]], list[Influences]] | None:
        metric = METRICS.get(self.metric)
        if metric is None:
            return None
        try:
            found = shared([one.run.judged for one in ordered], metric)
        except (JudgebenchError, KeyError):
            return None
        ranks = found.ranks()
        known = [one for one in found.influences if one is not None]
        # A benchmark that computes its figure its own way must not be ranked by another one.
        if ranks is None or any(
            abs(one.value - (judge.figure.value or 0.0)) > 1e-9 for one, judge in zip(known, ordered, strict=True)
        ):
            return None
        return ranks.ahead, known

    def without(self, name: str) -> tuple[Aside, Mapping[str, Aside]]:
        """Measure people and judges, by name, again without one annotator."""
        # The first table, the warning beside it and a check ask for the same one.
        if name not in self._without:
            self._without[name] = self._measured_without(name)
        return self._without[name]

    def _measured_without(self, name: str) -> tuple[Aside, Mapping[str, Aside]]:
        people = Aside(Estimate.missing("not_measured"), Estimate.missing("not_measured"))
        metrics = METRICS[self.metric], METRICS["percent_agreement"]
        judges: dict[str, Aside] = {}
        for one in (*self.judges, *self.rules):
            ratings = one.run.ratings
            if name not in ratings.annotators:
                continue
            pool = Pool.of(one_per_item(ratings), one.run.policies)
            left = pool.without(ratings.annotators.index(name))
            line, same = (left.among().measured(metric) for metric in metrics)
            kappa, share = (left.beside(pool.judged(ratings)).measured(metric) for metric in metrics)
            rates = [out.winning_rate for out in (one.alt.without if one.alt else ()) if out.name == name]
            level = next(((round(rate.value * rate.n), rate.n) for rate in rates if rate.value is not None), None)
            state = answer_without(one.answer, one.row, name, ratio_of(kappa, line)) if one.answer else ""
            judges[one.name] = Aside(kappa[0], share[0], level, state)
            if people.figure.value is None or one.run is self.run:
                people = Aside(line[0], same[0])
        return people, judges


def _beside(ratings: Ratings, run: Reported) -> tuple[Estimate, Influences | None]:
    pool = Pool.of(one_per_item(ratings), run.policies)
    return pool.beside(pool.judged(ratings)).measured(METRICS[kappa_of(ratings.scale)])


def _figure(one: Judge) -> tuple[bool, float, str]:
    value = one.figure.value
    known = METRICS.get(one.metric)
    sign = 1 if not one.held and known is not None and known.perfect == 0 else -1
    return value is None, sign * round(value or 0.0, 9), one.name


def _place(one: Judge) -> tuple[int, tuple[bool, float, str]]:
    return _ORDER.index(one.state), _figure(one)
