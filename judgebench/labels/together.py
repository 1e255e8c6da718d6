"""Columns that belong together: a criterion on both sides, a judge's two orders; and rows of one item."""

from __future__ import annotations

import re
from itertools import combinations

from judgebench.errors import argument
from judgebench.files.records import some
from judgebench.labels.facts import Facts, Options, Reading, counted
from judgebench.labels.in_rows import in_orders
from judgebench.labels.names import (
    CRITERIA,
    CRITERION_NAMES,
    REPEAT,
    SUBSET,
    cut,
    is_gold,
    is_judge,
    words_of,
)
from judgebench.labels.vocabulary import word_set

_SECOND = word_set("swapped swap reversed reverse flipped flip inverted ba second g2 game2 order2")
_FIRST = word_set("original orig normal forward plain ab first g1 game1 order1")


# --- criteria ----------------------------------------------------------------------------------------------------

#: So many rows of one item, all with the same gold, are of several judges; and so many judges there may be.
_MANY, _MOST_JUDGES = 10, 60


def criterion_words(names: list[str]) -> list[str]:
    """Find in what names differ, if it says what was asked and not who answered."""
    cuts = [cut(name) for name in names]
    for _ in range(2):
        while all(len(one) > 1 for one in cuts) and len({one[0] for one in cuts}) == 1:
            cuts = [one[1:] for one in cuts]
        cuts = [one[::-1] for one in cuts]
    return [" ".join(one) for one in cuts] if any(set(one) & CRITERIA for one in cuts) else []


def _patterns(names: list[str]) -> dict[str, dict[str, str]]:
    """Cut names in two everywhere: by the pattern of the one part, the other part and its name."""
    found: dict[str, dict[str, str]] = {}
    for name in names:
        for at in [mark.end() for mark in re.finditer(r"[_\-. :]+|(?<=[a-z])(?=[A-Z])", name)]:
            head, tail = name[:at], name[at:]
            if head.strip("_-. :") and tail.strip("_-. :"):
                found.setdefault(f"{head}{{criterion}}", {})[tail] = name
                inner = head.rstrip("_-. :")
                found.setdefault(f"{{criterion}}{name[len(inner) :]}", {})[inner] = name
    return found


def criteria(facts: Facts) -> list[Reading]:
    """Find a column per criterion on both sides: judge_x goes with human_x."""
    names = [one.name for one in facts.labelled()]
    every = {pattern: inner for pattern, inner in _patterns(names).items() if len(inner) > 1}
    golds = {pattern: inner for pattern, inner in every.items() if _says(pattern, gold=True)}
    others = {pattern: inner for pattern, inner in every.items() if not _says(pattern, gold=True)}
    best: tuple[int, str, list[str]] = (0, "", [])
    for pattern, inner in golds.items():
        fitting = [
            other
            for other, own in others.items()
            if len(own.keys() & inner.keys()) > 1 and not any(is_gold(name) for name in own.values())
            and other.startswith("{") == pattern.startswith("{")
        ]  # fmt: skip
        named = any(is_judge(key) for key in inner)
        if not named and any(not key.isdigit() for key in inner) and len(inner) * bool(fitting) > best[0]:
            best = (len(inner), pattern, fitting)
    if not best[0] and not golds:
        bare = {
            pattern: shared
            for pattern, inner in others.items()
            if _says(pattern, gold=False) and len(shared := [one for one in inner if one in names]) > 1
            and {*shared} & CRITERIA
        }  # fmt: skip
        if bare:
            return _bare_criteria(facts, bare, others)
    if not best[0]:
        return _criteria_of_people(facts, golds)
    _, gold, judges = best
    shared = [one for one in golds[gold] if all(one in others[judge] for judge in judges)]
    people = [
        one for one, own in golds.items() if set(shared) <= own.keys() and one.startswith("{") == gold.startswith("{")
    ]
    judges = [one for one in judges if _says(one, gold=False)] or judges
    for role, patterns, source in (("gold", people, golds), ("judge", judges, others)):
        for pattern in patterns:
            facts.take(f"{role}, a criterion", [source[pattern][one] for one in shared], f"as {pattern}")
    what = f"{counted(judges, 'judge')} and {counted(people, 'gold column')} for each of {len(shared)} criteria"
    return [
        Reading(
            f"{what} ({some(shared)})", {"judge": judges, "gold": people}, why="a column per criterion on both sides"
        )
    ]


