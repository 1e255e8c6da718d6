"""In brief the score behind an imperfect judge's verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.report.document.blocks import Field, grid, when
from judgebench.report.document.brief import MOST_NOTES, Brief
from judgebench.report.document.text import clean, decimal
from judgebench.report.said import first_up, known_as, spoken, two

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.agreement.correct.correction import Correction
    from judgebench.report.document.blocks import Fields, Grid

__all__ = ["brief"]

_SAID = 3
#: Warnings that come first; one about clusters says what one about rows does.
_ORDER = (
    "subset_not_random",
    "weak_judge",
    "few_labels",
    "few_clusters",
    "unseen_class",
    "ill_conditioned",
    "left_out",
)
_OUTSIDE = frozenset({"rogan-gladen", "bayes", "matrix"})


def brief(
    lines: Sequence[tuple[str, Correction]],
    methods: Mapping[str, str],
    warnings: Mapping[str, str],
    why: Mapping[str, str],
) -> Brief:
    """Say the corrected score of each judge on all rows; ``methods``, ``warnings`` and ``why`` are words for codes."""
    names = known_as(judge for judge, _ in lines)
    every = [(names[judge], found) for judge, found in lines]
    whole = [one for one in every if one[1].system == "all"]
    answer = tuple(_answer(*one, why) for one in whole[:_SAID])
    table = _table(every, methods, by_system=len(whole) < len(every))
    return Brief(answer, table, tuple(_notes([found for _, found in every], warnings))[:MOST_NOTES])


def _answer(judge: str, found: Correction, why: Mapping[str, str]) -> str:
    best, own = found.estimates[found.chosen], found.estimates["naive"]
    alone = "" if own.value is None else f"{judge} alone says {decimal(own.value, 2)}"
    if best.value is None:
        reason = why.get(best.undefined or "", best.undefined)
        return f"The {found.score} can't be corrected: {reason}" + (f"; {alone}." if alone else ".")
    if found.chosen == "labels":
        rows = f"the labels of {found.labelled:,} rows"
    elif found.calibration:
        rows = f"{judge} and a calibration set of {found.calibration:,} rows"
    else:
        rows = f"{judge} and {found.labelled:,} labels on {found.items:,} rows"
    return f"The {found.score} is {spoken(best)} by {rows}" + (f"; {alone}." if alone else ".")


def _table(lines: Sequence[tuple[str, Correction]], methods: Mapping[str, str], *, by_system: bool) -> Grid:
    fields: Fields[tuple[str, Correction]] = (
        Field("judge", lambda one: one[0], right=False),
        *when(by_system, Field("system", lambda one: one[1].system, right=False)),
        Field("corrected [95 % interval]", lambda one: two(one[1].estimates[one[1].chosen]), right=False),
        Field("judge alone", lambda one: two(one[1].estimates["naive"]).partition(" ")[0]),
        Field("rows", lambda one: f"{one[1].items:,}"),
        Field("labelled", lambda one: f"{one[1].calibration or one[1].labelled:,}"),
        Field("by", lambda one: methods[one[1].chosen], right=False, spare=True),
    )
    return grid(fields, lines)


def _notes(found: Sequence[Correction], warnings: Mapping[str, str]) -> Iterator[str]:
    codes = {code for one in found for code in one.warnings}
    if "all_labelled" in codes:
        yield "Every row has a label: there is nothing to correct."
    for code in _ORDER:
        if code in codes and not (code == "few_clusters" and "few_labels" in codes):
            yield f"{first_up(clean(warnings[code]))}."
    chosen = {one.chosen for one in found}
    if chosen & _OUTSIDE:
        yield "This holds if the judge errs here as often as on the calibration set."
    elif chosen - {"labels", "naive"}:
        yield "This holds for any judge if the labelled rows are a random draw from all rows."
