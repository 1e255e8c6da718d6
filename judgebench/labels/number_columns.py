"""Columns of numbers beside gold in words: a judge's score or confidence, and how it says a verdict."""

from __future__ import annotations

from judgebench.errors import argument
from judgebench.labels.facts import Facts, Options, Reading, counted
from judgebench.labels.names import (
    is_gold,
    is_id,
    is_judge,
    words_of,
)
from judgebench.labels.rules import read_numbers
from judgebench.labels.vocabulary import number_of, word_set

#: Words of how sure a judge is.
SURE = word_set("confidence conf certainty probability prob p logprob sure")
#: Numbers that end no higher are levels of a scale, not shares of ten or a hundred.
_LEVELS = 7
_THRESHOLD = word_set("threshold cutoff")
_SCORE = word_set("score scores rating reward slider logprob grade points")


def score_columns(facts: Facts, golds: list[str]) -> list[str]:
    """Columns of numbers beside gold in words: what a judge's confidence or score says."""
    if not any(facts[name].kind in {"check", "pair"} for name in golds):
        return []
    return [
        one.name
        for one in facts.columns
        if one.name not in golds and one.name not in facts.roles and not is_gold(one.name) and not is_id(one.name)
        and one.distinct > 1
        and ((one.kind == "decimals") or (one.kind in {"", "rate", "numbers"} and words_of(one.name) & (SURE | _SCORE)))
        and words_of(one.name) & (SURE | _SCORE) | ({"judge"} if is_judge(one.name) else set())
        and (one.kind or _numbers(facts, one.name)[0])
    ]  # fmt: skip


def scored(facts: Facts, judges: list[str], golds: list[str], scores: list[str]) -> list[Reading]:
    """Give the readings in which columns of numbers are scores, or how sure a judge is of its verdicts."""
    found: list[Reading] = []
    pair = facts[golds[0]].kind == "pair"
    for name in scores:
        numbers, form = _numbers(facts, name)
        if not numbers:
            continue
        low, high = min(numbers), max(numbers)
        sure = words_of(name) & SURE and not pair
        facts.take("score", [name], f"numbers from {low:g} to {high:g}")
        if sure and len(judges) == 1 and low >= 0:
            found += _confident(facts, judges, golds, name, low, high, form)
            continue
        if sure and len(judges) == 1 and high <= 0:
            facts.questions.append(
                f"{name}: taken for the log-probability of the judge's own verdict; if it is that of 'correct', say "
                f"{argument('score_means')} correct"
            )
            of: Options = {**form, "judge": judges, "gold": golds, "scores": [name], "score_means": "verdict"}
            found.append(Reading(f"{judges[0]} with {name}: how sure it is of its own verdict", of))
            continue
        if judges and not is_judge(name) and not words_of(name) & _SCORE:
            continue
        found += [one.also(form) for one in _cut_scores(facts, golds, name, low, high, pair=pair)]
    return found


def _numbers(facts: Facts, name: str) -> tuple[list[float], Options]:
    """Read the numbers of a column, and say how; none where some cells hold no number."""
    words = facts.words(name)
    found = [number for word in words if (number := number_of(word)) is not None]
    if len(found) == len(words):
        return found, {}
    read = [number_of(meaning) for meaning in read_numbers({word: word for word in words})[0].values()]
    found = [number for number in read if number is not None]
    return (found, {"read_replies": True}) if len(found) == len(words) else ([], {})


def _confident(
    facts: Facts, judges: list[str], golds: list[str], name: str, low: float, high: float, form: Options
) -> list[Reading]:
    top = next((end for end in (1, 10, 100) if high <= end), 0)
    if not top or 1 < high <= _LEVELS:
        facts.questions.append(
            f"{name} says {low:g} to {high:g}, which are not probabilities: beside the verdicts, "
            f"{argument('scores')} {name} {argument('score_means')} verdict {argument('rescale')} {name}=LO-HI:0.5-1 "
            "takes the ends of its scale for one half and sure"
        )
        return []
    half = top / 2
    facts.questions.append(
        f"{name}: how sure the judge is of its own verdict, or of 'correct'? "
        + (f"It is never below {half:g}, which speaks for the verdict. " if low >= half else "")
        + f"Say {argument('score_means')} verdict or correct"
    )
    base: Options = {**form, "judge": judges, "gold": golds, "scores": [name]}
    units: Options = {"rescale": {name: f"0-{top}:0-1"}} if top > 1 else {}
    ways = [("verdict", "of its own verdict"), ("correct", "that the answer is correct")]
    return [
        Reading(f"{judges[0]} with {name}: how sure it is {of}", {**base, **units, "score_means": means})
        for means, of in (ways if low >= half else ways[::-1])
    ]


def _cut_scores(facts: Facts, golds: list[str], name: str, low: float, high: float, *, pair: bool) -> list[Reading]:
    """Say from which number on a score says yes, or B is better."""
    said = [one.name for one in facts.columns if words_of(one.name) & _THRESHOLD and one.distinct == 1]
    bar = next((number for one in said for word in facts.words(one) if (number := number_of(word)) is not None), None)
    if bar is not None:
        middle, told = bar, f"from {bar:g} on, as {said[0]} says"
    elif pair and high <= 0:
        middle, told = -0.693, "log-probabilities of B, so that B is the likelier from ln 1/2 on"
    elif pair and low < 0 < high:
        middle, told = 0.0, "the difference of two scores, so that 0 is the middle"
    elif low >= 0 and high <= 1:
        middle, told = 0.5, "from one half on"
    else:
        middle, told = (low + high) / 2, f"from the middle of {low:g} to {high:g} on"
    what = "where B is better" if pair else "where the verdict is 'correct'"
    facts.questions.append(f"{name}: assumed {told}; give {argument('threshold')} X if that is another number ({what})")
    options: Options = {"scores": [name], "gold": golds, "threshold": middle}
    return [Reading(f"scores in {name} against {counted(golds, 'gold column')}, cut at {middle:g}", options, why=told)]
