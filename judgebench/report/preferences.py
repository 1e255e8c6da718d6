"""Verdicts as training data: preference pairs (DPO), desirable and undesirable answers (KTO), rankings.

A row is what trl reads, in messages: ``prompt`` with ``chosen`` and ``rejected``; with ``completion`` and ``label``; or
with ``completions``, best first. ``provenance`` says whose verdict on which item it is, and by which rules.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations, groupby
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from judgebench import __version__
from judgebench.domain import Turn, bare, conditions_of, spoken
from judgebench.errors import UsageError, argument

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from judgebench.domain import Code, Item, Response, Scale, Verdict

PreferenceForm: TypeAlias = Literal["dpo", "kto", "ranking"]
#: Which of an item's games must name the same winner: all that hold a verdict, more than name another, or the first.
Games: TypeAlias = Literal["all", "most", "first"]
#: What ties become: nothing, or two answers that are desirable, or undesirable (KTO).
TieRule: TypeAlias = Literal["drop", "desirable", "undesirable"]


@dataclass(frozen=True, slots=True)
class Choices:
    """The rules by which verdicts become preferences; ``threshold`` is for ratings in KTO, ``gap`` in DPO."""

    form: PreferenceForm
    games: Games = "all"
    ties: TieRule = "drop"
    threshold: float | None = None
    gap: float = 0.0

    def check(self, scale: Scale) -> None:
        """Refuse what a scale has no preferences for; UsageError."""
        if scale.kind not in {"check", "rate", "pair", "pick", "rank"}:
            raise UsageError(f"verdicts on {scale.spec} say nothing about which answer is preferred")
        if self.ties != "drop" and self.form != "kto":
            raise UsageError(
                f"{argument('ties')} {self.ties} is for {argument('form')} kto: a pair needs a better answer"
            )
        if scale.kind == "rate" and self.form == "kto" and self.threshold is None:
            raise UsageError(f"which ratings are desirable? {argument('at_least')} X")
        if scale.kind in {"check", "pick"} and self.form == "ranking":
            raise UsageError(f"verdicts on {scale.spec} rank nothing; use {argument('form')} dpo or kto")


@dataclass(slots=True)
class Told:
    """How many items gave rows, and why the others gave none."""

    rows: int = 0
    items: int = 0
    left: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        """Say it in one line."""
        left = "".join(f"; {count:,} {why}" for why, count in sorted(self.left.items()))
        return f"{self.rows:,} rows of {self.items:,} items{left}"


def preferences(
    verdicts: Iterable[Verdict],
    scale: Scale,
    items: Mapping[str, Item],
    choices: Choices,
    about: Mapping[str, str],
    told: Told,
) -> Iterator[dict[str, Any]]:
    """Yield a judge's preferences over the answers to its items; ``about`` is whose they are, ``told`` counts.

    Answers that are judged alone (check, rate) are held against the other answers to the same conversation.
    """
    choices.check(scale)
    kept: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        if not verdict.probe:
            kept.setdefault(verdict.item, []).append(verdict)
    settled: list[tuple[Item, Code]] = []
    for name, games in kept.items():
        told.items += 1
        code, why = settle(games, scale, choices.games)
        item = items.get(name)
        if item is None:
            why = "without texts at hand"
        elif code is not None and _pictured(item):
            why = "with images"
        if code is None or item is None or why:
            told.left[why] += 1
        else:
            settled.append((item, code))
    alone = scale.kind in {"check", "rate"}
    rows = _alone(settled, scale, choices, told) if alone else _together(settled, scale, choices, told)
    for row, item, code in rows:
        told.rows += 1
        whose = dict(about) | {"item": item.id, "verdict": _word(scale, code), "games": choices.games}
        yield row | {"provenance": whose | {"ties": choices.ties, "judgebench": __version__}}


def _pictured(item: Item) -> bool:
    return any(True for _ in item.images)


def settle(games: Sequence[Verdict], scale: Scale, rule: Games) -> tuple[Code | None, str]:
    """Make one verdict of an item's games, in the item's own order; or say why there is none.

    Of games that ``most`` of them name alike the first such verdict stands; on ratings, all must say the same.
    """
    given = [one.code for one in sorted(games, key=lambda one: (one.repeat, one.order)) if one.code is not None]
    if not given:
        return None, "without a verdict"
    if rule == "first":
        return given[0], ""
    sides = [_side(code, scale) for code in given]
    counts = Counter(sides).most_common()
    if (rule == "all" and len(counts) > 1) or (len(counts) > 1 and counts[0][1] == counts[1][1]):
        return None, "on which games contradict each other"
    return given[sides.index(counts[0][0])], ""


def _side(code: Code, scale: Scale) -> Code:
    """Name the winner of a pair, however clearly it wins."""
    if scale.kind != "pair" or isinstance(code, tuple) or code == scale.both_bad:
        return code
    middle = len(scale.values) - 1
    return -1 if 2 * code < middle else 1 if 2 * code > middle else 0


def _word(scale: Scale, code: Code) -> str:
    return ">".join(str(one + 1) for one in code) if isinstance(code, tuple) else scale.word(code)


def _together(
    settled: Iterable[tuple[Item, Code]], scale: Scale, choices: Choices, told: Told
) -> Iterator[tuple[dict[str, Any], Item, Code]]:
    """Give preferences among answers that were judged side by side."""
    for item, code in settled:
        best_first = _order(item, code, scale)
        if best_first is None:
            if choices.form == "kto" and (choices.ties != "drop" or code == scale.both_bad):
                good = choices.ties == "desirable" and code != scale.both_bad
                for response in item.responses:
                    yield _completion(item, response, good=good), item, code
            else:
                told.left["tied"] += 1
            continue
        winner, *rest = best_first
        if choices.form == "ranking":
            yield _ranking(item, best_first), item, code
        elif choices.form == "kto":
            # Of a ranking only its ends are clearly desirable or not.
            others = rest[-1:] if scale.kind == "rank" else rest
            for response in (winner, *others):
                yield _completion(item, response, good=response is winner), item, code
        else:
            pairs = combinations(best_first, 2) if scale.kind == "rank" else ((winner, one) for one in rest)
            for better, worse in pairs:
                yield _pair(item, better, worse), item, code


def _order(item: Item, code: Code, scale: Scale) -> list[Response] | None:
    """Put the answers in order, the best first (of a pick, the others as they come); None where nobody wins."""
    if isinstance(code, tuple):
        return [item.responses[index] for index in code]
    side = _side(code, scale)
    if scale.kind == "pair":
        if not isinstance(side, int) or side == 0 or code == scale.both_bad:
            return None
        first = 0 if side < 0 else 1
    else:
        first = code
    return [item.responses[first], *(one for at, one in enumerate(item.responses) if at != first)]


def _alone(
    settled: Sequence[tuple[Item, Code]], scale: Scale, choices: Choices, told: Told
) -> Iterator[tuple[dict[str, Any], Item, Code]]:
    """Give preferences among answers that were judged one by one."""
    single = [(item, code) for item, code in settled if isinstance(code, int)]
    if choices.form == "kto":
        least = 1.0 if choices.threshold is None else choices.threshold
        for item, code in single:
            yield _completion(item, item.responses[0], good=scale.values[code] >= least), item, code
        return
    asked = sorted(single, key=lambda one: repr((one[0].conversation, one[0].context)))
    for _, group in groupby(asked, key=lambda one: repr((one[0].conversation, one[0].context))):
        answers = sorted(group, key=lambda one: -scale.values[one[1]])
        if len(answers) < 2:
            told.left["with one answer to their question"] += 1
            continue
        values = [scale.values[code] for _, code in answers]
        item, code = answers[0]
        if choices.form == "ranking":
            if len(set(values)) < len(values):
                told.left["tied"] += len(values)
                continue
            yield _ranking(item, [one.responses[0] for one, _ in answers]), item, code
            continue
        for (better, above), (worse, below) in combinations(answers, 2):
            apart = scale.values[above] - scale.values[below]
            if apart > 0 and apart >= choices.gap:
                row = _pair(better, better.responses[0], worse.responses[0])
                yield row | {"rejected_item": worse.id}, better, above


def _pair(item: Item, better: Response, worse: Response) -> dict[str, Any]:
    return {
        "prompt": _prompt(item),
        "chosen": _answer(better),
        "rejected": _answer(worse),
        "systems": _by([better, worse]),
    }


def _ranking(item: Item, best_first: Sequence[Response]) -> dict[str, Any]:
    ranked = [_answer(one) for one in best_first]
    return {"prompt": _prompt(item), "completions": ranked, "systems": _by(best_first)}


def _completion(item: Item, response: Response, *, good: bool) -> dict[str, Any]:
    return {"prompt": _prompt(item), "completion": _answer(response), "label": good, "systems": _by([response])}


def _prompt(item: Item) -> list[dict[str, str]]:
    """Write the conversation, behind the documents that the answers rest on."""
    documents = [{"role": "system", "content": "\n\n".join(item.context)}] if item.context else []
    return documents + _messages(item.conversation)


def _answer(response: Response) -> list[dict[str, str]]:
    if response.turns:
        return _messages(response.turns)
    return [{"role": "assistant", "content": response.text}]


def _messages(turns: Sequence[Turn]) -> list[dict[str, str]]:
    return [{"role": one.role, "content": one.text} for one in spoken(Turn.of(turn.role, turn.text) for turn in turns)]


def _by(responses: Sequence[Response]) -> list[str]:
    return [one.model or "" for one in responses]


def whose(task: str, revision: str, judge: str, settings: str, gold: str) -> dict[str, str]:
    """Say whose verdicts on which data they are."""
    told = "; ".join(f"{name}={text}" for name, text in conditions_of(judge).items())
    return {
        "task": task,
        "revision": revision,
        "judge": bare(judge),
        "conditions": told,
        "settings": settings,
        "gold": gold,
    }
