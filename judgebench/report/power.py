"""What a comparison can find, and how many items it takes: said with what was assumed."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

from judgebench.agreement.names import title_of
from judgebench.report.document.as_csv import write_csv
from judgebench.report.document.as_json import write_json
from judgebench.report.document.as_md import markdown_grid, markdown_text
from judgebench.report.document.as_table import draw, fill
from judgebench.report.document.grid import Cell, Column, Grid
from judgebench.report.document.text import figure, spread

if TYPE_CHECKING:
    from judgebench.agreement.power.power import Power

__all__ = ["SCHEMA", "json_schema", "render", "to_json"]

SCHEMA = "judgebench.power/1"


def json_schema() -> dict[str, Any]:
    """Read the JSON Schema (draft 2020-12) of ``judgebench.power/1``."""
    text = resources.files("judgebench.report").joinpath("power.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def to_json(found: Power, *, drop: float, alpha: float, power: float, items: int | None, source: str) -> dict[str, Any]:
    """Build the document: schema ``judgebench.power/1``.

    Parameters
    ----------
    found : Power
        Variance, discordance and design effect.
    drop : float
        The difference to find.
    alpha, power : float
        Level and power of the test.
    items : int or None
        Items at hand; those of the pilot by default.
    source : str
        What the figures come from.
    """
    n = items or found.items
    return {
        "schema": SCHEMA,
        "source": source,
        "metric": found.metric,
        "drop": drop,
        "alpha": alpha,
        "power": power,
        "items": n,
        "value": found.value,
        "base_rate": found.base_rate,
        "discordance": found.discordance,
        "discordance_measured": found.measured,
        "variance": found.variance,
        "design_effect": found.design_effect,
        "tests": [
            {
                "sides": sides,
                "detectable": found.detectable(n, alpha=alpha, power=power, sides=sides),
                "items_for_drop": found.items_for(drop, alpha=alpha, power=power, sides=sides),
            }
            for sides in (1, 2)
        ],
    }


def render(
    found: Power,
    form: str = "table",
    *,
    drop: float,
    alpha: float,
    power: float,
    items: int | None = None,
    source: str = "figures",
    width: int = 120,
) -> str:
    """Print what can be found; parameters as in `to_json`, and ``form`` one of table, json, csv, md."""
    document = to_json(found, drop=drop, alpha=alpha, power=power, items=items, source=source)
    if form == "json":
        return write_json(document)
    tests: list[dict[str, Any]] = document["tests"]
    if form == "csv":
        names = ["source", "metric", "drop", "alpha", "power", "items", "base_rate", "value", "discordance"]
        names.append("design_effect")
        rows = [
            [*(document[name] for name in names), one["sides"], one["detectable"], one["items_for_drop"]]
            for one in tests
        ]
        return write_csv([*names, "sides", "detectable", "items_for_drop"], rows)
    title = title_of(found.metric)
    n = document["items"]
    sentence = (
        f"To find a drop of {spread(drop)} in {title} (one-sided, alpha {spread(alpha, 2)}, power {spread(power, 2)}), "
        f"compare two judges on about {tests[0]['items_for_drop']:,} items"
    )
    sentence += f"; {n:,} items find a drop of {spread(tests[0]['detectable'])}." if n else "."
    columns = [Column("test", right=False), Column(f"items for a difference of {spread(drop)}")]
    if n:
        columns.append(Column(f"smallest difference found with {n:,} items"))
    lines = tuple(
        (
            Cell("one-sided (a drop)" if one["sides"] == 1 else "two-sided (either way)"),
            Cell(f"{one['items_for_drop']:,}"),
            *([Cell(spread(one["detectable"]))] if n else []),
        )
        for one in tests
    )
    layout = Grid(tuple(columns), lines, tuple(_remarks(found, source, drop)))
    if form == "md":
        return f"{markdown_text(sentence)}\n\n{markdown_grid(layout)}"
    head = "\n".join(fill(sentence, width))
    return f"{head}\n\n{draw(layout, width=width)}"


def _remarks(found: Power, source: str, drop: float) -> list[str]:
    said = [f"From {source}."]
    share = f"{100 * found.discordance:.1f} %"
    if found.measured:
        said.append(
            f"Measured: the judges' paired differences; exactly one of them is right on {share} of the judgments."
        )
    else:
        said.append(
            f"Assumed: exactly one of the two judges is right on {share} of the items (--discordance). Two versions of "
            "one judge differ less than two different judges; run both on a few items to measure it."
        )
        if found.base_rate is not None:
            said.append(
                f"Assumed: base rate {spread(found.base_rate)}, kappa {spread(found.value or 0.0)} falling by "
                f"{spread(drop)}, and judges as often right on correct items as on incorrect ones."
            )
        else:
            said.append("Assumed: both judges' influences spread alike, and differ only where exactly one is right.")
    if found.design_effect == 1:
        said.append("Items count as independent (design effect 1); questions with several items need more.")
    else:
        said.append(
            f"Design effect {figure(found.design_effect, 2)}: clustered by question, the squared standard error is "
            "that many times the one of independent items. All figures include it."
        )
    return said
