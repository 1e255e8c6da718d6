"""Apply the rules that read replies to the columns of a table, and say what each of them read."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from judgebench.errors import DataError, UsageError, argument
from judgebench.files.records import cut, some
from judgebench.labels.inferring import foreign_words
from judgebench.labels.replies import RULES, Read, read
from judgebench.labels.speech import NumberSpeech, PairSpeech, Speech, check, labels
from judgebench.labels.vocabulary import MISSING, NO_VERDICT, fold, number_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from judgebench.domain import Scale
    from judgebench.labels.cells import Cells

    Meant = dict[str, dict[str, str]]
    #: How many cells of a column hold some of its words, and on which lines.
    Count = Callable[[str, Collection[str]], int]
    Where = Callable[[str, Collection[str]], str]

#: So many texts of a column tell which words its verdicts are.
_LOOKED_AT = 1000
_EXAMPLE = 30
#: So many words are shown of those that rules would read, or would not, and so much of each.
_SHOWN, _LONGEST = 4, 40
_ORDER = [rule.name for rule in RULES]


@dataclass(slots=True)
class _Column:
    """What the rules made of a column's words: by rule those that they read, and those that they didn't.

    One word alone is no reply but a label, and ``foreign``.
    """

    read: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    two: list[str] = field(default_factory=list[str])
    none: list[str] = field(default_factory=list[str])
    foreign: list[str] = field(default_factory=list[str])
    #: Of fractions the whole.
    whole: str = ""


def read_replies(
    meant: Meant, judges: Sequence[str], scale: Scale | None, cells: Cells, count: Count, where: Where
) -> list[str]:
    """Read what is no word of the scale, in place; the notes say which rule read what.

    In a judge's column what no rule reads is no verdict, as long as that is less than half of its cells. DataError
    where it is more; UsageError where nothing tells which words verdicts are.
    """
    speech = _speech(meant, scale, cells)
    if speech is None:
        return []
    notes: list[str] = []
    wholes: dict[str, str] = {}
    for name, own in meant.items():
        heard = NumberSpeech(_top(name, cells)) if cells.numeric([name]) else speech
        found = _column(own, heard, judge=name in judges)
        if found.whole and not cells.numeric([name]):
            wholes[found.whole] = name
        for words in found.read.values():
            own.update(words)
        gaps = found.two + (found.none if name in judges else [])
        own.update(dict.fromkeys(gaps, ""))
        if (lost := count(name, gaps)) * 2 > count(name, [word for word in own if fold(word) not in MISSING]):
            raise DataError(
                f"{argument('read_replies')}: no rule reads {lost:,} cells of {name}, more than half: "
                f"{', '.join(repr(cut(word, 60)) for word in gaps[:5])} ({where(name, gaps)})",
                hint=f"say with {argument('scale')} what its words are, or with {argument('words')} what they mean",
            )
        # Where no verdict is found is told of all judges together, when all is read.
        unread = [f"{count(name, found.none):,} not read"] if found.none and name in judges else []
        unread += [f"{count(name, found.two):,} say two verdicts ({where(name, found.two)})"] if found.two else []
        if found.read or unread:
            notes.append(
                f"{name}: cells read by {argument('read_replies')}: {'; '.join([_told(found, name, count), *unread])}"
            )
    if len(wholes) > 1:
        told = ", ".join(f"{name} out of {whole}" for whole, name in wholes.items())
        raise DataError(
            f"{argument('read_replies')}: fractions in several units ({told})",
            hint=f"bring one into the other's: {argument('rescale')} COLUMN=LO-HI:LO-HI",
        )
    return notes


def readable(meant: Meant, scale: Scale | None, cells: Cells) -> list[tuple[str, str]]:
    """Say what the rules would read of a table's words, for a message; none where they would guess."""
    try:
        speech = _speech(meant, scale, cells)
    except UsageError:
        return []
    looked = [dict(itertools.islice(own.items(), _LOOKED_AT)) for own in meant.values()]
    found = [_column(own, speech, judge=True) for own in looked] if speech is not None else []
    return list(
        {word: meaning for one in found for words in one.read.values() for word, meaning in words.items()}.items()
    )


def would_read(meant: Meant, scale: Scale | None, judges: Sequence[str], cells: Cells) -> str:
    """Say what the rules would read of words that are foreign, and what not; empty where they would read nothing."""
    found = dict(readable(meant, scale, cells))
    if not found:
        return ""
    said = [f"{cut(word, _LONGEST)!r} as {meaning or 'no verdict'}" for word, meaning in found.items()]
    rest = list[str]()
    if scale is None or scale.listed:
        left = {name: [found.get(word, text) for word, text in own.items()] for name, own in meant.items()}
        rest = [repr(cut(word, _LONGEST)) for word in foreign_words(left, judges, scale)]
    return f"{argument('read_replies')} reads {some(said, _SHOWN)}{', but not ' * bool(rest)}{some(rest, _SHOWN)}"


