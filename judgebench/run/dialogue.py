"""A case while it is asked: one generator, driven alike by every engine and by the dry run. It does no input or output.

What a case of several rounds was answered is kept under the keys of its requests until there is a verdict; a dialogue
that is begun again with those answers asks only for what is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.domain import Completion
from judgebench.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.domain import Case, Judge, Reply, Request, Scale, Usage

#: More rounds than any protocol needs: a generator that goes on asking is broken.
_MOST_ROUNDS = 100


class Dialogue:
    """A judge and a case. ``wanted`` are the requests to answer now, by number; ``reply`` is there when none is left.

    Requests are numbered through all rounds, in the order in which the judge yields them. ``known`` are answers of
    earlier attempts, by `key`.
    """

    def __init__(self, judge: Judge, case: Case, scale: Scale, known: Mapping[str, Completion] | None = None) -> None:
        self.reply: Reply | None = None
        self.wanted: dict[int, Request] = {}
        self.rounds = 0
        self._known = known or {}
        self._asked: list[Request] = []
        self._first = 0
        self._answers: dict[int, Completion] = {}
        self._steps = judge.steps(case, scale)
        self._next(None)

    @property
    def several(self) -> bool:
        """Whether the case takes more than one request: then its answers are kept as they come."""
        return len(self._asked) > 1

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
            try:
                round_ = self._steps.send(completions)  # type: ignore[arg-type]  # a generator is begun with None
            except StopIteration as end:
                self.reply = end.value
                return
            self.rounds += 1
            if self.rounds > _MOST_ROUNDS:
                raise BackendError(f"a judge that asks for more than {_MOST_ROUNDS} rounds on one case is broken")
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


#: An answer that says nothing, for requests of later rounds in a forecast.
_SILENCE = "…" * 300


def forecast(judge: Judge, case: Case, scale: Scale) -> list[tuple[str, int, int]]:
    """Say what a case will probably ask: the backend and the input and output tokens of each request.

    Later rounds are those that come if every answer is a few hundred tokens which hold no verdict.
    """
    dialogue = Dialogue(judge, case, scale)
    asked: list[tuple[str, int, int]] = []
    while dialogue.wanted:
        for number, request in list(dialogue.wanted.items()):
            asked.append((request.backend, *judge.backends[request.backend].tokens(request)))
            dialogue.give(number, Completion(_SILENCE))
    return asked


def expected(judge: Judge, request: Request) -> Usage:
    """Say what a request will probably use."""
    backend = judge.backends[request.backend]
    return backend.cost(*backend.tokens(request))
