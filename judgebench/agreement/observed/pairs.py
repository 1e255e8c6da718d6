"""Recorded verdicts on items before and after a change, measured as a probe that asks is.

Source: Zhou et al. (2026), JudgeBiasBench: original and rewritten pairs, the bias-sensitive rate of each bias.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench.agreement.probing.measure import measure
from judgebench.agreement.probing.rows import pair_up
from judgebench.domain import Status
from judgebench.domain.items import OWED, PLACEBO, TARGET, majority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from judgebench.agreement.probing.measure import Probed
    from judgebench.domain import Run, Scale, Verdict

#: What a change is called where no subset names it.
CHANGE = "change"


def before_and_after(
    before: Iterable[Verdict], after: Iterable[Verdict], placebo: Iterable[Verdict] | None, scale: Scale
) -> Iterator[tuple[str, Probed]]:
    """Measure each subset, which is the bias that was put in, by itself."""
    plain = list(before)
    groups: dict[str, list[Verdict]] = {}
    for verdicts, ending in ((after, ""), (placebo or (), PLACEBO)):
        for one in verdicts:
            name = one.subset or CHANGE
            groups.setdefault(name, []).append(replace(one, probe=name + ending))
    for name, changed in groups.items():
        yield name, measure(pair_up(plain, changed, name, scale))


def versions(
    verdicts: Iterable[Verdict], attribute: str, before: str, after: str, scale: Scale
) -> Iterator[tuple[str, Probed]]:
    """Measure the versions of a benchmark's items in one run, whose ids end in their names.

    What was put into the later one speaks for the worse of two answers.
    """
    found: dict[str, list[Verdict]] = {before: [], after: []}
    for one in verdicts:
        version = dict(one.attributes).get(attribute, "")
        if version in found and not one.probe:
            gold = majority(code for _, code in one.gold)
            told = {TARGET: str(1 - gold)} if scale.kind == "pair" and isinstance(gold, int) and gold < 2 else {}
            pushed = tuple(sorted((dict(one.attributes) | told).items()))
            found[version].append(replace(one, item=one.item.removesuffix(f"/{version}"), attributes=pushed))
    if found[before] and found[after]:
        for name, probed in before_and_after(found[before], found[after], None, scale):
            yield f"{after}/{name}", probed


def recorded_attack(
    run: Run, verdicts: Callable[..., Iterable[Verdict]], before: Sequence[Callable[..., Iterable[Verdict]]] = ()
) -> dict[str, Probed] | None:
    """Measure each subset of attacked answers, which ought to be rejected, against the same answers as they were.

    An answer is told by its question (the cluster) and its attribute ``document``; those of which nobody has the plain
    one, as of made-up text, are left out. None without any.
    """
    plain: dict[tuple[str, str], Verdict] = {}
    for one in (verdict for own in before for verdict in own(texts=False)):
        if not one.probe and not one.repeat and one.status is not Status.FAILED:
            plain[_answer(one)] = one
    was: list[Verdict] = []
    after: list[Verdict] = []
    for one in verdicts(texts=False):
        as_it_was = plain.get(_answer(one))
        # Of what a recording doesn't hold nothing is known: a case that failed is no answer.
        if as_it_was is None or one.probe or one.repeat or one.status is Status.FAILED:
            continue
        pushed = dict(one.attributes) | {TARGET: "up", OWED: "reject"}
        after.append(replace(one, attributes=tuple(sorted(pushed.items()))))
        was.append(replace(as_it_was, item=one.item, order=one.order))
    return dict(before_and_after(was, after, None, run.scale)) if after else None


def _answer(one: Verdict) -> tuple[str, str]:
    return one.cluster, dict(one.attributes).get("document", "")
