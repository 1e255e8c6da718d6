"""Tables with a row per item and a column per judge, annotator, criterion or order: which is which."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from judgebench.errors import argument
from judgebench.files.paths import parsed
from judgebench.files.records import some
from judgebench.labels.facts import Facts, Options, Reading, counted
from judgebench.labels.names import (
    DERIVED,
    JUDGE,
    SUBSET,
    SYSTEM,
    cluster_rank,
    cut,
    is_gold,
    is_id,
    is_judge,
    is_label,
    words_of,
)
from judgebench.labels.number_columns import SURE, score_columns, scored
from judgebench.labels.together import criteria, criterion_words, in_two_orders, ordered, second_orders
from judgebench.labels.vocabulary import MISSING, fold, word_set

if TYPE_CHECKING:
    from judgebench.labels.profile import Profile

_LONGEST = 40
_MOST = 50
#: So many texts are looked at, and so many of them have a verdict where they are a judge's replies.
_LOOKED_AT, _NEARLY = 20, 0.8
#: Rows on which a column can say by chance what another says.
_ENOUGH = 10
#: What names a model, and not only a judge.
_NAMED = JUDGE - {"judge", "judges", "grader", "predicted", "prediction", "pred", "verdict", "model", "auto"}
#: Columns of a program's own, beside labels.
_ASIDE = word_set(
    "ok valid parsed parse is has flag success refused truncated cached agree agreed agreement disagree disagreement"
)
#: What is made of several annotators' labels, and of a judge's only where its name says so.
_MADE = DERIVED - {"overall"}
#: Kinds of labels that one judge may speak beside another who speaks the first.
_KIN = {
    "rate": {"numbers", "decimals"},
    "numbers": {"rate", "check"},
    "check": {"numbers"},
    "decimals": {"rate", "numbers"},
}


def wide(facts: Facts) -> list[Reading]:
    """Find judges' and gold columns; say what was assumed, and give all readings where several are possible."""
    keys = _keys(facts)
    seconds = second_orders(facts)
    found = criteria(facts)
    # Criteria are the subsets, where there are some.
    keys = {name: value for name, value in keys.items() if not found or name != "subset"}
    found = found or _sides(facts, seconds)
    readings = [one.also(keys) for one in found]
    readings = ordered(facts, _named_models(facts, readings), keys)
    return [one.also(facts.options) for one in readings]


def _sides(facts: Facts, seconds: dict[str, str]) -> list[Reading]:
    judges, golds, derived = _columns(facts, set(seconds.values()))
    scores = score_columns(facts, golds or derived)
    if derived and golds:
        facts.take("left aside", derived, "made of the other annotators' labels: no person of its own")
    if not golds:
        golds, derived = derived, []
    if not judges and not scores:
        return _people(facts, golds, seconds)
    if not golds:
        return _unnamed(facts, judges, seconds)
    facts.take("gold", golds, _why(golds, gold=True))
    facts.take("judge", judges, _why(judges, gold=False))
    what = f"{counted(judges, 'judge')} against {counted(golds, 'gold column')}"
    readings = [Reading(what, {"judge": judges, "gold": golds})] if judges else []
    readings += scored(facts, judges, golds, scores)
    if derived and judges:
        whole = f"{counted(judges, 'judge')} against {some(derived)} alone, not against each person"
        readings += [Reading(whole, {"judge": judges, "gold": [name]}) for name in derived]
    return in_two_orders(facts, [_listed(facts, one) for one in readings], seconds)


def _named_models(facts: Facts, readings: list[Reading]) -> list[Reading]:
    """Where one column holds verdicts, a column of models may name the judged systems, or the judges."""
    found: list[Reading] = []
    for one in readings:
        found.append(one)
        system, judges = one.options.get("system"), one.options.get("judge", [])
        told = system is not None and words_of(system) & {"model", "llm"} and one.command == "score"
        if not told or len(judges) != 1 or words_of(judges[0]) & _NAMED or facts[str(system)].distinct > _MOST:
            continue
        facts.questions.append(f"{system}: does it name the systems that are judged, or the judges?")
        rest = {name: value for name, value in one.options.items() if name != "system"}
        told_why = f"{system} names the judges"
        found[-1] = Reading(one.what, one.options, one.command, f"{system} names the judged systems")
        found.append(
            Reading(f"judges in rows, named by {system}", {**rest, "judge_name": [system]}, one.command, told_why)
        )
    return found


