"""``judgebench.score``: measure what is there, from Python; never ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from judgebench.api.checks import flag, one_of, policies_of
from judgebench.api.scores import Scores
from judgebench.api.sources import open_sources
from judgebench.api.tables import Gold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.api.prepared import PolicyLike
    from judgebench.domain import Scale

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
    table = {
        "judge": judge,
        "gold": gold,
        "scores": scores,
        "scale": scale,
        "cluster": cluster,
        "subset": subset,
        "system": system,
        "id": id,
        "long": long,
        "words": words,
        "delimiter": delimiter,
        "gold_source": gold_source,
    }
    notes: list[str] = []
    tables = open_sources(source, table, name=name, tell=notes.append)
    chosen = policies_of(policy)
    rows = [
        row for table in tables for row in table.measure(chosen, by_system=by_system, verify=verify, interval=interval)
    ]
    return Scores(tuple(rows), tuple(notes), (), tuple(tables))
