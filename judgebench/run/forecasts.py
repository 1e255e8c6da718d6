"""What asking takes, without asking: calls, tokens and dollars.

Input tokens are counted with the model's tokenizer where there is one. Nobody knows how long a judge's answers are
before it has answered: a pilot (``run --limit 40``) shows it, and its answers are in the store. So whatever the store
holds of these cases corrects the estimate: output tokens are those answers' mean, and input tokens that were counted in
characters are scaled by what the backend counted.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from judgebench.domain import Forecast, Usage
from judgebench.judges.panels.panel import OF
from judgebench.run.dialogue import forecast

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    from judgebench.domain import Verdict
    from judgebench.run.plans import Plan

#: More answers than this say nothing new about their mean length.
_ENOUGH = 2000
#: Fewer answers than this are too few for a mean to go by.
_TOO_FEW = 3
#: Normal quantile of a 95 % interval.
_Z = 1.959964


@dataclass(slots=True)
class _Sums:
    """Stored answers: what was expected of them beside what they were; ``none`` were not asked for at all."""

    answers: int = 0
    none: int = 0
    calls: int = 0
    expected_input: int = 0
    input: int = 0
    output: int = 0
    squares: float = 0.0

    def add(self, asked: list[tuple[str, int, int]], usage: Usage | None) -> None:
        self.answers += 1
        if usage is None:
            self.none += 1
            return
        self.calls += len(asked)
        self.expected_input += sum(tokens for _, tokens, _ in asked)
        self.input += usage.input_tokens
        self.output += usage.output_tokens
        self.squares += usage.output_tokens**2

    @property
    def share(self) -> float:
        """How often it is asked at all."""
        return 1 - self.none / max(self.answers, 1)

    @property
    def spread(self) -> float:
        """Standard deviation of the output tokens of an answer."""
        mean = self.output / self.answers
        return math.sqrt(max(0.0, self.squares / self.answers - mean**2) * self.answers / (self.answers - 1))


class _Pilot:
    """What stored answers say of those to come: of the judge as a whole, and of the members of a panel one by one."""

    def __init__(self) -> None:
        self.whole = _Sums()
        self._members: dict[str, _Sums] = {}

    def add(self, asked: list[tuple[str, int, int]], stored: Verdict) -> None:
        self.whole.add(asked, stored.usage)
        parts = dict(stored.parts)
        members: dict[str, list[tuple[str, int, int]]] = {}
        for call in asked:
            members.setdefault(_member(call[0]), []).append(call)
        if parts.keys() <= members.keys():
            for name, calls in members.items():
                used = parts[name].usage if name in parts else None
                self._members.setdefault(name, _Sums()).add(calls, used)

    def of(self, backend: str) -> _Sums:
        """Find those of the member that a backend belongs to, where the parts of answers are members' replies."""
        return self._members.get(_member(backend), self.whole) if len(self._members) > 1 else self.whole


def _member(backend: str) -> str:
    return backend.partition(OF)[0]


def estimate(
    planned: Plan,
    known: Callable[[str], Verdict | None],
    *,
    batch: bool = False,
    submitted: AbstractSet[str] = frozenset(),
) -> Forecast:
    """Estimate what asking the missing cases of a plan takes; ``known`` finds a stored answer by its case key."""
    judge, scale = planned.judge, planned.task.scale
    backends = {name: backend for name, backend in judge.backends.items() if backend.counting}
    cases = judged = under_way = later = 0
    calls: Counter[str] = Counter()
    inputs: Counter[str] = Counter()
    outputs: Counter[str] = Counter()
    seen = _Pilot()
    for case in planned.cases():
        cases += 1
        stored = known(case.key)
        judged += stored is not None
        if stored is None and case.key in submitted:
            under_way += 1
            continue
        if not backends or (stored is not None and not _tells(stored, seen.whole)):
            continue
        rounds = [[one for one in round_ if one[0] in backends] for round_ in forecast(judge, case, scale)]
        asked = [one for round_ in rounds for one in round_]
        if stored is not None:
            seen.add(asked, stored)
            continue
        later += sum(len(round_) for round_ in rounds[1:])
        for name, tokens, answer in asked:
            calls[name] += 1
            inputs[name] += tokens
            outputs[name] += answer
    run = planned.run
    head = (planned.name, run.task, planned.items, cases, judged, under_way)
    if not backends:
        return Forecast(*head, 0, Usage(), None, None, 0, "")
    pilot = seen.whole.answers if seen.whole.answers >= _TOO_FEW else 0
    low = high = None
    usage = Usage(0, 0, 0.0)
    for name, backend in backends.items():
        if pilot:
            own = seen.of(name)
            inputs[name] = round(inputs[name] * own.share * own.input / max(own.expected_input, 1))
            calls[name] = round(calls[name] * own.share)
            outputs[name] = round(calls[name] * own.output / max(own.calls, 1))
        usage = usage + backend.cost(inputs[name], outputs[name], batch=batch)
    if pilot and usage.usd is not None:
        # Two things vary: the pilot's mean, and the sum of the answers to come.
        to_ask = cases - judged - under_way
        spread = _Z * seen.whole.spread * math.sqrt(to_ask + to_ask**2 / pilot)
        # Of several backends the dearest bounds what longer answers cost.
        margin = max(backend.cost(0, round(spread), batch=batch).usd or 0.0 for backend in backends.values())
        low, high = max(0.0, usage.usd - margin), usage.usd + margin
    counting = ", ".join(dict.fromkeys(backend.counting for backend in backends.values()))
    return Forecast(*head, calls.total(), usage, low, high, pilot, counting, batch, 0 if pilot else later)


def _tells(stored: Verdict, seen: _Sums) -> bool:
    """Whether a stored answer says how long answers are: its backend counted, and there are not enough yet."""
    return bool(stored.usage.input_tokens and stored.usage.output_tokens) and seen.answers < _ENOUGH
