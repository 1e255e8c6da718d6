"""What a stored run asked, what came of it, and what it cost: ``show RUN``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from judgebench.domain import Usage
from judgebench.report.document.text import clean

if TYPE_CHECKING:
    from judgebench.store.runs import StoredRun


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a run holds.

    Parameters
    ----------
    statuses : mapping of str to int
        Verdicts by status.
    models : mapping of str to int
        Verdicts by the model version that answered.
    usage : Usage
        Tokens and price of the answers, whichever run asked for them first.
    seconds : float
        Sum of the calls' wall-clock times.
    """

    statuses: Counter[str]
    models: Counter[str]
    usage: Usage
    seconds: float

    @classmethod
    def of(cls, stored: StoredRun) -> Holdings:
        """Read a run once; nothing of it is kept."""
        statuses: Counter[str] = Counter()
        models: Counter[str] = Counter()
        usage, seconds = Usage(), 0.0
        for verdict in stored.judgments():
            statuses[verdict.status.value] += 1
            if verdict.model:
                models[verdict.model] += 1
            usage, seconds = usage + verdict.usage, seconds + verdict.seconds
        return cls(statuses, models, usage, seconds)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "statuses": dict(self.statuses),
            "models": dict(self.models),
            "input_tokens": self.usage.input_tokens,
            "output_tokens": self.usage.output_tokens,
            "usd": self.usage.usd,
            "seconds": round(self.seconds, 3),
        }


def as_json(stored: StoredRun) -> dict[str, Any]:
    """Return the manifest with what the run holds, ``judgebench.run/1`` and ``holds`` beside it."""
    return stored.run.to_json() | {"holds": Holdings.of(stored).to_json()}


def describe(stored: StoredRun) -> str:
    """Say in a few lines what a run asked, what came of it, and what it cost."""
    run, holds = stored.run, Holdings.of(stored)
    cases = run.counts.get("cases", 0)
    judged = holds.statuses.total()
    spent = run.spent
    rows = {
        "judge": run.judge,
        "task": f"{run.task} ({run.revision})",
        "scale": run.scale.spec,
        "shown": f"order {run.orders}, reference {run.reference}, {_times(run.repeats)}"
        + ("" if run.limit is None else f", the first {run.limit} items"),
        "settings": ", ".join(f"{name} {value}" for name, value in sorted(run.settings.items()) if value is not None),
        "policies": ", ".join(f"{name}={value}" for name, value in run.policies.to_json().items()),
        "judged": f"{judged:,} of {max(cases, judged):,} cases: {_counted(holds.statuses)}",
        "model versions": _counted(holds.models),
        "tokens": f"{holds.usage.input_tokens:,} input, {holds.usage.output_tokens:,} output",
        "cost": _money(holds.usage),
        "asked": _asked(spent) if spent else "",
    }
    # Names come from files and from servers: a terminal must not obey them.
    return "\n".join(f"{name + ':':<16}{clean(value)}" for name, value in rows.items() if value)


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.most_common())


def _times(repeats: int) -> str:
    return "once" if repeats == 1 else f"{repeats} times"


def _money(usage: Usage) -> str:
    if not usage.input_tokens and not usage.output_tokens:
        return "nothing: no tokens were used"
    if usage.usd is None:
        return "unknown: at least one answer's price is not known; a judge file can state it"
    return f"{usage.usd:.4f} USD for these answers"


def _asked(spent: Any) -> str:
    commands = spent.get("commands", 0)
    usd = spent.get("usd")
    paid = "" if not spent.get("input_tokens") else ", price unknown" if usd is None else f", {usd:.4f} USD"
    return (
        f"{spent.get('asked', 0):,} cases by {commands} command{'' if commands == 1 else 's'}, "
        f"{spent.get('retries', 0):,} retries, {spent.get('seconds', 0.0):,.1f} s{paid}"
    )
