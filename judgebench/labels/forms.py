"""Forms of tables beside a row per item and a column per rater: counts, columns made of several, raters in rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from judgebench.errors import argument
from judgebench.labels.facts import (
    COUNT_NAMES,
    CRITERION_NAMES,
    FEW,
    REPEAT,
    Facts,
    Options,
    Reading,
    counted,
    is_label,
    is_verdict,
    listed,
)
from judgebench.labels.roles import RATER, cluster_rank, cut, is_gold, is_id, is_judge, words_of
from judgebench.labels.vocabulary import CHECK, fold, number_of
from judgebench.labels.words import pair_word, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.labels.profile import Profile

_TRUE, _TRUTHS = frozenset({"1", "true", "yes", "x"}), frozenset({"1", "true", "yes", "x", "0", "false", "no", ""})
_LARGEST = 30
_MOST_LABELS = 3
#: So many rows of one item that all say the same are no rater's labels.
_MANY = 20
_SCORES = frozenset(
    [
        "score",
        "scores",
        "rating",
        "reward",
        "logprob",
        "prob",
        "probability",
        "points",
        "grade",
        "elo",
        "utility",
        "value",
    ]
)
_PEOPLE = RATER - {"judge", "evaluator", "grader", "user"}
_JUDGING = frozenset(["judge", "evaluator", "grader", "model", "llm"])
_WORDS = {*CHECK, "a", "b", "tie", "model a", "model b", "neither", "both bad"}


# --- tables of counts --------------------------------------------------------------------------------------------


def confusion(facts: Facts) -> list[Reading]:
    """Find a confusion table: a row per label, a column per label, counts in them."""
    names = list(facts.table.columns)
    if not 3 <= len(names) <= _LARGEST + 1 or facts.rows != len(names) - 1:
        return []
    first, *others = names
    rows = [fold(cell) for cell in facts.cells(first)]
    if sorted(rows) != sorted(map(fold, others)) or not all(_whole(facts, name) for name in others):
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
    if max(sums) < 2 or (len(sums) > 1 and not worded) or any(is_gold(n) or is_judge(n) for n in chosen):
        return []
    facts.take("category", chosen, "counts the people who chose it")
    why = f"the counts of each row add up to {max(sums)}" if len(sums) == 1 else "their names are labels"
    judges = [one.name for one in facts.labelled() if is_judge(one.name)]
    facts.take("judge", judges, "the name says judge")
    options: Options = {"categories": chosen} | ({"judge": judges} if judges else {})
    what = f"counts of people by category: {listed(chosen)}"
    return [Reading(what, options, "score" if judges else "humans", why)]


def counts(facts: Facts) -> None:
    """Find a column that says how many items a row stands for: no two rows say the same else."""
    free = [one.name for one in facts.columns if words_of(one.name) and words_of(one.name) <= COUNT_NAMES]
    labels = [one.name for one in facts.labelled()]
    for name in free:
        if len(labels) > 1 and _whole(facts, name) and not facts.repeats(labels) and facts.rows <= 2000:
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
    stems: dict[str, list[str]] = {}
    for name in truths:
        if len(words := cut(name)) > 1:
            stems.setdefault(words[0], []).append(name)
    for stem, names in stems.items():
        rows = list(zip(*(facts.cells(name) for name in names), strict=True))
        held = [[fold(cell) in _TRUE for cell in row] for row in rows]
        ones = [sum(row) for row in held]
        sided = all(set(cut(name)) & {"a", "b", "tie", "1", "2", "left", "right"} for name in names)
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
        if first and set(stem) & _SCORES and one.name not in facts.roles and _numeric(facts, one.name):
            found.setdefault("_".join(stem), {})[first] = one.name
    for noun, both in found.items():
        if len(both) == 2 and paired:
            names = [both["a"], both["b"]]
            made = f"{noun}_winner"
            pairs = zip(*(map(number_of, facts.cells(name)) for name in names), strict=True)
            cells = ["" if a is None or b is None else "A" if a > b else "B" if b > a else "tie" for a, b in pairs]
            facts.make(made, cells, names, {"pair_scores": {made: names}}, "a score for each answer: the higher wins")


def _numeric(facts: Facts, name: str) -> bool:
    words = facts.words(name)
    return bool(words) and all(number_of(word) is not None for word in words)


def sides(facts: Facts) -> None:
    """Find labels that name the winner by what two columns say: whose answer is A, and whose is B."""
    pairs: dict[tuple[str, ...], list[str]] = {}
    for one in facts.columns:
        words = cut(one.name)
        if (
            words
            and (words[-1] in {"a", "b", "1", "2", "left", "right"})
            and not one.missing
            and one.kind in {"", "labels"}
        ):
            pairs.setdefault(tuple(words[:-1]), []).append(one.name)
    for names in [names for names in pairs.values() if len(names) == 2]:
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


# --- raters in rows ------------------------------------------------------------------------------------------------


def in_rows(facts: Facts) -> list[Reading]:
    """Find raters, or judges beside gold columns, who are named in a column."""
    found: list[Reading] = []
    if sorted_by := _sorted(facts):
        facts.questions.append(
            f"{sorted_by} says one word in the first {facts.rows:,} rows, and others further down: the rows are sorted "
            f"by who labelled. Name them: {argument('rater')} {sorted_by} {argument('label')} C {argument('id')} C"
        )
        facts.take("rater", [sorted_by], "names who labelled; the rows are sorted by it")
        return []
    for rater in facts.raters():
        labels = [one for one in facts.labelled() if one.name != rater.name]
        golds = [one.name for one in labels if is_gold(one.name) and not words_of(one.name) & {"rater", "annotator"}]
        said = [one for one in labels if one.name not in golds]
        said = [one for one in said if one.missing * 2 < one.rows]
        # Deep inside other tools' records many fields have names of labels.
        ranked = ([one for one in said if fits(one.name)] for fits in (is_verdict, is_label, is_judge, bool))
        named = next((some for some in ranked if some), [])
        flat = min((one.name.count(".") for one in named), default=0)
        named = [one for one in named if one.name.count(".") == flat][:_MOST_LABELS]
        if not named:
            continue
        key = facts.key([rater.name], [*(one.name for one in labels)])
        if golds:
            found += _judges_in_rows(facts, rater, [one.name for one in named], golds)
        elif key and (words_of(rater.name) & RATER or any(is_judge(word) for word, _ in rater.words)):
            found += [one for label in named for one in _raters_in_rows(facts, rater, label.name, key)]
        if found:
            return found
    return found


def _sorted(facts: Facts) -> str:
    """Find a column of raters that says one word in the rows that were looked at, and others further down."""
    if facts.table.whole:
        return ""
    named = [one.name for one in facts.columns if one.distinct == 1 and words_of(one.name) & (RATER | _JUDGING)]
    return next((name for name in named if facts.table.beyond(name)), "")


def _judges_in_rows(facts: Facts, who: Profile, verdicts: list[str], golds: list[str]) -> list[Reading]:
    key = facts.key([who.name], [*verdicts, *golds])
    same = bool(key) and facts.repeats(key) > 0 and all(facts.constant(gold, key) for gold in golds)
    judging = bool(words_of(who.name) & (RATER - {"user"})) or same
    if not judging:
        return []
    kinds = {facts[gold].kind for gold in golds}
    verdicts = [name for name in verdicts if facts[name].kind in kinds] or verdicts
    facts.take("judge's name", [who.name], f"names {counted([w for w, _ in who.words], 'judge')} beside gold columns")
    facts.take("judge", verdicts, "the verdict of the row's judge")
    facts.take("gold", golds, "the name says gold or annotator")
    base: Options = {"judge_name": [who.name], "judge": verdicts, "gold": golds}
    names = listed([word for word, _ in who.words])
    what = f"judges in rows ({names}) against {counted(golds, 'gold column')}"
    readings = _repeated(facts, [Reading(what, base)], key, [who.name])
    if not words_of(who.name) & RATER and same:
        other: Options = {"judge": verdicts, "gold": golds, "system": who.name, "cluster": key}
        readings.append(Reading(f"one judge; {who.name} names the system that is judged", other))
    return readings


def _raters_in_rows(facts: Facts, who: Profile, label: str, key: list[str]) -> list[Reading]:
    names = (
        sorted(set(facts.cells(who.name)) - {""})
        if len(who.words) < who.distinct
        else [w.strip() for w, _ in who.words]
    )
    judges = _judges_among(who.name, names)
    people = [name for name in names if name not in judges]
    if any(facts.repeats([one]) >= _MANY and facts.constant(label, [one]) for one in key):
        facts.take("gold", [label], "the same on all rows of an item: its own, not a rater's")
        return []
    facts.take("rater", [who.name], f"names who labelled: {listed(names)}")
    facts.take("label", [label], "the label of the row's rater")
    if judges and not people:
        if not (is_label(label) or is_judge(label)):
            return []
        facts.roles[who.name] = ("judge's name", f"names {counted(judges, 'judge')}: {listed(judges)}")
        beside = " ".join(f"{argument('id')} {name}" for name in key)
        facts.notes.append(
            f"{counted(judges, 'judge')} in rows ({listed(judges)}), whose verdicts are in {label}, and no gold: a "
            f"file of gold labels can stand beside it, {argument('csv')} THIS {argument('csv')} GOLD {beside} "
            f"{argument('judge_name')} {who.name} {argument('judge')} {label}; `judgebench doctor THIS GOLD` says more"
        )
        one = Reading(
            f"{counted(judges, 'judge')} in rows, without gold",
            {"judge_name": [who.name], "judge": [label]},
            "score --consistency",
        )
        return _repeated(facts, [one], key, [who.name])
    options: dict[str, object] = {"rater": who.name, "label": label}
    command = "score" if judges and people else "humans"
    if command == "score":
        options["judge"] = judges
    unseen = sorted(facts.table.beyond(who.name))
    if unseen:
        facts.questions.append(
            f"{who.name} says {listed(unseen)} beyond the first {facts.rows:,} rows, too: a judge among them needs "
            f"{argument('judge')}, the others are people"
        )
    if people and command == "score" and len(people) <= FEW and not unseen:
        options["gold"] = people
    about = f" ({label})" if label.lower() != "label" else ""
    sides = [(counted(judges, "judge"), judges), (counted(people, "person").replace("persons", "people"), people)]
    what = f"labels{about} in long form: {', '.join(f'{count} ({listed(own)})' for count, own in sides)}"
    if command == "humans":
        who_said = f"{counted(names, 'rater')} ({listed(names)}), none of whom is said to be a judge"
        what = f"labels{about} in long form of {who_said}"
        facts.questions.append(f"is one of the raters the judge? Then {argument('judge')} NAME with judgebench score")
    return _repeated(facts, [Reading(what, options, command)], key, [who.name], people=people)


def _judges_among(column: str, names: list[str]) -> list[str]:
    """Tell judges from people: by their names, or, where no name says either, by the column's."""
    judging = words_of(column) & _JUDGING and not words_of(column) & _PEOPLE
    if judging and not any(is_gold(name) for name in names):
        return names
    return [name for name in names if is_judge(name)]


