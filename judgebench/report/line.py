"""What reports say of a judge on a task: its place beside people, how far it agrees, and how far people do.

A judge stands beside people only where both are measured alike: its label against one person's, as that person's
against another's. Where an item has one label, or gold is not people's, nobody's place is asked for.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from judgebench.domain import HUMAN_SOURCES, Estimate
from judgebench.labels.annotations import ADJUDICATED
from judgebench.report.document.text import clean, value_of
from judgebench.report.said import is_rule
from judgebench.report.stand_in import answer, one_label, unasked
from judgebench.report.words import sampled, task_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from judgebench.agreement.alt_test.codes import AltTest
    from judgebench.agreement.matching import Judged
    from judgebench.domain import Agreement, Policies, Ratings
    from judgebench.report.stand_in import Answer
    from judgebench.stats.coefficients.catalog import Metric

__all__ = ["Line", "Source", "agreement", "same_as", "torn"]

#: From so many labels, or people, on nobody is left out in turn: it would take longer than all the rest.
_MANY, _TURNS = 500_000, 25
#: How often both sides say the same, by what a scale has for that.
_SAME = ("percent_agreement", "accuracy")


class Source(Protocol):
    """What rows were made of."""

    @property
    def task(self) -> str: ...
    @property
    def judge(self) -> str: ...
    @property
    def revision(self) -> str: ...
    @property
    def ratings(self) -> Callable[[], Ratings]: ...
    @property
    def folder(self) -> Path | None: ...
    @property
    def judged(self) -> Callable[[Policies], Judged]: ...
    @property
    def known(self) -> Mapping[str, Metric]: ...


class Line:
    """A judge on a task, or on one of its criteria, as the first table has it.

    ``ratings`` are those behind its task's row; ``metric`` is its headline unless another one is asked for. Where it is
    not ``beside`` people it is held against gold, although it could be held against each person.
    """

    def __init__(
        self,
        row: Agreement,
        name: str,
        ratings: Callable[[], Ratings] | None = None,
        *,
        metric: str = "",
        beside: bool = True,
    ) -> None:
        self.row, self.name, self._ratings = row, name, ratings
        self.metric = metric or row.headline or "cohen_kappa"
        #: Whether people and the judge are measured alike.
        self.held = beside and None not in (_known(row.ceiling.get(self.metric)), self._each(self.metric))

    @property
    def task(self) -> str:
        """Its task's name, with SAMPLE before it where it is one."""
        return task_of(self.row)

    @property
    def part(self) -> str:
        """The criterion that it is about; empty where it is about all items."""
        return "" if self.row.subset == "all" else clean(self.row.subset)

    @property
    def sampled(self) -> bool:
        """Whether its items come with the task's card."""
        return sampled(self.row.revision)

    @property
    def single(self) -> bool:
        """Whether people gave each item one label."""
        return one_label(self.row)

    @property
    def settled(self) -> bool:
        """Whether that label is the one on which several people settled."""
        return self.single and self._ratings is not None and self._ratings().annotators == (ADJUDICATED,)

    @property
    def asked(self) -> bool:
        """Whether a judge was asked, and not a rule of which everybody knows what it does."""
        return not is_rule(self.row.judge)

    @property
    def flips(self) -> float | None:
        """How often the verdict changes with the order of the responses; None where only one was shown."""
        found = _known(self.row.bias.get("position_consistency"))
        return None if found is None or found.value is None else 1 - found.value

    @property
    def items(self) -> int:
        """Items behind the figures: those that two people labelled, where people are measured."""
        return self.row.people.items if self.held and self.row.people is not None else self.row.items

    @property
    def figure(self) -> Estimate:
        """The headline: against each person where people are measured, too, else against gold."""
        own = self._each(self.metric) if self.held else None
        return own or self.row.metrics.get(self.metric) or Estimate.missing("not_measured")

    @property
    def share(self) -> Estimate | None:
        """How often it says the same as a person, or as gold."""
        each = (self._each(name) for name in _SAME) if self.held else ()
        return next(filter(None, each), None) or agreement(self.row)

    @property
    def same_as(self) -> tuple[str, ...]:
        """Head the column of shares."""
        return same_as(self.row, beside=self.held)

    @property
    def same(self) -> float | None:
        """The share's value."""
        return value_of(self.share)

    def _each(self, name: str) -> Estimate | None:
        """Find a figure of the judge against each person."""
        return _known(self.row.ceiling.get(f"judge_vs_each_{name}"))

    @property
    def people(self) -> Estimate | None:
        """The headline among people."""
        return _known(self.row.ceiling.get(self.metric)) if self.held else None

    @property
    def alike(self) -> float | None:
        """How often two people say the same."""
        return value_of(self.row.ceiling.get("percent_agreement")) if self.held else None

    @property
    def unusable(self) -> int:
        """Answers that are no verdict, failed calls left out."""
        every = sum(self.row.statuses.values())
        if not every and self.row.coverage < 1:
            every = self.row.items if self._ratings is None else self._ratings().judge.size
        return max(0, round((1 - self.row.coverage) * every) - self.failed)

    @property
    def failed(self) -> int:
        """Calls that failed."""
        return self.row.statuses.get("failed", 0)

    @property
    def incomplete(self) -> bool:
        """Whether answers are missing that asking again would bring."""
        return bool(self.failed) or "incomplete_run" in self.row.warnings

    @cached_property
    def ratings(self) -> Ratings | None:
        """What is behind it; None where nobody is asked whether the judge can take a person's place."""
        if not self.held or self._ratings is None or self.row.gold not in HUMAN_SOURCES:
            return None
        found = self._ratings()
        if found.scale.sequential:
            return None
        if self.row.subset == "all":
            return found
        from judgebench.agreement.ratings import divisions, select  # noqa: PLC0415 - loads numpy

        for part in divisions(found, {"subset"}):
            if part.name == self.row.subset:
                return select(found, part.own.nonzero()[0])
        return None

    @property
    def in_turn(self) -> bool:
        """Whether there is time to leave out each person in turn."""
        own = self.ratings
        return own is None or (own.gold.size <= _MANY and len(own.annotators) <= _TURNS)

    @cached_property
    def answer(self) -> Answer | None:
        """Whether the judge can take a person's place; None where nobody is asked."""
        own = self.ratings
        return None if own is None else answer(self.row, own, self.row.policies, in_turn=self.in_turn)

    @property
    def state(self) -> str:
        """The answer's state; empty where there is none."""
        return "" if self.answer is None else self.answer.state

    @property
    def ratio(self) -> Estimate:
        """Its agreement with people over that of people with each other, where the answer rests on it."""
        return Estimate.missing("not_measured") if self.answer is None else self.answer.ratio

    @property
    def alt(self) -> AltTest | None:
        """The alternative annotator test, where the answer rests on it."""
        return None if self.answer is None else self.answer.alt

    @property
    def deciding(self) -> tuple[str, ...]:
        """The people without whom the answer is another one."""
        return () if self.answer is None else self.answer.deciding

    @property
    def level(self) -> tuple[int, int] | None:
        """With how many people it is level, of how many; None where nobody has enough items to tell."""
        if self.alt is None or not self.alt.winning_rate.n:
            return None
        return self.alt.level

    @property
    def unasked(self) -> str:
        """Why nobody can say whether it can take a person's place."""
        return unasked(self.row, settled=self.settled)


def agreement(row: Agreement) -> Estimate | None:
    """How often a judge says the same as gold; None where its scale has no such figure."""
    return next((one for name in _SAME if (one := _known(row.metrics.get(name)))), None)


def same_as(row: Agreement, *, beside: bool = False) -> tuple[str, ...]:
    """Head the column of how often a judge says the same: as a person, as most of them, or as the one label there is.

    >>> from judgebench.domain import Agreement, Policies
    >>> same_as(Agreement("t", "j", "all", "human", 4, 1.0, Policies(), {}))
    ('same',)
    """
    if beside:
        return ("same as", "a person")
    most = row.gold in HUMAN_SOURCES and row.ceiling and row.policies.gold == "majority"
    return ("same as the", "majority") if most else ("same",)


def torn(row: Agreement) -> int:
    """Count the items that a row's figures leave out because people have no majority there, or differ at all."""
    if row.people is None:
        return 0
    return {"majority": row.people.split, "unanimous": row.people.differ}.get(row.policies.gold, 0)


def _known(one: Estimate | None) -> Estimate | None:
    return None if one is None or one.value is None else one
