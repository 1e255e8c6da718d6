"""How scores look in a notebook: a table with its notes, and the judges' intervals as a drawing."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Template

    from judgebench.domain import Agreement

#: More judges than this are no picture.
_MOST = 60


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - loaded on use

    # select_autoescape would decide by file name; this is HTML.
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(resources.files("judgebench.api").joinpath("scores.html").read_text("utf-8"))


def fragment(rows: Sequence[Agreement], notes: Sequence[str] = ()) -> str:
    """Write rows as an HTML element; names and notes are escaped, and the same rows give the same bytes.

    Parameters
    ----------
    rows : sequence of Agreement
        What was measured.
    notes : sequence of str, optional
        What a person should know beside it.
    """
    from judgebench.report.document.text import clean  # noqa: PLC0415 - loaded on use
    from judgebench.report.scores import arrange  # noqa: PLC0415 - loaded on use
    from judgebench.report.table import grid  # noqa: PLC0415 - loaded on use

    ordered = arrange(rows)
    layout = grid(ordered)
    # A column that says "all" throughout says nothing.
    whole = all(row.subset == "all" for row in ordered)
    shown = [i for i, column in enumerate(layout.columns) if not (whole and column.title == "subset")]
    cells, footnotes = layout.resolve(shown)
    said = [*footnotes, *layout.remarks, *map(clean, notes)]
    columns = [layout.columns[i] for i in shown]
    return _template().render(columns=columns, rows=cells, notes=said, chart=_chart(ordered))


def _chart(rows: Sequence[Agreement]) -> str:
    from markupsafe import Markup  # noqa: PLC0415 - loaded on use

    from judgebench.domain import digest  # noqa: PLC0415 - loaded on use
    from judgebench.report.page.charts import forest  # noqa: PLC0415 - loaded on use

    drawn = [row for row in rows if row.subset == "all"] or list(rows)
    if len(drawn) > _MOST or len({row.headline for row in drawn}) > 1:
        return ""
    # Ids are unique on a page, and a notebook's page has many of these.
    name = f"judgebench-{digest([row.to_json() for row in drawn], 10)}"
    return Markup(forest(drawn, name=name).svg)  # noqa: S704 - a chart's SVG is safe by contract
