"""Is a judge fit for use, on one page: a line a question, with its figure and the reason; and what it can't say."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any, ClassVar

from judgebench.agreement.validity import STATES, overall
from judgebench.domain.shapes import COUNT, ESTIMATE, NUMBER, TEXT, TEXTS, ListOf, choice, judge_keys, maybe, record
from judgebench.errors import MismatchError
from judgebench.report import junit
from judgebench.report.document.blocks import Cell, Field, Notes, Sentences, Table, columns_of, grid, sheet, when
from judgebench.report.document.brief import MOST_NOTES, Brief
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean, decimal, many, percent, some
from judgebench.report.said import known_as, listed, share_cell, two
from judgebench.report.words import REASONS, samples_note, task_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from judgebench.agreement.validity import Line, State
    from judgebench.domain import Usage
    from judgebench.errors import JudgebenchError
    from judgebench.report.document.blocks import Block, Fields, Sheet, Tone

__all__ = ["JudgeValidation", "Validated", "standing_words"]

_STATE = choice(*STATES)

_WORDS: Mapping[State, str] = {"pass": "pass", "warn": "warning", "fail": "fail", "open": "not looked at"}
#: What more items would settle is no warning.
_UNSURE, _NOT_SURE = frozenset({"unsure", "no_interval", "not_ruled_out"}), "not sure"
#: Worst first.
_ORDER = (_WORDS["fail"], _WORDS["warn"], _NOT_SURE, _WORDS["open"], _WORDS["pass"])
_TONES: Mapping[State, Tone] = {"pass": "good", "warn": "doubt", "fail": "bad", "open": ""}
#: The worst state of a judge's lines, in words.
_VERDICTS: Mapping[str, str] = {
    "fail": "not fit for use",
    "warn": "not shown to be fit for use",
    "open": "not shown to be fit for use",
    "pass": "fit for use by every question that was asked",
}
#: Lines of a first table, and questions that a message names.
_MOST, _NAMED = 14, 4
#: Why a line has its state, in short, and what else there is to say; ``{limit}`` is what it was held against,
#: ``{more}`` what it is about.
_SAID: Mapping[str, tuple[str, str]] = {
    "above": ("clearly at least {limit}", ""),
    "below": ("clearly below {limit}", ""),
    "unsure": ("too few items", "they can't tell it from {limit}"),
    "no_interval": ("too few items", "they give no interval"),
    "answered": ("answers nearly everything", ""),
    "silent": ("too many unanswered", "{limit} of the cases ought to have a verdict"),
    "one_order": ("one order only", "--order both shows whether it counts"),
    "asked_once": ("asked once", "--repeats 3 shows how far it agrees with itself"),
    "few_repeats": ("asked only twice", "--repeats 3 tells more"),
    "stable": ("not seen to be led", "and it agrees with itself"),
    "led": ("led though stable", "by {more}: it agrees with itself on what is wrong"),
    "no_ceiling": ("one label per item", "how far people agree with each other is not known"),
    "at_ceiling": ("level with people", "it agrees with a person as far as two people do"),
    "below_ceiling": ("clearly below people", "two people agree more than it does with one of them"),
    "beyond_placebo": ("led", "it goes where it is pushed, beyond the placebo; up to {limit} is a warning"),
    "not_ruled_out": ("too few items", "they can't rule out more than {limit}: {more}"),
    "ruled_out": ("clearly at most {limit}", "{more}"),
    "no_probes": ("nothing was probed", ""),
    "several_tasks": ("several kinds of gold", "{more}"),
    "one_task": ("one task only", "add one of another kind of gold"),
    "one_kind": ("one kind of gold", "all tasks have {more}"),
    "no_version": ("not reported", "that the model behind the name changed would not be seen"),
    "one_version": ("one answered", "{more}"),
    "versions": ("several answered", "{more}"),
}
_OPPOSED = {"below": "clearly at most {limit}", "above": "clearly more than {limit}"}


def _because(line: Line) -> tuple[str, str]:
    """Say why a line has its state: in short, and what else there is to say."""
    short, more = _SAID.get(line.reason) or (REASONS.get(line.reason, line.reason), "")
    if line.about == "position":
        short = _OPPOSED.get(line.reason, short)
    limit = "" if line.limit is None else _amount(line, line.limit)
    names = some([clean(one) for one in line.more], 4)
    return short.format(limit=limit), more.format(limit=limit, more=names)


def _said(line: Line) -> str:
    return ": ".join(filter(None, _because(line)))


def _word(line: Line) -> str:
    """Say the state of a line: what more items would settle is not a warning."""
    return _NOT_SURE if line.state == "warn" and line.reason in _UNSURE else _WORDS[line.state]


def _amount(line: Line, value: float) -> str:
    match line.unit:
        case "share":
            return percent(value, 0) + " %"
        case "points":
            return f"{decimal(value, 2)} points"
        case _:
            return decimal(value, 2)


def _figure(line: Line) -> str:
    if line.figure is None or line.figure.value is None:
        return ""
    write = share_cell if line.unit == "share" else two
    if line.beside is None:
        return write(line.figure)
    return f"{write(line.beside).partition(' ')[0]}; people {write(line.figure)}"


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
    revision=(TEXT, None, "Of the task's rows: sample where they came with its card."),
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
    SAYS_FAILURE: ClassVar[bool] = True

    @property
    def failure(self) -> JudgebenchError | None:
        failed = [(one.judge, line) for one in self.judges for line in one.lines if line.state == "fail"]
        if not failed:
            return None
        judges = list(dict.fromkeys(clean(judge) for judge, _ in failed))
        tasks: dict[str, dict[str, None]] = {}
        for _, line in failed:
            tasks.setdefault(_question(line), {})[task_of(line)] = None
        questions = [f"{question} on {listed(list(on))}" for question, on in tasks.items()]
        told = "; ".join((*questions[:_NAMED], *(["and more"] if len(questions) > _NAMED else [])))
        verb = "fails" if len(judges) == 1 else "fail"
        return MismatchError(f"{listed(judges)} {verb} {many(len(failed), 'question')}: {told}")

    def sheet(self) -> Sheet:
        line_columns = columns_of(_LINE, "task about state figure* limit reason said revision", itemgetter(1))
        rows = [(one, line) for one in self.judges for line in one.lines]
        return sheet({**columns_of(_JUDGE, "judge", itemgetter(0)), **line_columns}, rows)

    def brief(self) -> Brief:
        names = known_as(one.judge for one in self.judges)
        lines = [(names[one.judge], line) for one in self.judges for line in one.lines]
        lines.sort(key=lambda both: _place(both[1]))
        shown = lines if len(lines) <= _MOST else [both for both in lines if both[1].state != "pass"][:_MOST]
        fields: list[Field[tuple[str, Line]]] = [
            Field("", lambda both: Cell(_word(both[1]), tone=_TONES[both[1].state]), right=False),
            *when(len(names) > 1, Field("judge", _judge, right=False)),
            Field("question", lambda both: _question(both[1]), right=False),
            Field("task", lambda both: task_of(both[1]), right=False),
            Field("figure [95 %]", lambda both: _figure(both[1]), right=False),
            Field("because", lambda both: _because(both[1])[0], right=False),
        ]
        notes = ["It holds for this model version, prompt and form alone, and can't say whether gold is right."]
        if more := len(lines) - len(shown):
            notes.insert(0, f"{many(more, 'more line')}: --explain.")
        notes += samples_note(line for _, line in lines)
        answer = tuple(self._told(one, names[one.judge]) for one in self.judges[:MOST_NOTES])
        return Brief(answer, grid(fields, shown), tuple(notes))

    def page(self) -> str:
        from judgebench.report.document.as_html import body, page  # noqa: PLC0415 - as_html reads documents

        names = list(known_as(one.judge for one in self.judges).values())
        whose = f"Is {names[0]}" if len(names) == 1 else f"Are {listed(names)}"
        day = max(one.at for one in self.judges)
        return page("document", title=f"{whose} fit for use?{f' ({day})' if day else ''}", body=body(self.blocks()))

    def _told(self, one: Validated, name: str) -> str:
        """Say it in a sentence, with the tasks where a judge has several: on each task it may be another one."""
        tasks = list(dict.fromkeys(clean(line.task) for line in one.lines if line.task))
        several = sum(other.judge == one.judge for other in self.judges) > 1
        where = f" on {listed(tasks)}" if several and tasks else ""
        counts = Counter(_word(line) for line in one.lines)
        told = ", ".join(_counted(counts[word], word) for word in _ORDER if counts[word])
        return f"{name}{where} is {_VERDICTS[one.state]}: {told}."

    def blocks(self) -> Iterator[Block]:
        for one in self.judges:
            yield Sentences((self._told(one, clean(one.judge)),))
            yield Table(grid(_FIELDS, sorted(one.lines, key=_place)), (2, 4))
            yield Sentences((_cost(one),))
        yield Notes(_CANT)


_CANT = (
    "It can't say whether gold is right, nor how the judge does on other items or under probes that weren't tried.",
    "It holds for this model version, prompt and form alone.",
)


def _place(line: Line) -> int:
    return _ORDER.index(_word(line))


def _counted(count: int, word: str) -> str:
    return many(count, word) if word == _WORDS["warn"] else f"{count} {word}"


def _judge(both: tuple[str, Line]) -> str:
    return both[0]


def _question(line: Line) -> str:
    return "human line" if line.about == "human ceiling" else clean(line.about)


def _cost(one: Validated) -> str:
    usage = one.usage
    price = "" if usage.usd is None else f", {usage.usd:.2f} USD"
    versions = f"; model {some(list(one.models), 3)}" if one.models else ""
    return (
        f"{one.cases:,} answers, {usage.input_tokens + usage.output_tokens:,} tokens{price}{versions}; "
        f"this page belongs to judge {one.digest}."
    )


_FIELDS: Fields[Line] = (
    Field("", _word, right=False),
    Field("question", _question, right=False),
    Field("task", task_of, right=False),
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
    'm was validated on 2026-11-30: not shown to be fit for use.'
    >>> standing_words("m", "pass", "2026-06-01", "version", ["m-1"], ["m-2"])
    'The validation of m of 2026-06-01 is stale: m-1 was validated, m-2 answered here.'
    """
    name = clean(judge)
    if not state:
        return f"{name} was not validated (judgebench validate-judge)."
    if not stale:
        return f"{name} was validated on {clean(at)}: {_VERDICTS.get(state) or clean(state)}."
    why = "it was asked with another prompt, form or setting"
    if stale == "version":
        old, new = (some([clean(one) for one in names], 3) or "no named version" for names in (before, now))
        why = f"{old} was validated, {new} answered here"
    return f"The validation of {name} of {clean(at)} is stale: {why}."
