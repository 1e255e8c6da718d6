"""Conditions and method: what was asked, of which data, by which rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.report.document.text import clean
from judgebench.report.page.parts import Fold, Table
from judgebench.report.words import RULES, gold_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import Policies
    from judgebench.report.page.measured import Measured
    from judgebench.report.page.parts import Reported

__all__ = ["method", "rules"]


def method(reported: Sequence[Reported], measured: Sequence[Measured]) -> Fold:
    """Show how each run was made, and what its figures rest on."""
    names = {id(judge.run): judge.name for one in measured for judge in (*one.judges, *one.rules, *one.silent)}
    rows = tuple(_row(one, names[id(one)]) for one in reported)
    header = ("Judge", "Task", "Data", "Items", "Judgments", "Shown", "Rules", "Labels by", "Conditions")
    licences = dict.fromkeys((one.run.task, one.licence) for one in reported if one.licence)
    notes = [f"Licence of the data of {clean(task)}: {clean(licence)}." for task, licence in licences]
    notes += dict.fromkeys(one.standing for one in reported if one.standing)
    notes.append("Intervals hold 95 %; items that share a question count as one (cluster-robust standard errors).")
    table = Table("Runs of this report", header, rows, (3, 4))
    return Fold(
        "Conditions and method",
        f"{len(rows)} {'run' if len(rows) == 1 else 'runs'}",
        tables=(table,),
        notes=tuple(notes),
    )


def _row(one: Reported, name: str) -> tuple[str, ...]:
    run = one.run
    settings = ", ".join(f"{key} {value}" for key, value in sorted(run.settings.items()) if value is not None)
    shown = f"order {run.orders}, reference {run.reference}, repeats {run.repeats}"
    items, judgments = f"{one.rows[0].items:,}", f"{one.ratings.judge.size:,}"
    cells = (
        run.task,
        run.revision,
        items,
        judgments,
        shown,
        rules(one.rows[0].policies),
        gold_word(run.gold_source),
        settings,
    )
    return (name, *map(clean, cells))


def rules(policies: Policies) -> str:
    """Put policies into words.

    >>> from judgebench.domain import Policies
    >>> rules(Policies())
    "each order counts; a tie is an answer; unusable is wrong; most people's label"
    """
    return "; ".join(RULES.get((name, value), f"{name} {value}") for name, value in policies.to_json().items())
