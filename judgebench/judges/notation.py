"""How a verdict is written: what a model is told, with which options it is asked, and a strict reader."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from judgebench.errors import UsageError, argument
from judgebench.judges.endings import after_reasoning

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.domain import Capability, Code, Completion
    from judgebench.judges.words import Words


#: What a prompt shows, said again: a model that quotes it says nothing of its own.
_QUOTED = re.compile(r"^=== begin ([^\[\n]*) (\[[0-9a-f]{24}\]) ===$.*?^=== end \1 \2 ===$", re.MULTILINE | re.DOTALL)


def answer_of(completion: Completion) -> str:
    """Give what an answer says for itself: behind its reasoning, and without fenced texts that it quotes."""
    return _QUOTED.sub("", after_reasoning(completion.text))


class Heard(NamedTuple):
    """What was read of an answer: a code, None (and ``why``) where there is not one verdict; and figures beside it."""

    code: Code | None = None
    probabilities: tuple[float, ...] = ()
    scores: tuple[float, ...] = ()
    why: str = ""


class Notation:
    """A way to write verdicts. ``name`` is its spelling as an option, ``several`` whether one answer can hold more.

    Where ``criteria`` are named, an answer holds a verdict on each.
    """

    name: str
    needs: ClassVar[frozenset[Capability]] = frozenset()
    several: ClassVar[bool] = False

    def with_(self, can: frozenset[Capability]) -> Notation:  # noqa: ARG002 - most have one way
        """Give what asks a backend that ``can`` do so much."""
        return self

    def check(self, words: Words) -> None:
        """Refuse words that it can't tell apart."""

    def options(self, words: Words, criteria: Sequence[str]) -> dict[str, Any]:  # noqa: ARG002 - most need none
        """Give the options of a request."""
        return {}

    def says(self, words: Words, criteria: Sequence[str] = ()) -> str:
        """Tell a model how to give its verdict."""
        raise NotImplementedError

    def wrote(self, words: Mapping[str, str], reason: str) -> str:
        """Write an example's verdict: a word by criterion, ``""`` where there is none."""
        raise NotImplementedError

    def read(self, completion: Completion, words: Words) -> Heard:
        """Read the one verdict of an answer."""
        raise NotImplementedError

    def read_each(self, completion: Completion, words: Words, criteria: Sequence[str]) -> dict[str, Code] | None:
        """Read the verdicts on criteria; None where one is missing or said twice."""
        raise NotImplementedError

    def refuse_several(self, prompt: str) -> None:
        """Refuse a prompt that wants several verdicts in one answer, where an answer holds one."""
        if not self.several:
            raise UsageError(
                f"{argument('form')} {self.name} holds one verdict, and prompt {prompt!r} asks for one on each "
                'criterion: write calls = "criterion" there, or take brackets, json, schema or tool'
            )
