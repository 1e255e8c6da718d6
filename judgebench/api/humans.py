"""``judgebench.humans``: how far the people behind the gold agree, and where judges stand among them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias, Unpack

from judgebench.api.columns import Columns
from judgebench.api.exports import is_export
from judgebench.api.labelling import open_labels
from judgebench.api.leaving_out import Leaving, WithoutPeople
from judgebench.api.notes import tell
from judgebench.api.parameters import Option, policies_of, question
from judgebench.api.sources import open_sources
from judgebench.api.table_sources import own_table
from judgebench.api.tables import Labels, LabelsMode, OwnLabels, Policy, Source
from judgebench.errors import DataError, UsageError, argument
from judgebench.report.humans import Panel, Panels

if TYPE_CHECKING:
    from collections.abc import Iterable

    from judgebench.domain import Policies, Ratings

    #: Task, judge, gold source, revision, policies and ratings.
    _Asked: TypeAlias = tuple[str, str, str, str, Policies, Ratings]

#: Coefficients that change where two raters trade their labels of an item.
_BY_NAME = {"conger_kappa", "conger_kappa_quadratic", "light_kappa"}

Interval: TypeAlias = Literal["influence", "bootstrap", "jackknife"]


@question
def humans(
    source: Source = None,
    *,
    labels: OwnLabels = (),
    labels_mode: LabelsMode = None,
    alpha_interval: Annotated[
        Interval, Option("How the interval of the annotators' alpha is made; resampling is of questions.")
    ] = "influence",
    seed: Annotated[int, Option("Seed of the bootstrap.", least=0)] = 0,
    without: WithoutPeople = None,
    policy: Policy = (),
    **table: Unpack[Labels],
) -> Panels:
    """Say how far people agree with each other, and who agrees with nobody."""
    policies, leave = policies_of(policy), Leaving(without)
    columns = Columns.of(table)
    said = columns.judge or columns.rows.golden or len(columns.gold) > 1
    if not said and (own := own_table(source, columns)) is not None and not is_export(own):
        needed = f"{argument('gold')} twice or more, one per annotator"
        raise UsageError(f"humans needs {needed} (judgebench doctor FILE helps)")
    if columns.rows.categories and (columns.judge or columns.scores):
        raise UsageError(
            f"raters who are counted by {argument('categories')} have no names, so that nobody can take one's place; "
            "score holds a judge against them"
        )
    if labels and labels_mode == "settled":
        raise DataError(
            f"{argument('labels_mode')} settled leaves one label an item, and people are held against each other by "
            "the labels of each",
            hint="leave it out",
        )
    beside = open_labels(labels, labels_mode, table, usual="add")
    tasks: dict[str, list[_Asked]] = {}
    for one in open_sources(source, table, unjudged=True, labels=beside):
        asked = (one.task, one.judge, one.gold, one.revision, one.policies(policies), leave(one.ratings()))
        tasks.setdefault(one.task, []).append(asked)
    leave.check()
    panels: list[Panel] = []
    unfit: list[DataError] = []
    for task, mine in tasks.items():
        try:
            found = gather(mine, alpha=alpha_interval, seed=seed)
            panels += map(_nameless, found) if columns.rows.categories else found
        except DataError as error:
            # A task with one annotator must not hide the others.
            if len(tasks) == 1:
                raise
            unfit.append(error)
            tell(f"left out {task}: {error}")
    if not panels:
        raise unfit[0]
    return Panels(tuple(panels))


def gather(measured: Iterable[_Asked], *, alpha: Interval = "influence", seed: int = 0) -> list[Panel]:
    """Measure annotators and judges.

    Judges on the same labels share a panel; one without a name is not a judge. DataError where no two annotators
    labelled the same item.
    """
    from judgebench.agreement.people.humans import among_humans, measure_humans  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.people.unlisted_humans import among_unlisted, measure_unlisted  # noqa: PLC0415 - loaded on use

    panels: dict[tuple[object, ...], Panel] = {}
    for task, judge, gold, revision, policies, ratings in measured:
        key = (task, revision, policies.tie, ratings.annotators, _labels(ratings))
        if ratings.scale.sequential:
            raise DataError(
                f"people's labels on the scale {ratings.scale.kind} are lists, and no figure here takes them",
                hint=f"score holds one of two people against the other ({argument('judge')}, {argument('gold')}), and "
                "shows a ceiling over all pairs beside a judge",
            )
        if key not in panels:
            found = (
                measure_humans(ratings, policies, alpha=alpha, seed=seed)
                if ratings.scale.listed
                else measure_unlisted(ratings)
            )
            panels[key] = Panel(task, gold, revision, policies, found, ())
        if judge:
            among = among_humans if ratings.scale.listed else among_unlisted
            judges = (*panels[key].judges, (judge, among(ratings, policies)))
            panels[key] = panels[key]._replace(judges=judges)
    return list(panels.values())


def _nameless(panel: Panel) -> Panel:
    """Leave out what depends on who said what, where people's labels are only counted."""
    together = {name: one for name, one in panel.humans.coefficients.items() if name not in _BY_NAME}
    humans = replace(panel.humans, annotators=(), pairs={}, pulling="", coefficients=together)
    return panel._replace(humans=humans)


def _labels(ratings: Ratings) -> str:
    """Digest the labels; runs may hold the same items in another order."""
    import numpy as np  # noqa: PLC0415 - heavy

    _, first = np.unique(ratings.item, return_index=True)
    gold = ratings.gold[first]
    return hashlib.sha256(np.ascontiguousarray(gold[np.lexsort(gold.T)]).tobytes()).hexdigest()
