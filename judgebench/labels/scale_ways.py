"""The scale that a reading's words are on, and the ways to say it where the words alone don't."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from judgebench.domain import Scale
from judgebench.domain.scale import members_in
from judgebench.errors import DataError, UsageError, argument
from judgebench.files.paths import parsed
from judgebench.files.records import some
from judgebench.labels.doubts import HALF, apart, rating_cells, refuse_units
from judgebench.labels.inferring import foreign_words, infer
from judgebench.labels.vocabulary import MISSING, fold, number_of
from judgebench.labels.words import code_of, is_decimal, whole_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from judgebench.labels.facts import Facts, Options, Reading

_FAILED = re.compile(r"error|timeout|time out|fail(?:ed|ure)? to|pars|exception|invalid|skip|ignor|unknown|unsure|"
                     r"abstain|refus|^-+$|^\?+$|discard|not sure|can't|cannot", re.IGNORECASE)  # fmt: skip
_PERCENT, _COMMA = re.compile(r"[-+]?\d+(?:[.,]\d+)?\s*%"), re.compile(r"[-+]?\d+,\d{1,2}")
#: What may stand between labels of a set, beside what `members_in` reads.
_JOINTS = re.compile(r"[#/+&]")
_DECORATED = re.compile(r"^[*_\"'`(\[{<].*|.*[.!)\]*_`\"'>]$", re.DOTALL)
_MOST_SET, _RATED = 30, 100
#: Odd words may be left out if they are so few, short, and of at most this share of a column's cells.
_MOST_ODD, _LONGEST, _SHARE = 8, 24, 0.25
#: Labels of gold below which a missing level says nothing.
_ENOUGH = 10
_KNOWN = (Scale.check(), Scale.pair(3, both_bad=True), Scale.pair(7, both_bad=True))


class Way(NamedTuple):
    """One way out of a doubt: what to say of the table, and what that means."""

    options: Options
    why: str = ""
    #: What is told and asked where it is taken.
    note: str = ""
    ask: str = ""


#: Ways of which any may be right; of several such lists the first in which one can be followed counts.
Ways = list[list[Way]]


def scales(facts: Facts, reading: Reading, words: dict[str, Counter[str]]) -> Ways:
    """Say the scale where the words alone do not; several ways where the words may mean several things."""
    if reading.options.get("scores"):
        words = {name: own for name, own in words.items() if name in reading.options.get("gold", ())}
    every = {fold(word): word for own in words.values() for word in own}
    if not every or reading.options.get("combine") in {"mean", "sum"}:
        return [[Way({"scale": "number"})]] if every else []
    numbers = all(number_of(word) is not None for word in every)
    judges = [name for name in words if name in reading.options.get("judge", ())]
    ways: Ways = []
    try:
        inferred = infer({name: list(own) for name, own in words.items()}, judges)
    except (DataError, UsageError):
        if numbers:
            return _numbers(facts, words, every, judges)
    else:
        if not inferred.undeclared_levels:
            return []
        return [_ratings(facts, words, inferred.scale.spec, judges)]
    if third := _third_letter(facts, words, judges):
        return third
    ways += sets(facts, words)
    replies = [[Way({"read_replies": True}, "decorated words and replies are read by named rules")]]
    read = facts.replies(name for name in words if name)
    alien = set(map(fold, foreign_words({name: list(own) for name, own in words.items()}, judges)))
    unread = [word for text, word in every.items() if text in alien and word not in read]
    foreign = _foreign(facts, words, every, judges, (read, alien))
    asked = unread and all(len(word) <= _LONGEST for word in unread)
    # What a short word means is asked, and not left unread.
    return [*ways, *foreign] if asked else [*ways, *replies, *foreign]


def _third_letter(facts: Facts, words: dict[str, Counter[str]], judges: Sequence[str]) -> Ways:
    """Ask about A, B and C on both sides: C is a tie of two answers, or a third choice."""
    said = {name: set(map(fold, own)) for name, own in words.items()}
    both = {name in judges for name, own in said.items() if "c" in own}
    pairs = any(role == "answers" for role, _ in facts.roles.values())
    if pairs or len(both) < 2 or set().union(*said.values()) != {"a", "b", "c"}:
        return []
    ask = "A, B and C: is C a tie of two answers, or a third choice?"
    return [[Way({"read_replies": True}, "C is a tie of A and B", "", ask), _nominal(["A", "B", "C"])]]


def _ratings(facts: Facts, words: dict[str, Counter[str]], spec: str, judges: Sequence[str]) -> list[Way]:
    counts = rating_cells({name: dict(own) for name, own in words.items()})
    gold = rating_cells({name: dict(own) for name, own in words.items() if name not in judges})
    nought = min(counts) == 0 and judges and min(gold, default=0) == 1 and sum(gold.values()) >= _ENOUGH
    found = [0] if nought else apart(counts, len(words))
    if not found:
        whole = Way({"scale": spec}, "", f"{spec} is the range seen; widen it if the form offered more levels")
        return _two_units(words, gold, judges, whole) or [whole]
    rest = sorted(set(counts) - set(found))
    where = facts.where(words, {str(value) for value in found})
    marks = [str(value) for value in found]
    lies = "below" if nought else "apart from"
    ask = f"{some(marks)} ({where}) lies {lies} the ratings {rest[0]} to {rest[-1]}: no rating?"
    told: Options = {"missing": marks, "scale": f"rate:{rest[0]}-{rest[-1]}"}
    return [
        Way(told, f"{some(marks)} is an error mark, not a rating", "", ask),
        Way({"scale": spec}, f"{some(marks)} is a rating like the others"),
    ]


def _two_units(words: dict[str, Counter[str]], gold: dict[int, int], judges: Sequence[str], whole: Way) -> list[Way]:
    """Ask where a judge's ratings end near half of gold's end, or gold's near half of the judge's."""
    for name in judges:
        own = rating_cells({name: dict(words[name])})
        if min(sum(own.values()), sum(gold.values())) < _ENOUGH:
            continue
        (low, high), (least, most) = (min(own), max(own)), (min(gold), max(gold))
        if 0 < min(high, most) <= HALF * max(high, most):
            ask = f"{name} says {low} to {high}, gold {least} to {most}: on one scale, or in two units?"
            units = {name: f"{low}-{high}:{least}-{most}"}
            told: Options = {"rescale": units, "scale": f"rate:{least}-{most}"}
            one = Way(whole.options, f"one scale, {whole.options['scale']}", whole.note, ask)
            return [one, Way(told, "two units: put the ends of the judge's scale there", whole.note)]
    return []


def _units(words: dict[str, Counter[str]], judges: Sequence[str]) -> list[Way]:
    """Ask where a judge's real numbers and gold's seem to be in two units."""
    try:
        refuse_units({name: dict(own) for name, own in words.items()}, judges, "number")
    except UsageError as error:
        numbers = {
            name: [number for word in own if (number := number_of(word)) is not None] for name, own in words.items()
        }
        gold = [number for name, own in numbers.items() if name not in judges for number in own]
        units = {
            name: f"{min(own):g}-{max(own):g}:{min(gold):g}-{max(gold):g}"
            for name in judges
            if (own := numbers.get(name))
        }
        return [
            Way({"scale": "number"}, "one scale", "", str(error)),
            Way({"rescale": units, "scale": "number"}, "two units: put the ends of both scales there"),
        ]
    return []


def _numbers(facts: Facts, words: dict[str, Counter[str]], every: dict[str, str], judges: Sequence[str]) -> Ways:
    """Say what numbers that are not plain ratings may be: with decimals, or codes of several meanings."""
    values = [number for word in every if (number := number_of(word)) is not None]
    if any(is_decimal(word) for word in every) or max(values) - min(values) > 100:
        marks = [word for word in every if word in {"-1", "-9", "-99", "-999", "999"}]
        whole = [Way({"scale": "number"}, "real numbers")]
        rest = [number for word, number in zip(every, values, strict=True) if word not in marks]
        if marks and rest and all(number == int(number) for number in rest) and 0 <= min(rest) <= max(rest) <= _RATED:
            low, high = int(min(rest)), int(max(rest))
            ask = f"{some(marks)} ({facts.where(words, set(marks))}) among ratings {low} to {high}: no rating?"
            told: Options = {"missing": marks, "scale": f"rate:{low}-{high}"}
            return [[Way(told, f"{some(marks)} is an error mark", "", ask), *whole]]
        if marks and min(value for value in values if str(int(value)) not in marks) >= 0:
            ask = f"{some(marks)} among numbers from 0 on: no rating?"
            return [[Way({"missing": marks, "scale": "number"}, f"{some(marks)} is an error mark", "", ask), *whole]]
        return [_units(words, judges) or whole]
    codes = sorted(int(value) for value in values)
    apiece = {name: {whole_number(fold(word)) for word in own} for name, own in words.items()}
    facts.questions.append(
        f"{some(map(str, codes))}: codes whose meaning only you know; {argument('words')} 1=… says it"
    )
    odd = [name for name, own in apiece.items() if own == {1, 2}]
    if odd and len(odd) < len(apiece) and all(own <= {0, 1} for name, own in apiece.items() if name not in odd):
        return [
            [
                Way({"words": {f"{name}:{code}": said for name in odd for code, said in zip("12", way, strict=True)}},
                    f"in {some(odd)} 1 is {way[0]} and 2 is {way[1]}; elsewhere 1 is correct")
                for way in (("incorrect", "correct"), ("correct", "incorrect"))
            ]
        ]  # fmt: skip
    if len(codes) < 2:
        return []
    ways = [Way({"scale": f"rate:{codes[0]}-{codes[-1]}"}, "ratings, the higher the better")]
    if codes == [-1, 0, 1] and not any("-1" in map(fold, own) for name, own in words.items() if name not in judges):
        ways.insert(0, Way({"missing": ["-1"]}, "-1 is an error mark; 1 is correct, 0 is not"))
    if set(codes) <= {0, 1, 2} and 2 in codes:
        tie = {"0": "tie"} if 0 in codes else {}
        ways.append(
            Way(
                {"words": {**tie, "1": "A", "2": "B"}, "scale": "pair" if tie else "pair:2"},
                "picks: 1 is A, 2 is B" + (", 0 a tie" if tie else ""),
            )
        )
    ways.append(Way({"scale": f"nominal:{','.join(map(str, codes))}"}, "codes without order"))
    return [ways]


def sets(facts: Facts, words: dict[str, Counter[str]]) -> Ways:
    """Cells that hold several labels with a bar, a semicolon or a comma between them, or a JSON list."""
    lists = [found for own in words.values() for word in own if isinstance(found := parsed(word), list)]
    if any(len(set(map(str, one))) < len(one) for one in lists):
        # What is there twice counts twice: verdicts on several steps, or answers to several askings.
        return [[Way({"scale": "steps"}, "a list holds a check of each step")]]
    if joined := _joined(facts, words):
        return joined
    if any(word.startswith("{") and members_in(word) is not None for own in words.values() for word in own):
        return _set_ways(facts, words, {})
    for mark in ("|", ";", ",", "["):
        parts: set[str] = set()
        several = 0
        for own in words.values():
            for word, times in own.items():
                cut = [part.strip(" \"'[]") for part in re.split(r"[,|;]" if mark == "[" else re.escape(mark), word)]
                several += times * (len(cut) > 1 or (mark == "[" and word.startswith("[")))
                parts.update(map(fold, cut))
        if (
            not 2 <= len(parts) <= _MOST_SET
            or several < 0.1 * sum(map(Counter.total, words.values()))
            or max(map(len, parts)) > 24
            or any(re.search(r"[<>&{}]", part) for part in parts)
        ):
            continue
        if mark == "," and all(
            _COMMA.fullmatch(word) or number_of(word) is not None for own in words.values() for word in own
        ):
            comma = Way({"read_replies": True}, "numbers with a decimal comma")
            return [[comma, *_set_ways(facts, words, {})[0]]]
        return _set_ways(facts, words, {})
    return []


def _set_ways(facts: Facts, words: dict[str, Counter[str]], meant: dict[str, str]) -> Ways:
    """Take cells for sets, ``meant`` says how; ask what an empty cell is."""
    told, blank = "sets of labels, in any order", [name for name in words if "" in map(fold, facts.cells(name))]
    said: Options = {"words": meant} if meant else {}
    if not blank:
        return [[Way({**said, "scale": "set"}, told)]]
    ask = f"{some(blank)} has empty cells: does none of the labels apply, or is there no label?"
    return [
        [
            Way(
                {"scale": "set", "words": {**meant, "": "[]"}}, f"{told}; an empty cell says that none applies", "", ask
            ),
            Way({"scale": "set", "words": {**meant, "": ""}}, f"{told}; an empty cell is a gap"),
        ]
    ]


def _joined(facts: Facts, words: dict[str, Counter[str]]) -> Ways:
    """Labels with another mark between them, where each of them is also there alone: a#b beside a and b."""
    every = {fold(word): word for own in words.values() for word in own}
    cut = {word: [part.strip() for part in _JOINTS.split(text) if part.strip()] for text, word in every.items()}
    meant = {word: "|".join(parts) for word, parts in cut.items() if len(parts) > 1 and every.keys() >= {*parts}}
    return _set_ways(facts, words, meant) if 3 * len(meant) >= len(every) else []


