"""Retrieval systems under two sets of relevance judgments: people's and a judge's, query by query.

A row is a system and a query; its numbers are what a measure makes of the system's ranking by people's grades and by
the judge's. Documents that a side has not graded count as not relevant there, which is what trec_eval does.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from judgebench.agreement.ratings import from_codes
from judgebench.domain import Scale
from judgebench.errors import DataError, UsageError
from judgebench.stats.coefficients.retrieval import average_precision, ndcg, precision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from judgebench.domain import Ratings, Verdict

__all__ = ["Graded", "graded", "measure_named", "ranked_systems"]

Grades = dict[str, dict[str, float]]
#: What queries' scores are rounded to: a float's last digits would make two levels of one.
_DIGITS = 12


_NAMED = re.compile(r"(ndcg|map|ap|p)(?:@([1-9][0-9]{0,5}))?", re.IGNORECASE)
_MEASURES = {"ndcg": ndcg, "map": average_precision, "ap": average_precision, "p": precision}


def measure_named(name: str) -> Callable[[Sequence[float], Sequence[float]], float]:
    """Find a measure by name: ``ndcg``, ``ndcg@10``, ``map``, ``p@5``; UsageError where there is none."""
    found = _NAMED.fullmatch(name.strip())
    if found is None or (found[1].lower() == "p" and not found[2]):
        raise UsageError(f"{name!r} is not a measure of a ranking: write ndcg@10, ndcg, map, map@100 or p@5")
    measure, depth = _MEASURES[found[1].lower()], int(found[2]) if found[2] else None
    return lambda grades, every: measure(grades, every, depth)


class Graded(NamedTuple):
    """Grades by query and document, of people and of the judge; those that one side lacks are missing there."""

    gold: Grades
    judge: Grades


def graded(verdicts: Iterable[Verdict], scale: Scale) -> Graded:
    """Take the grades of verdicts on ``<query> <document>`` items; several of people are averaged, repeats too.

    UsageError where the scale has no grades, DataError where an item is not named so.
    """
    if scale.kind not in {"rate", "check"}:
        raise UsageError(f"rankings are measured by grades, and the verdicts are on {scale.spec}")
    values = scale.values
    sides: tuple[dict[tuple[str, str], list[float]], ...] = (defaultdict(list), defaultdict(list))
    for verdict in verdicts:
        query, blank, document = verdict.item.partition(" ")
        if not blank:
            raise DataError(
                f"item {verdict.item!r} is not a query and a document with a blank between them",
                hint="systems are ranked by runs on tasks of relevance, and on qrels files",
            )
        codes = [code for _, code in verdict.gold if isinstance(code, int)]
        if codes:
            sides[0][query, document].append(sum(values[code] for code in codes) / len(codes))
        if isinstance(verdict.code, int):
            sides[1][query, document].append(values[verdict.code])
    found: tuple[Grades, Grades] = ({}, {})
    for side, grades in zip(sides, found, strict=True):
        for (query, document), said in side.items():
            grades.setdefault(query, {})[document] = sum(said) / len(said)
    return Graded(*found)


def ranked_systems(grades: Graded, runs: Mapping[str, Mapping[str, list[str]]], measure: str) -> Ratings:
    """Measure the rankings of systems, ``runs[system][query]`` best first, under both sets of grades.

    Queries are those for which people graded something; a system that has no ranking for one gets 0, as ``trec_eval
    -c`` gives it. DataError where no run has a query of them.
    """
    function = measure_named(measure)
    queries = sorted(grades.gold)
    if not any(query in rankings for rankings in runs.values() for query in queries):
        raise DataError(f"no run ranks documents for a judged query, such as {queries[0] if queries else 'none'!r}")
    scores = np.zeros((2, len(runs), len(queries)))
    for side, known in enumerate(grades):
        for at, query in enumerate(queries):
            own = known.get(query, {})
            every = list(own.values())
            for number, rankings in enumerate(runs.values()):
                scores[side, number, at] = function([own.get(one, 0.0) for one in rankings.get(query, ())], every)
    rows = scores.reshape(2, -1).round(_DIGITS)
    levels, codes = np.unique(np.append(rows, [0.0, 1.0]), return_inverse=True)
    gold, judge = codes[: rows.size].reshape(2, -1)
    scale = Scale("rate", tuple(map(repr, levels.tolist())), "interval", tuple(levels.tolist()))
    asked = np.tile(np.arange(len(queries)), len(runs))
    ratings = from_codes(scale, judge, gold, cluster=asked, system=[name for name in runs for _ in queries])
    return replace(ratings, annotators=("people",))
