"""``judgebench.publish``: a runs folder as a static site; everything is looked at first, then measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from judgebench.api.leaderboard import paces, placed
from judgebench.api.notes import Done, tell
from judgebench.api.parameters import Option, policies_of, question
from judgebench.api.run_sources import begun, found_runs, stored_sources
from judgebench.api.source import each_fit, judgments
from judgebench.api.tables import Policy, RunsFolder
from judgebench.errors import DataError, UnscoredError, UsageError, argument
from judgebench.report.document.text import many
from judgebench.report.publication import SAMPLE, About, check_run, may_pass_on

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.report.publication import Check, Publication
    from judgebench.store.runs import StoredRun

__all__ = ["publish"]


@question
def publish(
    runs: RunsFolder = "runs",
    *,
    output: Annotated[str | Path | None, Option("Folder of the site.", metavar="DIR", read=Path)] = None,
    check: Annotated[bool, Option("Only check whether everything may be published.")] = False,
    allow_samples: Annotated[bool, Option("Also publish runs of the rows that come with a task.")] = False,
    verdicts: Annotated[
        Literal["all", "licensed", "none"],
        Option("Whose labels: every task's, those whose licence allows it, or nobody's."),
    ] = "all",
    title: Annotated[str, Option("Heading of the page.")] = "Leaderboard of judges",
    policy: Policy = (),
) -> Done:
    """Write the folder of a static site: page, CSV, JSON, labels, dataset card."""
    from judgebench.report.publication import refuse  # noqa: PLC0415 - loaded on use
    from judgebench.report.site import check_folder, site, write_site  # noqa: PLC0415 - loaded on use
    from judgebench.store.remote import fetched  # noqa: PLC0415 - loaded on use

    to = None if output is None else Path(output)
    if to is None and not check:
        raise UsageError(f"give {argument('output')} DIR, or {argument('check')} alone")
    if to is not None:
        check_folder(to)
    folder = fetched(Path(runs))
    found = begun(found_runs([folder], tell), tell)
    about = _about_tasks(found)
    checks, labelled = _checked(found, about, samples=allow_samples, verdicts=verdicts)
    refuse(checks, tell)
    if check or to is None:
        return Done(f"{many(len(found), 'run')} may be published: {many(len(checks), 'check')} passed.")
    files = site(_publication(folder, about, labelled, title=title, policy=policies_of(policy)))
    written = write_site(files, to)
    return Done(f"Wrote {many(len(files), 'file')} to {to}: {many(len(found), 'run')}.", tuple(written))


def _about_tasks(runs: Sequence[StoredRun]) -> dict[str, About]:
    """Read the cards of the runs' tasks; a task of a plugin has none, and nothing is known of it."""
    from judgebench.tasks.card import Part, card_names, load_card  # noqa: PLC0415 - loaded on use

    names = card_names()
    found: dict[str, About] = {}
    for task in sorted({one.run.task for one in runs}):
        base, _, split = task.partition(":")
        if base not in names:
            found[task] = About()
            continue
        card = load_card(base)
        part = card.split(split).main if split in {"", *card.splits} else Part()
        sources = [part.url] if part.url else []
        if part.hub:
            sources.append(f"hf.co/datasets/{part.hub}" + (f"@{part.revision}" if part.revision else ""))
        found[task] = About(
            title=card.title,
            summary=card.summary,
            homepage=card.homepage,
            paper=card.paper,
            citation=card.citation,
            licence=card.licence,
            annotators=card.annotators,
            digest=card.digest,
            sources=tuple(sources),
        )
    return found


def _checked(
    runs: Sequence[StoredRun], about: Mapping[str, About], *, samples: bool, verdicts: str
) -> tuple[list[Check], frozenset[str]]:
    """Look at every run, and say of which tasks labels are published: of all, those with a licence, or none."""
    tasks = {one.run.task for one in runs}
    licensed = {
        task
        for task in tasks
        if may_pass_on(about[task].licence) or all(one.run.revision == SAMPLE for one in runs if one.run.task == task)
    }
    labelled = tasks if verdicts == "all" else licensed if verdicts == "licensed" else set[str]()
    checks = [
        one
        for stored in runs
        for one in check_run(stored, about[stored.run.task], samples=samples, labels=stored.run.task in labelled)
    ]
    return checks, frozenset(labelled)


def _publication(
    folder: Path,
    about: Mapping[str, About],
    labelled: frozenset[str],
    *,
    title: str,
    policy: Sequence[str],
) -> Publication:
    """Measure what is published."""
    from judgebench.report.leaderboard.ranks import rank  # noqa: PLC0415 - loaded on use
    from judgebench.report.publication import Publication  # noqa: PLC0415 - loaded on use

    tables = stored_sources([folder])
    found = each_fit(
        tables, lambda one: one.measure(policy, by_system=False, verify=False), (UnscoredError,), tell=tell
    )
    rows = [row for rows in found for row in rows]
    try:
        # Most tasks name no systems: that is not worth saying here.
        ranked = placed(tables, policy, tell=lambda _: None)
    except (DataError, UsageError):
        ranked = []
    return Publication(
        title,
        rank(rows, judged=judgments(tables), paces=paces(tables)),
        ranked,
        [table.stored for table in tables if table.stored is not None],
        about,
        labelled,
        tuple(policy),
    )
