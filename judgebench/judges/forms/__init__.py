"""Forms of a verdict: instructions, the options of a request, and a strict reader, which never guesses.

A form is a prompt and a notation (`judgebench.judges.notation`), of which each has its line in `NOTATIONS`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from judgebench.domain import Reply, Request, Status
from judgebench.errors import UnknownNameError
from judgebench.judges.forms.brackets import Brackets
from judgebench.judges.notation import Heard

if TYPE_CHECKING:
    from judgebench.domain import Case, Code, Completion, Scale
    from judgebench.judges.notation import Notation
    from judgebench.judges.prompts.prompt import Criterion, Prompt

#: Part of every model judge's settings: raise it when the same words are read as another verdict than before.
PARSING = 1
#: Notations by name: what makes one of what stands behind the colon, or of the name.
NOTATIONS = {
    "brackets": "judgebench.judges.forms.brackets:Brackets",
    "first-line": "judgebench.judges.forms.lines:Line",
    "last-line": "judgebench.judges.forms.lines:Line",
    "regex": "judgebench.judges.forms.lines:Pattern",
    "json": "judgebench.judges.forms.objects:Json",
    "schema": "judgebench.judges.forms.objects:Schema",
    "tool": "judgebench.judges.forms.objects:Tool",
    "logprobs": "judgebench.judges.forms.logprobs:Logprobs",
}
#: Where nothing else is said.
DEFAULT = "brackets"


@cache
def notation(name: str) -> Notation:
    """Make a notation of its name as an option, ``json`` or ``regex:PATTERN``; UnknownNameError where there is none."""
    kind, colon, rest = name.partition(":")
    if kind not in NOTATIONS or bool(colon) != (kind == "regex"):
        known = [f"{one}:PATTERN" if one == "regex" else one for one in NOTATIONS]
        raise UnknownNameError("form", name, known, f"({', '.join(known)})")
    made = resolve_name(NOTATIONS[kind])
    found: Notation = made(rest) if colon else made(name) if kind.endswith("-line") else made()
    return found


@dataclass(frozen=True, slots=True)
class Form:
    """How a verdict is asked for and read; ``options`` are those of a `Request` beside the notation's own.

    An answer cut off at the token limit is ``truncated`` even where it already holds a verdict: the model was not done.
    A refusal or a content filter is ``refused``. Everything else goes to the strict reader and is ``ok`` or
    ``unparsed``. With a ``criterion`` of the prompt's it asks about that one alone.
    """

    prompt: Prompt
    options: tuple[tuple[str, Any], ...] = ()
    notation: Notation = field(default_factory=Brackets)
    criterion: Criterion | None = None

    def request(self, backend: str, case: Case, scale: Scale) -> Request:
        """Ask about a case; UsageError where the prompt does not serve the scale."""
        words, criteria = self.prompt.words(scale), self.prompt.together(case.item)
        messages = self.prompt.render(case, scale, self.notation, criterion=self.criterion)
        options = self.notation.options(words, criteria) | dict(self.options)
        return Request(backend, tuple(messages), tuple(sorted(options.items())))

    def reply(self, completion: Completion, scale: Scale) -> Reply:
        """Read an answer that holds one verdict."""
        status, heard = self._heard(completion, scale)
        return told(completion, status, heard)

    def read(self, completion: Completion, scale: Scale) -> tuple[Status, Code | None]:
        """Read the verdict alone."""
        status, heard = self._heard(completion, scale)
        return status, heard.code

    def _heard(self, completion: Completion, scale: Scale) -> tuple[Status, Heard]:
        if (status := unread(completion)) is not None:
            return status, Heard()
        heard = self.notation.read(completion, self.prompt.words(scale))
        return (Status.UNPARSED, Heard(why=heard.why)) if heard.code is None else (Status.OK, heard)


def told(completion: Completion, status: Status, heard: Heard = Heard()) -> Reply:  # noqa: B008 - it can't be changed
    """Make a reply of a completion and what was read of it."""
    calls = "\n".join(f"{name}({arguments})" for name, arguments in completion.calls)
    return Reply(
        status,
        heard.code,
        scores=heard.scores,
        probabilities=heard.probabilities,
        text="\n\n".join(filter(None, [completion.text, calls])),
        error=why(completion) if status is Status.REFUSED else heard.why,
        model=completion.model,
        usage=completion.usage,
        seconds=completion.seconds,
    )


def unread(completion: Completion) -> Status | None:
    """Say what an answer is that no verdict is looked for in; None for a whole one."""
    return {"length": Status.TRUNCATED, "refusal": Status.REFUSED, "filter": Status.REFUSED}.get(completion.finish)


def why(completion: Completion) -> str:
    """Say why there is no verdict in an answer that was refused."""
    return "the model refused" if completion.finish == "refusal" else "a content filter cut the answer off"
