"""In brief what a judge's order of systems is worth without labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from judgebench.report.document.blocks import Field, grid
from judgebench.report.document.brief import MOST_NOTES, Brief
from judgebench.report.document.text import clean, decimal, many, places
from judgebench.report.said import known_as, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.agreement.correct.judge_only import JudgeOnly
    from judgebench.report.document.blocks import Fields, Grid
    from judgebench.stats.inference.simplex import PosteriorRanking

__all__ = ["brief"]

_SAID = 3


class _Place(NamedTuple):
    system: str
    mean: float
    sure: str
    open: str


def brief(lines: Sequence[tuple[str, JudgeOnly]]) -> Brief:
    """Say how much of each judge's order may be the other way round, then each system's places."""
    names = known_as(judge for judge, _ in lines)
    every = [(names[judge], found) for judge, found in lines]
    notes = [
        f"{many(found.dropped, 'judgment')} of {judge} without a verdict are left out."
        for judge, found in every
        if found.dropped
    ]
    if any(not found.identified for _, found in every):
        notes.insert(0, "More verdicts don't change that; some labels do: judgebench correct with --gold-col.")
    table = _systems(every[0][1]) if len(every) == 1 else _judges(every)
    return Brief(tuple(_answer(*one) for one in every[:_SAID]), table, tuple(notes[:MOST_NOTES]))


def _ends(found: JudgeOnly) -> tuple[PosteriorRanking, PosteriorRanking]:
    """Give what chance alone leaves, and the widest prior."""
    return found.rankings[0], min(found.rankings, key=lambda one: one.diagonal)


def _answer(judge: str, found: JudgeOnly) -> str:
    sure, least = _ends(found)
    systems = many(len(found.systems), "system")
    if found.identified:
        return (
            f"{judge}'s order of {systems} is right if it errs alike on all of them and is better than chance; "
            f"{_by_chance(whole(sure.flip_share))}."
        )
    return (
        f"Without labels the order of {systems} isn't known: judges like {judge} that get {decimal(least.diagonal, 2)} "
        f"or more of each label right may have {whole(least.flip_share)} of the pairs the wrong way round "
        f"({whole(sure.flip_share)} by chance alone)."
    )


def _by_chance(share: str) -> str:
    """Say how often the draw of rows alone puts two systems the wrong way round."""
    if share == whole(0.0):
        return "with so many verdicts, chance hardly ever puts two of them the wrong way round"
    return f"chance alone puts {share} of the pairs the wrong way round"


def _systems(found: JudgeOnly) -> Grid:
    sure, least = _ends(found)
    rows = [
        _Place(clean(name), float(mean), _span(sure, i), _span(least, i))
        for i, (name, mean) in enumerate(zip(found.systems, found.means, strict=True))
    ]
    fields: Fields[_Place] = (
        Field("system", lambda one: one.system, right=False),
        Field("judge's mean", lambda one: decimal(one.mean, 2)),
        Field("places if the judge is perfect", lambda one: one.sure),
        Field(f"places if it gets {decimal(least.diagonal, 2)} of each label right", lambda one: one.open),
    )
    return grid(fields[:3] if found.identified else fields, rows)


def _span(one: PosteriorRanking, at: int) -> str:
    return places(int(one.best[at]), int(one.worst[at]))


def _judges(lines: Sequence[tuple[str, JudgeOnly]]) -> Grid:
    fields: Fields[tuple[str, JudgeOnly]] = (
        Field("judge", lambda one: one[0], right=False),
        Field("systems", lambda one: len(one[1].systems)),
        Field("order known", lambda one: "yes" if one[1].identified else "no", right=False),
        Field("pairs reversed by chance", lambda one: whole(_ends(one[1])[0].flip_share)),
        Field("or by an imperfect judge", lambda one: whole(_ends(one[1])[1].flip_share)),
    )
    return grid(fields, lines)
