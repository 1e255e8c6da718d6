"""Stored runs against the labels of one's own annotators, without data set or judge."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Self

from judgebench.errors import DataError, argument
from judgebench.store.runs import StoredRun

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.domain import Verdict
    from judgebench.labels.annotations import Labels


class LabelledRun(StoredRun):
    """A run whose verdicts carry other gold than they were stored with.

    Where only the labels count, it is a run on the labelled items: verdicts on others are left out.
    """

    labels: Labels
    #: Labelled items that the run holds verdicts on.
    covered: int

    @classmethod
    def of(cls, stored: StoredRun, labels: Labels) -> Self:
        """Join a run with labels of its task.

        DataError where it holds none of the items, its judge saw something else, or a label is not on the scale.
        """
        if not labels.items:
            raise DataError(f"nobody gave an item of {labels.task} a label: all were skipped, or only shown again")
        cases = kept = 0
        before, covered, wanted = set[str](), set[str](), labels.items
        for verdict in stored.judgments():
            cases += 1
            before.add(verdict.item)
            if labels.verdict(verdict, stored.run.scale) is not None:
                kept += 1
            if verdict.item in wanted:
                covered.add(verdict.item)
        if not covered:
            raise DataError(
                f"none of the {len(wanted)} labelled items is in this run",
                file=str(stored.path),
                hint=f"were they labelled with another {argument('limit')}, or the run asked with one?",
            )
        run = stored.run
        counts = dict(run.counts)
        # A run that is whole is whole on these items, too; of one that is not, nobody knows what is missing.
        if labels.mode == "only" and counts.get("cases", 0) <= cases and counts.get("items", 0) <= len(before):
            counts = {"items": len(covered), "cases": kept}
        policies = run.policies
        if labels.mode == "only" and policies.gold == "leave-one-out" and len(labels.lines) < 3:
            policies = replace(policies, gold="majority")
        made = cls(
            stored.path,
            replace(
                run,
                revision=labels.revision(run.revision),
                gold_source=labels.source(run.gold_source),
                counts=counts,
                policies=policies,
                # A benchmark's own figures are about its own items and its own gold.
                aggregates=() if labels.mode == "only" else run.aggregates,
            ),
        )
        made.labels = labels
        made.covered = len(covered)
        return made

    def verdicts(self, *, texts: bool = True) -> Iterator[Verdict]:
        """Yield the verdicts with the labels as their gold, as `StoredRun.verdicts` does."""
        scale = self.run.scale
        for verdict in super().verdicts(texts=texts):
            labelled = self.labels.verdict(verdict, scale)
            if labelled is not None:
                yield labelled