def verdict_in(text: str, scale: Scale) -> str:
    """Read the verdict of one reply on a scale; empty where it has none, or two.

    >>> from judgebench.domain import Scale
    >>> verdict_in("Rating: 4", Scale.rate(1, 5)), verdict_in("Rating: 4. No, rating: 2", Scale.rate(1, 5))
    ('4', '')
    """
    speech = _of_scale(scale)
    found = _said(text, speech) if speech is not None else None
    return found.meaning if found is not None else ""


def read_numbers(meant: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Read the numbers in the words of a column of scores, 80 % as .8; and say what was read by which rule."""
    found = _column(meant, NumberSpeech(), judge=True)
    percents = found.read.get("percent", {})
    percents.update({word: f"{float(meaning) / 100:.12g}" for word, meaning in percents.items()})
    # What says two numbers says none; what no rule reads is refused.
    read_ = {word: meaning for words in found.read.values() for word, meaning in words.items()}
    told = ", ".join(_example(rule, found) for rule in sorted(found.read, key=_ORDER.index))
    return {**meant, **dict.fromkeys(found.two, ""), **read_}, told and f"numbers read by rules: {told}"


def _top(name: str, cells: Cells) -> float | None:
    units = cells.units([name])
    return None if units is None else units.high


def _of_scale(scale: Scale) -> Speech | None:
    if scale.kind == "check":
        return check()
    if scale.kind == "pair":
        return PairSpeech()
    if scale.kind == "number":
        return NumberSpeech(*scale.values[1:])
    if scale.kind == "rate" and (top := number_of(scale.labels[-1])) is not None:
        return NumberSpeech(top)
    return labels(scale) if scale.kind in {"rate", "label", "pick"} else None


def _speech(meant: Meant, scale: Scale | None, cells: Cells) -> Speech | None:
    """Choose the words that verdicts are: the scale's, or those of which most texts of all columns are read."""
    looked = {
        name: dict(itertools.islice(own.items(), _LOOKED_AT))
        for name, own in meant.items()
        if not cells.numeric([name])
    }
    speech = _of_scale(scale) if scale is not None else None
    if scale is None:
        lost: dict[str, int] = {}
        speeches: dict[str, Speech] = {one.name: one for one in (NumberSpeech(), check(), PairSpeech())}
        for name, tried in speeches.items():
            found = [_column(own, tried, judge=True) for own in looked.values()]
            lost[name] = sum(len(column.none) + len(column.foreign) for column in found)
        best = [name for name, count in lost.items() if count == min(lost.values())]
        if len(best) > 1 and {"check", "pair"} <= set(best):
            raise UsageError(f"{argument('read_replies')}: the replies fit several scales; give {argument('scale')}")
        # 1 and 0 are numbers and words of a check: which of them is found out from the numbers.
        speech = speeches[best[0]]
    if isinstance(speech, PairSpeech):
        sides = {one.meaning for own in looked.values() for word in own.values() if (one := _said(word, speech))}
        return PairSpeech(third=bool(sides & {"A", "B"}))
    return speech


def _said(word: str, speech: Speech) -> Read | None:
    if (said := speech.mean(word)) is not None and not said.form:
        return Read("read", said.meaning)
    found = read(word, speech)
    return found if found.outcome == "read" else None


def _column(own: Mapping[str, str], speech: Speech, *, judge: bool) -> _Column:
    """Read a column's words by what they mean so far; those that need no rule stay."""
    found = _Column()
    gaps = MISSING | NO_VERDICT if judge else MISSING
    numbers = 0
    reads: dict[str, Read] = {}
    for word, meaning in own.items():
        if (len(meaning) < 20 and fold(meaning) in gaps) or (
            (said := speech.mean(meaning)) is not None and said.form in {"", "third"} and not _third(speech, meaning)
        ):
            numbers += bool(meaning)
            continue
        one = read(meaning, speech)
        if one.outcome == "read":
            reads[word] = one
        elif one.outcome == "two" or not meaning.strip().isalpha():
            (found.two if one.outcome == "two" else found.none).append(word)
        else:
            found.foreign.append(word)
    tops = {one.said.top for one in reads.values() if one.said is not None and one.said.top}
    found.whole = next(iter(tops)) if len(tops) == 1 else ""
    percent = {word for word, one in reads.items() if one.said is not None and one.said.form == "percent"}
    apart = isinstance(speech, NumberSpeech) and speech.top != 100 and (numbers or len(percent) < len(reads))
    mixed = percent if apart else set[str]()
    for word, one in reads.items():
        if word in mixed or (len(tops) > 1 and one.said is not None and one.said.top):
            found.none.append(word)
        else:
            found.read.setdefault(one.rule, {})[word] = one.meaning
    return found


def _third(speech: Speech, word: str) -> bool:
    return isinstance(speech, PairSpeech) and speech.third and fold(word) == "c"


def _told(found: _Column, name: str, count: Count) -> str:
    """Say how many cells each rule read, with an example."""
    rules = sorted(found.read, key=_ORDER.index)
    return ", ".join(f"{count(name, found.read[rule]):,} by {_example(rule, found)}" for rule in rules) or "none"


def _example(rule: str, found: _Column) -> str:
    word, meaning = next(iter(found.read[rule].items()))
    return f"{rule} ({cut(word, _EXAMPLE)!r} as {meaning or 'no verdict'})"
