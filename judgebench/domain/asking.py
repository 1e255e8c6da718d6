"""How a judge asks without asking: requests, completions, and the generator that turns a case into a reply.

A judge's `steps` yield rounds: requests that don't wait for each other. Whoever drives it (a process, a batch API, a
cluster, a dry run) sends back their completions in the same order; what the generator returns is the reply. It depends
on nothing but its case and what it is sent: a driver that was interrupted starts it again and sends what it knows.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from judgebench.domain.items import Part, Turn, digest
from judgebench.domain.replies import Reply, Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from judgebench.domain.items import Case, Role
    from judgebench.domain.scale import Scale

Finish: TypeAlias = Literal["stop", "length", "refusal", "filter"]
#: What not every backend can do: take images, a JSON Schema of the answer, tools; give log-probabilities, of tokens or
#: of whole labels; several answers to one request; think as hard as it is told; go on from a raw prompt, without a chat
#: template.
Capability: TypeAlias = Literal["images", "schema", "tools", "logprobs", "labels", "n", "effort", "completions"]
#: Codes of fences had eight digits once: a request has the key that it had then, under which its answer may be kept.
_FENCE = re.compile(r"(=== (?:begin|end) [^\[\n]{1,60} \[[0-9a-f]{8})[0-9a-f]{16}\] ===")
#: Orders in which responses are shown: for each slot the index of the response in it.
Orders: TypeAlias = tuple[tuple[int, ...], ...]
Steps: TypeAlias = Generator[Sequence["Request"], Sequence["Completion"], Reply]


@dataclass(frozen=True, slots=True)
class Message(Turn):
    """A turn as a model is sent it: one text, cut where its images are."""

    @property
    def text(self) -> str:
        """The text parts, joined."""
        return "".join(part.text for part in self.parts)


def spoken(turns: Iterable[Turn]) -> tuple[Message, ...]:
    r"""Give turns as messages of two sides: a tool call is the assistant's, its result comes to it, and both say so.

    What would make two messages of one side follow each other there is put into one: not every chat template takes
    them, and none has to know tools.

    >>> [(one.role, one.text) for one in spoken([Turn.of("assistant", "I'll look."), Turn.of("call", "look()")])]
    [('assistant', "I'll look.\n\n[tool call]\nlook()")]
    """
    sides: dict[Role, Role] = {"call": "assistant", "tool": "user"}
    made: list[Message] = []
    before: Role = "system"
    for turn in turns:
        side = sides.get(turn.role, turn.role)
        parts = (Part(f"[{turn.speaker}]\n"), *turn.parts) if turn.role in sides else turn.parts
        if made and made[-1].role == side and not sides.keys().isdisjoint((before, turn.role)):
            made[-1] = Message(side, (*made[-1].parts, Part("\n\n"), *parts))
        else:
            made.append(Message(side, parts))
        before = turn.role
    return tuple(made)


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted of a backend: of a model the answer to ``messages``, of a function its verdict on ``case``.

    ``options`` are sorted pairs: ``schema`` (a JSON Schema), ``tool`` (name, description and parameters of the one that
    has to be called), ``tools`` (as the API takes them), ``logprobs`` (how many alternatives of each token),
    ``labels`` (those to be weighed, with nothing generated), ``n`` (answers), ``effort`` (the API's word),
    ``max_tokens``, ``raw`` (the one message is a raw prompt); others go to the API as they are.
    """

    backend: str
    messages: tuple[Message, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()
    case: Case | None = None
    scale: Scale | None = None

    @property
    def key(self) -> str:
        """Digest of all that can change what comes back, on this side of the backend."""
        said = [
            [message.role, [[_FENCE.sub(r"\1] ===", part.text), part.image] for part in message.parts]]
            for message in self.messages
        ]
        return digest([self.backend, said, [list(option) for option in self.options], self.case and self.case.key])


@dataclass(frozen=True, slots=True)
class Token:
    """A token of an answer with its log-probability, and the likeliest tokens in its place."""

    text: str
    logprob: float
    top: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Quota:
    """One limit as a server reports it, in requests or tokens; it is full again in ``reset`` seconds, if it says."""

    limit: float
    remaining: float
    reset: float | None = None


@dataclass(frozen=True, slots=True)
class RateLimits:
    """A server's limits on requests and on tokens, read from the headers of an answer."""

    requests: Quota | None = None
    tokens: Quota | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """What a backend answered, with tokens as it counted them.

    ``finish`` says why it ended: by itself, at the token limit, because the model refused, or a filter cut in.
    ``cached_tokens`` is the part of the input that the backend read from its cache, billed at another price, as is an
    answer of a ``batch`` API; ``usd`` is the price, None where unknown. ``model`` is the version that the backend
    reported, ``seconds`` the wall-clock time of the call, and ``limits`` what the server said of its limits.
    ``choices`` are the texts of all answers where several were wanted, ``text`` among them, and ``answers`` all of them
    whole. ``calls`` are the tools that the model called, each with its arguments as JSON. ``reply`` is the verdict that
    a function gave. ``assumed`` is one that nobody gave: a forecast looks at what would be asked next.
    """

    text: str = ""
    finish: Finish = "stop"
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    model: str = ""
    seconds: float = 0.0
    limits: RateLimits | None = None
    batch: bool = False
    usd: float | None = None
    logprobs: tuple[Token, ...] = ()
    choices: tuple[str, ...] = ()
    reply: Reply | None = None
    calls: tuple[tuple[str, str], ...] = ()
    answers: tuple[Completion, ...] = ()
    assumed: bool = False

    @property
    def usage(self) -> Usage:
        """Tokens and dollars."""
        return Usage(self.input_tokens, self.output_tokens, self.usd)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, for the rounds of a case that is not decided yet; limits are of the moment and stay out."""
        more = {"calls": self.calls, "answers": [one.to_json() for one in self.answers]}
        return {
            "text": self.text,
            "finish": self.finish,
            "tokens": [self.input_tokens, self.output_tokens, self.cached_tokens],
            "model": self.model,
            "seconds": round(self.seconds, 6),
            "batch": self.batch,
            "usd": self.usd,
            "logprobs": [[token.text, token.logprob, token.top] for token in self.logprobs],
            "choices": self.choices,
            "reply": self.reply and self.reply.to_json(),
        } | {name: value for name, value in more.items() if value}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Completion:
        """Read what ``to_json`` wrote."""
        inputs, outputs, cached = data["tokens"]
        return cls(
            data["text"],
            data["finish"],
            inputs,
            outputs,
            cached,
            data["model"],
            data["seconds"],
            batch=data["batch"],
            usd=data["usd"],
            logprobs=tuple(Token(t, p, tuple((a, b) for a, b in top)) for t, p, top in data["logprobs"]),
            choices=tuple(data["choices"]),
            reply=data["reply"] and Reply.from_json(data["reply"]),
            calls=tuple((name, arguments) for name, arguments in data.get("calls", ())),
            answers=tuple(cls.from_json(one) for one in data.get("answers", ())),
        )


@dataclass(frozen=True, slots=True)
class Needs:
    """What a judge needs.

    ``answers``: whether it looks at the responses (a recording and a constant don't). ``orders``: those in which a
    recording has the items, or each by its id, None for judges that take any. ``capabilities`` are its backends',
    ``gpus`` for each process on a cluster. With ``refusals`` a backend's refusal of one request is an answer to it,
    with the finish ``filter``, and does not end the case.
    """

    answers: bool = True
    orders: Orders | Mapping[str, Orders] | None = None
    capabilities: frozenset[Capability] = frozenset()
    gpus: int = 0
    refusals: bool = False
