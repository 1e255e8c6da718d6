"""Probes that plain verdicts show: what each takes, what it shows, and whether it will show anything once asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from judgebench.api.probed_tables import described
from judgebench.api.probed_together import OF_SEVERAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.agreement.probing.measure import Probed
    from judgebench.api.probed_together import Probable
    from judgebench.domain import Run, Verdict
    from judgebench.domain.scale import Code
    from judgebench.run.plans import Plan

#: What must be there for a probe that plain verdicts show.
NEEDS = {
    "position": "it takes pairs in both orders or with gold, or lists in cyclic orders",
    "length": "it takes pairs of answers of known and different lengths, and gold",
    "self-preference": "it takes gold, and answers of the judge's own among others'",
    "family-preference": "it takes gold, and answers of models of its family and of others",
    "transitivity": "it takes pairs with named systems, three or more of which answer one question",
    "leniency": "it takes checks or ratings, and gold",
    "recorded-attack": "it takes a split of attacked items, and beside it those that have them as they were",
    "cross-mode": "it takes pairs, and beside the plain run one with --protocol rate-each (or a table's ratings)",
}


def looked(
    name: str, before: Probable, stored: Sequence[Probable], said: Mapping[str, Any]
) -> list[tuple[str, Probed]]:
    """Measure what a probe shows of a plain run, beside the others; nothing of a probe that changes items."""
    from judgebench.catalog import observed  # noqa: PLC0415 - loaded on use

    look = observed(name)
    if look is None:
        return []
    if name in OF_SEVERAL:
        return list(OF_SEVERAL[name](before, stored, look))
    found = look(described(before.run, said), before.verdicts)
    return [] if found is None else [(name, found)]


def will_show(names: Sequence[str], plan: Plan, others: Sequence[Plan], said: Mapping[str, Any]) -> bool:
    """Say whether any probe will show something of a run that is not asked yet, beside others."""
    runs = [Imagined(one) for one in others]
    return any(looked(name, Imagined(plan), runs, said) for name in names)


@dataclass(frozen=True, slots=True)
class Imagined:
    """A plan as if it were asked: every case gets a verdict. What that is changes what shows, not whether it does."""

    plan: Plan

    @property
    def run(self) -> Run:
        """What is to be asked."""
        return self.plan.run

    def verdicts(self, *, texts: bool = True) -> Iterator[Verdict]:
        """Yield a verdict on each case; of texts it has none."""
        from judgebench.domain import Reply, Verdict  # noqa: PLC0415 - loaded on use

        del texts
        for case in self.plan.cases():
            places = len(case.order)
            code: Code = tuple(range(places)) if self.run.scale.sequential else 0
            yield Verdict.of(case, Reply.ok(code), self.run.scale, self.run.revision)
