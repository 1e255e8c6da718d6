"""In brief how many items a comparison needs, and what the items at hand show."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from judgebench.report.document.blocks import Field, grid, when
from judgebench.report.document.brief import MOST_NOTES, Brief
from judgebench.report.document.text import decimal, figure
from judgebench.report.said import brief_name, whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.agreement.power import Power
    from judgebench.report.document.blocks import Fields

__all__ = ["Sided", "brief"]


class Sided(NamedTuple):
    """A test of one side or two: what the items at hand find, how many find the drop, and how often in simulation."""

    sides: int
    detectable: float | None
    items_for_drop: int
    simulated: float | None = None


def brief(
    found: Power,
    tests: Sequence[Sided],
    *,
    drop: float,
    power: float,
    items: int | None,
    needed: Mapping[int, tuple[int, int]],
    given: bool,
) -> Brief:
    """Say how many items a drop takes.

    ``needed`` is from the fewest to the most, by the sides of a test, and ``given`` whether the user said on how many
    items the judges differ.
    """
    words = {
        sides: f"{most:,}" if least == most else f"{least:,} to {most:,}" for sides, (least, most) in needed.items()
    }
    answer = (
        f"About {words[1]} items are needed to detect a drop of {_digits(drop)} in {brief_name(found.metric)} "
        f"({whole(power)} of the time)"
    )
    if items:
        seen = found.possible(tests[0].detectable)
        answer += f"; {items:,} items detect {'no drop, however large' if seen is None else f'one of {_digits(seen)}'}"
    fields: Fields[Sided] = (
        Field("a difference", lambda one: "one way, a drop" if one.sides == 1 else "either way", right=False),
        Field(f"items needed for {_digits(drop)}", lambda one: words[one.sides]),
        *when(items, Field(f"what {items or 0:,} items detect", lambda one: _shown(found.possible(one.detectable)))),
    )
    ranged = needed[1][0] != needed[1][1]
    return Brief((f"{answer}.",), grid(fields, tests), tuple(_notes(found, ranged=ranged, given=given))[:MOST_NOTES])


def _shown(least: float | None) -> str:
    return "none" if least is None else _digits(least)


def _digits(value: float) -> str:
    return decimal(value, 2 if abs(round(value, 2) - value) < 0.0005 or value >= 0.1 else 3)


def _notes(found: Power, *, ranged: bool, given: bool) -> Iterator[str]:
    if not found.measured:
        said = f"exactly one of the two judges is right on {whole(found.discordance)} of the items"
        if given:
            yield f"As given, {said}; a run of both on a few items measures it."
        else:
            yield f"Assumed: {said}. Run both on a few items to measure it, or say it with --discordance."
    if ranged:
        yield (
            "The fewer items are for a judge that is as often right on correct items as on incorrect ones: say what "
            "yours is like with --tpr and --tnr."
        )
    if found.design_effect == 1:
        if not found.measured:
            yield "Items count as independent; if several share a question, it takes more of them (--design-effect)."
    elif found.design_effect > 1 and (times := figure(found.design_effect, 1)) != "1.0":
        yield f"Items count in groups: because they share questions, it takes {times} times as many."
