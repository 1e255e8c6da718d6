"""``judgebench.jury``: recorded judges as one judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias, TypeVar, Unpack

from judgebench.api.labelling import open_labels
from judgebench.api.notes import tell
from judgebench.api.parameters import Option, policies_of, question
from judgebench.api.sources import open_sources
from judgebench.api.tables import Labels, LabelsMode, OnlyTasks, OwnLabels, Policy, Source
from judgebench.errors import DataError, UsageError, argument
from judgebench.report.jury import Juries, table_of

if TYPE_CHECKING:
    from judgebench.agreement.jury.jury import Jury
    from judgebench.agreement.matching import Judged
    from judgebench.api import source

T = TypeVar("T")

#: One figure to decide by.
Metric: TypeAlias = Annotated[str, Option("The figure to go by; by default the scale's headline.", metavar="M")]


@question
def jury(
    source: Source = None,
    *,
    rule: Annotated[
        Literal["majority", "weighted", "dawid-skene", "mean"] | None,
        Option("How votes become a verdict; by default the majority, and of numbers the mean."),
    ] = None,
    ties: Annotated[
        Literal["tie", "none", "first"] | None,
        Option("Tied votes are a tie (the default where the scale has one), no verdict, or as the first member says."),
    ] = None,
    one_coin: Annotated[
        bool, Option("Learn one accuracy per judge instead of a table of its errors (weighted, dawid-skene).")
    ] = False,
    folds: Annotated[
        int, Option("Folds of questions: weights, and the best of a sweep, are for those not learned on.", least=2)
    ] = 5,
    sweep: Annotated[bool, Option("Measure all juries that some of the judges make, best first.")] = False,
    leave_out: Annotated[
        Literal["family", "judge"] | None, Option("Measure the jury without each family of judges, or each judge.")
    ] = None,
    family: Annotated[
        Mapping[str, Sequence[str]] | Sequence[str] | str,
        Option(
            "Judges that belong together; by default those with the same name before a slash; repeatable.",
            metavar="NAME=J1,J2",
            read=list[str],
        ),
    ] = (),
    verdicts: Annotated[
        str | Path | None,
        Option(
            "Write a table of all verdicts, the jury's beside them, that score and compare take.",
            metavar="FILE",
            read=Path,
            written=True,
        ),
    ] = None,
    task: OnlyTasks = (),
    labels: OwnLabels = (),
    labels_mode: LabelsMode = None,
    metric: Metric = "",
    shared: Annotated[bool, Option("Judge the items that all members have, where some lack items.")] = False,
    policy: Policy = (),
    **table: Unpack[Labels],
) -> Juries:
    """Say what the vote of several judges is worth, beside each alone."""
    from judgebench.agreement.jury.jury import families_of, measure_jury  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.jury.rules import Rule  # noqa: PLC0415 - loaded on use
    from judgebench.catalog import metrics  # noqa: PLC0415 - loaded on use

    given = named_lists("family", family)
    if given and leave_out != "family":
        raise UsageError(f"{argument('family')} goes with {argument('leave_out')} family")
    opened = open_sources(source, table, unlabelled=True, labels=open_labels(labels, labels_mode, table), tasks=task)

    def one(judges: Sequence[Judged]) -> Jury:
        chosen = Rule.of(judges[0].ratings.scale, rule, ties, one_coin=one_coin, folds=folds)
        names = [judge.judge for judge in judges]
        left = families_of(names, given, leave_out) if leave_out else {}
        return measure_jury(judges, chosen, metric=metric, families=left, sweep=sweep, shared=shared, known=metrics())

    found = by_task(opened, policies_of(policy), one, "a jury")
    if verdicts is not None:
        if len(found) > 1:
            raise UsageError(f"{argument('verdicts')} is about one task; there are {len(found)}: {argument('task')} T")
        _write(Path(verdicts), found[0])
    return Juries(tuple(found))


def by_task(
    opened: Sequence[source.Source], policies: Sequence[str], measure: Callable[[Sequence[Judged]], T], what: str
) -> list[T]:
    """Measure the judges of each task together; a task with one judge is left out, aloud, where there are others."""
    tasks: dict[tuple[str, str], list[source.Source]] = {}
    for one in opened:
        tasks.setdefault((one.task, one.revision), []).append(one)
    found: list[T] = []
    for (task, _), mine in tasks.items():
        if len(mine) < 2 and len(tasks) > 1:
            tell(f"left out {task}: {what} needs two judges or more, and only {mine[0].judge} judged it")
            continue
        found.append(measure([one.judged(one.policies(policies)) for one in mine]))
    if not found:
        raise DataError(f"{what} needs two judges or more on one task")
    return found


def named_lists(name: str, given: object) -> dict[str, list[str]]:
    """Read NAME=A,B, several of them, or a mapping; UsageError where it is none of these.

    >>> named_lists("family", ["llama=llama-7b, llama-70b"])
    {'llama': ['llama-7b', 'llama-70b']}
    """
    if isinstance(given, Mapping):
        return {str(key): [given[key]] if isinstance(given[key], str) else [*given[key]] for key in given}
    lines = [given] if isinstance(given, str) else list(given) if isinstance(given, Sequence) else []
    found: dict[str, list[str]] = {}
    for line in lines:
        key, equals, rest = str(line).partition("=")
        names = [part.strip() for part in rest.split(",") if part.strip()]
        if not equals or not key.strip() or not names:
            raise UsageError(f"{argument(name)} {line!r}: write NAME=JUDGE,JUDGE")
        found.setdefault(key.strip(), []).extend(names)
    return found


def _write(file: Path, found: Jury) -> None:
    text, how = table_of(found)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"can't write {argument('verdicts')} {file}: {error.strerror}") from None
    tell(f"wrote {file}" + (f"; measure it with: judgebench score --csv {file} {how}" if found.ballot.people else ""))
