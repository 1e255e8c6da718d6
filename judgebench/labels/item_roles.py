"""Recognise the role of each column in a table of items, and say why it has it.

They are found by what was said of them first, then by their names, and by what their cells hold where a name could mean
two things. What can't be told is a doubt, which names the options that settle it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from judgebench.errors import argument
from judgebench.labels.names import (
    CRITERIA,
    LABEL,
    NO_LABEL,
    SUBSET,
    SYSTEM,
    cluster_rank,
    cut,
    is_gold,
    is_id,
    is_judge,
    words_of,
)
from judgebench.labels.roles import Recognised, Roles
from judgebench.labels.vocabulary import word_set

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from judgebench.labels.profile import Profile


#: Names of each role, joined by blanks as `cut` would give them; of those on one line none is surer than another.
_NAMES = """
turns      turns conversation messages dialogue dialog chat chat_history conversation_history history
question   question user_question
question   prompt user_prompt query user_query instruction user_input user_message problem ticket
question   request message email post input
question   goal objective
answer     answer model_answer response model_response llm_response assistant_response actual_output output \
           model_output llm_output completion generation generated_answer generated_text reply summary translation \
           hypothesis candidate candidate_answer
answer     trajectory rollout trace steps
reference  reference references reference_answer reference_answers gold_answer golden_answer correct_answer \
           right_answer expected_output expected_answer expected_response ideal ideal_answer reference_response
reference  ground_truth groundtruth target solution expected gold truth
context    context contexts retrieved_context retrieved_contexts retrieval_context evidence knowledge passage \
           passages documents source_document source_documents source_text document article handbook
images     image images image_path image_file image_url img picture photo screenshot
criterion  criterion criteria aspect dimension
systems    system model model_name system_name generator model_id
"""
_NAMED: dict[str, list[frozenset[str]]] = {}
for _role, *_words in map(str.split, _NAMES.strip().splitlines()):
    _NAMED.setdefault(_role, []).append(frozenset(one.replace("_", " ") for one in _words))
#: Two columns that are one question.
_TOGETHER = (("instruction", "input"), ("subject", "message"), ("title", "question"))
_ANSWER_WORDS = word_set(
    "answer response output completion generation reply summary translation text hypothesis candidate"
)
_SIDE_WORDS = _ANSWER_WORDS | word_set("model assistant system llm option choice generated conversation messages")
_SIDES = {letter: place for place, letter in enumerate("abcdefgh")} | {"first": 0, "second": 1, "left": 0, "right": 1}
#: What cells of labels may hold, as `judgebench.labels.profile.Profile.kind` tells it.
_LABELS = frozenset({"check", "pair", "rate", "numbers", "labels", "decimals"})
_OPTIONS = {
    "question": "question", "turns": "turns", "answers": "answer", "systems": "system", "reference": "references",
    "context": "context", "images": "image", "criterion": "criterion", "id": "id", "subset": "subset",
    "cluster": "cluster", "gold": "gold",
}  # fmt: skip


def side_of(name: str) -> tuple[str, int] | None:
    """Read a name such as answer_a, response2 or model_b_output: what it is, and of which side, from 0 on.

    >>> side_of("response_B"), side_of("answer1"), side_of("model_a"), side_of("output")
    (('response', 1), ('answer', 0), ('model', 0), None)
    """
    words = cut(name)
    marks = [word for word in words if word in _SIDES or (word.isdigit() and 1 <= int(word) <= 9)]
    rest = [word for word in words if word not in marks]
    if len(marks) != 1 or not rest or not set(rest) <= _SIDE_WORDS:
        return None
    mark = marks[0]
    return " ".join(rest), int(mark) - 1 if mark.isdigit() else _SIDES[mark]


def find_roles(columns: Sequence[Profile], given: Mapping[str, Sequence[str]] | None = None) -> Recognised:
    """Find the role of each column of a table of items.

    ``given`` are the roles that were said, by field of `Roles`; an empty one is said to be nobody's.
    """
    given = given or {}
    found = Recognised(Roles(**{role: tuple(names) for role, names in given.items()}), said=frozenset(given))
    for role, names in given.items():
        found.why |= dict.fromkeys(names, f"{argument(_OPTIONS.get(role, role))} says so")
    free = {one.name: one for one in columns if one.name not in found.why}
    for role, find in _FINDERS.items():
        if role not in given:
            names, why = find(free, found)
            if names:
                found.roles = replace(found.roles, **{role: names})
                found.why |= dict.fromkeys(names, why)
            for name in names:
                free.pop(name, None)
    if criteria := _criteria(found.roles.gold) if "gold" not in given else []:
        pattern = found.roles.gold[0].replace(criteria[0], "{criterion}")
        one_each = " ".join(f"{argument('gold')} {name}" for name in found.roles.gold)
        found.doubts.append(
            f"{', '.join(found.roles.gold)}: labels of one criterion each, or annotators? give {argument('gold')} "
            f"'{pattern}' (criteria), or {one_each} (annotators)"
        )
    found.judges = tuple(name for name, one in free.items() if is_judge(name) and one.kind in _LABELS)
    found.aside = tuple(name for name in free if name not in found.judges)
    return found


def guessed_gold(free: Iterable[Profile]) -> tuple[str, ...]:
    """Guess people's labels by cells alone: the most columns without a role that hold labels of one kind."""
    labels = [one for one in free if one.repeats and not words_of(one.name) & NO_LABEL]
    kinds = [[one.name for one in labels if one.kind == kind] for kind in ("check", "pair", "rate")]
    most = max(kinds, key=len)
    # accuracy and fluency are no two people.
    return () if _criteria(most) else tuple(most)


