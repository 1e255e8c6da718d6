"""What a run would take: calls, tokens and dollars of what is still to ask, without asking.

Input tokens are counted with the model's tokenizer where there is one. Nobody knows how long a judge's answers are
before it has answered: a pilot (``run --limit 40``) shows it, and its answers are in the store. So whatever the store
holds of these cases corrects the estimate: output tokens are those answers' mean, and input tokens that were counted in
characters are scaled by what the backend counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from judgebench.domain import Forecast, Usage

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from judgebench.domain import Case, Scale, Verdict
    from judgebench.run.execute import Plan

#: More answers than this say nothing new about their mean length.
_ENOUGH = 2000
#: Fewer answers than this are too few for a mean to go by.
_TOO_FEW = 3
#: Normal quantile of a 95 % interval.
_Z = 1.959964


class _Expected(Protocol):
    @property
    def calls(self) -> int: ...
    @property
    def usage(self) -> Usage: ...


@runtime_checkable
class _Forecasting(Protocol):
    """What a judge offers if its calls cost tokens."""

    @property
    def counting(self) -> str: ...

    def forecast(self, case: Case, scale: Scale) -> _Expected: ...

    def cost(self, input_tokens: int, output_tokens: int, *, batch: bool = False) -> Usage: ...


class Known(Protocol):
    """Stored answers, by case key."""

    def get(self, key: str, /) -> Verdict | None:
        """Find the answer to a case."""
        ...


@dataclass(slots=True)
class _Sums:
    """Stored answers: what was expected of them beside what they were."""

    answers: int = 0
    calls: int = 0
    expected_input: int = 0
    input: int = 0
    output: int = 0
    squares: float = 0.0

    def add(self, expected: _Expected, usage: Usage) -> None:
        self.answers += 1
        self.calls += expected.calls
        self.expected_input += expected.usage.input_tokens
        self.input += usage.input_tokens
        self.output += usage.output_tokens
        self.squares += usage.output_tokens**2

    @property
    def spread(self) -> float:
        """Standard deviation of the output tokens of an answer."""
        mean = self.output / self.answers
        return math.sqrt(max(0.0, self.squares / self.answers - mean**2) * self.answers / (self.answers - 1))


def estimate(
    planned: Plan, known: Known, *, batch: bool = False, submitted: AbstractSet[str] = frozenset()
) -> Forecast:
    """Estimate what asking the missing cases of a plan takes; ``known`` and ``submitted`` are by case key."""
    judge: object = planned.judge
    asks = judge if isinstance(judge, _Forecasting) else None
    cases = judged = under_way = calls = inputs = outputs = 0
    seen = _Sums()
    for case in planned.cases():
        cases += 1
        stored = known.get(case.key)
        judged += stored is not None
        if stored is None and case.key in submitted:
            under_way += 1
            continue
        if asks is None or (stored is not None and not _tells(stored, seen)):
            continue
        expected = asks.forecast(case, planned.task.scale)
        if stored is not None:
            seen.add(expected, stored.usage)
        else:
            calls += expected.calls
            inputs += expected.usage.input_tokens
            outputs += expected.usage.output_tokens
    run = planned.run
    head = (run.judge, run.task, planned.items, cases, judged, under_way)
    if asks is None:
        return Forecast(*head, 0, Usage(), None, None, 0, "")
    pilot = seen.answers if seen.answers >= _TOO_FEW else 0
    low = high = None
    if pilot:
        inputs = round(inputs * seen.input / max(seen.expected_input, 1))
        outputs = round(calls * seen.output / seen.calls)
    usage = asks.cost(inputs, outputs, batch=batch)
    if pilot and usage.usd is not None:
        # Two things vary: the pilot's mean, and the sum of the answers to come.
        to_ask = cases - judged - under_way
        spread = _Z * seen.spread * math.sqrt(to_ask + to_ask**2 / pilot)
        margin = (asks.cost(0, round(spread), batch=batch)).usd or 0.0
        low, high = max(0.0, usage.usd - margin), usage.usd + margin
    return Forecast(*head, calls, usage, low, high, pilot, asks.counting, batch)


def _tells(stored: Verdict, seen: _Sums) -> bool:
    """Whether a stored answer says how long answers are: its backend counted, and there are not enough yet."""
    return bool(stored.usage.input_tokens and stored.usage.output_tokens) and seen.answers < _ENOUGH