def _bare_criteria(facts: Facts, shared: dict[str, list[str]], others: dict[str, dict[str, str]]) -> list[Reading]:
    """Hold judge_x against a column x, which says neither judge nor gold: a reading for each."""
    pattern, names = max(shared.items(), key=lambda found: len(found[1]))
    facts.take("gold, a criterion", names, "a judge's column is named after it")
    facts.take("judge, a criterion", [others[pattern][name] for name in names], f"as {pattern}")
    facts.questions.append(
        f"{some(names)}: taken for gold, each held against the judge's column that is named after it"
    )
    return [
        Reading(f"{others[pattern][name]} against {name}", {"judge": [others[pattern][name]], "gold": [name]})
        for name in names
    ]


def _criteria_of_people(facts: Facts, golds: dict[str, dict[str, str]]) -> list[Reading]:
    for one, two in combinations(golds, 2):
        shared = golds[one].keys() & golds[two].keys()
        if len(shared) > 1 and shared & CRITERIA and one.startswith("{") == two.startswith("{"):
            people = [name for name, inner in golds.items() if shared <= inner.keys()]
            facts.take(
                "gold, a criterion", [golds[p][c] for p in people for c in shared], "people's labels by criterion"
            )
            return [Reading(f"{len(people)} annotators for each of {len(shared)} criteria", {"gold": people}, "humans")]
    return []


def _says(pattern: str, *, gold: bool) -> bool:
    rest = pattern.replace("{criterion}", "").strip("_-. :")
    return is_gold(rest) if gold else is_judge(rest)


# --- orders --------------------------------------------------------------------------------------------------------


def second_orders(facts: Facts) -> dict[str, str]:
    """Find columns that hold a judge's verdicts on two orders: the second by the first."""
    stems: dict[tuple[str, ...], dict[int, str]] = {}
    for one in facts.labelled():
        words = [word for word in re.split(r"[_\-. :]+|(?<=[a-z])(?=[A-Z])", one.name.lower()) if word]
        mark = 1 if set(words) & _SECOND else 0
        rest = tuple(word for word in words if word not in _SECOND | _FIRST)
        if one.kind in {"pair", "check", "labels", "numbers"} and (rest or mark or set(words) & _FIRST):
            place = stems.setdefault(rest, {})
            if mark in place:
                continue
            place[mark] = one.name
    return {
        both[0]: both[1] for both in stems.values() if len(both) == 2 and facts.words(both[0]) & facts.words(both[1])
    }


def in_two_orders(facts: Facts, readings: list[Reading], seconds: dict[str, str]) -> list[Reading]:
    """Put the verdicts on the second order beside those on the first."""
    if not seconds:
        return readings
    for first, second in seconds.items():
        same = sum(a == b and a != "" for a, b in zip(facts.cells(first), facts.cells(second), strict=True))
        facts.notes.append(
            f"{first} and {second}: one judge in two orders; they say the same word on {same:,} of {facts.rows:,} rows"
        )
    if not readings:
        facts.take("judge", seconds, "the verdict on the first order")
        facts.take("second order", seconds.values(), "the verdict on the other order")
        said: Options = {"judge": list(seconds)}
        one = Reading(f"{counted(list(seconds), 'judge')} in two orders, without gold", said, "score --consistency")
        return in_orders(facts, [one], {"second_order": list(seconds.values())}, some(seconds.values()))
    found: list[Reading] = []
    for one in readings:
        judges = one.options.get("judge", [])
        with_second = [name for name in judges if name in seconds]
        if not with_second or one.command != "score":
            found.append(one)
            continue
        said = {**one.options, "judge": with_second}
        what = one.what.replace(counted(judges, "judge"), counted(with_second, "judge"))
        others = [seconds[name] for name in with_second]
        base = Reading(f"{what}, in two orders", said, why=one.why)
        found += in_orders(facts, [base], {"second_order": others}, some(others))
        if rest := [name for name in judges if name not in seconds]:
            found.append(Reading(f"{counted(rest, 'judge')} in one order", {**one.options, "judge": rest}))
    return found