def _criteria(golds: Sequence[str]) -> list[str]:
    """Find the words in which columns of gold differ, where these name criteria."""
    cuts = [cut(name) for name in golds]
    if len(cuts) < 2 or len({len(one) for one in cuts}) > 1:
        return []
    differing = [words for words in zip(*cuts, strict=True) if len(set(words)) > 1]
    if len(differing) != 1 or not set(differing[0]) & CRITERIA:
        return []
    return list(differing[0]) if all(word in name for word, name in zip(differing[0], golds, strict=True)) else []


_Free = dict[str, "Profile"]
_Found = tuple[tuple[str, ...], str]
_NOTHING: _Found = ((), "")


def _by_name(role: str, free: _Free, found: Recognised, field_name: str = "") -> _Found:
    """Take the column whose name says a role best; several that say it equally well are a doubt."""
    for names in _NAMED[role]:
        # What is inside an object may say it by its last name: data.question, outputs.answer.
        named = [name for name in free if " ".join(cut(name)) in names]
        named = named or [name for name in free if "." in name and " ".join(cut(name.rpartition(".")[2])) in names]
        if not named:
            continue
        # Texts before what could be labels: an answer may be yes, or 42, where nothing else is.
        named = [name for name in named if _is_text(free[name])] or named
        lower = {name.strip().lower(): name for name in free}
        for pair in _TOGETHER:
            if set(pair) <= lower.keys() and set(named) <= {lower[one] for one in pair}:
                return tuple(lower[one] for one in pair), "the two are one question"
        if len(named) > 1:
            option = argument(_OPTIONS[field_name or role])
            found.doubts.append(f"{', '.join(named)}: which is the {role}? say {option} {named[0]} (or another)")
        return (named[0],), f"the name says {role}"
    return _NOTHING


def _is_text(one: Profile) -> bool:
    """Whether cells may be texts, and not labels: what has few words of a label's kind is rated, not read."""
    return one.kind == "" or one.distinct > 12 or 2 < one.distinct == one.filled


def _question(free: _Free, found: Recognised) -> _Found:
    return _NOTHING if found.roles.turns else _by_name("question", free, found)


def _answers(free: _Free, found: Recognised) -> _Found:
    sides: dict[str, dict[int, str]] = {}
    for name in free:
        if (side := side_of(name)) is not None and set(side[0].split()) & (
            _ANSWER_WORDS | {"conversation", "messages"}
        ):
            sides.setdefault(side[0], {})[side[1]] = name
    several = {noun: [names[at] for at in sorted(names)] for noun, names in sides.items() if _whole(names)}
    if several:
        if len(several) > 1:
            options = "; or ".join(" ".join(f"{argument('answer')} {name}" for name in one) for one in several.values())
            found.doubts.append(f"{', '.join(several)}: which are the answers? say {options}")
        noun, names = next(iter(several.items()))
        return tuple(names), f"{len(names)} of one name, {noun}, by their letters or numbers"
    if {"chosen", "rejected"} <= set(free):
        return ("chosen", "rejected"), "the names say which answer was preferred"
    return _by_name("answer", free, found, "answers")