def _listed(facts: Facts, reading: Reading) -> Reading:
    """Take the entries of lists in a gold column for several people's labels, unless the judge gives lists, too."""
    lists = {
        role: [name for name in reading.options.get(role, ()) if any(c.startswith("[") for c in facts.cells(name)[:20])]
        for role in ("judge", "gold")
    }
    several = [len(set(map(str, one))) < len(one) for name in lists["judge"] for one in _lists(facts, name)]
    if any(several) and not lists["gold"]:
        facts.questions.append(
            f"{some(lists['judge'])}: lists in which a label occurs twice: each place is taken for a judge's answer, "
            "such as one asking of several"
        )
        judges = [f"{name}.*" if name in lists["judge"] else name for name in reading.options["judge"]]
        return Reading(reading.what, {**reading.options, "judge": judges}, reading.command, reading.why)
    if facts.table.format == "csv" or lists["judge"] or not lists["gold"]:
        return reading
    golds = [f"{name}.*" if name in lists["gold"] else name for name in reading.options["gold"]]
    facts.notes.append(f"{some(lists['gold'])}: each entry of the list is taken for a person's label")
    return Reading(reading.what, {**reading.options, "gold": golds}, reading.command, reading.why)


def _lists(facts: Facts, name: str) -> list[list[object]]:
    """Read the lists in the first cells of a column of JSON."""
    if facts.table.format == "csv":
        return []
    found = [parsed(cell) for cell in facts.cells(name)[:200] if cell.startswith("[")]
    return [one for one in found if isinstance(one, list)]


def _why(names: list[str], *, gold: bool) -> str:
    said = all(is_gold(name) if gold else is_judge(name) for name in names)
    return f"the name says {'gold' if gold else 'judge'}" if said else "assumed: its labels are of the others' kind"


def _columns(facts: Facts, seconds: set[str]) -> tuple[list[str], list[str], list[str]]:
    """Tell judges' columns, gold ones, and those that were made of gold ones."""
    sure = [one for one in facts.labelled() if one.name not in seconds and not words_of(one.name) & SURE]
    golds = [one for one in sure if is_gold(one.name)]
    golds = golds or [one for one in sure if words_of(one.name) & {"label", "labels"} and not is_judge(one.name)]
    if len(golds) > 1:
        golds += [one for one in sure if one not in golds and words_of(one.name) & _MADE and not is_judge(one.name)]
    texts = [
        one
        for one in facts.columns
        if not one.kind and one.name not in facts.roles and one.filled and not is_id(one.name)
        and cluster_rank(one.name) is None and one.name not in seconds and not facts.holds_others(one.name)
    ]  # fmt: skip
    if not golds:
        golds = [one for one in texts if is_gold(one.name) and one.length < 400]
    derived = [one.name for one in golds if _is_derived(facts, one, golds)]
    own = [one for one in golds if one.name not in derived]
    base = own or [one for one in golds if one.name in derived]
    kinds = {one.kind for one in base}
    alike = {kind for kind in kinds for kind in {kind, *_KIN.get(kind, set())}}
    free = [one for one in sure if one not in golds]
    if base:
        judges = [
            one
            for one in free
            if (one.kind in alike and (one.kind != "labels" or _share(facts, one, base))) or _share(facts, one, base, 2)
        ]
        # Replies are read later, if at all: what counts here is the name.
        named = [one for one in [*free, *texts] if is_judge(one.name) and one not in judges]
        judges = judges or [one for one in named if not words_of(one.name) & SYSTEM or is_label(one.name)]
        judges = judges or [one for one in texts if one not in golds and _replied(facts, one, base)]
    else:
        judges = _same_kind(facts, free)
    if base:
        aside = [
            one.name
            for one in judges
            if (words_of(one.name.rpartition(".")[2]) & _ASIDE and not is_judge(one.name))
            or (
                not is_judge(one.name)
                and any(_compares(facts, one, other, gold) for other in judges for gold in base if other is not one)
            )
        ]
        if len(aside) == len(judges):
            # Of a judge's score and its success the latter is what it says.
            aside = [name for name in aside if "success" not in words_of(name)]
        facts.take("left aside", aside, "the name says how it went, not what was said")
        judges = [one for one in judges if one.name not in aside]
    if base and len(judges) > 1 and not any(is_judge(one.name) for one in judges):
        judges = [one for one in judges if is_label(one.name)] or judges
    if base and _is_board(facts, len(golds) + len(judges)):
        facts.notes.append("each row is a system of its own: figures of systems, not labels of items")
        judges = []
    return [one.name for one in judges], [one.name for one in own], derived


