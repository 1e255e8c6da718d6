"""What a reading of a table leaves open and only a person can say: with its lines, and the options that settle it."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from typing import TYPE_CHECKING

from judgebench.errors import argument
from judgebench.files.records import some
from judgebench.labels.doubts import SPOKEN
from judgebench.labels.names import words_of
from judgebench.labels.scale_ways import Way, Ways, labels_alone, scales, sets
from judgebench.labels.vocabulary import MISSING, fold, number_of, says_total, word_set

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from judgebench.labels.facts import Facts, Options, Reading

_BAD = re.compile(
    r"hallucinat|toxic|harm(?!less)|unsafe|unfaithful|wrong|error|bias|refus|fail|bad|incorrect|spam|flag|reject|violat|"
    r"fabricat|mislead",
    re.IGNORECASE,
)
_DENIALS = ("un", "in", "im", "ir", "non", "dis")
_SHORTEST = 3
_STATUS = word_set("status state")
_ERROR = word_set("error errors exception failure")
_WEIGHT = word_set("weight weights sample sampling")
_LEFT_OUT = word_set("exclude excluded discard discarded skip skipped remove removed drop dropped duplicate")
_KEPT = word_set("valid include included keep kept usable")
_MARKED = {"1", "true", "yes", "x"}
_OF_CELLS = {"missing", "read_replies", "words"}
_TRUE = ("1", "true")
_DONE = ("submitted", "completed", "complete", "done", "approved", "accepted", "ok", "success", "valid")


def columns_of(facts: Facts, options: Options) -> list[str]:
    """Name the columns of labels that a reading takes."""
    if label := options.get("label"):
        return [str(label)]
    names: list[str] = []
    for role in ("judge", "second_order", "gold"):
        for name in options.get(role, ()):
            head, mark, tail = name.partition("{criterion}")
            head, mark, tail = (head, mark, tail) if mark else name.partition(".*")
            fits = [
                c for c in facts.table.columns if c.startswith(head) and c.endswith(tail) and len(c) > len(head + tail)
            ]
            names += fits if mark else [name]
    return [name for name in names if name in facts.table.cells or name in facts.made]


def doubts(facts: Facts, reading: Reading) -> list[Ways]:
    """Find what a reading leaves open; each doubt with its ways out."""
    names = columns_of(facts, reading.options)
    words = {name: _filled(facts.cells(name)) for name in names}
    if reading.options.get("label") is None:
        found = [_status(facts), _opposite(facts, reading, names), _spoken(facts, reading, names)]
    else:
        found = [_status(facts)]
    if total := _total(facts, words):
        found.append([[total]])
        words = {name: _filled(facts.cells(name)[: -total.options["drop_last"]]) for name in names}
    if chosen := reading.options.get("categories"):
        from judgebench.labels.reading import short_names  # noqa: PLC0415 - loads numpy

        words = {"": Counter(short_names(chosen))}
    elif reading.options.get("confusion"):
        words = {"": Counter(facts.table.columns[1:])}
    ways = scales(facts, reading, words)
    if reading.options.get("confusion"):
        # Its cells are counts, and its labels the names of its columns.
        facts.unsettled = []
        ways = [kept for own in ways if (kept := [one for one in own if not one.options.keys() & _OF_CELLS])]
    found.append(ways)
    return [one for one in found if one]


def _filled(cells: Iterable[str]) -> Counter[str]:
    return Counter({word: count for word, count in Counter(cells).items() if fold(word) not in MISSING})


def _status(facts: Facts) -> Ways:
    """Columns that say of rows whether they count, and how much."""
    for one in facts.columns:
        said = words_of(one.name)
        if said & {"weight", "weights"} and said <= _WEIGHT and one.name not in facts.roles:
            facts.notes.append(f"{one.name}: weights are not read, every row counts once")
        if said & _ERROR and said <= _ERROR | {"message", "type", "code"} and one.missing and one.filled:
            facts.questions.append(f"{one.name} is filled in {one.filled:,} of {one.rows:,} rows: do these count?")
            without = Way({"where": [f"{one.name} is empty"]}, f"only rows without {one.name}")
            return [[without, Way({}, "all rows")]]
    for one in facts.columns:
        if not words_of(one.name) & _STATUS or one.name in facts.roles or not 2 <= one.distinct <= 8:
            continue
        codes = {fold(word) for word, _ in one.words} in ({"0", "1"}, {"true", "false"})
        done = next((word for word, _ in one.words if fold(word) in (_TRUE if codes else _DONE)), None)
        if done is not None:
            only = f"{one.name} = {done.strip()}"
            facts.questions.append(f"{one.name} says {some(word for word, _ in one.words)}: do all rows count?")
            return [[Way({"where": [only]}, f"only rows whose {one.name} is {done.strip()}"), Way({}, "all rows")]]
    return _kept(facts)


def _kept(facts: Facts) -> Ways:
    """Columns that say of some rows, not of all, that they are to be left out, or kept."""
    for one in facts.columns:
        said, words = words_of(one.name), {fold(word) for word, _ in one.words}
        free = facts.roles.get(one.name, ("left aside",))[0] == "left aside"
        if not free or not said & (_LEFT_OUT | _KEPT) or said & {"judge", "human", "reason"}:
            continue
        yes = next((word.strip() for word, _ in one.words if fold(word) in _MARKED), None)
        if said & _LEFT_OUT and words <= _MARKED and one.missing and one.filled:
            only = f"{one.name} is empty"
        elif words in ({"0", "1"}, {"true", "false"}, {"yes", "no"}) and yes is not None:
            only = f"{one.name} {'!=' if said & _LEFT_OUT else '='} {yes}"
        else:
            continue
        facts.questions.append(f"{one.name} marks some of the rows: do all count?")
        return [[Way({"where": [only]}, f"only rows where {only}"), Way({}, "all rows")]]
    return []


def _opposite(facts: Facts, reading: Reading, names: Sequence[str]) -> Ways:
    """Columns that seem to mean opposite things by the same words."""
    turned = _reversed(facts, reading.options)
    if not turned:
        return []
    gold = [name for name in reading.options["gold"] if name in names]
    facts.questions.append(
        f"{some(turned)} and {some(gold)}: do the same words mean opposite things, as the names seem to say?"
    )
    return [[Way({"reverse": turned}, f"{some(turned)} turned round"), Way({}, "as the words stand")]]


def _reversed(facts: Facts, options: Options) -> list[str]:
    """Find judges' columns whose names say something bad where gold's says something good, or the other way."""
    golds, judges = options.get("gold", []), options.get("judge") or options.get("scores", [])
    if not isinstance(golds, list) or not isinstance(judges, list) or not golds:
        return []
    gold = {bool(_BAD.search(name)) for name in golds}
    negated = {word for name in golds for word in words_of(name)}
    return [
        name
        for name in judges
        if name in facts.table.cells
        and len(gold) == 1
        and ({bool(_BAD.search(name))} != gold or any(_opposites(words_of(name), negated)))
    ]


def _opposites(one: Iterable[str], other: Iterable[str]) -> Iterator[bool]:
    """Whether a word of one name denies one of the other: irrelevant and relevant."""
    for short, long in ((a, b) for two in ((one, other), (other, one)) for a in two[0] for b in two[1]):
        yield len(short) > _SHORTEST and any(long == f"{prefix}{short}" for prefix in _DENIALS)


def _spoken(facts: Facts, reading: Reading, names: Sequence[str]) -> Ways:
    """Words that may be a gap or an answer, which a judge and gold both write."""
    judges = {*reading.options.get("judge", ()), *reading.options.get("second_order", ())}
    written: tuple[dict[str, str], dict[str, str]] = ({}, {})
    for name in names:
        for cell in set(facts.cells(name)):
            if fold(cell) in SPOKEN:
                written[name not in judges][fold(cell)] = cell
    both = [word for text, word in written[0].items() if text in written[1]]
    if not both:
        return []
    word = both[0]
    gap = Way({"missing": [word]}, f"{word!r} is a gap: no label")
    if any(facts[name].kind == "pair" for name in names):
        answer: Way | None = Way({"words": {word: "neither"}}, f"{word!r} is an answer: none of the two")
    elif sets(facts, {name: _filled(facts.cells(name)) for name in names}):
        answer = Way({"words": {word: "[]"}}, f"{word!r} says that none of the labels applies")
    else:
        answer = labels_alone(facts, names)
    if answer is None:
        facts.questions.append(
            f"{word!r} is said by judge and gold: taken for a gap; if it is an answer, {argument('words')} {word}=…"
        )
        return [[gap]]
    facts.questions.append(f"{word!r} is said by judge and gold: an answer, or a gap?")
    return [[answer, gap]]


def _total(facts: Facts, words: dict[str, Counter[str]]) -> Way | None:
    """Find a last row that is no item but a total."""
    if facts.rows < 4 or not facts.table.whole:
        return None
    columns = [one.name for one in facts.columns if one.name in facts.table.cells]
    ends = ([facts.cells(name)[-end] for name in columns] for end in range(1, facts.rows))
    totals = list(itertools.takewhile(lambda row: any(map(says_total, row)), ends))
    said = [cell for row in totals for cell in row if says_total(cell)]
    if not said:
        sums = []
        for name in words:
            numbers = [number_of(cell) for cell in facts.cells(name)]
            above = [number for number in numbers[:-1] if number is not None]
            if numbers[-1] is None or not above:
                return None
            sums.append(abs(sum(above) - numbers[-1]) < 1e-9 and numbers[-1] > max(above))
        if not sums or not all(sums):
            return None
    many, unit = max(1, len(totals)), facts.table.unit
    lines = ", ".join(map(str, facts.table.lines[-many:]))
    says = f": it says {said[0]!r}" if said else " of the others"
    told = f"row ({unit} {lines}) is a total{says}; {argument('drop_last')} 1 leaves it out"
    if many > 1:
        told = f"{many} rows ({unit}s {lines}) are totals: they say {some(map(repr, said))}; "
        told += f"{argument('drop_last')} {many} leaves them out"
    facts.notes.append(f"the last {told}")
    return Way({"drop_last": many}, "without the totals at the end" if many > 1 else "without the last row, a total")
