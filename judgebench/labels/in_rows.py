"""Tables with raters, or judges beside gold columns, in rows: who labelled, of what, in which order, how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.errors import argument
from judgebench.files.records import some
from judgebench.labels.facts import FEW, Facts, Options, Reading, counted
from judgebench.labels.names import (
    CRITERION_NAMES,
    RATER,
    REPEAT,
    cluster_rank,
    is_gold,
    is_id,
    is_judge,
    is_label,
    is_verdict,
    words_of,
)
from judgebench.labels.vocabulary import word_set

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.labels.profile import Profile

_MOST_LABELS = 3
#: So many rows of one item that all say the same are not labels of different raters.
_MANY = 20
#: Where fewer than one in so many rows is a repeat, they are hardly a rater's several marks.
_FEW_REPEATS = 20
_PEOPLE = RATER - {"judge", "evaluator", "grader", "user"}
_JUDGING = word_set("judge evaluator grader model llm")


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
        named = next((one for one in ranked if one), [])
        flat = min((one.name.count(".") for one in named), default=0)
        named = [one for one in named if one.name.count(".") == flat][:_MOST_LABELS]
        if not named:
            continue
        key = facts.key([rater.name], [*(one.name for one in labels)])
        if golds:
            found += _judges_in_rows(facts, rater, [one.name for one in named], golds)
        elif (
            key
            and facts.repeats(key)
            and (words_of(rater.name) & RATER or any(is_judge(word) for word, _ in rater.words))
        ):
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
    names = some([word for word, _ in who.words])
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
    facts.take("rater", [who.name], f"names who labelled: {some(names)}")
    facts.take("label", [label], "the label of the row's rater")
    if judges and not people:
        if not (is_label(label) or is_judge(label)):
            return []
        facts.roles[who.name] = ("judge's name", f"names {counted(judges, 'judge')}: {some(judges)}")
        beside = " ".join(f"{argument('id')} {name}" for name in key)
        facts.notes.append(
            f"{counted(judges, 'judge')} in rows ({some(judges)}), whose verdicts are in {label}, and no gold: a "
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
            f"{who.name} says {some(unseen)} beyond the first {facts.rows:,} rows, too: a judge among them needs "
            f"{argument('judge')}, the others are people"
        )
    if people and command == "score" and len(people) <= FEW and not unseen:
        options["gold"] = people
    about = f" ({label})" if label.lower() != "label" else ""
    sides = [(counted(judges, "judge"), judges), (counted(people, "person").replace("persons", "people"), people)]
    what = f"labels{about} in long form: {', '.join(f'{count} ({some(own)})' for count, own in sides)}"
    if command == "humans":
        who_said = f"{counted(names, 'rater')} ({some(names)}), none of whom is said to be a judge"
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
    numbers = all(facts.numeric(name) for name in ([str(label)] if label else readings[0].options["judge"]))
    marks = people is not None and _marks(facts, [*key, *beside], beside[0], people)
    if marks and left * _FEW_REPEATS < facts.rows and not numbers:
        facts.questions.append(
            f"{left:,} row{'s' * (left > 1)} repeat{'s' * (left == 1)} an item and rater, such as a label that was "
            f"changed: keep one in the file, or say {argument('combine')} majority"
        )
        ways = ["majority"]
    elif marks:
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