def ordered(facts: Facts, readings: list[Reading], keys: Options) -> list[Reading]:
    """Rows of two orders, and rows of several askings, of one item."""
    for find in (_by_criterion, _pooled):
        if (asked := find(facts, readings, keys)) is not None:
            return asked
    ids = keys.get("cluster") or keys.get("id")
    orders = [name for name in facts.orders() if not facts.roles.get(name)]
    if not readings or not ids or facts.options.get("count"):
        return readings
    several = facts.repeats(ids)
    pairs = all(
        facts[name].kind == "pair"
        for one in readings
        for name in one.options.get("judge", ())
        if name in facts.table.cells
    )
    if not several and not (orders and pairs and all(one.command == "score" for one in readings)):
        return readings
    runs = [one.name for one in facts.columns if words_of(one.name) & REPEAT and one.name not in facts.roles]
    about = {name: value for name, value in keys.items() if name not in {"cluster", "id"}}
    plain = [one for one in readings if one.command in {"score", "humans"}]
    bare = [Reading(one.what, _without(one.options, "cluster"), one.command, one.why) for one in plain]
    if orders and (not several or facts.repeats([*ids, orders[0]]) < several):
        known = [(one, _without(about, "system") if one.options.get("judge_name") else about) for one in bare]
        bare = [Reading(one.what, _without(one.options, "system"), one.command, one.why).also({"id": ids, **own})
                for one, own in known]  # fmt: skip
        bare = in_orders(facts, bare, {"order": orders[0]}, orders[0])
        if facts.repeats([*ids, orders[0]]):
            bare = [one.also({"combine": "each"}) for one in bare]
        return bare
    if runs and not facts.repeats([*ids, runs[0]]):
        facts.take("repeat", runs[:1], "counts the askings of one item")
        facts.questions.append(f"{runs[0]}: each row is an asking of its own, or an item's askings are put together")
        numbers = all(facts.numeric(name) for one in bare for name in one.options.get("judge", ()))
        ways = ("each", "mean" if numbers and bare else "majority")
        return [one.also({"id": ids, "combine": way}) for one in bare for way in ways]
    return readings


def _by_criterion(facts: Facts, readings: list[Reading], _keys: Options) -> list[Reading] | None:
    """Rows of one item, one for each criterion: figures for each."""
    for one in facts.columns:
        fits = words_of(one.name) & CRITERION_NAMES and 2 <= one.distinct <= _MOST_JUDGES and one.repeats
        if not fits or one.missing or facts.roles.get(one.name, ("",))[0] not in {"", "subset"}:
            continue
        roles = {name: role for name, role in facts.roles.items() if role[0] in {"id", "cluster", "system", "subset"}}
        facts.roles = {name: role for name, role in facts.roles.items() if name not in roles}
        key = facts.key([one.name])
        facts.roles |= roles | {one.name: ("criterion", "what a row is about: figures for each")}
        if key and facts.repeats(key) and not facts.repeats([*key, one.name]):
            own: Options = {"id": key, "criterion": one.name}
            return [
                Reading(
                    reading.what,
                    {**_without(_without(reading.options, "cluster"), "subset"), **own},
                    reading.command,
                    reading.why,
                )
                for reading in readings
            ]
    return None


