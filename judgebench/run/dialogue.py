"""A case while it is asked: one generator, driven alike by every engine and by the dry run. It does no input or output.

What a case of several rounds was answered is kept under the keys of its requests until there is a verdict, and so is an
answer that broke its judge; a dialogue that is begun again with those answers asks only for what is missing.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from judgebench.domain import Completion, Reply, Request, Status, Usage
from judgebench.errors import BackendError, JudgebenchError, RejectedError, a_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.domain import Case, Judge, Scale

#: More rounds than any protocol needs: a generator that goes on asking is broken.
_MOST_ROUNDS = 100


class Dialogue:
    """A judge and a case. ``wanted`` are the requests to answer now, by number; ``reply`` is there when none is left.

    Requests are numbered through all rounds, in the order in which the judge yields them. ``known`` are answers of
    earlier attempts, by `key`. A judge may be anybody's: what its code raises is a RejectedError that costs this case,
    and what it returns is looked at.
    """

    def __init__(self, judge: Judge, case: Case, scale: Scale, known: Mapping[str, Completion] | None = None) -> None:
        self.reply: Reply | None = None
        self.wanted: dict[int, Request] = {}
        self.rounds = 0
        self._known = known or {}
        self._asked: list[Request] = []
        self._first = 0
        self._answers: dict[int, Completion] = {}
        self._judge, self._case, self._scale, self._backends = judge, case, scale, judge.backends
        self._steps = judge.steps(case, scale)
        if not isinstance(cast("object", self._steps), Generator):
            what = type(self._steps).__name__
            raise RejectedError(f"{judge.name}: steps returned a {what}, not a generator")
        self._next(None)

    @property
    def several(self) -> bool:
        """Whether the case takes more than one request: then its answers are kept as they come."""
        return len(self._asked) > 1

    @property
    def undecided(self) -> bool:
        """Whether there is no verdict that stays, be it that the judge broke: then its answers are to be kept."""
        return self.reply is None or self.reply.status is Status.FAILED

    def told(self) -> dict[str, Completion]:
        """Return all answers so far, by key."""
        return {self.key(number): completion for number, completion in self._answers.items()}

    def key(self, number: int) -> str:
        """Name a request by what it says; equal ones are counted."""
        request = self._asked[number]
        return f"{request.key}-{self._asked[:number].count(request)}"

    def give(self, number: int, completion: Completion) -> None:
        """Answer a request; the last one of a round begins the next, or ends the dialogue."""
        del self.wanted[number]
        self._answers[number] = completion
        if not self.wanted:
            self._next([self._answers[n] for n in range(self._first, len(self._asked))])

    def _next(self, completions: list[Completion] | None) -> None:
        """Go on to the next round that is not known already."""
        while True:
            round_ = self._sent(completions)
            if self.reply is not None:
                return
            self.rounds += 1
            if self.rounds > _MOST_ROUNDS:
                raise BackendError(
                    f"{self._judge.name} asks for more than {_MOST_ROUNDS} rounds on one case; it is broken"
                )
            self._first = len(self._asked)
            self._asked += round_
            for number in range(self._first, len(self._asked)):
                found = self._known.get(self.key(number)) if self._known else None
                if found is None:
                    self.wanted[number] = self._asked[number]
                else:
                    self._answers[number] = found
            if self.wanted:
                return
            completions = [self._answers[n] for n in range(self._first, len(self._asked))]

    def _sent(self, completions: list[Completion] | None) -> Sequence[Request]:
        """Let the judge go on, and return its next round; at its end there is a reply."""
        name = self._judge.name
        try:
            round_ = tuple(self._steps.send(completions))  # type: ignore[arg-type]  # a generator is begun with None
        except StopIteration as end:
            self.reply = checked(end.value, self._case, self._scale)
            return ()
        except JudgebenchError:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a judge of somebody else's may raise anything: one case
            # Its words stay out of the store: nobody has looked through them for a key.
            raise RejectedError(f"{name} raised {type(error).__name__}") from None
        for request in cast("tuple[object, ...]", round_):
            if not isinstance(request, Request):
                raise RejectedError(f"{name} asks with {a_type(request)}, not a Request")
            if request.backend not in self._backends:
                known = ", ".join(self._backends) or "it has none"
                raise RejectedError(f"{name} asks {request.backend!r}, which is none of its backends: {known}")
        return round_


def checked(reply: object, case: Case, scale: Scale) -> Reply:
    """Keep a verdict that is on no scale, and what no reply holds, out of the store, whichever judge gave it."""
    if not isinstance(reply, Reply):
        return Reply(Status.UNPARSED, error=f"the judge returned {type(reply).__name__}, not a Reply")
    for value, kind in (
        (reply.status, Status), (reply.text, str), (reply.error, str), (reply.model, str),
        (reply.usage, Usage), (reply.seconds, (int, float)),
    ):  # fmt: skip
        if not isinstance(cast("object", value), kind):
            return Reply(Status.UNPARSED, error=f"the judge returned a Reply that holds {value!r:.60}")
    places = len(case.order) if scale.kind in {"pick", "rank"} else scale.size
    codes = reply.code if isinstance(reply.code, tuple) else () if reply.code is None else (reply.code,)
    listed = isinstance(reply.code, tuple)
    fits = all(type(code) is int and 0 <= code < places for code in codes)
    if scale.kind == "rank":
        fits = fits and (not listed or sorted(codes) == list(range(places)))
    if scale.kind == "steps" and (steps := len(case.order)) > 1:
        # Of first errors nothing is said behind the wrong step.
        ended = scale.first_error and len(codes) < steps and codes[-1:] == (0,)
        fits = fits and (len(codes) == steps or ended)
    if reply.code is not None and not (fits and listed == scale.sequential):
        reply = replace(
            reply, status=Status.UNPARSED, code=None, error=f"verdict {reply.code!r} is not on {scale.spec}"
        )
    reply = _counted(reply)
    if reply.parts:
        try:
            parts = tuple((str(name), checked(part, case, scale)) for name, part in reply.parts)
        except (TypeError, ValueError):
            return Reply(Status.UNPARSED, error=f"the judge returned a Reply whose parts are {reply.parts!r:.60}")
        reply = replace(reply, parts=parts)
    return reply


def _counted(reply: Reply) -> Reply:
    """Leave out numbers that are none, whoever claims them."""
    try:
        numbers = all(map(math.isfinite, (*reply.scores, *reply.probabilities)))
    except TypeError:
        numbers = False
    if not numbers:
        reply = replace(reply, scores=(), probabilities=(), error="scores that are not numbers were left out")
    usage, seconds = reply.usage.plain(), reply.seconds if 0 <= reply.seconds < math.inf else 0.0
    return reply if usage is reply.usage and seconds == reply.seconds else replace(reply, usage=usage, seconds=seconds)


def refusal(judge: Judge, error: object) -> Completion | None:
    """Make an answer of a refusal, for a judge that takes it for one; None for other errors and judges."""
    taken = isinstance(error, RejectedError) and error.refused and judge.needs.refusals
    return Completion(finish="filter") if taken else None


def turned_down(error: RejectedError) -> Reply:
    """Say what becomes of an item that will not be answered."""
    return Reply(Status.REFUSED if error.refused else Status.FAILED, error=str(error))


#: An answer that says nothing, for requests of later rounds in a forecast.
_SILENCE = "…" * 300


def forecast(judge: Judge, case: Case, scale: Scale) -> list[list[tuple[str, int, int]]]:
    """Say what a case will probably ask, round by round: the backend and the input and output tokens of each request.

    Later rounds are those that come if every answer is a few hundred tokens, of which nobody knows what they say: no
    second attempt is made, and what asks on without a verdict does.
    """
    rounds: list[list[tuple[str, int, int]]] = []
    # An item that it can't judge, or an answer that it can't read, is asked about no further.
    with suppress(RejectedError):
        dialogue = Dialogue(judge, case, scale)
        while dialogue.wanted:
            rounds.append(asked := [])
            for number, request in list(dialogue.wanted.items()):
                asked.append((request.backend, *judge.backends[request.backend].tokens(request)))
                wanted = dict(request.options).get("n", 1)
                said = Completion(_SILENCE, assumed=True)
                dialogue.give(number, replace(said, answers=(said,) * wanted))
    return rounds


def expected(judge: Judge, request: Request) -> Usage:
    """Say what a request will probably use."""
    backend = judge.backends[request.backend]
    return backend.cost(*backend.tokens(request))
