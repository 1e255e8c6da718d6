"""Solutions whose steps are labelled one by one: by a list of flags, by the numbers of the wrong ones, or in records.

The card's ``[form]`` names the fields; of several names the first that a row has counts. ``steps`` is a list of texts
beside ``flags`` (one for each) or ``wrong`` (numbers of wrong steps, from 1), or a list of records, of which ``record``
names the places or keys of text, flag and, where errors have kinds, the kind. On a scale of kinds each wrong step is an
item.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from judgebench.domain import Estimate, Item, Label, Part, Response, Turn, digest
from judgebench.files.rows import value_of
from judgebench.labels.vocabulary import CHECK
from judgebench.tasks import base
from judgebench.tasks.base import Located
from judgebench.tasks.chat import image_of
from judgebench.tasks.forms import filled, one_of
from judgebench.tasks.readers.official import by_subset, figure, gold_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from judgebench.domain import Verdict
    from judgebench.files.records import Row
    from judgebench.files.toml import TomlTable
    from judgebench.tasks.sources import Source

_WRONG, _RIGHT = 0, 1
#: What a judge is asked of a wrong step where kinds of errors are told apart.
_KIND = "what kind of error the response makes, which is a wrong step of a solution"


@dataclass(frozen=True, slots=True)
class Step:
    """A step, whether it is right (1) or wrong (0), and what kind of error it makes."""

    text: str
    code: int
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """Which fields hold what, as the module says; ``words`` are flags of the file's own by what they mean.

    ``beyond`` says that numbers of steps that do not exist are passed over, as the benchmark does; ``score`` names the
    benchmark's own formula.
    """

    id: tuple[str, ...]
    question: tuple[str, ...]
    steps: tuple[str, ...]
    flags: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    record: tuple[Any, ...] = ()
    system: tuple[str, ...] = ()
    cluster: tuple[str, ...] = ()
    subset: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    words: Mapping[str, int] | None = None
    beyond: bool = False
    score: str = one_of("", "prm")

    @classmethod
    def of(cls, table: TomlTable) -> Form:
        """Read the ``[form]`` of a card."""
        record: list[Any] = table.take("record", list, [])
        said: dict[str, Any] = table.take("words", dict, {})
        meant = {str(word): CHECK.get(str(text).casefold(), -1) for word, text in said.items()}
        if -1 in meant.values():
            table.fail("words", "each word means correct or incorrect")
        form = filled(cls, table, record=tuple(record), words=meant)
        table.done()
        if sum(map(bool, (form.flags, form.wrong, record))) != 1:
            table.fail("flags", "say one of these: flags, wrong, record = [text, flag, kind]")
        if record and len(record) not in {2, 3}:
            table.fail("record", "expected the places or keys of text and flag, and of the kind where there is one")
        return form


class Reader(base.Reader):
    """Reads solutions in steps, one a row, in any of the shapes that the module tells."""

    def items(self, source: Source) -> Iterator[Located]:
        """Yield the solutions; on a scale of kinds of errors, their wrong steps."""
        form = Form.of(self.form)
        seen: Counter[str] = Counter()
        for row in source.rows():
            name = "/".join(row.name(one) for one in form.id)
            seen[name] += 1
            name = name if seen[name] == 1 else f"{name}#{seen[name]}"
            steps = list(_steps(row, form))
            whole = self._whole(row, form, name, steps, source.folder)
            if self.scale.kind == "steps":
                yield Located(whole, row)
                continue
            for place, step in enumerate(steps):
                if step.code == _WRONG:
                    yield Located(self._wrong(row, form, whole, steps, place), row)

    def _whole(self, row: Row, form: Form, name: str, steps: list[Step], folder: Path | None) -> Item:
        question = _text(row, form.question)
        parts = (Part(question), *(Part(image=one) for one in _images(row, form.images, folder)))
        system = _text(row, form.system) if form.system else None
        return Item(
            id=name,
            conversation=(Turn("user", parts),),
            responses=tuple(Response(step.text, system) for step in steps),
            gold=(Label("gold", tuple(step.code for step in steps)),),
            gold_source=self.gold_source,
            cluster=_text(row, form.cluster) if form.cluster else f"q-{digest(question, 16)}",
            subset=_text(row, form.subset) if form.subset else "",
            attributes=tuple(sorted((one, str(value_of(row, one))) for one in form.attributes)),
        )

    def _wrong(self, row: Row, form: Form, whole: Item, steps: list[Step], place: int) -> Item:
        """Make an item of one wrong step, the steps before it as what was said so far."""
        code = self.scale.code(steps[place].kind)
        if code is None:
            known = ", ".join(self.scale.labels)
            row.fail(f"step {place + 1} has the kind {steps[place].kind!r}; the scale has {known}", form.steps[0])
        said = "\n\n".join(step.text for step in steps[:place])
        return Item(
            id=f"{whole.id}/{place + 1}",
            conversation=(*whole.conversation, *([Turn.of("assistant", said)] if said else [])),
            responses=(whole.responses[place],),
            gold=(Label("gold", code),),
            gold_source=whole.gold_source,
            cluster=whole.cluster,
            subset=whole.subset,
            attributes=tuple(sorted((*whole.attributes, ("criterion", _KIND)))),
        )

    def official(self, verdicts: Iterable[Verdict]) -> Mapping[str, Mapping[str, Estimate]]:
        """Compute PRMScore for each subset and for all, where the card says ``score = "prm"``."""
        if Form.of(self.form).score != "prm":
            return {}
        return {name: {"official_score": prm_score(group)} for name, group in by_subset(verdicts).items()}


def prm_score(verdicts: Iterable[Verdict]) -> Estimate:
    """PRMScore: the mean of two F1, of right and of wrong steps, over the steps of all solutions together.

    A step without a verdict counts as misjudged. Source: Song et al. (2025), PRMBench, arXiv:2501.03124, section 4.1.
    """
    table: Counter[tuple[int, int]] = Counter()
    solutions = list(verdicts)
    for verdict in solutions:
        gold, said = (one if isinstance(one, tuple) else () for one in (gold_of(verdict), verdict.code))
        table.update((code, said[at] if at < len(said) else 1 - code) for at, code in enumerate(gold))
    n = len(solutions)
    missed, wrongly = table[_RIGHT, _WRONG], table[_WRONG, _RIGHT]
    parts = [2 * table[one, one] + missed + wrongly for one in (_RIGHT, _WRONG)]
    if not (table[_WRONG, _WRONG] + wrongly):
        return Estimate.missing("no_gold_errors", n)
    if not (table[_RIGHT, _RIGHT] + missed):
        return Estimate.missing("no_correct_items", n)
    value = sum(2 * table[one, one] / part for one, part in zip((_RIGHT, _WRONG), parts, strict=True)) / 2
    return figure(value, n)


def _field(row: Row, names: tuple[str, ...]) -> tuple[str, Any]:
    """Take the first of some fields that the row has."""
    found = next(((name, value) for name in names if (value := value_of(row, name)) is not None), None)
    return (names[0], row.require(names[0])) if found is None else found


def _text(row: Row, names: tuple[str, ...]) -> str:
    name, value = _field(row, names)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else row.fail(f"expected a text, got {value!r:.60}", name)


def _steps(row: Row, form: Form) -> Iterator[Step]:
    name, found = _field(row, form.steps)
    if not isinstance(found, list) or not found:
        row.fail(f"expected a list of steps, got {found!r:.60}", name)
    if form.record:
        for number, one in enumerate(found, 1):
            yield _record(row, name, number, one, form)
        return
    if wrong := next((one for one in found if not isinstance(one, str)), None):
        row.fail(f"a step is a text, got {wrong!r:.60}", name)
    codes = _flagged(row, form, len(found)) if form.flags else _numbered(row, form, len(found))
    for text, code in zip(found, codes, strict=True):
        yield Step(text, code)


def _record(row: Row, name: str, number: int, one: Any, form: Form) -> Step:
    """Read a step from its record: a list by places, an object by keys."""
    values: list[Any] = []
    for place in form.record:
        try:
            values.append(one[place])
        except (LookupError, TypeError):
            row.fail(f"step {number} has nothing at {place!r}: {one!r:.60}", name)
    if not isinstance(values[0], str):
        row.fail(f"step {number}: a step is a text, got {values[0]!r:.60}", name)
    return Step(values[0], _flag(row, name, number, values[1], form), str(values[2] or "") if values[2:] else "")


def _flagged(row: Row, form: Form, steps: int) -> list[int]:
    name, flags = _field(row, form.flags)
    if not isinstance(flags, list) or len(flags) != steps:
        row.fail(f"expected a flag for each of {steps} steps, got {flags!r:.60}", name)
    return [_flag(row, name, number, one, form) for number, one in enumerate(flags, 1)]


def _flag(row: Row, name: str, number: int, value: Any, form: Form) -> int:
    word = str(value).strip()
    code = (form.words or {}).get(word, CHECK.get(word.casefold()))
    if code is None:
        row.fail(f"step {number} has the flag {value!r}, expected 1 or 0, true or false", name)
    return code


def _numbered(row: Row, form: Form, steps: int) -> list[int]:
    name, wrong = _field(row, form.wrong)
    if not isinstance(wrong, list) or not all(type(one) is int for one in wrong):
        row.fail(f"expected a list of the numbers of wrong steps, got {wrong!r:.60}", name)
    if not form.beyond and (outside := [one for one in wrong if not 1 <= one <= steps]):
        row.fail(f"step {outside[0]} is wrong, and there are {steps}", name, "steps are counted from 1")
    return [_WRONG if number in wrong else _RIGHT for number in range(1, steps + 1)]


def _images(row: Row, names: tuple[str, ...], folder: Path | None) -> Iterator[str]:
    """Find the images of a field: one, a list, or an object of them by the names that the question calls them."""
    for name in names:
        found = value_of(row, name)
        several = found.values() if isinstance(found, dict) else found if isinstance(found, list) else [found]
        for one in several:
            if one is not None and not isinstance(one, str):
                row.fail(f"an image is a path or an address, got {one!r:.60}", name)
            if one:
                yield image_of(row, name, one, folder)