def _replied(facts: Facts, one: Profile, golds: list[Profile]) -> bool:
    """Whether rules read a verdict in nearly all of a column's first texts, as they would beside gold's words."""
    beside = facts.replies([one.name, *(gold.name for gold in golds)], _LOOKED_AT)
    texts = dict.fromkeys(filter(None, facts.cells(one.name)[:_LOOKED_AT]))
    return len(texts) > 1 and sum(text in beside for text in texts) >= _NEARLY * len(texts)


def _compares(facts: Facts, one: Profile, judge: Profile, gold: Profile) -> bool:
    """Whether a column says on every row whether two others, which speak of the same, agree."""
    if one.kind != "check" or facts.rows < _ENOUGH or not _share(facts, judge, [gold]):
        return False
    same = [fold(a) == fold(b) for a, b in zip(facts.cells(judge.name), facts.cells(gold.name), strict=True)]
    pairs = {(equal, fold(cell)) for equal, cell in zip(same, facts.cells(one.name), strict=True)}
    return len(pairs) == len({said for _, said in pairs}) == 2


def _is_board(facts: Facts, chosen: int) -> bool:
    """Whether rows are systems with figures of theirs, most of which are none of those chosen."""
    system = any(words_of(one.name) <= SYSTEM and one.distinct == one.rows > 1 for one in facts.columns)
    return system and sum(one.kind in {"decimals", "numbers"} for one in facts.columns) > 2 * chosen


def _share(facts: Facts, one: Profile, others: list[Profile], least: int = 1) -> bool:
    return any(len(facts.words(one.name) & facts.words(other.name)) >= least for other in others)


def _same_kind(facts: Facts, free: list[Profile]) -> list[Profile]:
    """Take the columns that can be compared: of the most common kind, with words in common."""
    if not free:
        return []
    kind = Counter(one.kind for one in free).most_common(1)[0][0]
    first = next(one for one in free if one.kind == kind)
    alike = {kind, *_KIN.get(kind, set())}
    return [
        one for one in free
        if one is first or (one.kind in alike and (kind != "labels" or _share(facts, one, [first])))
        or _share(facts, one, [first], 2)
    ]  # fmt: skip


def _is_derived(facts: Facts, one: Profile, golds: list[Profile]) -> bool:
    """Whether a column was made of the others: its name says so, or it always is their majority."""
    if len(golds) < 2:
        return False
    if words_of(one.name) & DERIVED:
        return True
    others = [other.name for other in golds if other is not one and not words_of(other.name) & DERIVED]
    if len(others) < 3 or facts.rows < 10:
        return False
    votes = 0
    for said, *row in zip(facts.cells(one.name), *map(facts.cells, others), strict=True):
        (most, times), *rest = Counter(word for word in map(fold, row) if word not in MISSING).most_common(2) or [
            ("", 0)
        ]
        if times > 1 and (not rest or rest[0][1] < times):
            votes += 1
            if fold(said) != most:
                return False
    return votes >= 10


def _people(facts: Facts, golds: list[str], seconds: dict[str, str]) -> list[Reading]:
    """Annotators without a judge."""
    if len(golds) > 1:
        if criteria := criterion_words(golds):
            facts.take("gold", golds, "the name says annotator or gold")
            facts.notes.append(
                f"{some(golds)} differ in what was asked ({some(criteria)}): labels of one criterion each, not of "
                "several people, so that they are not held against each other"
            )
            return []
        facts.take("gold", golds, "the name says annotator or gold")
        if not facts.people:
            facts.notes.append(f"no judge's column: {argument('judge')} C names one")
        return [Reading(f"{len(golds)} annotators and no judge", {"gold": golds}, "humans")]
    if golds and max((len(one) for one in _lists(facts, golds[0])), default=0) > 1:
        facts.take("gold", golds, "lists of people's labels")
        each = [f"{golds[0]}.{place}" for place in range(max(map(len, _lists(facts, golds[0]))))]
        return [Reading(f"lists of people's labels in {golds[0]}, and no judge", {"gold": each[:_MOST]}, "humans")]
    if golds:
        facts.take("gold", golds, "the name says gold")
        if not facts.people:
            facts.notes.append(_alone(facts, golds[0], "gold labels"))
    return in_two_orders(facts, [], seconds)


