"""``judgebench.correct``: the score behind an imperfect judge's verdicts, with some gold or with none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, Unpack

from judgebench.api.columns import Columns
from judgebench.api.parameters import Option, policies_of, question
from judgebench.api.sources import open_sources
from judgebench.api.table_sources import own_table
from judgebench.api.tables import BySystem, Policy, Rows, Source
from judgebench.errors import UsageError, argument
from judgebench.report.correct import Corrected, Corrections
from judgebench.report.judge_only import JudgeOnlyRankings, Ranked

if TYPE_CHECKING:
    from judgebench.api import source
    from judgebench.domain import Ratings

Estimator: TypeAlias = Literal["auto", "all", "post-strat", "ppi", "rogan-gladen", "matrix", "labels"]


@question
def correct(
    source: Source = None,
    *,
    calibration: Annotated[
        Any,
        Option(
            "The same judge on other rows with gold; same column names.",
            metavar="FILE|RUN",
            read=Path,
        ),
    ] = None,
    estimator: Annotated[Estimator, Option("How to correct; auto takes what fits the labels.")] = "auto",
    target: Annotated[str | None, Option("Estimate the share of this label.", metavar="LABEL")] = None,
    no_gold: Annotated[bool, Option("Say instead what the judge's ranking of systems is worth without gold.")] = False,
    diagonal: Annotated[
        Sequence[float],
        Option(
            "With --no-gold: a prior, the least share of each true level that the judge gets right; repeatable.",
            metavar="D",
            read=list[float],
        ),
    ] = (),
    judge_varies: Annotated[bool, Option("With --no-gold: let the judge err differently on each system.")] = False,
    draws: Annotated[int, Option("With --no-gold: draws per prior.", least=100, most=100_000)] = 1000,
    seed: Annotated[int, Option("With --no-gold: seed of the draws.", least=0)] = 0,
    policy: Policy = (),
    by_system: BySystem = False,
    **table: Unpack[Rows],
) -> Corrections | JudgeOnlyRankings:
    """Correct the score that a judge gives for its errors, with gold or without."""
    if not no_gold and (diagonal or judge_varies):
        raise UsageError(
            f"{argument('diagonal')} and {argument('judge_varies')} are about rankings without gold; add "
            f"{argument('no_gold')}"
        )
    if no_gold and (calibration is not None or estimator != "auto"):
        raise UsageError(
            f"{argument('no_gold')} corrects nothing, so it takes no {argument('calibration')} and no "
            f"{argument('estimator')}"
        )
    columns = Columns.of(table)
    own = own_table(source, columns) is not None
    if own and no_gold:
        table["gold"] = None
    elif own and not columns.gold and not columns.rows.golden:
        raise UsageError(
            f"correct needs {argument('gold')}, whose empty cells are rows without gold; or give {argument('no_gold')}"
        )
    policies = policies_of(policy)
    if no_gold:
        tables = open_sources(source, table, unlabelled=True)
        return _without_gold(tables, policies, target, tuple(diagonal), draws, seed, common=not judge_varies)
    outside = None if calibration is None else _calibration(calibration, table, own=own)
    if own and calibration is not None:
        table["gold"] = _present(source, table)
    tables = open_sources(source, table, unlabelled=True)
    from judgebench.agreement.correct.correction import correct as compute  # noqa: PLC0415 - loaded on use

    lines: list[Corrected] = []
    for one in tables:
        found = compute(
            one.ratings(),
            policies=one.policies(policies),
            calibration=_of_judge(outside, one, tables),
            target=target,
            estimator=estimator,
            by_system=by_system or table.get("system") is not None,
        )
        lines += [Corrected(one.task, one.judge, one.gold, each) for each in found]
    return Corrections(tuple(lines))


def _present(source: Any, table: Rows) -> Sequence[str]:
    """Gold columns that the scored table has, too: beside a calibration set it needs none."""
    from judgebench.files.read import open_table  # noqa: PLC0415 - loaded on use

    columns = Columns.of(table)
    if columns.rows.golden:
        return columns.gold
    own = own_table(source, columns)
    header = open_table(own, columns.file) if isinstance(own, Path) else own
    return [name for name in columns.gold if header is None or name in header.columns]


def _calibration(given: Any, table: Rows, *, own: bool) -> dict[str, Ratings]:
    """Open the calibration set: a run, or a table with the columns of the scored one."""
    if isinstance(given, (str, Path)) and Path(given).is_dir():
        found = open_sources(given, {})
    elif own:
        header = {name: one for name, one in table.items() if name not in {"cluster", "system", "id"}}
        found = open_sources(given, header)
    else:
        raise UsageError(f"{argument('calibration')} {given}: runs are calibrated by the folder of another run")
    return {one.judge: one.ratings() for one in found}


def _of_judge(
    outside: dict[str, Ratings] | None, one: source.Source, tables: Sequence[source.Source]
) -> Ratings | None:
    if outside is None:
        return None
    if len(outside) == len(tables) == 1:
        return next(iter(outside.values()))
    if one.judge not in outside:
        raise UsageError(
            f"{argument('calibration')} has no verdicts of {one.judge}; it has those of {', '.join(outside)}"
        )
    return outside[one.judge]


def _without_gold(
    tables: Sequence[source.Source],
    policies: list[str],
    target: str | None,
    diagonals: tuple[float, ...],
    draws: int,
    seed: int,
    *,
    common: bool,
) -> JudgeOnlyRankings:
    from judgebench.agreement.correct.judge_only import judge_only  # noqa: PLC0415 - loaded on use

    lines: list[Ranked] = []
    for one in tables:
        found = judge_only(
            one.ratings(),
            policies=one.policies(policies),
            target=target,
            diagonals=diagonals,
            common=common,
            draws=draws,
            seed=seed,
        )
        lines.append(Ranked(one.task, one.judge, found))
    return JudgeOnlyRankings(tuple(lines))
