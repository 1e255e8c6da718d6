"""What is published, what the tasks' cards say of it, and what has to hold before it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from judgebench.errors import DataError, argument
from judgebench.report.document.text import clean, many

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from judgebench.report.leaderboard.entries import Entry
    from judgebench.report.system_board import Placed
    from judgebench.store.runs import StoredRun

__all__ = ["SAMPLE", "About", "Check", "Publication", "check_run", "may_pass_on", "refuse"]


class About(NamedTuple):
    """What a task's card says, as far as it is passed on; empty where a task has none."""

    title: str = ""
    summary: str = ""
    homepage: str = ""
    paper: str = ""
    citation: str = ""
    licence: str = ""
    annotators: str = ""
    digest: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Publication:
    """What is published: a leaderboard, rankings of systems if there are any, and the runs behind them.

    ``about`` and ``labelled``, whose labels are published, are by task; ``policy`` holds settings that override the
    tasks'.
    """

    title: str
    entries: Sequence[Entry]
    placed: Sequence[Placed]
    runs: Sequence[StoredRun]
    about: Mapping[str, About]
    labelled: frozenset[str]
    policy: tuple[str, ...] = ()


#: What pins the rows that come with a task.
SAMPLE = "sample"
_PINNED = re.compile(r"(?:(?:data|url):[0-9a-f]{7,}|[0-9a-f]{7,})")
#: Licences under which labels may be passed on, as cards begin to state them, with the hub's identifiers.
_LICENCES = (
    ("apache-2.0", "apache-2.0"),
    ("mit", "mit"),
    ("bsd-3-clause", "bsd-3-clause"),
    ("bsd-2-clause", "bsd-2-clause"),
    ("cc0", "cc0-1.0"),
    ("cc-by-4.0", "cc-by-4.0"),
    ("cc-by-sa-4.0", "cc-by-sa-4.0"),
    ("cc-by-sa-3.0", "cc-by-sa-3.0"),
    ("cc-by-3.0", "cc-by-3.0"),
    ("odc-by", "odc-by"),
    ("odbl", "odbl"),
)


class Check(NamedTuple):
    """One thing that was looked at in a run: whether it is fine, what was found, what to do if not."""

    run: str
    name: str
    fine: bool
    found: str
    todo: str = ""

    def __str__(self) -> str:
        """Write it as a line."""
        text = f"{'ok    ' if self.fine else 'FAILED'}  {clean(self.run)}: {self.name}: {clean(self.found)}"
        return text if self.fine else f"{text}; {self.todo}"


def may_pass_on(licence: str) -> str:
    """Name the licence under which labels may be passed on; empty where none is stated that allows it.

    >>> may_pass_on("MIT on the hub's card; none stated in the GitHub repository"), may_pass_on("none stated")
    ('mit', '')
    >>> may_pass_on("CC-BY-ND-4.0"), may_pass_on("mitigated terms")
    ('', '')
    """
    said = licence.casefold()
    for start, name in _LICENCES:
        if said.startswith(start) and not said[len(start) : len(start) + 1].isalnum():
            return name
    return ""


def check_run(stored: StoredRun, about: About, *, samples: bool, labels: bool) -> list[Check]:
    """Look at everything that publishing a run rests on, and return all checks, fine or not.

    ``samples`` allows runs of the rows that come with a task; ``labels`` publishes verdicts and gold, not figures only.
    """
    from judgebench.store.verify import verify  # noqa: PLC0415 - loaded on use

    run, name = stored.run, stored.path.name
    report = verify(stored.path)
    damage = "" if not report.found else f"{report.found:,} findings, the first: {report.findings[0].what}"
    checks = [
        Check(
            name, "store", not damage, damage or f"{report.cases:,} cases, clean", "judgebench verify says what to do"
        )
    ]
    if damage:
        # Whatever is read from a damaged run says nothing.
        return checks
    checks.append(_whole(stored))
    sample = run.revision == SAMPLE
    if sample:
        found = "the rows that come with the task, written for this project"
        checks.append(
            Check(name, "data", samples, found, f"they measure no judge; {argument('allow_samples')} publishes them")
        )
    else:
        parts = run.revision.split("+") if run.revision else []
        pinned = bool(parts) and all(_PINNED.fullmatch(part) for part in parts)
        todo = "run it on data that a hash or a commit pins"
        checks.append(Check(name, "data", pinned, run.revision or "nothing pins it", todo))
    versions = {part: run.versions.get(part, "") for part in ("judgebench", "python")}
    found = ", ".join(f"{part} {version or 'unknown'}" for part, version in versions.items())
    checks.append(Check(name, "versions", all(versions.values()), found, "the same run command writes them down"))
    if labels and not sample:
        allowed = may_pass_on(about.licence)
        found = about.licence or "unknown: the task has no card here"
        verdicts = argument("verdicts")
        todo = f"{verdicts} licensed leaves such labels out, {verdicts} none all of them; figures may be published"
        checks.append(Check(name, "licence", bool(allowed), found, todo))
    return checks


def _whole(stored: StoredRun) -> Check:
    from judgebench.agreement.ratings import unfinished  # noqa: PLC0415 - loads numpy, which --help must not

    items: set[str] = set()
    cases = 0
    for verdict in stored.judgments():
        cases += 1
        items.add(verdict.item)
    counts = stored.run.counts
    missing = unfinished(counts, cases, len(items))
    of = max(cases, counts.get("cases", 0))
    return Check(
        stored.path.name,
        "complete",
        not missing and cases > 0,
        f"{cases:,} of {of:,} cases, {len(items):,} of {max(len(items), counts.get('items', 0)):,} items",
        "the same run command resumes it",
    )


def refuse(checks: Sequence[Check], tell: Callable[[str], None]) -> None:
    """Stop where something is not fine: with what it is, or with how many things are, which ``tell`` hears of."""
    wrong = [one for one in checks if not one.fine]
    if len(wrong) > 1:
        for one in wrong:
            tell(str(one))
        raise DataError(f"not published: {len(wrong):,} of {many(len(checks), 'check')} failed, listed above")
    for one in wrong:
        raise DataError(f"{clean(one.run)} can't be published: {one.name}: {clean(one.found)}", hint=one.todo)
