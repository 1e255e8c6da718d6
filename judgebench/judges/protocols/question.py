"""A chat about one verdict, which protocols lead: each is a generator around the one that asks inside it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from judgebench.domain import Completion, Message, Part, Reply, Request, Status, Usage
from judgebench.judges.endings import after_reasoning
from judgebench.judges.forms import told, unread
from judgebench.judges.notation import Heard, Notation
from judgebench.judges.protocols.combining import weighed
from judgebench.judges.words import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.domain import Case, Code, Scale
    from judgebench.judges.forms import Form
    from judgebench.judges.protocols import Asking


class Said(NamedTuple):
    """What an exchange came to: the reply, and the chat with the answer as its last message.

    ``assumed`` is that of the last completion: a forecast made it up.
    """

    reply: Reply
    chat: tuple[Message, ...] = ()
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A verdict that is wanted: by whom, in which form, on what.

    ``notes`` are blocks above what the prompt shows, ``role`` stands above the system's message. With a ``chat`` it is
    asked there, as its last message says; without one the prompt asks.
    """

    judge: Asking
    form: Form
    case: Case
    scale: Scale
    notes: tuple[str, ...] = ()
    role: str = ""
    chat: tuple[Message, ...] = ()

    @property
    def request(self) -> Request:
        """What asks for the verdict."""
        asked = self.form.request(self.judge.backend, self.case, self.scale)
        return replace(asked, messages=self.chat or self._framed(asked.messages))

    def _framed(self, messages: tuple[Message, ...]) -> tuple[Message, ...]:
        system = [message for message in messages if message.role == "system"]
        rest = [message for message in messages if message.role != "system"]
        if self.role:
            below = system[0].parts if system else ()
            system[:1] = [Message("system", (Part(f"{self.role}\n\n" if below else self.role), *below))]
        if self.notes:
            above = "".join(f"{note}\n\n" for note in self.notes)
            rest[:1] = [replace(rest[0], parts=(Part(above), *rest[0].parts))]
        return (*system, *rest)

    @property
    def asks(self) -> str:
        """What tells how to give the verdict, whether or not the prompt says so in its own words."""
        prompt, item = self.form.prompt, self.case.item
        one = self.form.criterion or prompt.about(item)
        words = Words(self.scale, prompt.verdicts, (one.levels if one is not None else ()) or prompt.levels)
        return self.form.notation.says(words, prompt.together(item))

    def asking(self, say: Callable[[str], str]) -> Question:
        """Tell how to give the verdict in other words, which are made of the form's own."""
        return replace(self, form=replace(self.form, notation=Saying(self.form.notation, say)))

    def noted(self, note: str) -> Question:
        """Put one more block above what the prompt shows."""
        return replace(self, notes=(*self.notes, note))

    def follow(self, said: Said, text: str) -> Question:
        """Ask for the verdict (again) in the chat so far."""
        return replace(self, chat=(*said.chat, Message.of("user", text)))

    def heard(self, completion: Completion, messages: Sequence[Message]) -> Said:
        """Read an answer to ``messages``, which may hold a verdict on each criterion."""
        return Said(self._read(completion), (*messages, answered(completion)), completion.assumed)

    def _read(self, completion: Completion) -> Reply:
        form, names = self.form, self.form.prompt.together(self.case.item)
        if not names:
            return form.reply(completion, self.scale)
        status = unread(completion)
        codes = None if status else form.notation.read_each(completion, form.prompt.words(self.scale), names)
        if codes is None:
            return told(completion, status or Status.UNPARSED)
        parts = {name: Reply.ok(codes[name]) for name in names}
        whole = told(completion, Status.UNPARSED)
        reply = weighed(parts, {one.name: one.weight for one in form.prompt.criteria}, self.scale)
        return replace(reply, text=whole.text, model=whole.model, usage=whole.usage, seconds=whole.seconds)


class Saying(Notation):
    """A notation that is asked for in other words."""

    name = "saying"

    def __init__(self, notation: Notation, say: Callable[[str], str]) -> None:
        self._notation, self._say = notation, say

    def options(self, words: Words, criteria: Sequence[str]) -> dict[str, Any]:
        """Give those of the notation."""
        return self._notation.options(words, criteria)

    def says(self, words: Words, criteria: Sequence[str] = ()) -> str:
        """Say it."""
        return self._say(self._notation.says(words, criteria))

    def wrote(self, words: Mapping[str, str], reason: str) -> str:
        """Write it as the notation is written."""
        return self._notation.wrote(words, reason)

    def read(self, completion: Completion, words: Words) -> Heard:
        """Read what the notation reads."""
        return self._notation.read(completion, words)

    def read_each(self, completion: Completion, words: Words, criteria: Sequence[str]) -> dict[str, Code] | None:
        """Read what the notation reads."""
        return self._notation.read_each(completion, words, criteria)


#: An exchange about a question, and what begins one.
Exchange: TypeAlias = Generator[Sequence[Request], Sequence[Completion], Said]
Ask: TypeAlias = Callable[[Question], Exchange]


def plainly(question: Question, /) -> Exchange:
    """Ask once."""
    request = question.request
    (completion,) = yield (request,)
    return question.heard(completion, request.messages)


def framed(question: Question, *, ask: Ask, role: str, notes: tuple[str, ...]) -> Exchange:
    """Ask somebody in a role, with ``notes`` above what is shown."""
    return (yield from ask(replace(question, role=role, notes=(*notes, *question.notes))))


def prose(question: Question, messages: tuple[Message, ...]) -> Request:
    """Ask for something that holds no verdict, with none of the form's options."""
    return Request(question.judge.backend, messages, question.form.options)


def answered(completion: Completion) -> Message:
    """Write an answer as the turn of a chat, without its reasoning; an API takes no empty turn."""
    calls = "\n".join(f"{name}({arguments})" for name, arguments in completion.calls)
    text = "\n\n".join(filter(None, [after_reasoning(completion.text).strip(), calls]))
    return Message.of("assistant", text or "(no answer)")


def also(reply: Reply, completion: Completion, **changes: Any) -> Reply:
    """Count what another answer used that a reply came with."""
    usage, seconds = reply.usage + completion.usage, reply.seconds + completion.seconds
    return replace(reply, usage=usage, seconds=seconds, **changes)


def after(reply: Reply, *before: tuple[str, Reply]) -> Reply:
    """Keep in a reply's parts what was said before it came, and count what that used."""
    earlier = [one for _, one in before]
    return replace(
        reply,
        parts=(*before, *reply.parts),
        usage=sum((one.usage for one in earlier), start=Usage()) + reply.usage,
        seconds=sum(one.seconds for one in earlier) + reply.seconds,
    )
