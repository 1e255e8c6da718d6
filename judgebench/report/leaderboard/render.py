"""Leaderboards in the form that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from judgebench.errors import UsageError
from judgebench.report.document.as_json import write_json
from judgebench.report.leaderboard.forms import to_csv, to_json, to_markdown, to_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.report.leaderboard.aggregate import Aggregate
    from judgebench.report.leaderboard.ranks import Entry

__all__ = ["FORMATS", "LeaderboardFormat", "render"]

LeaderboardFormat: TypeAlias = Literal["csv", "md", "html", "tex", "json", "table"]
FORMATS: tuple[str, ...] = get_args(LeaderboardFormat)


def render(
    entries: Sequence[Entry],
    format: str = "csv",  # noqa: A002 - as the option
    *,
    width: int = 120,
    overall: Aggregate | None = None,
) -> str:
    """Print a leaderboard.

    Parameters
    ----------
    entries : sequence of Entry
        What `rank` gave.
    format : {'csv', 'md', 'html', 'tex', 'json', 'table'}
        The form.
    width : int, optional
        Columns of the terminal, for ``table``.
    overall : Aggregate, optional
        One figure a judge over all tasks, which comes first; a CSV then holds nothing else.

    Raises
    ------
    UsageError
        If the format is none of these.
    """
    if format == "csv":
        return to_csv(entries) if overall is None else overall.to_csv()
    if format == "json":
        return write_json(to_json(entries, overall))
    if format == "md":
        return to_markdown(entries, overview=True, overall=overall)
    if format == "table":
        return to_table(entries, width=width, overall=overall)
    if format == "html":
        from judgebench.report.leaderboard.page import to_html  # noqa: PLC0415 - loads the templates

        return to_html(entries, overall)
    if format == "tex":
        from judgebench.report.leaderboard.tex import to_tex  # noqa: PLC0415 - loaded on use

        return to_tex(entries, overall)
    raise UsageError(f"no leaderboard as {format!r}: write one of {', '.join(FORMATS)}")
