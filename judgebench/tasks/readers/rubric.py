"""Answers rated by a rubric of their own: what is judged comes in fields, or as the prompt that a judge was sent.

Prometheus' evaluation sets, Feedback Bench, Preference Bench, FLASK, BiGGen Bench. What the fields are called says the
card, nested ones by dotted paths::

    [form]
    id = ["idx", "response_source"]          # by default the row's number
    cluster = ["idx"]                        # by default the question's text
    prompt = "instruction"                   # a field with a whole prompt, cut at its headers
    prompt = ["chosen", "rejected"]          # or two, the first of a better answer
    question = ["orig_instruction"]          # or what is judged in fields of its own
    system = "system_prompt"
    answers = ["response"]
    reference = ["reference_answer"]
    criterion = "rubric.criteria"
    levels = "rubric.score{level}_description"
    tie = "tie"                              # where it is 1 the two are equally good
    gold = ["human_score"]                   # a list of labels in one field is one of each rater
    systems = ["response_source"]
    subset = ["category"]
    missing = ["-1"]                         # a label that is none
    dummies = ["dummy output"]               # answers that stand for none
    [form.judges]
    gpt-4 = "gpt4_score"                     # verdicts in the same rows
    "{eval_model}" = "score"                 # whose they are says another field
    [form.headers]
    question = "###The instruction to evaluate:"      # also answer, reference, rubric, end

An item's attributes ``criterion`` and ``level N`` hold its rubric, where prompts and judge cards look for it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from judgebench.domain import Item, Label, Reference, Reply, Response, Turn, digest
from judgebench.domain.items import UNANSWERED
from judgebench.files.rows import value_of
from judgebench.tasks import base
from judgebench.tasks.base import Located
from judgebench.tasks.content_order import content_order
from judgebench.tasks.forms import whole
from judgebench.tasks.recordings import Heard, picked, stem
from judgebench.tasks.texts import value_in, word_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from judgebench.domain import Code
    from judgebench.files.records import Row
    from judgebench.files.toml import TomlTable
    from judgebench.tasks.card import Card
    from judgebench.tasks.recordings import Recording
    from judgebench.tasks.sources import Source

_LEVEL = "{level}"
_HEADERS = ("question", "answer", "reference", "rubric", "end")
_SCORE = re.compile(r"^Score (\d+):[ \t]*", re.MULTILINE)


#: What says whether two answers tie; nothing says that they don't.
_TIES = {"0": False, "1": True, "False": False, "True": True, "None": False, "": False}


@dataclass(frozen=True, slots=True)
class Form:
    """What the fields of a row are called, as the card says it."""

    id: tuple[str, ...] = ()
    cluster: tuple[str, ...] = ()
    prompt: tuple[str, ...] = ()
    question: tuple[str, ...] = ()
    system: str = ""
    answers: tuple[str, ...] = ()
    reference: tuple[str, ...] = ()
    criterion: str = ""
    levels: str = ""
    tie: str = ""
    gold: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    subset: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    dummies: tuple[str, ...] = ()
    judges: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(cls, table: TomlTable) -> Form:
        """Take the card's ``[form]``; DataError where it says what nobody reads."""
        form = whole(cls, table)
        if bool(form.prompt) == bool(form.answers):
            table.fail("prompt", "say where the answers are: in a prompt, or in fields of their own (answers)")
        if form.prompt and (lacks := {"question", "answer", "rubric"} - form.headers.keys()):
            table.fail("headers", f"a prompt is cut at its headers; these are not said: {', '.join(sorted(lacks))}")
        if unknown := form.headers.keys() - set(_HEADERS):
            table.fail(f"headers.{min(unknown)}", f"a header is one of {', '.join(_HEADERS)}")
        return form


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a judge is shown of one answer."""

    question: str
    answer: str
    reference: str
    criterion: str
    levels: tuple[tuple[str, str], ...]


class Reader(base.Reader):
    """Reads rows of ratings by a rubric, or of pairs, and the verdicts of judges that stand in them."""

    def __init__(self, card: Card, split: str) -> None:
        super().__init__(card, split)
        self._said = Form.of(self.form)
        self.needs_gold = bool(self._said.gold) or len(self._said.prompt) > 1
        self.recorded_fields = frozenset((*self._said.judges.values(), *self._said.prompt, *self._said.question))

    def items(self, source: Source) -> Iterator[Located]:
        """Yield an item per row; what nobody labelled is left out where labels are the point."""
        for name, row in self._named(source):
            item = self._item(name, row)
            if not self.needs_gold or any(label.code is not None for label in item.gold):
                yield Located(item, row)

    def recorded(self, source: Source, column: str | None, items: Mapping[str, Item]) -> Recording:
        """Read one judge's verdicts, or one of its runs, ``NAME run N``, where a field holds several."""
        judges = self._judges(source)
        column = picked(column, judges, source.name)
        of, run = judges[column]
        told_in, who = self._said.judges[of], column.removesuffix(f" run {run}")

        def reply(row: Row) -> Reply:
            said: Any = value_in(row, told_in)
            if isinstance(said, list):
                said = said[run - 1] if 0 < run <= len(said) else None
            code = self._code(row, told_in, said)
            return Reply.read(code, text="" if code is None else str(said))

        rows = ((item, row) for item, row in self._named(source) if item in items and _judge(row, of) == who)
        heard = (Heard(row, told_in, item, reply(row)) for item, row in rows)
        return self.gathered(column, heard, items, source)

    def judges(self, source: Source) -> Mapping[str, str]:
        """Name the judges whose verdicts the rows hold, each of their runs where there are several."""
        return {name: name for name in self._judges(source)}

    def _judges(self, source: Source) -> dict[str, tuple[str, int]]:
        """Find the judges whose verdicts the rows hold: what the card calls them, and which run of theirs it is."""
        found: dict[str, tuple[str, int]] = {}
        for row in _rows(source):
            for name, told_in in self._said.judges.items():
                said = value_of(row, told_in)
                runs = len(said) if isinstance(said, list) else 1
                who = "" if said is None else _judge(row, name)
                if who and runs > 1:
                    found |= {f"{who} run {run}": (name, run) for run in range(1, runs + 1)}
                elif who:
                    found[who] = name, 1
        return found

    def _named(self, source: Source) -> Iterator[tuple[str, Row]]:
        seen: Counter[str] = Counter()
        for number, row in enumerate(_rows(source), 1):
            name = "/".join(_name(row, one) for one in self._said.id) or str(number)
            seen[name] += 1
            if seen[name] > 1:
                row.fail(f"{name!r} appears twice", self._said.id[0])
            yield name, row

    def _code(self, row: Row, column: str, said: Any) -> Code | None:
        """Read a label; a whole number may be written as a text or with a point."""
        word = word_of(said)
        if not word or word in self._said.missing:
            return None
        code = None if isinstance(said, bool) else self.scale.code(word)
        if code is None:
            row.fail(f"{said!r} is not on the scale {self.scale.spec}", column)
        return code

    def _item(self, name: str, row: Row) -> Item:
        form = self._said
        shown = [self._of_prompt(row, one) for one in form.prompt] or [
            self._of_fields(row, one) for one in form.answers
        ]
        first = shown[0]
        for other, column in zip(shown[1:], form.prompt[1:], strict=False):
            if replace(other, answer=first.answer) != first:
                row.fail("the two prompts differ in more than the answer", column)
        texts = [one.answer for one in shown]
        gold, order = self._gold(row, first.question, texts)
        systems: list[str | None] = [_name(row, one) for one in form.systems] or [None] * len(texts)
        system = _text(row, form.system) if form.system else ""
        attributes = [(f"level {label}", text) for label, text in first.levels]
        if first.criterion:
            attributes.append(("criterion", first.criterion))
        if any(text in form.dummies for text in texts):
            attributes.append(UNANSWERED)
        asked = Turn.of("user", first.question)
        return Item(
            id=name,
            conversation=(Turn.of("system", system), asked) if system.strip() else (asked,),
            responses=tuple(Response(texts[place], systems[place]) for place in order),
            gold=gold,
            gold_source=self.gold_source,
            cluster="/".join(_name(row, one) for one in form.cluster) or f"q-{digest([system, first.question], 16)}",
            subset=" / ".join(_name(row, one) for one in form.subset),
            references=(Reference(first.reference),) if first.reference else (),
            attributes=tuple(sorted(attributes)),
        )

    def _gold(self, row: Row, question: str, texts: list[str]) -> tuple[tuple[Label, ...], tuple[int, ...]]:
        """Read the labels, and say in which order the answers stand: the better one is not always the first."""
        form, order = self._said, tuple(range(len(texts)))
        if len(form.prompt) > 1:
            order = content_order(question, texts)
            said = str(row.data.get(form.tie, 0)) if form.tie else "0"
            if said not in _TIES:
                row.fail(f"expected 1 for a tie, or 0, got {said!r}", form.tie)
            tied = _TIES[said]
            best = self.scale.code("tie" if tied else "A" if order[0] == 0 else "B")
            if not isinstance(best, int):
                row.fail(f"a tie is not on the scale {self.scale.spec}", form.tie)
            return (Label("benchmark", best),), order
        labels: list[Label] = []
        for column in form.gold:
            said = value_in(row, column)
            if isinstance(said, list):
                labels += [Label(f"{column} {n}", self._code(row, column, one)) for n, one in enumerate(said, 1)]
            else:
                labels.append(Label(column, self._code(row, column, said)))
        return tuple(labels), order

    def _of_fields(self, row: Row, answer: str) -> _Shown:
        form = self._said
        question = "\n\n".join(text for one in form.question if (text := _text(row, one)).strip())
        reference = "\n\n".join(text for one in form.reference if (text := _text(row, one)).strip())
        criterion = _text(row, form.criterion) if form.criterion else ""
        levels = [(label, form.levels.replace(_LEVEL, label)) for label in self._labels] if form.levels else []
        found = tuple((label, _text(row, column)) for label, column in levels)
        return _Shown(question, _text(row, answer), reference, criterion, found)

    @property
    def _labels(self) -> tuple[str, ...]:
        return self.scale.labels if self.scale.kind == "rate" else ()

    def _of_prompt(self, row: Row, column: str) -> _Shown:
        """Cut a prompt at its headers; of one that an answer holds, too, the first or the last is the prompt's own."""
        text, headers = f"\n{row.text(column)}", self._said.headers
        places: dict[str, int] = {}
        for part in _HEADERS:
            header = headers.get(part)
            # What is judged may look like the end of a prompt: only the last rubric is the prompt's own.
            find = text.find if part in {"question", "answer"} else text.rfind
            if header is not None and (at := find(f"\n{header}")) >= 0:
                places[part] = at
        for part in ("question", "answer", "rubric"):
            if part not in places:
                row.fail(f"the prompt has no line that begins {headers[part]!r}", column)
        ordered = sorted(places.items(), key=lambda one: one[1])
        if [part for part, _ in ordered] != [part for part in _HEADERS if part in places]:
            row.fail(f"the headers are in another order: {', '.join(part for part, _ in ordered)}", column)
        ends = [*(at for _, at in ordered[1:]), len(text)]
        cut = {
            part: text[at + len(headers[part]) + 1 : end].strip() for (part, at), end in zip(ordered, ends, strict=True)
        }
        criterion, levels = rubric_of(cut["rubric"])
        return _Shown(cut["question"], cut["answer"], cut.get("reference", ""), criterion, levels)