def _pooled(facts: Facts, readings: list[Reading], keys: Options) -> list[Reading] | None:
    """Rows of one item that all have the same gold are askings of several judges: never pooled in silence."""
    golds = [name for one in readings for name in one.options.get("gold", ()) if name in facts.table.cells]
    shared = keys.get("cluster")
    if not shared or not golds or any(one.command != "score" for one in readings) or facts.options.get("count"):
        return None
    parts = [one.name for one in facts.columns if words_of(one.name) & SUBSET and not one.missing and one.repeats]
    sets = [[*shared], *([*shared, part] for part in parts)]
    fits = (key for key in sets if facts.repeats(key) >= _MANY and all(facts.constant(name, key) for name in golds))
    about = next(fits, None)
    constant = about is not None and any(len(facts.words(name)) > 1 for name in golds)
    if (
        about is None
        or not constant
        or any(facts.repeats([*about, name]) < facts.repeats(about) for name in facts.orders())
    ):
        return None
    judges = {name for one in readings for name in one.options.get("judge", ())}
    if all(facts.constant(name, about) for name in judges):
        return None
    told = [
        one.name for one in facts.columns
        if 2 <= one.distinct <= _MOST_JUDGES and not one.missing and one.name not in {*about, *golds, *judges}
        and one.kind in {"", "labels", "rate", "numbers", "check"} and not words_of(one.name) & REPEAT
        and facts.repeats([*about, one.name]) < facts.repeats(about)
    ]  # fmt: skip
    runs = [one.name for one in facts.columns if words_of(one.name) & REPEAT and not facts.repeats([*about, one.name])]
    whole = [[name] for name in told if not facts.repeats([*about, name])]
    if not whole and (several := _told_apart(facts, about, told)):
        whole = [several]
    if runs and facts[runs[0]].kind in {"rate", "numbers"}:
        return None
    if not told:
        return _again(facts, readings, about)
    facts.questions.append(
        f"{facts.repeats(about):,} rows repeat an item ({', '.join(about)}) with the same gold: several judges, told "
        f"apart by {some(told)}? {argument('judge_name')} C names their column"
    )
    bare = [
        Reading(one.what, _without(_without(one.options, "cluster"), "system"), one.command, one.why)
        for one in readings
    ]
    own: Options = {"id": about} | ({"cluster": list(shared)} if len(about) > 1 else {})
    return [
        one.also({**own, "judge_name": names}, f"each {' and '.join(names)} is a judge of its own")
        for one in bare
        for names in whole
    ]


def _again(facts: Facts, readings: list[Reading], about: list[str]) -> list[Reading]:
    """Rows that nothing tells apart: several askings of one item, or rows that share a question."""
    facts.questions.append(
        f"{facts.repeats(about):,} rows repeat {', '.join(about)} with the same gold, and nothing tells them apart: "
        f"one item, asked again ({argument('id')}, {argument('combine')}), or items that share a question "
        f"({argument('cluster')})?"
    )
    asked = [Reading(one.what, _without(one.options, "cluster"), one.command, one.why) for one in readings]
    ways = (("each", "each is an asking of its own"), ("majority", "an item's askings are put together"))
    return [one.also({"id": about, "combine": way}, why) for one in asked for way, why in ways] + [
        one.also({}, "each row is an item of its own") for one in readings
    ]


def _told_apart(facts: Facts, about: list[str], told: list[str]) -> list[str]:
    """Find the columns that together tell all rows of an item apart; none where they don't."""
    found: list[str] = []
    left = facts.repeats(about)
    while left and len(found) < len(told):
        best = min((name for name in told if name not in found), key=lambda name: facts.repeats([*about, *found, name]))
        found, left = [*found, best], facts.repeats([*about, *found, best])
    return found if not left else []


def _without(options: Options, name: str) -> Options:
    return {key: value for key, value in options.items() if key != name}
