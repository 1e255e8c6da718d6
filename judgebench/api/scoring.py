"""``judgebench.score``: measure what is there, from Python; never ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from judgebench.api.checks import column, column_names, flag, one_of, policies_of
from judgebench.api.scores import Scores
from judgebench.api.sources import sources, table_sources
from judgebench.api.tables import Columns, Gold
from judgebench.domain import Scale
from judgebench.errors import UsageError

if TYPE_CHECKING:
    from judgebench.api.prepared import PolicyLike
    from judgebench.api.sources import Source

    Names: TypeAlias = str | Sequence[str] | None

Interval: TypeAlias = Literal["default", "clopper-pearson", "bca", "bootstrap", "jackknife", "two-way"]


def score(
    source: Any,
    *,
    judge: Names = None,
    gold: Names = None,
    scores: Names = None,
    scale: str | Scale | None = None,
    cluster: str | None = None,
    subset: str | None = None,
    system: str | None = None,
    id: str | None = None,  # noqa: A002 - as the option
    long: str | Sequence[str] | None = None,
    words: Mapping[str, str] | None = None,
    delimiter: str | None = None,
    gold_source: Gold = "unspecified",
    name: str = "DataFrame",
    policy: PolicyLike = (),
    by_system: bool = False,
    interval: Interval = "default",
    verify: bool = False,
) -> Scores:
    """Measure runs that were asked before, or a table of one's own labels.

    The figures, the checks and the words of errors are those of ``judgebench score``.

    Parameters
    ----------
    source : str, Path, DataFrame or Scores, or a sequence of str, Path
        Runs: a run's folder, a folder or URL of runs, or several. A table, where columns are named: a pandas
        DataFrame (or what has ``to_pandas``), or a file in CSV, JSONL, JSON or Parquet.
    judge, gold : str or sequence of str, optional
        Columns of judges' verdicts, and of gold labels, one per annotator.
    scores : str or sequence of str, optional
        Columns of judges' scores or probabilities: one per judge, or alone.
    scale : str or Scale, optional
        ``check``, ``pair``, ``rate:1-5``, ``low,medium,high`` (worst first), ``nominal:a,b`` ...; by default the one
        scale that all labels fit.
    cluster, subset, system, id : str, optional
        Columns of the question that rows share, of subsets, of judged systems, of item ids.
    long : str or sequence of str, optional
        The table is long: its columns of items, raters and labels; ``judge`` and ``gold`` then name raters.
    words : mapping of str to str, optional
        What words in the table mean, ``{"0": "tie"}``; an empty meaning is a gap.
    delimiter : str, optional
        Of a CSV file, where it isn't plain.
    gold_source : str, optional
        Who gave the gold labels: ``human``, ``expert``, ``crowd``, ``verifier``, ``model``; only people's labels are
        called human.
    name : str, optional
        Stands for the task in the rows of a DataFrame; files have their own.
    policy : mapping, str or sequence of str, optional
        Conventions to override: ``{"tie": "drop"}`` or ``"tie=drop"``.
    by_system : bool, optional
        Add a row for every judged system.
    interval : str, optional
        How intervals are made.
    verify : bool, optional
        Recompute with scikit-learn, krippendorff and scipy, and raise MismatchError on a difference.

    Returns
    -------
    Scores
        A row ``all`` and one per subset for every judge; ``notes`` say what was recognised or left out.

    Raises
    ------
    JudgebenchError
        UsageError for options that contradict each other, DataError for a table or runs that can't be read.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"judge": ["yes", "yes", "no", "no"] * 5, "human": ["yes", "no", "no", "no"] * 5})
    >>> scores = score(frame, judge="judge", gold="human", gold_source="human")
    >>> scores.percent_agreement.value, scores.kappa.value
    (0.75, 0.5)
    """
    one_of("interval", interval, Interval)
    one_of("gold_source", gold_source, Gold)
    by_system, verify = flag("by_system", by_system), flag("verify", verify)
    if not isinstance(scale, (str, Scale)) and scale is not None:
        raise UsageError(f"scale={scale!r}: write one such as 'rate:1-5' or 'low,medium,high', or give a Scale")
    columns = Columns(
        column_names("judge", judge),
        column_names("gold", gold),
        scale.spec if isinstance(scale, Scale) else scale,
        column("cluster", cluster),
        column("subset", subset),
        column("system", system),
        column("id", id),
        ",".join(column_names("long", long)) or None,
        delimiter,
        _words({} if words is None else words),
        column_names("scores", scores),
    )
    notes: list[str] = []
    tables = _open(source, columns, gold_source, name, notes)
    chosen = policies_of(policy)
    rows = [
        row for table in tables for row in table.measure(chosen, by_system=by_system, verify=verify, interval=interval)
    ]
    return Scores(tuple(rows), tuple(notes), (), tuple(tables))


_GIVE = "give folders of runs, a label file or a DataFrame with the names of its judge= and gold= columns"


def _open(source: Any, columns: Columns, gold: Gold, name: str, notes: list[str]) -> list[Source]:
    if isinstance(source, Scores):
        if not source.asked:
            raise UsageError("these scores come from no run that was asked: give the folder or table they were made of")
        source = [one.path for one in source.asked]
    if isinstance(source, (str, Path)):
        path = Path(source)
        if columns.options() or path.is_file():
            return table_sources(path, columns, gold, tell=notes.append)
        return sources([path], None, columns, gold, tell=notes.append)
    if isinstance(source, (Sequence, AbstractSet, Iterator)) and (paths := list(source)):
        if wrong := [one for one in paths if not isinstance(one, (str, Path))]:
            raise UsageError(f"a {type(source).__name__} of {type(wrong[0]).__name__} can't be scored: {_GIVE}")
        return sources([Path(path) for path in paths], None, columns, gold, tell=notes.append)
    from judgebench.labels.frames import FrameTable, as_frame  # noqa: PLC0415 - loaded on use

    frame = as_frame(source)
    if frame is None:
        raise UsageError(f"a {type(source).__name__} can't be scored: {_GIVE}")
    if columns.delimiter is not None:
        raise UsageError("a DataFrame has no delimiter")
    if not (columns.judge or columns.scores) or not columns.gold:
        shown = ", ".join(map(str, list(frame.columns)[:40]))
        raise UsageError(f"name the columns with judge= and gold=; the DataFrame has {shown}")
    return table_sources(FrameTable(frame, name), columns, gold, tell=notes.append)


def _words(words: object) -> list[str]:
    if not isinstance(words, Mapping):
        raise UsageError(f"words={words!r}: write a mapping such as {{'0': 'tie'}}")
    if wrong := [word for word in words if "=" in str(word)]:
        raise UsageError(f"words: {wrong[0]!r} holds an equals sign; rename it in the table")
    return [f"{word}={meaning}" for word, meaning in words.items()]