def _alone(facts: Facts, name: str, what: str) -> str:
    ids = [one for one, (role, _) in facts.roles.items() if role in {"id", "cluster"}]
    joined = f" {argument('id')} {ids[0]}" if ids else ""
    return (
        f"one column of labels, {name} ({what}), and nothing to compare it with: a file that has the other side can "
        f"stand beside it, {argument('csv')} THIS {argument('csv')} OTHER{joined}, and `judgebench doctor THIS OTHER` "
        "says how they go together"
    )


def _unnamed(facts: Facts, judges: list[str], seconds: dict[str, str]) -> list[Reading]:
    """Columns of labels, none of which is said to be gold."""
    named = [name for name in judges if is_judge(name)]
    if people := [] if named else [name for name in judges if name in facts.people]:
        facts.take("gold", people, "assumed: labels beside a question and an answer")
        return [Reading(f"labels of {some(people)}", {"gold": people}, "humans")] if len(people) > 1 else []
    facts.take("label", judges, "labels; no name says gold")
    rest = [name for name in judges if name not in named]
    apart = [Reading(f"{counted(judges, 'judge')} without gold", {"judge": judges}, "score --consistency")]
    if set(judges) & seconds.keys() and len(judges) == len(seconds):
        return in_two_orders(facts, [], seconds)
    if len(judges) < 2:
        facts.notes.append(_alone(facts, judges[0], "no name says whose"))
        return []
    if named and rest:
        what = f"{counted(named, 'judge')} against {counted(rest, 'gold column')}"
        found = [Reading(what, {"judge": named, "gold": rest})]
        if len(rest) == 1 and is_label(rest[0]):
            facts.notes.append(f"assumed: {rest[0]} is gold, as no name says judge")
            return in_two_orders(facts, found, seconds)
        facts.questions.append(f"{some(rest)}: gold, or more judges?")
        return in_two_orders(facts, [*found, *apart], seconds)
    if named:
        asked, found = f"every name says judge; is one of them gold? Then {argument('gold')} C", apart
    else:
        asked, found = "no name says who is judge and who is gold", [_against(judges, name) for name in judges[::-1]]
        what = f"{len(judges)} raters of one kind, held against each other"
        found.append(Reading(what, {"gold": judges}, "humans"))
    if len(judges) > 2 and not named:
        asked, found = "several people, askings or questions? No name says", []
        asked += f"; in score, name the judge with {argument('judge')} and people with {argument('gold')}"
    facts.questions.append(f"{some(judges)}: {asked}")
    return in_two_orders(facts, found, seconds)


def _against(judges: list[str], gold: str) -> Reading:
    rest = [name for name in judges if name != gold]
    return Reading(f"{gold} is gold, and {some(rest)} judged", {"judge": rest, "gold": [gold]})


# --- keys -----------------------------------------------------------------------------------------------------------


def _keys(facts: Facts) -> Options:
    """Find subsets, systems, what rows share, and ids."""
    free = [one for one in facts.columns if one.name not in facts.roles and one.distinct > 1]
    few = [one for one in free if one.repeats and one.words and one.distinct <= max(2, one.rows // 2)]
    found: dict[str, object] = {}
    for role, words in (("system", SYSTEM), ("subset", SUBSET)):
        fitting = [
            one.name
            for one in few
            if words_of(one.name) & words and one.distinct <= 200 and one.name not in facts.roles
            and one.kind in {"", "labels"} and not is_gold(one.name) and not is_judge(one.name.replace("model", ""))
            and one.length <= _LONGEST and not set(cut(one.name)) & {"a", "b", "left", "right"}
        ]  # fmt: skip
        if fitting and not facts.options.get("count"):
            found[role] = fitting[0]
            facts.take(
                role, fitting[:1], f"the name says {'who was judged' if role == 'system' else 'part of the data'}"
            )
    if facts.options.get("count"):
        return found
    shared = [
        one for one in free
        if one.repeats and one.name not in facts.roles
        and (cluster_rank(one.name) is not None or (is_id(one.name) and not one.missing))
        and one.kind not in {"check", "pair"}
    ]  # fmt: skip
    if shared:
        best = min(shared, key=lambda one: (cluster_rank(one.name) is None, cluster_rank(one.name) or 0))
        found["cluster"] = [best.name]
        facts.take("cluster", [best.name], "rows share it, and so are not independent")
    unique = [one.name for one in free if not one.repeats and not one.missing and is_id(one.name)]
    if unique:
        found["id"] = unique[:1]
        facts.take("id", unique[:1], "the name says id, and none repeats")
    return found
