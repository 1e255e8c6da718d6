"""A cluster's worker: the engine's asking part on another machine, with its share of the limits.

It knows no store and no cluster library; `driver` makes an actor of it and keeps what it says.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from judgebench.domain import Usage
from judgebench.errors import (
    BackendError,
    DataError,
    IncompleteError,
    JudgebenchError,
    RejectedError,
    RetryableError,
    UsageError,
)
from judgebench.run.engine import Caller, Dispatchers
from judgebench.run.summary import Summary
from judgebench.run.throttle import OverBudgetError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from judgebench.domain import Case, Completion, Judge, Reply, Scale
    from judgebench.run.engine import Options

#: Seconds in which answers gather before they are sent: one message for many costs the driver less.
_GATHER = 0.01

#: What an error travels as, the first that it is: subclasses may have arguments that don't survive pickling.
_KINDS = (OverBudgetError, BackendError, IncompleteError, UsageError, DataError)


class Secrets:
    """Environment variables on their way to a worker; nothing that prints an argument prints them."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def __repr__(self) -> str:
        return f"<{len(self._values)} variables>"

    def __reduce__(self) -> tuple[type[Secrets], tuple[dict[str, str]]]:
        return Secrets, (self._values,)

    def set(self) -> None:
        """Put them into this process's environment."""
        os.environ.update(self._values)


@dataclass(frozen=True, slots=True)
class Answer:
    """How a case ended: a reply, or an error; ``number`` is the driver's.

    One with neither is on the way there: the key of a request of several and its completion, for the driver to keep.
    """

    number: int
    reply: Reply | None = None
    error: JudgebenchError | None = None
    kept: tuple[str, Completion] | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Answers that came together, and the worker's state.

    ``room`` is the calls that the dispatcher has room for at present, ``committed`` the dollars spent and set aside for
    calls in flight, ``extra`` each judge's retries and the cost of second calls since the last batch.
    """

    answers: tuple[Answer, ...]
    room: int
    committed: float
    extra: Mapping[str, tuple[int, Usage]]


class Worker:
    """Asks judges that it makes itself; the class of the actor.

    ``share`` is its part of the limits, and ``of`` workers share what a server says of its own. ``folder`` and ``path``
    are the driver's.
    """

    def __init__(self, share: Options, of: int, secrets: Secrets, folder: str, path: Sequence[str]) -> None:
        secrets.set()
        # Files on the command line are named from the driver's folder, and functions are imported from it.
        if Path(folder).is_dir():
            os.chdir(folder)
        sys.path.extend(entry for entry in path if entry not in sys.path)
        self._share = share
        self._of = of
        self._dispatchers = Dispatchers(share)
        self._callers: dict[str, Caller] = {}
        self._tasks: dict[str, set[asyncio.Task[None]]] = {}
        self._told: dict[str, tuple[int, Usage]] = {}

    async def hello(self) -> None:
        """Be there."""

    async def open(
        self, name: str, make: Callable[[], Judge], scale: Scale, settings: Mapping[str, Any]
    ) -> JudgebenchError | None:
        """Make a judge and see that it has the driver's settings; returns the error that keeps it from asking."""
        if name in self._callers:
            return None
        try:
            judge = make()
        except JudgebenchError as error:
            return portable(error)
        if changed := _changed(judge.settings, settings):
            where = os.uname().nodename if hasattr(os, "uname") else "a worker"
            return BackendError(
                f"{judge.name} is another judge on {where}: {', '.join(changed)} differ; "
                "install the same judgebench there, and the same files at the same paths"
            )
        self._callers[name] = Caller(judge, scale, self._share, self._dispatchers, Summary(), workers=self._of)
        self._tasks[name] = set()
        return None

    async def ask(self, cases: Sequence[tuple[int, str, Case, Mapping[str, Completion]]]) -> AsyncIterator[Batch]:
        """Ask about cases of judges that share a dispatcher, but for what is known; yields answers as they come."""
        done: asyncio.Queue[Answer] = asyncio.Queue()
        for number, name, case, known in cases:
            task = asyncio.create_task(self._one(number, name, case, known, done))
            tasks = self._tasks.get(name, set())
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        names = {name for _, name, _, _ in cases}
        left = len(cases)
        while left:
            answers = [await done.get()]
            if left > 1:
                await asyncio.sleep(_GATHER)
            while not done.empty():
                answers.append(done.get_nowait())
            left -= sum(answer.kept is None for answer in answers)
            yield self._batch(tuple(answers), names)

    async def drop(self, name: str) -> None:
        """Ask no more about a judge's cases, and close its connections."""
        caller = self._callers.pop(name, None)
        for task in self._tasks.pop(name, set()):
            task.cancel()
        if caller is not None:
            for backend in caller.judge.backends.values():
                await backend.aclose()

    async def _one(
        self, number: int, name: str, case: Case, known: Mapping[str, Completion], done: asyncio.Queue[Answer]
    ) -> None:
        caller = self._callers.get(name)
        answer = Answer(number, error=IncompleteError("the run is over"))
        try:
            if caller is not None:
                reply, error = await caller.ask(
                    case, known, lambda key, completion: done.put_nowait(Answer(number, kept=(key, completion)))
                )
                answer = Answer(number, reply, None if error is None else portable(error))
        except JudgebenchError as error:
            answer = Answer(number, error=portable(error))
        finally:
            # Whatever happens, the stream must come to an end.
            done.put_nowait(answer)

    def _batch(self, answers: tuple[Answer, ...], names: set[str]) -> Batch:
        extra: dict[str, tuple[int, Usage]] = {}
        room = 1
        for name in names:
            caller = self._callers.get(name)
            if caller is None:
                continue
            room = caller.room
            retries, hedged = self._told.get(name, (0, Usage()))
            now = caller.summary.retries, caller.hedged
            if now != (retries, hedged):
                extra[name] = (now[0] - retries, _less(now[1], hedged))
                self._told[name] = now
        budget = self._dispatchers.budget
        return Batch(answers, room, 0.0 if budget is None else budget.committed, extra)


def portable(error: JudgebenchError) -> JudgebenchError:
    """Make of an error one that pickles, without pauses and back-offs: the worker kept them.

    >>> portable(RejectedError("no", refused=True)).refused
    True
    """
    if isinstance(error, RetryableError):
        return RetryableError(str(error), unreachable=error.unreachable)
    if isinstance(error, RejectedError):
        return RejectedError(str(error), refused=error.refused)
    return next((kind for kind in _KINDS if isinstance(error, kind)), JudgebenchError)(str(error))


def _changed(here: Mapping[str, Any], there: Mapping[str, Any]) -> list[str]:
    def plain(value: object) -> str:
        return json.dumps(value, sort_keys=True, default=str)

    return sorted(name for name in {*here, *there} if plain(here.get(name)) != plain(there.get(name)))


def _less(now: Usage, before: Usage) -> Usage:
    usd = None if now.usd is None else now.usd - (before.usd or 0.0)
    return Usage(now.input_tokens - before.input_tokens, now.output_tokens - before.output_tokens, usd)
