"""What a prompt is: templates, and the rubric, words and examples that may come with them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from judgebench.domain import Message, Part, digest
from judgebench.errors import UsageError, argument
from judgebench.judges.prompts.template import (
    ANSWERS,
    FENCED,
    INSIDE,
    Piece,
    anew,
    fenced,
    fill,
    shown,
    single_braced,
    slots_of,
    stacked,
)
from judgebench.judges.words import ASKED_FOR, Words, bracketed, listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.domain import Case, Item, Scale
    from judgebench.judges.notation import Notation

# Part of every digest: what code adds to a prompt changes answers as its words do. It did not change when the fences'
# codes grew from 8 digits to 24, and the criterion was fenced, too: no answer of before is asked again.
_RENDERING = 1

Pairs: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing to judge by: ``levels`` are pairs of a verdict and what it means here."""

    name: str
    description: str = ""
    weight: float = 1.0
    levels: Pairs = ()

    def __str__(self) -> str:
        """Write it for a model."""
        head = f"{self.name}: {self.description}" if self.description else self.name
        return "\n".join([head, *(f"  {word}: {means}" for word, means in self.levels)])


@dataclass(frozen=True, slots=True)
class Example:
    """An item that is judged already; ``verdicts`` are pairs of criterion and word, ``""`` where there is none."""

    verdicts: Pairs
    question: str = ""
    answers: tuple[str, ...] = ()
    reference: str = ""
    context: str = ""
    criterion: str = ""
    reason: str = ""

    def texts(self, letters: str) -> list[tuple[str, str]]:
        """Name its texts as a template names an item's."""
        named = [("document", self.context), ("request", self.question), ("reference", self.reference)]
        several = len(self.answers) > 1
        for slot, text in enumerate(self.answers):
            named.append((f"response {letters[slot] if letters else slot + 1}" if several else "response", text))
        return [(name, text) for name, text in (*named, ("criterion", self.criterion)) if text]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt: templates of the user's and the system's message, and the kinds of scale that they serve.

    ``verdicts`` are pairs of a word of its own and the label that it stands for, ``levels`` of a verdict and what it
    means. With ``criteria`` there is a verdict on each, in one answer or in a call for each; their weighted result is
    the verdict. ``whole`` says that ``{{verdict}}`` holds all that a form has to say, not the bare list of verdicts.
    """

    name: str
    kinds: tuple[str, ...]
    user: str
    system: str = ""
    verdicts: Pairs = ()
    levels: Pairs = ()
    criteria: tuple[Criterion, ...] = ()
    examples: tuple[Example, ...] = ()
    calls: Literal["item", "criterion"] = "item"
    whole: bool = False

    @property
    def digest(self) -> str:
        """Digest of all that the prompt adds to a case."""
        more = [list(self.verdicts), list(self.levels), [asdict(one) for one in self.criteria]]
        more += [[asdict(one) for one in self.examples], self.calls]
        rubric = [self.whole, more] if self.whole or any(more[:4]) else []
        return digest([_RENDERING, self.system, self.user, *rubric])

    @property
    def slots(self) -> frozenset[str]:
        """The slots that its templates fill."""
        return slots_of(self.system, self.user)

    def slips(self) -> list[str]:
        """Say what is no slot for want of a brace."""
        return [
            f"prompt {self.name!r}: {{{name}}} is sent as it is written; a slot has two braces, {{{{{name}}}}}"
            for name in single_braced(self.system, self.user)
        ]

    def words(self, scale: Scale) -> Words:
        """Give the words of a verdict on a scale."""
        return Words(scale, self.verdicts, self.levels)

    def about(self, item: Item) -> Criterion | None:
        """Find the criterion by which alone an item is to be judged; None where it names none that is ours."""
        named = item.attribute("criterion")
        return next((one for one in self.criteria if named and one.name.casefold() == named.strip().casefold()), None)

    def together(self, item: Item) -> tuple[str, ...]:
        """Name the criteria on which one answer holds verdicts; none where it holds one."""
        if self.calls == "criterion" or item.attribute("criterion"):
            return ()
        return tuple(one.name for one in self.criteria)

    def check_scale(self, scale: Scale) -> None:
        """Refuse a scale that it does not serve: UsageError."""
        if scale.kind not in self.kinds:
            raise UsageError(
                f"prompt {self.name!r} asks for {' or '.join(self.kinds)} verdicts, the task needs {scale.spec}; "
                "`judgebench list prompts` shows the others"
            )

    def check(self, scale: Scale, notation: Notation) -> None:
        """Refuse a scale or a form that the prompt does not serve: UsageError."""
        self.check_scale(scale)
        words = self.words(scale)
        words.check(self.name)
        for criterion in self.criteria:
            Words(scale, self.verdicts, criterion.levels).check(self.name)
        for number, example in enumerate(self.examples, 1):
            self._check_example(f"prompt {self.name!r}: example {number}", example, words)
            notation.wrote({"": example.verdicts[0][1]}, example.reason)
        notation.check(words)
        if self.criteria and self.calls == "item":
            notation.refuse_several(self.name)
        if notation.name != "brackets" and any(ASKED_FOR.search(_anew(text)) for text in (self.system, self.user)):
            raise UsageError(
                f"prompt {self.name!r} asks for [[...]] in its own words, which {argument('form')} {notation.name} "
                "does not read; write {{verdict}} in their place, and the form says what it reads"
            )

    def _check_example(self, what: str, example: Example, words: Words) -> None:
        for _, word in example.verdicts:
            if words.code(word) is None:
                raise UsageError(f"{what} has the verdict {word!r}, which is not one of {', '.join(words.offered)}")
        names, given = {one.name for one in self.criteria}, {name for name, _ in example.verdicts}
        if given - {""} - names:
            raise UsageError(f"{what} has a verdict on {min(given - names)!r}, which is not a criterion of the prompt")
        if names and self.calls == "item" and given != names:
            wanted = ", ".join(f"{name} = ..." for name in sorted(names))
            raise UsageError(f"{what} needs a verdict on each criterion: verdict = {{ {wanted} }}")

    def render(
        self, case: Case, scale: Scale, notation: Notation | None = None, *, criterion: Criterion | None = None
    ) -> list[Message]:
        """Write the messages that ask for a verdict on a case; UsageError where the prompt does not serve the scale.

        Without a notation it is asked for in brackets.
        """
        self.check_scale(scale)
        slots = shown(case, scale)
        self.check_answers(len(case.order))
        one = criterion or self.about(case.item)
        if one is not None:
            slots["criterion"] = fenced("criterion", case.item.content_digest, [Part(str(one))])
        together = self.together(case.item)
        if together:
            slots["criteria"] = ["\n".join(str(each) for each in self.criteria)]
        slots["verdict"] = [self._verdict(scale, notation, together, one)]
        slots["examples"] = self._examples(scale, notation, together, one)
        user, system = self.user, self.system
        if notation is not None and notation.name != "brackets":
            user, system = _anew(user), _anew(system)
        apart = FENCED if self.whole else INSIDE
        messages = [Message("user", fill(user, slots, apart))]
        if system.strip():
            messages.insert(0, Message("system", fill(system, slots, apart)))
        return messages

    def check_answers(self, count: int) -> None:
        """Refuse an item whose answers are not those that the slots name."""
        named = self.slots & ANSWERS
        if "answer" in named and count != 1:
            raise UsageError(
                f"prompt {self.name!r} shows one {{{{answer}}}}, and there are {count}: write {{{{answer_a}}}} and "
                "{{answer_b}}, or {{responses}} for all of them"
            )
        if named & {"answer_a", "answer_b"} and count != 2:
            raise UsageError(
                f"prompt {self.name!r} shows {{{{answer_a}}}} and {{{{answer_b}}}}, and there "
                f"{'is one answer' if count == 1 else f'are {count}'}: write "
                f"{'{{answer}}' if count == 1 else '{{responses}} for all of them'}"
            )

    def _verdict(self, scale: Scale, notation: Notation | None, together: Sequence[str], one: Criterion | None) -> str:
        words = Words(scale, self.verdicts, (one.levels if one is not None else ()) or self.levels)
        plain = notation is None or notation.name == "brackets"
        if notation is None or (plain and not self.whole and not together):
            return listed(words, bracketed)
        return notation.says(words, together)

    def _examples(
        self, scale: Scale, notation: Notation | None, together: Sequence[str], one: Criterion | None
    ) -> list[Piece]:
        blocks: list[list[Piece]] = []
        for example in self.examples:
            said = dict(example.verdicts)
            if together:
                wanted = {name: said[name] for name in together if name in said}
            else:
                word = said.get(one.name, said.get("")) if one is not None else said.get("")
                wanted = {"": word} if word is not None else {}
            if not wanted or len(wanted) < len(together):
                continue
            code = digest(["example", asdict(example)])
            number = len(blocks) + 1
            texts: list[list[Piece]] = [
                fenced(f"{name} of example {number}", code, [Part(text)])
                for name, text in example.texts("AB" if scale.kind == "pair" else "")
            ]
            reason = example.reason
            written = notation.wrote(wanted, reason) if notation else "\n".join(map(bracketed, wanted.values()))
            blocks.append([*stacked(texts), f"\n\nWhat is right to answer in example {number}:\n{written}"])
        return stacked(blocks)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, kept with a run."""
        plain = {field.name: field.default for field in fields(self)}
        return {name: value for name, value in asdict(self).items() if value != plain[name]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``to_json`` wrote; KeyError, TypeError or ValueError where it is something else."""
        values: dict[str, Any] = dict(data)
        for name in ("verdicts", "levels"):
            values[name] = _pairs(values.get(name, ()))
        values["kinds"] = tuple(values["kinds"])
        values["criteria"] = tuple(_criterion(one) for one in values.get("criteria", ()))
        values["examples"] = tuple(_example(one) for one in values.get("examples", ()))
        texts: list[Any] = [values.get(name, "") for name in ("name", "user", "system")]
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("a prompt's templates are texts")
        return cls(**values)


def _criterion(given: Mapping[str, Any]) -> Criterion:
    values: dict[str, Any] = dict(given)
    values["levels"] = _pairs(values["levels"])
    return Criterion(**values)


def _example(given: Mapping[str, Any]) -> Example:
    values: dict[str, Any] = dict(given)
    values["verdicts"], values["answers"] = _pairs(values["verdicts"]), tuple(values["answers"])
    return Example(**values)


def _pairs(given: Any) -> Pairs:
    return tuple((str(word), str(label)) for word, label in given)


@lru_cache(maxsize=64)
def _anew(template: str) -> str:
    return anew(template, ASKED_FOR)