def _foreign(
    facts: Facts,
    words: dict[str, Counter[str]],
    every: dict[str, str],
    judges: Sequence[str],
    told_of: tuple[dict[str, str], set[str]],
) -> Ways:
    """Words of no scale: marks of failures are gaps, or all words are labels without order."""
    failed = [word for text, word in every.items() if _FAILED.search(word) and text not in MISSING]
    labels = sorted(every.values(), key=fold)
    ways: Ways = []
    if failed and len(failed) < len(every):
        where = facts.where(words, {fold(word) for word in failed})
        note = f"{some(map(repr, failed))} ({where}): not of the others' kind; {argument('missing')} leaves it out"
        gone: Options = {"missing": failed}
        told = f"{some(failed)}: no verdict"
        both = len({name in judges for name, own in words.items() if own.keys() & set(failed)}) == 2
        labelled = [_nominal(labels)] if both and _plain(labels) else []
        ways += [
            [Way(gone, told, note), *labelled],
            [Way({**gone, "read_replies": True}, f"{told}; replies are read", note)],
        ]
        if _plain(rest := [word for word in labels if word not in failed]) and not _known(rest):
            nominal: Options = {**gone, "scale": f"nominal:{','.join(rest)}"}
            ways.append([Way(nominal, f"{told}; labels without order", note), _nominal(labels)])
    plain = [word for word in every.values() if number_of(word) is not None]
    read, alien = told_of
    known = plain if 2 * len(plain) > len(every) else [word for text, word in every.items() if text not in alien]
    # Words of a scale among others are not labels of no scale: what the others mean has to be said.
    if known is plain or _known([*known, *read.values()]):
        rest = [word for word in every.values() if word not in read and word not in known]
        if odd := [word for word in rest if word not in failed]:
            decimal: Options = {"scale": "number"} if known is plain and any(map(is_decimal, plain)) else {}
            both = {name in judges for name, own in words.items() if own.keys() & {*odd}} == {True, False}
            labelled = [_nominal(labels)] if both and known is not plain and _plain(labels) else []
            ways += _odd(facts, words, odd, rest, decimal, labelled)
    elif _plain(labels) and len(labels) > 1:
        ways.append([*_one_label(words, labels), _nominal(labels)])
    return ways


