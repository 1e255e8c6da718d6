"""``judgebench.analyze``: where and why judges err."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Unpack

from judgebench.api.columns import Columns
from judgebench.api.notes import tell
from judgebench.api.parameters import Option, column_names, policies_of, question
from judgebench.api.sources import open_sources
from judgebench.api.table_sources import own_table
from judgebench.api.tables import Labels, Policy, Source
from judgebench.errors import UsageError, argument
from judgebench.report.analysis import Analyses, Analysis

if TYPE_CHECKING:
    from judgebench.api import source


@question
def analyze(
    source: Source = None,
    *,
    feature: Annotated[
        str | Sequence[str],
        Option("Column of the table that may explain errors; repeatable.", metavar="C", read=list[str]),
    ] = (),
    own_system: Annotated[
        str | None, Option("The judged system that is the judge: was its own answer right?", metavar="S")
    ] = None,
    policy: Policy = (),
    **table: Unpack[Labels],
) -> Analyses:
    """Say what predicts a judge's errors, and which labels it overuses."""
    from judgebench.agreement.analysis.effects import Feature  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.analysis.judges import analyze_judges  # noqa: PLC0415 - loaded on use
    from judgebench.files.read import read_words  # noqa: PLC0415 - loaded on use

    policies, names, columns = policies_of(policy), column_names("feature", feature), Columns.of(table)
    own = own_table(source, columns) if names else None
    if names and (own is None or columns.rows.rater):
        raise UsageError(
            f"{argument('feature')} names columns of a wide {argument('csv')} FILE; runs and long tables have none"
        )
    if names and columns.rows.reshaped:
        raise UsageError(
            f"{argument('feature')} needs a row per item: no judges in rows, second orders, counts, criteria or filters"
        )
    # With every row kept, the item's code is its row, and the features are in the same order.
    found = open_sources(source, table, unlabelled=bool(names))
    words = {} if own is None else read_words(own, names, columns.file)
    features = {name: Feature.of_words(name, cells) for name, cells in words.items()}
    tasks: dict[str, list[source.Source]] = {}
    for one in found:
        tasks.setdefault(one.task, []).append(one)
    rows: list[Analysis] = []
    for task, mine in tasks.items():
        judged = [one.judged(one.policies(policies)) for one in mine]
        results, left_out = analyze_judges(judged, features, own_system)
        if left_out:
            tell(f"{task}: {left_out:,} items that not every judge has are left out")
        rows += [Analysis(task, one.gold, one.revision, result) for one, result in zip(mine, results, strict=True)]
    return Analyses(tuple(sorted(rows, key=lambda row: (row.task, row.found.judge, row.revision))))
