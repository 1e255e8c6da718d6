"""Forms of a verdict: how a model is told to give it, and a strict reader, which never guesses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from judgebench.domain import Reply, Request, Status
from judgebench.judges.endings import after_reasoning

if TYPE_CHECKING:
    from judgebench.domain import Capability, Case, Completion, Scale
    from judgebench.judges.prompts import Prompt

#: Part of every model judge's settings: raise it when the same words are read as another verdict than before.
PARSING = 1

_MARK = re.compile(r"\[\[([^\[\]]*)\]\]")


def parse_verdict(text: str, scale: Scale) -> int | None:
    """Read the verdict of an answer, in shown coordinates; None where there is not exactly one.

    A verdict is a label of the scale in double square brackets, case and outer blanks ignored; it may be repeated.
    Nothing is read where two different verdicts occur, or a bracketed word without blanks that is not on the scale
    (``[[C]]``, ``[[4.5]]``). Other bracketed text, such as the shell's ``[[ -f file ]]``, is passed over. So is all
    that stands before the last end of reasoning, which some servers send with the answer.

    >>> from judgebench.domain import Scale
    >>> pair = Scale.pair()
    >>> parse_verdict("The second one is wrong, so [[a]].", pair)
    0
    >>> parse_verdict("[[A]], or rather [[B]]", pair) is None
    True
    """
    found: set[int] = set()
    for mark in _MARK.finditer(after_reasoning(text)):
        content = mark[1].strip()
        code = scale.code(content)
        if code is not None:
            found.add(code)
        elif content and not any(c.isspace() for c in content):
            return None
    return found.pop() if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Form:
    """A label in double square brackets: what is said, with which ``options`` of a `Request`, and how it is read.

    An answer cut off at the token limit is ``truncated`` even where it already holds a verdict: the model was not done.
    A refusal or a content filter is ``refused``. Everything else goes to the strict parser and is ``ok`` or
    ``unparsed``.
    """

    prompt: Prompt
    options: tuple[tuple[str, Any], ...] = ()

    @property
    def needs(self) -> frozenset[Capability]:
        """What a backend must be able to do."""
        return frozenset(name for name, _ in self.options if name != "max_tokens")  # type: ignore[misc]  # named alike

    def request(self, backend: str, case: Case, scale: Scale) -> Request:
        """Ask about a case; UsageError where the prompt does not serve the scale."""
        return Request(backend, tuple(self.prompt.render(case, scale)), self.options)

    def reply(self, completion: Completion, scale: Scale) -> Reply:
        """Read an answer."""
        status, code = self.read(completion, scale)
        return Reply(
            status,
            code,
            text=completion.text,
            error=why(completion) if status is Status.REFUSED else "",
            model=completion.model,
            usage=completion.usage,
            seconds=completion.seconds,
        )

    def read(self, completion: Completion, scale: Scale) -> tuple[Status, int | None]:
        """Read the verdict alone."""
        if completion.finish == "length":
            return Status.TRUNCATED, None
        if completion.finish in {"refusal", "filter"}:
            return Status.REFUSED, None
        code = parse_verdict(completion.text, scale)
        return (Status.UNPARSED, None) if code is None else (Status.OK, code)


def why(completion: Completion) -> str:
    """Say why there is no verdict in an answer that was refused."""
    return "the model refused" if completion.finish == "refusal" else "a content filter cut the answer off"