def _one_label(words: dict[str, Counter[str]], labels: Sequence[str]) -> list[Way]:
    """Ask about labels that differ in accents, hyphens or stops alone: one, written in two ways."""
    groups: dict[str, list[str]] = {}
    for label in labels:
        letters = "".join(one for one in unicodedata.normalize("NFKD", fold(label)) if one.isalnum())
        groups.setdefault(letters or label, []).append(label)
    counts = Counter({fold(word): 0 for own in words.values() for word in own})
    for own in words.values():
        counts.update({fold(word): times for word, times in own.items()})
    same = {
        label: chosen
        for group in groups.values()
        for chosen in [max(group, key=lambda label: counts[fold(label)])]
        for label in group
        if label != chosen
    }
    if not same:
        return []
    told = some(f"{one!r} and {other!r}" for one, other in same.items())
    rest = [label for label in labels if label not in same]
    options: Options = {"words": same, "scale": f"nominal:{','.join(rest)}"}
    return [Way(options, f"{told} are one label", "", f"{told}: one label, written in two ways?")]


def _odd(
    facts: Facts,
    words: dict[str, Counter[str]],
    odd: Sequence[str],
    every: Sequence[str],
    also: Options,
    labelled: list[Way],
) -> Ways:
    """Leave out the odd words of a few cells, and ask about them; ``every`` has marks of failures, too.

    What judge and gold both say may be a label like the others (``labelled``).
    """
    where = f"{some(sorted(map(repr, odd)))} ({facts.where(words, set(map(fold, odd)))})"
    facts.unsettled.append(
        f"{where}: not of the others' kind; give {argument('words')} OLD=NEW, or leave out: {argument('missing')} OLD"
    )
    share = max(sum(own[word] for word in every) / max(1, own.total()) for own in words.values())
    if labelled and len(every) <= _MOST_ODD and max(map(len, every)) <= _LONGEST:
        facts.questions.append(f"{where}: judge and gold say so: a label like the others, or none?")
        return [[*labelled, Way({"missing": [*every]}, f"{some(every)}: no label")]]
    if len(every) > _MOST_ODD or share > _SHARE:
        return []
    if any(len(word) > _LONGEST or re.search(r"[,:\n]", word) for word in every):
        return []
    where = f"{some(sorted(map(repr, every)))} ({facts.where(words, set(map(fold, every)))})"
    ask = f"{where}: left out, as not of the others' kind; if it is a label, give {argument('words')} {odd[0]}=…"
    gone: Options = {"missing": [*every], **also}
    told = f"{some(every)}: no label"
    return [[Way(gone, told, "", ask)], [Way({**gone, "read_replies": True}, f"{told}; replies are read", "", ask)]]


