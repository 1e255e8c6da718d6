"""Self-preference and family-preference: whether a judge is kinder to its own answers, or to those of its kin.

Of a pair one of whose responses is its own, each response is looked at once: was it preferred, and is it the better
one? Of a check: was it accepted, and is it right? Of ratings: how much higher than gold's are they?

Source: Wataoka, Takahashi & Ri (2024), Self-preference bias in LLM-as-a-judge (equal opportunity).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.intervals import estimated
from judgebench.agreement.observed.rows import Observed, share_among, tested, weighed
from judgebench.agreement.probing.measure import Probed
from judgebench.domain import Estimate, bare
from judgebench.stats.influence import Clusters, combine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from judgebench.domain import Run, Verdict
    from judgebench.stats.crosstab import Flags, Floats
    from judgebench.stats.influence import Influences

#: Where a run copied for measuring says which systems are the judge's own, and which family a name is of.
OWN_SYSTEMS, FAMILIES = "own systems", "families"
_FIRST_WORD = re.compile(r"[^\W\d_]+")


def self_preference(run: Run, verdicts: Callable[..., Iterable[Verdict]]) -> Probed | None:
    """Measure how much more often the judge is for its own answers than for others'; None where there are none."""
    own = run.settings.get(OWN_SYSTEMS)
    names = {_plain(name) for name in (own or (bare(run.judge), *run.models))}
    return _preference(run, verdicts, lambda system: _plain(system) in names)


def family_preference(run: Run, verdicts: Callable[..., Iterable[Verdict]]) -> Probed | None:
    """Measure the same of the answers of models of its family, its own left out."""
    told: Mapping[str, str] = run.settings.get(FAMILIES) or {}
    said = {_plain(name): _plain(one) for name, one in told.items()}
    mine = {_plain(name) for name in (*(run.settings.get(OWN_SYSTEMS) or ()), bare(run.judge), *run.models)}
    here = {said[name] for name in mine if name in said}
    if not here and run.family:
        here = {_plain(run.family)}
    kin = here or {family_of(name) for name in mine} - {""}

    def akin(system: str) -> bool | None:
        name = _plain(system)
        return None if name in mine else (said.get(name) or family_of(name)) in kin

    return _preference(run, verdicts, akin)


def family_of(model: str) -> str:
    """Take the first word of a model's name for its family, where nobody says more.

    >>> family_of("openai/gpt-4o"), family_of("Llama3-8B"), family_of("gpt-4t")
    ('gpt', 'llama', 'gpt')
    """
    found = _FIRST_WORD.search(_plain(model))
    return found.group() if found else ""


def _plain(name: str) -> str:
    """Take a model's name without its backend, in small letters."""
    return str(name).rpartition("/")[2].strip().casefold()


@dataclass(frozen=True, slots=True)
class _Looks:
    """Responses as looked at, a row each: was the judge for it, is it right (of ratings: 0), is it the judge's own."""

    accepted: Floats
    right: Floats
    own: Flags
    clusters: Clusters


def _preference(
    run: Run, verdicts: Callable[..., Iterable[Verdict]], is_own: Callable[[str], bool | None]
) -> Probed | None:
    if not (run.scale.numeric or run.scale.kind in {"check", "pair"}):
        return None
    rows = Observed.of(verdicts(texts=False), run.scale)
    looks = _pairs(rows, is_own) if run.scale.kind == "pair" else _singles(rows, run.scale.kind, is_own)
    if looks is None or not looks.own.any() or looks.own.all():
        return None
    sure = (0.0,) if run.scale.numeric else (1.0, 0.0)
    figures: dict[str, Estimate] = {}
    parts: list[Influences] = []
    weights: list[float] = []
    count = int(looks.own.sum())
    for right in sure:
        mine, theirs = (np.flatnonzero((looks.own == one) & (looks.right == right)) for one in (True, False))
        one, two = (share_among(looks.accepted, at, looks.clusters) for at in (mine, theirs))
        if one is None or two is None:
            continue
        parts += [one, two]
        weights += [mine.size / count, -mine.size / count]
        if len(sure) == 2:
            figures["equal_opportunity" if right else "false_positive_difference"] = tested(one, two)[0]
            figures |= {
                f"{'accepted' if right else 'wrongly_accepted'}_{whose}": _alone(part)
                for whose, part in (("own", one), ("others", two))
            }
    if not parts:
        return None
    # Of gold labels that only one side has nothing can be told.
    known = sum(weight for weight in weights if weight > 0)
    whole = combine(parts, [weight / known for weight in weights])
    reach = 1.0 if len(sure) == 2 else np.inf
    # Of one gold label it is a difference of two shares, which has bounds where nothing ever differs, too.
    alone = len(parts) == 2 and len(sure) == 2
    effect, p = tested(*parts) if alone else weighed(whole, low=-reach, high=reach)
    return Probed(looks.clusters.count, looks.own.size, effect, p, "others", figures, either=True)


def _alone(part: Influences) -> Estimate:
    return estimated(part, low=0.0, high=1.0, proportion=part.deff is not None)


def _singles(rows: Observed, kind: str, is_own: Callable[[str], bool | None]) -> _Looks | None:
    whose = [is_own(one[0]) if len(one) == 1 and one[0] else None for one in rows.systems]
    own = rows.known[[whose[row] is not None for row in rows.known]]
    if not own.size:
        return None
    mine = np.array([bool(whose[row]) for row in own])
    said, gold = rows.said[own], rows.gold[own]
    if kind != "check":
        said, gold = said - gold, np.zeros_like(gold)
    return _Looks(said, gold, mine, rows.clusters(own))


def _pairs(rows: Observed, is_own: Callable[[str], bool | None]) -> _Looks | None:
    """Look at both responses of the pairs that have exactly one of the judge's own; ties of gold are left out."""
    sides: list[int] = []
    own: list[int] = []
    for row in rows.known:
        names = rows.systems[row]
        if len(names) != 2 or not all(names) or rows.gold[row] == 0:
            continue
        mine = [is_own(name) for name in names]
        if None not in mine and mine[0] != mine[1]:
            own.append(row)
            sides.append(-1 if mine[0] else 1)
    if not own:
        return None
    side, at = np.array(sides, np.float64), np.array(own, np.intp)
    said, gold = rows.said[at], rows.gold[at]
    return _Looks(
        np.concatenate([said == side, said == -side]).astype(np.float64),
        np.concatenate([gold == side, gold == -side]).astype(np.float64),
        np.repeat([True, False], at.size),
        Clusters.of(np.tile(rows.cluster[at], 2)),
    )