def _whole(sides: Mapping[int, str]) -> bool:
    return len(sides) > 1 and sorted(sides) == list(range(len(sides)))


def _systems(free: _Free, found: Recognised) -> _Found:
    answers = found.roles.answers
    if len(answers) > 1:
        sides = {side: name for name in free if (one := side_of(name)) is not None for noun, side in [one]
                 if set(noun.split()) <= SYSTEM | {"name", "llm"}}  # fmt: skip
        if sorted(sides) == list(range(len(answers))):
            return tuple(sides[at] for at in sorted(sides)), "the names say system, by letters or numbers"
        beside = tuple(f"{name}_model" for name in answers)
        return (beside, "the names say whose answer") if set(beside) <= set(free) else _NOTHING
    names, why = _by_name("systems", free, found)
    return (names, why) if names and free[names[0]].kind not in _LABELS - {"labels"} else _NOTHING


def _reference(free: _Free, found: Recognised) -> _Found:
    names, why = _by_name("reference", free, found)
    # A word such as gold or target may stand over labels, too.
    return (names, why) if names and (not is_gold(names[0]) or _is_text(free[names[0]])) else _NOTHING


def _subset(free: _Free, found: Recognised) -> _Found:
    if found.roles.criterion or any("{criterion}" in name for name in found.roles.gold):
        return _NOTHING
    few = [n for n, one in free.items() if one.repeats and one.words and 1 < one.distinct <= min(200, one.rows // 2)]
    named = [name for name in few if words_of(name) & SUBSET and not is_gold(name) and not is_judge(name)]
    return ((named[0],), "the name says part of the data, and its words repeat") if named else _NOTHING


def _id(free: _Free, found: Recognised) -> _Found:
    ids = [(name, one) for name, one in free.items() if is_id(name) and not one.missing]
    if found.roles.criterion:
        # An item has a row per criterion.
        repeated = [name for name, one in ids if one.repeats]
        return ((repeated[0],), "the name says id, and an item has a row per criterion") if repeated else _NOTHING
    unique = [name for name, one in ids if not one.repeats]
    unique.sort(key=lambda name: name.strip().lower() not in {"id", "item_id", "itemid"})
    return ((unique[0],), "the name says id, and none repeats") if unique else _NOTHING


def _cluster(free: _Free, found: Recognised) -> _Found:
    if found.roles.criterion:
        return _NOTHING
    ranked = [(cluster_rank(n), n) for n, one in free.items() if one.repeats and is_id(n) and not one.missing]
    named = sorted((99 if rank is None else rank, name) for rank, name in ranked)
    return ((named[0][1],), "the name says whose rows belong together, and it repeats") if named else _NOTHING


def _gold(free: _Free, found: Recognised) -> _Found:
    label = {n: one for n, one in free.items() if one.kind in _LABELS and not words_of(n) & NO_LABEL and not is_id(n)}
    named = [name for name in label if is_gold(name)]
    if named:
        # Of human_1 and human_2 one is not left out because its cells look otherwise.
        shapes = {re.sub(r"\d+", "#", name) for name in named if re.search(r"\d", name)}
        alike = [name for name in free if name in named or re.sub(r"\d+", "#", name) in shapes]
        return tuple(alike), "the name says annotator or gold"
    named = [name for name in label if words_of(name) & LABEL and not is_judge(name)]
    if len(named) > 1:
        one_each = " ".join(f"{argument('gold')} {name}" for name in named)
        found.doubts.append(
            f"{', '.join(named)}: annotators, or labels of different things? say {one_each} (annotators), one of "
            f"them, or {argument('gold')} '' (no gold)"
        )
    return (tuple(named), "the name says label") if named else _NOTHING


_Finder = Callable[[_Free, Recognised], _Found]


def _finder(role: str) -> _Finder:
    return partial(_by_name, role)


#: In this order: what an answer is depends on nothing, what a reference is on the answers.
_FINDERS: dict[str, _Finder] = {
    "turns": _finder("turns"),
    "question": _question,
    "answers": _answers,
    "systems": _systems,
    "criterion": _finder("criterion"),
    "reference": _reference,
    "context": _finder("context"),
    "images": _finder("images"),
    "gold": _gold,
    "id": _id,
    "cluster": _cluster,
    "subset": _subset,
}