def _repeated(
    facts: Facts, readings: list[Reading], key: list[str], beside: Sequence[str], people: Sequence[str] | None = None
) -> list[Reading]:
    """Say what an item is, in which order it was shown, and what repeats are."""
    criteria = [name for name in key if words_of(name) & CRITERION_NAMES]
    ids = [name for name in key if name not in criteria]
    facts.take("criterion", criteria, "what a row is about: figures for each")
    facts.take("id" if len(ids) == 1 else "part of the id", ids, "names the item" + (" together" if ids[1:] else ""))
    options: dict[str, object] = {"id": ids} if ids else {}
    if criteria and ids:
        options["criterion"] = criteria[0]
    elif len(ids) > 1:
        named = [name for name in ids if cluster_rank(name) is not None] or [name for name in ids if is_id(name)]
        options |= {"cluster": named[:1]} if named else {}
    readings = [one.also(options) for one in readings]
    left = facts.repeats([*key, *beside]) if key else 0
    order = next((name for name in facts.orders() if facts.repeats([*key, *beside, name]) < left), None)
    if order is not None:
        readings = in_orders(facts, readings, {"order": order}, order)
        left = facts.repeats([*key, *beside, order])
    if not left or not key:
        return readings
    runs = [one.name for one in facts.columns if words_of(one.name) & REPEAT and one.name not in facts.roles]
    facts.take("repeat", runs[:1], "counts the askings of one item")
    if not runs and readings[0].command.endswith("--consistency"):
        facts.questions.append(
            f"{left:,} rows repeat an item ({', '.join(key)}) and judge: what tells them apart? {argument('id')} and "
            f"{argument('judge_name')} may be several columns; {argument('combine')} each: they are askings"
        )
        return []
    label = readings[0].options.get("label")
    numbers = all(_numeric(facts, name) for name in ([str(label)] if label else readings[0].options["judge"]))
    if people is not None and _marks(facts, [*key, *beside], beside[0], people):
        said = " ".join(f"{argument('words')} {word!r}=…" for word in sorted(set(facts.cells(str(label))))[:4])
        facts.questions.append(
            f"{left:,} rows repeat an item and rater: people have several marks on one item, such as errors: to add "
            f"them up, say what each counts, as {said} "
            f"{argument('combine')} sum"
        )
        ways = ["sum", "mean"] if numbers else []
    else:
        facts.questions.append(
            f"{left:,} rows repeat an item and rater: askings of their own ({argument('combine')} each), or one label "
            "by majority, mean or sum?"
        )
        ways = ["each", "mean"] if numbers else ["each", "majority"]
    told = {
        "each": "each asking counts, with the judge's agreement with itself",
        "majority": "an item's majority counts",
        "mean": "an item's mean counts",
        "sum": "an item's marks are added up",
    }
    return [one.also({"combine": way}, told[way]) for one in readings for way in ways]