def rubric_of(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    r"""Read a rubric as Prometheus has it: the criterion in brackets, and a line for each score.

    >>> rubric_of("[Is it polite?]\nScore 1: rude\nScore 2: polite")
    ('Is it polite?', (('1', 'rude'), ('2', 'polite')))
    """
    criterion, *rest = _SCORE.split(text)
    pairs = zip(rest[::2], (means.strip() for means in rest[1::2]), strict=True)
    return criterion.strip().removeprefix("[").removesuffix("]").strip(), tuple(pairs)


def _rows(source: Source) -> Iterator[Row]:
    """Yield the rows; of one object that holds them by id each of them."""
    for row in source.rows():
        if len(row.data) > 1 and all(isinstance(one, dict) for one in row.data.values()):
            for one in row.data.values():
                yield replace(row, data=one)
        else:
            yield row


def _judge(row: Row, name: str) -> str:
    """Name a judge as the card does, or as the field in its braces; as the file where that isn't there."""
    if not name.startswith("{"):
        return name
    return _name(row, name[1:-1]) if name[1:-1] in row.data else stem(row.file)


def _text(row: Row, name: str) -> str:
    found = value_in(row, name)
    if not isinstance(found, str):
        row.fail(f"expected a text, got {found!r:.60}", name)
    return found


def _name(row: Row, name: str) -> str:
    return row.as_name(value_in(row, name), name)
