"""What in a table's cells needs a word from a person: found with its lines, and the options that settle it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from judgebench.domain import Scale
from judgebench.errors import DataError, UsageError, argument
from judgebench.labels.doubts import HALF, SPOKEN, apart, rating_cells
from judgebench.labels.facts import Facts, Options, Reading, listed
from judgebench.labels.roles import is_id, words_of
from judgebench.labels.vocabulary import MISSING, fold, number_of
from judgebench.labels.words import code_of, infer, is_decimal, spans, whole_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PLACES = 5
_TOTALS = frozenset({"total", "totals", "sum", "mean", "average", "avg", "summe", "mittelwert", "gesamt", "moyenne"})
_FAILED = re.compile(r"error|timeout|time out|fail(?:ed|ure)? to|pars|exception|invalid|skip|ignor|unknown|unsure|"
                     r"abstain|refus|^-+$|^\?+$|discard|n\.a\.|not sure|can't|cannot", re.IGNORECASE)  # fmt: skip
_PERCENT, _COMMA = re.compile(r"[-+]?\d+(?:[.,]\d+)?\s*%"), re.compile(r"[-+]?\d+,\d{1,2}")
_DECORATED = re.compile(r"^[*_\"'`(\[{<].*|.*[.!)\]*_`\"'>]$", re.DOTALL)
_UNSEEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"))
_BAD = re.compile(
    r"hallucinat|toxic|harm(?!less)|unsafe|unfaithful|wrong|error|bias|refus|fail|bad|incorrect|spam", re.IGNORECASE
)
_STATUS = frozenset({"status", "state"})
_ERROR = frozenset({"error", "errors", "exception", "failure"})
_WEIGHT = frozenset({"weight", "weights", "sample", "sampling"})
_DONE = ("submitted", "completed", "complete", "done", "approved", "accepted", "ok", "success", "valid")
_MOST_SET = 30
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
        words = {name: _filled(facts.cells(name)[:-1]) for name in names}
    if chosen := reading.options.get("categories"):
        from judgebench.labels.reading import short_names  # noqa: PLC0415 - loads numpy

        words = {"": Counter(short_names(chosen))}
    elif reading.options.get("confusion"):
        words = {"": Counter(facts.table.columns[1:])}
    found.append(_scales(facts, reading, words))
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
        if not words_of(one.name) & _STATUS or not 2 <= one.distinct <= 8:
            continue
        done = next((word for word, _ in one.words if fold(word) in _DONE), None)
        if done is not None:
            only = f"{one.name} = {done.strip()}"
            facts.questions.append(f"{one.name} says {listed(word for word, _ in one.words)}: do all rows count?")
            return [[Way({"where": [only]}, f"only rows whose {one.name} is {done.strip()}"), Way({}, "all rows")]]
    return []


def _opposite(facts: Facts, reading: Reading, names: Sequence[str]) -> Ways:
    """Columns that seem to mean opposite things by the same words."""
    turned = _reversed(facts, reading.options)
    if not turned:
        return []
    gold = [name for name in names if name not in reading.options.get("judge", ())]
    facts.questions.append(
        f"{listed(turned)} and {listed(gold)}: do the same words mean opposite things, as the names seem to say?"
    )
    return [[Way({"reverse": turned}, f"{listed(turned)} turned round"), Way({}, "as the words stand")]]


def _reversed(facts: Facts, options: Options) -> list[str]:
    """Find judges' columns whose names say something bad where gold's says something good, or the other way."""
    golds, judges = options.get("gold", []), options.get("judge", [])
    if not isinstance(golds, list) or not isinstance(judges, list) or not golds:
        return []
    gold = {bool(_BAD.search(name)) for name in golds}
    return [
        name for name in judges if name in facts.table.cells and {bool(_BAD.search(name))} != gold and len(gold) == 1
    ]


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
    facts.questions.append(f"{word!r} is said by judge and gold: an answer, or a gap?")
    pair = any(facts[name].kind == "pair" for name in names)
    answer = (
        Way({"words": {word: "neither"}}, f"{word!r} is an answer: none of the two")
        if pair
        else _as_label(facts, names)
    )
    return [[answer, Way({"missing": [word]}, f"{word!r} is a gap: no label")]]


def _as_label(facts: Facts, names: Sequence[str]) -> Way:
    every = sorted({fold(cell): cell for name in names for cell in set(facts.cells(name)) if cell}.values())
    return Way({"scale": f"nominal:{','.join(every)}"}, "it is a label like the others")


def _total(facts: Facts, words: dict[str, Counter[str]]) -> Way | None:
    """Find a last row that is no item but a total."""
    if facts.rows < 4 or not facts.table.whole:
        return None
    last = {one.name: facts.cells(one.name)[-1] for one in facts.columns if one.name in facts.table.cells}
    said = [cell for cell in last.values() if fold(cell).rstrip(":") in _TOTALS]
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
    line = facts.table.lines[-1]
    facts.notes.append(
        f"the last row ({facts.table.unit} {line}) is a total{f': it says {said[0]!r}' if said else ' of the others'}; "
        f"{argument('drop_last')} 1 leaves it out"
    )
    return Way({"drop_last": 1}, "without the last row, a total")


# --- the scale ---------------------------------------------------------------------------------------------------


def _scales(facts: Facts, reading: Reading, words: dict[str, Counter[str]]) -> Ways:
    """Say the scale where the words alone do not; several ways where the words may mean several things."""
    if reading.options.get("scores"):
        words = {name: own for name, own in words.items() if name in reading.options.get("gold", ())}
    every = {fold(word): word for own in words.values() for word in own}
    if not every:
        return []
    numbers = all(number_of(word) is not None for word in every)
    judges = [name for name in words if name in reading.options.get("judge", ())]
    ways: Ways = []
    try:
        inferred = infer({name: list(own) for name, own in words.items()}, judges)
    except (DataError, UsageError):
        if numbers:
            return _numbers(facts, reading, words, every)
    else:
        if not inferred.undeclared_levels:
            return []
        return [_ratings(facts, words, inferred.scale.spec, judges)]
    if third := _third_letter(facts, words, judges):
        return third
    if said := _sets(facts, words):
        ways += said
    ways.append([Way({"read_replies": True}, "decorated words and replies are read by named rules")])
    return [*ways, *_foreign(facts, words, every, judges)]


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
    where = _where(facts, words, {str(value) for value in found})
    marks = [str(value) for value in found]
    lies = "below" if nought else "apart from"
    ask = f"{listed(marks)} ({where}) lies {lies} the ratings {rest[0]} to {rest[-1]}: no rating?"
    told: Options = {"missing": marks, "scale": f"rate:{rest[0]}-{rest[-1]}"}
    return [
        Way(told, f"{listed(marks)} is an error mark, no rating", "", ask),
        Way({"scale": spec}, f"{listed(marks)} is a rating like the others"),
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


def _numbers(facts: Facts, reading: Reading, words: dict[str, Counter[str]], every: dict[str, str]) -> Ways:
    """Numbers that are no plain ratings: with decimals, or codes of several meanings."""
    values = [number for word in every if (number := number_of(word)) is not None]
    if any(is_decimal(word) for word in every) or max(values) - min(values) > 100:
        marks = [word for word in every if word in {"-1", "-9", "-99", "-999", "999"}]
        whole = [Way({"scale": "number"}, "real numbers")]
        if marks and min(value for value in values if str(int(value)) not in marks) >= 0:
            ask = f"{listed(marks)} among numbers from 0 on: no rating?"
            return [[Way({"missing": marks, "scale": "number"}, f"{listed(marks)} is an error mark", "", ask), *whole]]
        return [whole]
    codes = sorted(int(value) for value in values)
    gold = reading.options.get("gold", ())
    apiece = {name: {whole_number(fold(word)) for word in own} for name, own in words.items()}
    facts.questions.append(
        f"{listed(map(str, codes))}: codes whose meaning only you know; {argument('words')} 1=… says it"
    )
    odd = [name for name, own in apiece.items() if own == {1, 2}]
    if odd and len(odd) < len(apiece) and all(own <= {0, 1} for name, own in apiece.items() if name not in odd):
        return [
            [
                Way({"words": {f"{name}:{code}": said for name in odd for code, said in zip("12", way, strict=True)}},
                    f"in {listed(odd)} 1 is {way[0]} and 2 is {way[1]}; elsewhere 1 is correct")
                for way in (("incorrect", "correct"), ("correct", "incorrect"))
            ]
        ]  # fmt: skip
    if len(codes) < 2:
        return []
    del gold
    ways = [Way({"scale": f"rate:{codes[0]}-{codes[-1]}"}, "ratings, the higher the better")]
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


def _sets(facts: Facts, words: dict[str, Counter[str]]) -> Ways:
    """Cells that hold several labels with a bar, a semicolon or a comma between them, or a JSON list."""
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
        ):
            continue
        blank = [name for name in words if "" in {fold(cell) for cell in facts.cells(name)}]
        told = "sets of labels, in any order"
        if mark == "," and all(
            _COMMA.fullmatch(word) or number_of(word) is not None for own in words.values() for word in own
        ):
            return [[Way({"read_replies": True}, "numbers with a decimal comma"), Way({"scale": "set"}, told)]]
        if not blank:
            return [[Way({"scale": "set"}, told)]]
        ask = f"{listed(blank)} has empty cells: does none of the labels apply, or is there no label?"
        return [
            [
                Way({"scale": "set", "words": {"": "[]"}}, f"{told}; an empty cell says that none applies", "", ask),
                Way({"scale": "set", "words": {"": ""}}, f"{told}; an empty cell is a gap"),
            ]
        ]
    return []


def _foreign(facts: Facts, words: dict[str, Counter[str]], every: dict[str, str], judges: Sequence[str]) -> Ways:
    """Words of no scale: marks of failures are gaps, or all words are labels without order."""
    failed = [word for text, word in every.items() if _FAILED.search(word) and text not in MISSING]
    labels = sorted(every.values(), key=fold)
    ways: Ways = []
    if failed and len(failed) < len(every):
        where = _where(facts, words, {fold(word) for word in failed})
        note = f"{listed(map(repr, failed))} ({where}) is no label of the others' kind; {argument('missing')} says so"
        gone: Options = {"missing": failed}
        told = f"{listed(failed)}: no verdict"
        both = len({name in judges for name, own in words.items() if own.keys() & set(failed)}) == 2
        labelled = [_nominal(labels)] if both and _plain(labels) else []
        ways += [
            [Way(gone, told, note), *labelled],
            [Way({**gone, "read_replies": True}, f"{told}; replies are read", note)],
        ]
        if _plain(rest := [word for word in labels if word not in failed]) and not _known(rest):
            nominal: Options = {**gone, "scale": f"nominal:{','.join(rest)}"}
            ways.append([Way(nominal, f"{told}; labels without order", note), _nominal(labels)])
    # Words of a scale among others are not labels of no scale: what the others mean has to be said.
    if _known(every.values()):
        if odd := {text for text in every if not _known([text], 1) and every[text] not in failed}:
            shown = listed(sorted(repr(every[text]) for text in odd))
            facts.unsettled.append(
                f"{shown} ({_where(facts, words, odd)}): no word of the others' kind; say {argument('words')} OLD=NEW"
            )
    elif _plain(labels) and len(labels) > 1:
        ways.append([_nominal(labels)])
    return ways


def _known(words: Iterable[str], least: int = 2) -> bool:
    """Whether some of the words are of a scale."""
    return sum(any(code_of(word, scale) >= 0 for scale in _KNOWN) for word in words) >= least


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


# --- what is untidy ----------------------------------------------------------------------------------------------


def untidy(facts: Facts, names: Iterable[str]) -> list[str]:
    """Say what is untidy in columns of labels and ids, where, and what settles it."""
    found: list[str] = []
    names = [name for name in dict.fromkeys(names) if name in facts.table.cells]
    for name in names:
        cells = Counter(facts.table.cells[name])
        found += _spellings(facts, name, cells)
        odd = {
            "percents": [cell for cell in cells if _PERCENT.fullmatch(cell.strip())],
            "decimal commas": [cell for cell in cells if _COMMA.fullmatch(cell.strip())],
            "JSON": [cell for cell in cells if cell.strip()[:1] in {"[", "{"} and cell.strip()[-1:] in {"]", "}"}],
            "decorated words": [
                cell for cell in cells
                if len(cell) < 200 and _DECORATED.match(cell.strip()) and cell.strip()[:1] not in {"[", "{"}
            ],
        }  # fmt: skip
        for what, told in odd.items():
            if told:
                where = _lines(facts, name, set(told))
                found.append(
                    f"{name}: {what} such as {told[0].strip()[:40]!r} ({where}); {argument('read_replies')} reads them"
                )
    ids = [name for name, (role, _) in facts.roles.items() if role in {"id", "cluster", "part of the id"}]
    for name in [one for one in ids if is_id(one) and one in facts.table.cells]:
        blank = [line for line, cell in zip(facts.table.lines, facts.cells(name), strict=True) if not cell]
        where = spans(blank[:_PLACES], facts.table.unit, len(blank)) if blank else ""
        found += [f"{name}: empty ({where}); a row needs its id"] if blank else []
    if not facts.table.whole:
        found = [f"{text} (in the first {facts.rows:,} rows)" for text in found]
    return found


def _spellings(facts: Facts, name: str, cells: Counter[str]) -> list[str]:
    """Words that look alike, and are written in several ways."""
    if len(cells) > 2000:
        return []
    ways: dict[str, list[str]] = {}
    for cell in cells:
        plain = unicodedata.normalize("NFKC", cell.translate(_UNSEEN)).casefold()
        ways.setdefault(" ".join(plain.split()), []).append(cell)
    found: list[str] = []
    for text, own in ways.items():
        if len(own) < 2 or not text:
            continue
        same = {fold(cell) for cell in own}
        unseen = [cell for cell in own if ascii(cell.strip()) != ascii(own[0].strip())]
        where = _lines(facts, name, set(own) - {max(own, key=cells.__getitem__)})
        shown = ", ".join(f"{ascii(cell) if not cell.isascii() else repr(cell)}" for cell in own[:4])
        how = "are read as one word" if len(same) == 1 else f"are two words; {argument('words')} OLD=NEW makes them one"
        if unseen or len(same) > 1:
            found.append(f"{name}: {shown} look alike ({where}) and {how}")
    return found[:6]


def _lines(facts: Facts, name: str, cells: set[str]) -> str:
    lines = [line for line, cell in zip(facts.table.lines, facts.table.cells[name], strict=True) if cell in cells]
    return spans(lines[:_PLACES], facts.table.unit, len(lines))


def _where(facts: Facts, words: Iterable[str], texts: set[str]) -> str:
    """Say where some folded words are."""
    held = {
        name: {cell for cell in set(facts.table.cells[name]) if fold(cell) in texts}
        for name in words
        if name in facts.table.cells
    }
    return "; ".join(f"{name} {_lines(facts, name, cells)}" for name, cells in held.items() if cells)