def _marks(facts: Facts, key: Sequence[str], rater: str, people: Sequence[str]) -> bool:
    """Whether people, and not only judges, have several rows of one item."""
    known = set(people)
    rows = [row for row in zip(*map(facts.cells, key), facts.cells(rater), strict=True) if row[-1] in known]
    return len(set(rows)) < len(rows)


def in_orders(facts: Facts, readings: list[Reading], options: Options, column: str) -> list[Reading]:
    """Give both readings of verdicts on the other order: they name a place, or an answer."""
    facts.take("order" if "order" in options else "second order", [column], "the order in which the answers were shown")
    facts.questions.append(
        f"{column}: does a verdict on the other order name the place of an answer (A: what was shown first), or the "
        f"answer itself? {argument('picks')} position or {argument('picks')} answer"
    )
    return [
        one.also({**options, "picks": picks}, told)
        for one in readings
        for picks, told in (
            ("position", "verdicts name the place: those on the other order are turned back"),
            ("answer", "verdicts name the answer, whatever the order"),
        )
    ]


#: Each may change what the columns are, before the rows are looked at.
MAKERS: tuple[Callable[[Facts], None], ...] = (one_hot, pair_scores, sides, counts)
FORMS: tuple[Callable[[Facts], list[Reading]], ...] = (confusion, categories, in_rows)
