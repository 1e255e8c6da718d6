"""Cells that may mean something else than they seem to: asked about, never guessed.

A number apart from all ratings (an error mark, a total row) would stretch the scale that is read off the data, and
a word for "no answer" that both sides write may be an answer: none of the two is better, it does not apply.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.errors import UsageError, argument
from judgebench.labels.vocabulary import fold, number_of
from judgebench.labels.words import whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from judgebench.domain import Scale

    Where = Callable[[str, str], str]

#: Numbers that forms and programs write where there is no rating.
MARKS = frozenset({-1, -9, -99, -999, 9, 99, 999})
#: Cells below which ratings show no range to be apart from.
_ENOUGH = 10
#: Below this share of the other's end a scale is half as long: 5 of 10, 1 of 5, 5 of 100.
HALF = 0.58
#: Gaps that people write as words; programs write the others (an empty cell, NaN, null).
SPOKEN = frozenset({"none", "na", "n/a", "n.a."})


def apart(cells: Mapping[int, int], columns: int) -> list[int]:
    """Find numbers that lie apart from the ratings, given how many cells of all columns hold each.

    The one negative number among others from 0, where it is a usual mark for "no rating"; and what is further from the
    rest than twice the rest's range, where it is such a mark beside three ratings or more, or no more cells than
    columns hold it, as in a total row.

    >>> apart({-1: 5, 3: 9, 4: 7, 6: 5}, 2), apart({1: 9, 4: 9, 5: 8, 59: 1, 62: 1}, 2), apart({1: 8, 3: 9, 10: 4}, 2)
    ([-1], [59, 62], [])
    """
    negative = [value for value in cells if value < 0]
    found = negative if len(negative) == 1 and negative[0] in MARKS else []
    values = sorted(set(cells) - set(found))
    for place in range(2, len(values)):
        core, rest = values[:place], values[place:]
        few = sum(cells[value] for value in rest) <= columns or (place > 2 and set(rest) <= MARKS)
        enough = sum(cells[value] for value in core) >= _ENOUGH
        if few and enough and rest[0] - core[-1] > 2 * (core[-1] - core[0]):
            return found + rest
    return found if len(values) > 1 else []


def rating_cells(words: Mapping[str, Mapping[str, int]]) -> dict[int, int]:
    """Count the cells of each whole number in columns of words and their cells."""
    found: dict[int, int] = {}
    for own in words.values():
        for word, cells in own.items():
            if (value := whole_number(fold(word))) is not None:
                found[value] = found.get(value, 0) + cells
    return found


def refuse_apart(words: Mapping[str, Mapping[str, int]], where: Where | None = None) -> None:
    """Ask about numbers that would stretch a range of ratings which nobody declared; `apart` finds them."""
    counts = rating_cells(words)
    found = apart(counts, len(words))
    if not found:
        return
    rest = sorted(set(counts) - set(found))
    listed = ", ".join(f"{value} ({_holders(str(value), words, where)})" for value in found)
    gaps = f"{argument('missing')} {','.join(map(str, found))}"
    raise UsageError(
        f"{listed} {'lies' if len(found) == 1 else 'lie'} apart from the ratings {rest[0]} to {rest[-1]}: an error "
        f"mark or a total row? Leave it out with {gaps} (a last row with {argument('drop_last')} 1); or, if it is a "
        f"rating, give {argument('scale')} rate:{min(counts)}-{max(counts)}"
    )


def refuse_units(words: Mapping[str, Mapping[str, int]], judges: Sequence[str], kind: str) -> None:
    """Ask about a judge and gold in two units: one ends near half of the other's end, most of which lies beyond it.

    ``words`` are the cells of each column of numbers, by what they mean.
    """
    gold: dict[float, int] = {}
    for name in words:
        if name not in judges:
            for number, cells in _numbers(words[name]).items():
                gold[number] = gold.get(number, 0) + cells
    people = ", ".join(name for name in words if name not in judges)
    for name in judges:
        own = _numbers(words.get(name, {}))
        if min(sum(own.values()), sum(gold.values())) < _ENOUGH:
            continue
        short, long = sorted((own, gold), key=max)
        beyond = sum(cells for number, cells in long.items() if number > max(short))
        if 0 < max(short) <= HALF * max(long) and beyond * 2 > sum(long.values()):
            raise UsageError(
                f"{name} says {min(own):g} to {max(own):g}, {people} {min(gold):g} to {max(gold):g}: in two units? Say "
                f"{argument('rescale')} {name}=LO-HI:{min(gold):g}-{max(gold):g} with the ends of the judge's scale; "
                f"or if both are on one, {argument('scale')} {kind}:{min(*own, *gold):g}-{max(long):g}"
            )


def refuse_shifted(words: Mapping[str, Mapping[str, int]], judges: Sequence[str]) -> None:
    """Ask about ratings from 0 on one side and as many from 1 on the other: 0 to 4 beside 1 to 5."""
    sides = {True: set[float](), False: set[float]()}
    cells = {True: 0, False: 0}
    for name, own in words.items():
        sides[name in judges] |= _numbers(own).keys()
        cells[name in judges] += sum(_numbers(own).values())
    if min(cells.values()) < _ENOUGH or not all(sides.values()):
        return
    (low, high), (least, most) = ((min(sides[one]), max(sides[one])) for one in (True, False))
    if {low, least} == {0, 1} and high - most == low - least and high - low > 1:
        zero, top = low == 0, max(high, most)
        name, other = (next(name for name in words if (name in judges) == side) for side in (zero, not zero))
        raise UsageError(
            f"{name} says 0 to {top - 1:g}, {other} 1 to {top:g}: one scale, {argument('scale')} rate:0-{top:g}, or "
            f"two that count from 0 and from 1, {argument('rescale')} {name}=0-{top - 1:g}:1-{top:g}?"
        )


def refuse_criteria(cells: Mapping[str, Mapping[str, int]], alone: str) -> None:
    """Ask about criteria on scales of their own; ``cells`` are the numbers and words of each, ``alone`` is an option.

    One of two ends at most half as high as the other, or some hold numbers and others words.
    """
    tops = {
        name: max(numbers) for name, own in cells.items() if (numbers := _numbers(own)) and len(numbers) == len(own)
    }
    held = {name: own for name, own in cells.items() if own}
    enough = [name for name in tops if sum(cells[name].values()) >= _ENOUGH]
    apart_ = enough and min(tops[name] for name in enough) * 2 <= max(tops[name] for name in enough)
    if not apart_ and len(tops) in {0, len(held)}:
        return
    shown_ = [
        f"{name} {min(_numbers(own)):g} to {tops[name]:g}" if name in tops else f"{name} {', '.join(sorted(own)[:4])}"
        for name, own in held.items()
    ]
    one = f"; if it is one scale, {argument('scale')} rate:LO-HI says which" if len(tops) == len(held) else ""
    raise UsageError(
        f"the criteria are on scales of their own ({'; '.join(shown_)}): measure those of each scale by themselves, "
        f"{alone}{one}"
    )


def _numbers(own: Mapping[str, int]) -> dict[float, int]:
    """Cells of each number."""
    return {number: cells for word, cells in own.items() if (number := number_of(word)) is not None}


def refuse_answers(
    words: Mapping[str, Iterable[str]], judges: Sequence[str], scale: Scale, where: Where | None = None
) -> None:
    """Ask about None, NA and n/a where a judge and gold both write it and no scale or word says what it means."""
    if asked := answers_or_gaps(words, judges, scale, where):
        raise UsageError(asked)


def answers_or_gaps(
    words: Mapping[str, Iterable[str]], judges: Sequence[str], scale: Scale | None, where: Where | None = None
) -> str:
    """Say which words may be an answer or a gap, and how to tell; empty where none may."""
    found: dict[str, str] = {}
    for text in sorted(SPOKEN):
        holders = [name for name, own in words.items() if any(fold(word) == text for word in own)]
        if {name in judges for name in holders} == {True, False} and not _said(text, scale, words):
            found[text] = next(word.strip() for word in words[holders[0]] if fold(word) == text)
    if not found:
        return ""
    listed = ", ".join(f"{word!r} ({_holders(text, words, where)})" for text, word in found.items())
    word = next(iter(found.values()))
    bad = f" {argument('words')} {word}=neither," if scale is not None and scale.kind == "pair" else ""
    return (
        f"{listed} may be an answer or a gap; for a gap give {argument('missing')} {','.join(found.values())}, for an "
        f"answer{bad} {argument('words')} {word}=LABEL, or list it in {argument('scale')}"
    )


def _said(text: str, scale: Scale | None, words: Mapping[str, Iterable[str]]) -> bool:
    if scale is None:
        return False
    written = {word.strip() for own in words.values() for word in own if fold(word) == text}
    return any(scale.code(word) is not None for word in written | {text})


def _holders(text: str, words: Mapping[str, Iterable[str]], where: Where | None) -> str:
    holders = [name for name, own in words.items() if any(fold(word) == text for word in own)]
    return "; ".join(f"{name} {where(name, text)}" if where else name for name in holders)
