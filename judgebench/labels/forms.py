"""Forms of tables beside a row per item and a column per rater: tables of counts, and columns made of several."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from judgebench.errors import argument
from judgebench.files.records import some
from judgebench.labels.facts import Facts, Options, Reading
from judgebench.labels.in_rows import in_rows
from judgebench.labels.names import (
    COUNT_NAMES,
    SUBSET,
    cut,
    is_gold,
    is_judge,
    words_of,
)
from judgebench.labels.vocabulary import CHECK, fold, number_of, word_set
from judgebench.labels.words import pair_word, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_TRUE, _TRUTHS = word_set("1 true yes x"), frozenset({"1", "true", "yes", "x", "0", "false", "no", ""})
_LARGEST = 30
_SHARES = word_set("percent percentage pct share proportion")
_SCORES = word_set("score scores rating reward logprob prob probability points grade elo utility value")
_WORDS = {*CHECK, "a", "b", "tie", "model a", "model b", "neither", "both bad"}


# --- tables of counts --------------------------------------------------------------------------------------------


def confusion(facts: Facts) -> list[Reading]:
    """Find a confusion table: a row per label, a column per label, counts in them."""
    names = list(facts.table.table.columns)
    if not 3 <= len(names) <= _LARGEST + 1 or facts.rows != len(names) - 1:
        return []
    first, *others = names
    if not first:
        # A corner without a name, as programs write it.
        facts.made[first] = [cell.strip() for block in facts.table.table.blocks([first]) for cell in block.columns[0]]
    rows = [fold(cell) for cell in facts.cells(first)]
    bare = [_bare_names(rows), _bare_names(list(map(fold, others)))]
    counted = all(_whole(facts, name) for name in others)
    if counted and sorted(rows) != sorted(map(fold, others)) and sorted(bare[0]) == sorted(bare[1]):
        facts.notes.append(
            f"a confusion table with labels written in two ways ({some(facts.cells(first))}; {some(others)}): "
            f"{argument('confusion')} needs one name for each, so take the words before them off"
        )
        facts.roles |= dict.fromkeys(names, ("part of a table of counts", "a confusion table"))
        return []
    if sorted(rows) != sorted(map(fold, others)) or not counted:
        return []
    corner = words_of(first)
    if any(is_judge(word) for word in corner) and not any(is_gold(word) for word in corner):
        facts.notes.append(
            f"a confusion table whose rows are verdicts ({first}): {argument('confusion')} takes rows for gold labels, "
            "so turn it round (transpose it) first"
        )
        return []
    facts.take("gold", [first], "its words are the other columns' names")
    facts.take("judge", others, "counts of a verdict")
    return [Reading("a confusion table: gold labels in rows, verdicts in columns", {"confusion": True})]


def _bare_names(names: list[str]) -> list[str]:
    """Leave out the word that all names begin with: pred_pass and pred_fail."""
    cuts = [cut(name) for name in names]
    begins = {one[0] for one in cuts if len(one) > 1}
    return [" ".join(one[1:]) for one in cuts] if len(begins) == 1 and all(len(one) > 1 for one in cuts) else names


def categories(facts: Facts) -> list[Reading]:
    """Find items x categories: columns that count the people who chose each."""
    free = [one.name for one in facts.labelled() if _whole(facts, one.name)]
    if len(free) < 2 or facts.rows < 2:
        return []
    spoken = [name for name in free if pair_word(fold(name)) in _WORDS or re.fullmatch(r"-?\d{1,2}", name)]
    chosen = spoken if len(spoken) > 1 else free
    rows = zip(*([whole_number(fold(cell)) or 0 for cell in facts.cells(n)] for n in chosen), strict=True)
    sums = set(map(sum, rows))
    worded = len(spoken) > 1 and all(len(name) > 1 and not name.lstrip("-").isdigit() for name in spoken)
    constant = all(len(facts.words(name)) == 1 for name in chosen)
    if max(sums) < 2 or constant or (len(sums) > 1 and not worded) or any(is_gold(n) or is_judge(n) for n in chosen):
        return []
    facts.take("category", chosen, "counts the people who chose it")
    why = f"the counts of each row add up to {max(sums)}" if len(sums) == 1 else "their names are labels"
    judges = [one.name for one in facts.labelled() if is_judge(one.name)]
    facts.take("judge", judges, "the name says judge")
    options: Options = {"categories": chosen} | ({"judge": judges} if judges else {})
    what = f"counts of people by category: {some(chosen)}"
    return [Reading(what, options, "score" if judges else "humans", why)]


def counts(facts: Facts) -> None:
    """Find a column that says how many items a row stands for: no two rows say the same else."""
    free = [one.name for one in facts.columns if words_of(one.name) & COUNT_NAMES and one.name not in facts.roles]
    shares = [one.name for one in facts.columns if words_of(one.name) & _SHARES and facts.numeric(one.name)]
    for name in shares:
        total = sum(number_of(cell) or 0 for cell in facts.cells(name))
        if facts.rows > 1 and any(abs(total - whole) < whole / 100 for whole in (1, 100)):
            facts.questions.append(
                f"{name} adds up to {total:g}: shares of all items? Then a row is not one item, as it is taken here; "
                f"counts instead of shares are read with {argument('count')}"
            )
    for name in free:
        labels = [one.name for one in facts.labelled() if one.name != name]
        if words_of(name) - COUNT_NAMES:
            # Words of an answer are counted, too: there some column is another on every row.
            others = [one for one in facts.columns if one.name != name]
            if facts.rows < 3 or not all(one.repeats for one in others) or facts.columns[-1].name != name:
                continue
            labels = labels and [one.name for one in others]
        strata = [one.name for one in facts.columns if words_of(one.name) & SUBSET and one.repeats and one.name != name]
        if len(labels) > 1 and _whole(facts, name) and not facts.repeats([*labels, *strata]) and facts.rows <= 2000:
            facts.options = {**facts.options, "count": name}
            facts.take("count", [name], "how many items a row stands for: no two rows have the same labels")
            return


def _whole(facts: Facts, name: str) -> bool:
    words = facts.words(name)
    return bool(words) and all((value := whole_number(word)) is not None and value >= 0 for word in words)


# --- columns made of several ---------------------------------------------------------------------------------------


def one_hot(facts: Facts) -> None:
    """Find columns of which one holds 1 in each row, and make one of them."""
    from judgebench.labels.reading import short_names  # noqa: PLC0415 - loads numpy

    truths = [
        one.name
        for one in facts.labelled()
        if one.missing * 2 < one.rows and {fold(word) for word, _ in one.words} <= _TRUTHS
    ]
    marks = [
        one.name
        for one in facts.columns
        if one.missing and one.filled and one.name not in facts.roles and {fold(word) for word, _ in one.words} <= _TRUE
    ]
    stems: dict[str, list[str]] = {}
    for name in [*truths, *(name for name in marks if name not in truths)]:
        if len(words := cut(name)) > 1:
            stems.setdefault(words[0], []).append(name)
    if not any(len(names) > 1 for names in stems.values()):
        stems["marked"] = marks
    for stem, names in stems.items():
        rows = list(zip(*(facts.cells(name) for name in names), strict=True))
        held = [[fold(cell) in _TRUE for cell in row] for row in rows]
        ones = [sum(row) for row in held]
        # Where only what applies is marked, one mark a row is no chance.
        sided = set(names) <= set(marks) or all(
            set(cut(name)) & {"a", "b", "tie", "1", "2", "left", "right"} for name in names
        )
        if len(names) < 2 or (len(names) == 2 and not sided) or set(ones) - {0, 1} or sum(ones) < 0.9 * len(rows):
            continue
        short = short_names(names)
        made = stem if stem not in facts.table.columns else f"{stem}_label"
        cells = [short[row.index(True)] if any(row) else "" for row in held]
        facts.make(made, cells, names, {"one_hot": {made: names}}, "one of them holds 1 in every row")


def pair_scores(facts: Facts) -> None:
    """Find two columns of scores, one per answer, beside verdicts on pairs; and make a verdict of them."""
    paired = any(one.kind == "pair" for one in facts.labelled())
    found: dict[str, dict[str, str]] = {}
    for one in facts.columns:
        *stem, last = cut(one.name) or [""]
        first = {"a": "a", "1": "a", "left": "a", "b": "b", "2": "b", "right": "b"}.get(last)
        if first and set(stem) & _SCORES and one.name not in facts.roles and facts.numeric(one.name):
            found.setdefault("_".join(stem), {})[first] = one.name
    for noun, both in found.items():
        if len(both) == 2 and paired:
            names = [both["a"], both["b"]]
            made = f"{noun}_winner"
            pairs = zip(*(map(number_of, facts.cells(name)) for name in names), strict=True)
            cells = ["" if a is None or b is None else "A" if a > b else "B" if b > a else "tie" for a, b in pairs]
            facts.make(made, cells, names, {"pair_scores": {made: names}}, "a score for each answer: the higher wins")


def sides(facts: Facts) -> None:
    """Find labels that name the winner by what two columns say: whose answer is A, and whose is B."""
    for names in _sided(facts):
        a, b = (facts.words(name) for name in names)
        winners = []
        for one in facts.columns:
            if one.name in names or one.name in facts.roles or one.missing * 2 > one.rows:
                continue
            own = facts.words(one.name)
            others = {"tie", "draw", "neither", "both bad", "equal", "tied"}
            if own & (a | b) and all(pair_word(word) in others for word in own - a - b):
                winners.append(one.name)
        if winners:
            sided = list(zip(*map(facts.cells, names), strict=True))
            for name in winners:
                cells = [
                    "A" if c == x else "B" if c == y else c for c, (x, y) in zip(facts.cells(name), sided, strict=True)
                ]
                if all(cell in {"A", "B"} or fold(cell) not in a | b for cell in cells):
                    facts.make(name, cells, [], {"sides": names}, "names the winner")
            facts.take("sides", names, "whose answer is A, whose is B")
            return


def _sided(facts: Facts) -> Iterator[list[str]]:
    """Yield two columns each that may name the two whose answers were compared."""
    pairs: dict[tuple[str, ...], list[str]] = {}
    for one in facts.columns:
        *stem, last = cut(one.name) or [""]
        named = last in {"a", "b", "1", "2", "left", "right"} and not is_gold(one.name)
        if named and not one.missing and one.kind in {"", "labels"}:
            pairs.setdefault(tuple(stem), []).append(one.name)
    for names in pairs.values():
        # Two raters often say the same; nobody is compared with himself.
        if len(names) == 2 and 10 * sum(x == y for x, y in zip(*map(facts.cells, names), strict=True)) <= facts.rows:
            yield names


#: Each may change what the columns are, before the rows are looked at.
MAKERS: tuple[Callable[[Facts], None], ...] = (one_hot, pair_scores, sides, counts)
FORMS: tuple[Callable[[Facts], list[Reading]], ...] = (confusion, categories, in_rows)
