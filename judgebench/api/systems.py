"""``judgebench.systems``: whether a judge ranks the systems as gold does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Unpack

from judgebench.api.columns import Columns
from judgebench.api.notes import tell
from judgebench.api.parameters import Option, column_names, policies_of, question
from judgebench.api.source import each_fit, silent
from judgebench.api.sources import open_sources
from judgebench.api.table_sources import own_table
from judgebench.api.tables import Judgments, Names, Policy, Source, Subset
from judgebench.errors import DataError, UsageError, argument
from judgebench.report.systems import Ranking, Rankings

if TYPE_CHECKING:
    from judgebench.agreement.systems.scores import Opponents
    from judgebench.api.source import Source as Opened
    from judgebench.domain import Ratings


class Table(Judgments, total=False):
    """The columns of a table but for its systems."""

    subset: Subset


@question
def systems(
    source: Source = None,
    *,
    system: Annotated[
        Names,
        Option(
            "Column of the judged systems; for pairs give it twice: the first response's, then the second's.",
            "--system-col",
            "C",
            read=list[str],
        ),
    ] = None,
    score: Annotated[
        Literal["mean", "win-rate", "bradley-terry"] | None,
        Option("A system's score; by default the mean verdict, and Bradley-Terry for pairs."),
    ] = None,
    anchor: Annotated[str, Option("Win rates against this system only (pairs).", metavar="SYSTEM")] = "",
    ties: Annotated[Literal["half", "davidson", "rao-kupper"], Option("How ties count in Bradley-Terry.")] = "half",
    trec_run: Annotated[
        str | Path | Sequence[str | Path],
        Option(
            "Retrieval runs of systems (TREC's form), or a folder of them; verdicts are grades of query and document.",
            metavar="FILE|DIR",
            read=list[Path],
        ),
    ] = (),
    measure: Annotated[
        str, Option("What a retrieval run is scored by: ndcg@10, ndcg, map, p@5.", metavar="NAME")
    ] = "ndcg@10",
    draws: Annotated[int, Option("Resamples behind the intervals of comparisons.", least=1)] = 2000,
    seed: Annotated[int, Option("Seed of the resamples.", least=0)] = 0,
    policy: Policy = (),
    **table: Unpack[Table],
) -> Rankings:
    """Compare a judge's ranking of systems with people's."""
    from judgebench.agreement.systems.systems import rank_systems  # noqa: PLC0415 - loaded on use

    if runs := _run_files(trec_run):
        return _retrieval(open_sources(source, table), runs, measure, policy, draws=draws, seed=seed)
    policies, named = policies_of(policy), column_names("system", system)
    columns = {**table, "system": named[0] if named else None}
    said = Columns.of(columns)
    own = own_table(source, said) is not None
    if own and not 1 - bool(said.rows.sides) <= len(named) <= 2:
        needed = (
            f"{argument('system')}: once, or for pairs twice (the first and the second response's), or "
            f"{argument('sides')}"
        )
        raise UsageError(f"{argument('csv')} needs {needed}")
    opened = open_sources(source, columns)
    # The second responses' systems are another column of the same table.
    other = open_sources(source, columns | {"system": named[1]}, tell=silent)[0].ratings() if len(named) > 1 else None

    def one(judge: Opened) -> Ranking:
        ratings = judge.ratings()
        ranking = rank_systems(
            ratings,
            policies=judge.policies(policies),
            score=score,
            anchor=anchor,
            ties=ties,
            opponents=None if other is None else _opponents(ratings, other),
            draws=draws,
            seed=seed,
        )
        return Ranking(judge.task, judge.judge, judge.gold, judge.revision, ranking)

    # The judges of a table are about the same systems; of a folder of runs, tasks may name none.
    return _sorted(each_fit(opened, one, () if own else (DataError, UsageError), tell=tell))


def _sorted(found: Sequence[Ranking]) -> Rankings:
    return Rankings(tuple(sorted(found, key=lambda one: (one.task, one.judge, one.revision))))


def _run_files(given: str | Path | Sequence[str | Path]) -> list[Path]:
    """List the files of runs; a folder stands for all files in it."""
    paths = [Path(one) for one in ([given] if isinstance(given, (str, Path)) else given)]
    files = [file for path in paths for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    if paths and not files:
        raise DataError("there is no run in this folder", file=str(paths[0]))
    return [file for file in files if not file.name.startswith(".")]


def _retrieval(
    opened: Sequence[Opened], files: Sequence[Path], measure: str, policy: Policy, *, draws: int, seed: int
) -> Rankings:
    """Rank retrieval systems by people's grades and by a judge's."""
    from judgebench.agreement.systems.retrieval import graded, ranked_systems  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.systems.systems import rank_systems  # noqa: PLC0415 - loaded on use
    from judgebench.files.trec import runs_of  # noqa: PLC0415 - loaded on use

    if policy:
        raise UsageError(f"{argument('policy')} changes nothing where {argument('trec_run')} are ranked by grades")
    runs = runs_of(files)
    found: list[Ranking] = []
    for one in opened:
        run = one.as_run()
        ratings = ranked_systems(graded(run.judgments(), run.run.scale), runs, measure)
        ranking = rank_systems(ratings, draws=draws, seed=seed)
        found.append(Ranking(one.task, one.judge, one.gold, one.revision, ranking, measure))
    return _sorted(found)


def _opponents(ratings: Ratings, other: Ratings) -> Opponents:
    from judgebench.agreement.systems.scores import Opponents  # noqa: PLC0415 - loaded on use

    if ratings.scale.kind != "pair":
        raise UsageError(
            f"two {argument('system')} are for pairs, and the labels are on {ratings.scale.spec}; give one"
        )
    return Opponents.of(ratings.system, ratings.systems, other.system, other.systems)