def _known(words: Iterable[str], least: int = 2) -> bool:
    """Whether some of the words are of a scale."""
    return sum(any(code_of(word, scale) >= 0 for scale in _KNOWN) for word in words) >= least


def labels_alone(facts: Facts, names: Sequence[str]) -> Way | None:
    """Take what all cells say as labels without order; None where some are marks of failures, or have to be read."""
    every = sorted({fold(cell): cell for name in names for cell in set(facts.cells(name)) if cell}.values())
    if not _plain(every) or any(_FAILED.search(word) for word in every) or facts.replies(names):
        return None
    return Way({"scale": f"nominal:{','.join(every)}"}, "it is a label like the others")


def _nominal(labels: Sequence[str]) -> Way:
    scale = argument("scale")
    return Way(
        {"scale": f"nominal:{','.join(labels)}"},
        "labels without order",
        "the words name no scale: the command takes them as labels without order; if they have one, say "
        f"{scale} LOWEST,…,HIGHEST (or rate:LO-HI, check, pair), or what they mean with {argument('words')}",
    )


def _plain(labels: Sequence[str]) -> bool:
    """Whether all words may be labels of one's own: short, without decoration, numbers or marks between them."""
    return len(labels) <= _MOST_SET and all(
        len(word) <= 40 and not re.search(r"[,|;\[\]{}<>\n\\]", word) and not _DECORATED.match(word) for word in labels
    ) and not any(re.search(r"\d\s*/\s*\d|:\s*\d", word) for word in labels)  # fmt: skip
