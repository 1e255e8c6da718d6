"""Is a judge fit for use, on one page: a line a question, with its figure and the reason; and what it can't say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from judgebench.agreement.validity import STATES, overall
from judgebench.domain.shapes import COUNT, ESTIMATE, NUMBER, TEXT, TEXTS, ListOf, choice, judge_keys, maybe, record
from judgebench.errors import MismatchError
from judgebench.report import junit
from judgebench.report.document.blocks import Cell, Field, Notes, Sentences, Table, grid, judge_columns, sheet, when
from judgebench.report.document.brief import MOST_NOTES, Brief
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean, decimal, interval, many, percent, some
from judgebench.report.said import known_as, listed, two
from judgebench.report.words import REASONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from judgebench.agreement.validity import Line, State
    from judgebench.domain import Usage
    from judgebench.errors import JudgebenchError
    from judgebench.report.document.blocks import Block, Fields, Sheet, Tone

__all__ = ["JudgeValidation", "Validated", "standing_words"]

_STATE = choice(*STATES)

_WORDS = {"pass": "pass", "warn": "WARN", "fail": "FAIL", "open": "not looked at"}
#: The same in a first table, and its colour; and lines that it has.
_BRIEF = {"pass": "pass", "warn": "not sure", "fail": "fail", "open": "not looked at"}
_TONES: dict[str, Tone] = {"pass": "good", "warn": "doubt", "fail": "bad", "open": ""}
_MOST = 14
#: Why a line has its state; ``{limit}`` is what it was held against, ``{more}`` what it is about.
_SAID: Mapping[str, str] = {
    "above": "clearly at least {limit}",
    "below": "clearly below {limit}",
    "unsure": "too few items to tell it from {limit}",
    "no_interval": "too few items for an interval",
    "answered": "answers nearly everything",
    "silent": "too many cases without a verdict",
    "one_order": "asked in one order only; --order both shows it",
    "asked_once": "asked once; --repeats 3 shows how far it agrees with itself",
    "few_repeats": "asked fewer than three times",
    "stable": "agrees with itself, and is not seen to be led",
    "led": "agrees with itself, and is led by {more}: stable is not right",
    "no_ceiling": "no item has labels of two people",
    "at_ceiling": "as near to people as they are to each other",
    "below_ceiling": "clearly below how far people agree",
    "beyond_placebo": "goes where it is pushed, beyond the placebo",
    "not_ruled_out": "too few items to rule out more than {limit}: {more}",
    "ruled_out": "clearly not led by more than {limit}: {more}",
    "no_probes": "nothing was probed",
    "several_tasks": "several kinds of gold: {more}",
    "one_task": "one task only; add one of another kind of gold",
    "one_kind": "all tasks have one kind of gold: {more}",
    "no_version": "the backend reports none: that the model changed would not be seen",
    "one_version": "one model version answered: {more}",
    "versions": "several model versions answered: {more}",
}
_OPPOSED = {"position": {"below": "clearly at most {limit}", "above": "clearly more than {limit}"}}


def _said(line: Line) -> str:
    words = (
        _OPPOSED.get(line.about, {}).get(line.reason) or _SAID.get(line.reason) or REASONS.get(line.reason, line.reason)
    )
    limit = "" if line.limit is None else decimal(line.limit, 2)
    return words.format(limit=limit, more=some([clean(one) for one in line.more], 4))


_LINE = record(
    "line",
    about=TEXT,
    task=(TEXT, None, "Empty where it is about all of them."),
    state=(_STATE, None, "open: it could not be looked at."),
    figure=maybe(ESTIMATE),
    limit=maybe(NUMBER),
    reason=(TEXT, None, "In a word."),
    said=(TEXT, _said, "The same in a sentence."),
    more=TEXTS,
)


@dataclass(frozen=True, slots=True)
class Validated:
    """What was found of one judge: lines, what asking took, and the digest that the validation belongs to.

    ``digest`` is that of judge, model version and prompts; where one of them changes, the validation is stale.
    """

    judge: str
    lines: tuple[Line, ...]
    digest: str
    models: tuple[str, ...]
    cases: int
    usage: Usage
    at: str = ""

    @property
    def state(self) -> State:
        """The worst of its lines."""
        return overall(self.lines)


_JUDGE = record(
    "validated",
    "One judge.",
    **judge_keys(),
    state=_STATE,
    digest=(TEXT, None, "Of judge, model version, prompts and form: with another one this says nothing."),
    models=(TEXTS, None, "Versions that the backend reported."),
    cases=(COUNT, None, "Answers, those of probes and of askings again among them."),
    usd=(maybe(NUMBER), lambda one: one.usage.usd),
    at=(TEXT, None, "The day of the last verdict."),
    lines=ListOf(_LINE, 1),
)


def _junit(found: Any) -> str:
    """Write a test case a line: what fails is a failure, what can't be told an error, what wasn't looked at skipped."""
    states: dict[str, Any] = {"pass": "pass", "fail": "failure", "warn": "error", "open": "skipped"}
    cases = [
        junit.Case(
            " ".join(filter(None, (line.about, line.task))),
            f"judgebench.validate.{clean(one.judge)}",
            states[line.state],
            _said(line),
            line.reason,
        )
        for one in found.judges
        for line in one.lines
    ]
    return junit.to_junit(
        "judgebench validate-judge", {"judges": ", ".join(clean(one.judge) for one in found.judges)}, cases
    )


@dataclass(frozen=True, slots=True, repr=False)
class JudgeValidation(Document):
    """Whether judges are fit for use."""

    judges: tuple[Validated, ...]

    SCHEMA = "judgebench.judge-validation/1"
    SHAPE = record(
        "", "Whether judges are fit for use: a minimum protocol, a line a question.", judges=ListOf(_JUDGE, 1)
    )
    MORE: ClassVar[Mapping[str, Callable[[Any], str]]] = {"junit": _junit}
    BY_ENDING: ClassVar[bool] = True

    @property
    def failure(self) -> JudgebenchError | None:
        failed = [(one.judge, line) for one in self.judges for line in one.lines if line.state == "fail"]
        if not failed:
            return None
        first = " first" if len(failed) > 1 else ""
        return MismatchError(f"{failed[0][0]} fails {many(len(failed), 'question')}: {failed[0][1].about}{first}")

    def sheet(self) -> Sheet:
        return sheet(
            {
                **judge_columns(lambda x: x[0].judge),
                "task": lambda x: x[1].task,
                "about": lambda x: x[1].about,
                "state": lambda x: x[1].state,
                "figure*": lambda x: x[1].figure,
                "limit": lambda x: x[1].limit,
                "reason": lambda x: x[1].reason,
                "said": lambda x: _said(x[1]),
            },
            [(one, line) for one in self.judges for line in one.lines],
        )

    def brief(self) -> Brief:
        names = known_as(one.judge for one in self.judges)
        lines = [(one, line) for one in self.judges for line in one.lines]
        lines.sort(key=lambda both: STATES.index(both[1].state))
        shown = lines if len(lines) <= _MOST else [both for both in lines if both[1].state != "pass"][:_MOST]

        def judge(both: tuple[Validated, Line]) -> str:
            return names[both[0].judge]

        fields: list[Field[tuple[Validated, Line]]] = [
            Field("", lambda both: Cell(_BRIEF[both[1].state], tone=_TONES[both[1].state]), right=False),
            *when(len(names) > 1, Field("judge", judge, right=False)),
            Field("question", lambda both: both[1].about, right=False),
            Field("task", lambda both: clean(both[1].task), right=False),
            Field("figure [95 %]", lambda both: _figure(both[1], short=True), right=False),
            Field("because", lambda both: _said(both[1]).partition(": ")[0], right=False),
        ]
        more = len(lines) - len(shown)
        notes = [f"{many(more, 'more line')}, most of them passed: --explain."] if more else []
        notes.append("It holds for this model version, prompt and form alone, and can't say whether gold is right.")
        answer = tuple(self._told(one, names[one.judge], _BRIEF) for one in self.judges[:MOST_NOTES])
        return Brief(answer, grid(fields, shown), tuple(notes))

    def _told(self, one: Validated, name: str, words: Mapping[str, str]) -> str:
        """Say it in a sentence, with the tasks where a judge has several: on each task it may be another one."""
        tasks = list(dict.fromkeys(clean(line.task) for line in one.lines if line.task))
        several = sum(other.judge == one.judge for other in self.judges) > 1
        return _sentence(one, f"{name} on {listed(tasks)}" if several and tasks else name, words)

    def blocks(self) -> Iterator[Block]:
        for one in self.judges:
            yield Sentences((self._told(one, clean(one.judge), _WORDS),))
            lines = sorted(one.lines, key=lambda line: STATES.index(line.state))
            yield Table(grid(_FIELDS, lines), (2, 4))
            yield Sentences((_cost(one),))
        yield Notes(_CANT)


_CANT = (
    "It can't say whether gold is right, nor how the judge does on other items or under probes that weren't tried.",
    "It holds for this model version, prompt and form alone.",
)


def _sentence(one: Validated, name: str, words: Mapping[str, str]) -> str:
    counts = {state: sum(line.state == state for line in one.lines) for state in STATES}
    told = ", ".join(f"{counts[state]} {words[state]}" for state in STATES if counts[state])
    verdict = {
        "fail": "is not fit for use as it stands",
        "warn": "is not shown to be fit for use",
        "pass": "passes every question that was asked",
        "open": "is not shown to be fit for use",
    }[one.state]
    return f"{name} {verdict}: {told}."


def _cost(one: Validated) -> str:
    usage = one.usage
    price = "" if usage.usd is None else f", {usage.usd:.2f} USD"
    versions = f"; model {some(list(one.models), 3)}" if one.models else ""
    return (
        f"{one.cases:,} answers, {usage.input_tokens + usage.output_tokens:,} tokens{price}{versions}; "
        f"this page belongs to judge {one.digest}."
    )


def _figure(line: Line, *, short: bool = False) -> str:
    if line.figure is None or line.figure.value is None:
        return ""
    shares = line.about not in {"agreement", "human ceiling"}
    if short:
        return interval(line.figure, partial(percent, digits=0), unit=" %") if shares else two(line.figure)
    return interval(line.figure, percent if shares else decimal, unit=" %" if shares else "")


_FIELDS: Fields[Line] = (
    Field("", lambda line: _WORDS[line.state], right=False),
    Field("about", lambda line: line.about, right=False),
    Field("task", lambda line: line.task, right=False),
    Field("figure", _figure, right=False),
    Field("because", _said, right=False),
)


def standing_words(
    judge: str,
    state: str = "",
    at: str = "",
    stale: str = "",
    before: Sequence[str] = (),
    now: Sequence[str] = (),
) -> str:
    """Say in a line whether a judge was validated, when, with what outcome, and whether that still holds.

    >>> standing_words("m", "warn", "2026-11-30")
    'm was validated on 2026-11-30: WARN.'
    >>> standing_words("m", "pass", "2026-06-01", "version", ["m-1"], ["m-2"])
    'The validation of m of 2026-06-01 (pass) is stale: m-1 was validated, m-2 answered here.'
    """
    name = clean(judge)
    if not state:
        return f"{name} was not validated (judgebench validate-judge)."
    word = clean(_WORDS.get(state, state))
    if not stale:
        return f"{name} was validated on {clean(at)}: {word}."
    why = "it was asked with another prompt, form or setting"
    if stale == "version":
        old, new = (some([clean(one) for one in names], 3) or "no named version" for names in (before, now))
        why = f"{old} was validated, {new} answered here"
    return f"The validation of {name} of {clean(at)} ({word}) is stale: {why}."
