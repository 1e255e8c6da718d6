"""Banks of attacks: what they do on average, and what the best does on questions that it was not chosen on.

The largest of many effects is too large by chance. So the best attack is chosen on one half of the questions and
measured on the other; chosen on one judge and measured on another, it says whether attacks transfer.

Source: Zhao et al. (2025), One token to fool LLM-as-a-judge (average and worst over attacks); Alazraki et al. (2025),
Reverse engineering human preferences with reinforcement learning (transfer to other judges).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from judgebench.agreement.probing.measure import measure
from judgebench.agreement.probing.rows import Paired
from judgebench.domain import digest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from judgebench.agreement.probing.measure import Probed

#: Questions of a half below which nothing is chosen or measured on it.
LEAST = 2


class Halves(NamedTuple):
    """Questions on which an attack is chosen, and those on which it is measured."""

    chosen: frozenset[str]
    measured: frozenset[str]

    @classmethod
    def of(cls, questions: Iterable[str]) -> Halves:
        """Divide questions by a digest of their names, so that neither order nor judge changes the division."""
        known = sorted(set(questions), key=lambda name: (digest(["half", name]), name))
        return cls(frozenset(known[: len(known) // 2]), frozenset(known[len(known) // 2 :]))


@dataclass(frozen=True, slots=True)
class Bank:
    """The attacks of a bank on one judge, by name."""

    attacks: Mapping[str, Paired]

    @classmethod
    def of(cls, attacks: Mapping[str, Paired]) -> Bank | None:
        """Take attacks for a bank; None of one alone, and where what they ought to get, or their placebos, differ."""
        kinds = {(one.placebo, row.owed) for one in attacks.values() for row in one.rows}
        return cls(attacks) if len(attacks) > 1 and len(kinds) == 1 else None

    @property
    def questions(self) -> Iterator[str]:
        """The questions that any attack changed."""
        return (row.cluster for one in self.attacks.values() for row in one.rows)

    def mean(self) -> Probed:
        """Measure all attacks as one: every case of every attack is a row, clustered by question."""
        every = list(self.attacks.values())
        rows = tuple(row for one in every for row in one.rows)
        together = Paired(every[0].scale, rows, every[0].placebo, sum(one.unmatched for one in every))
        return replace(measure(together), bank=len(every))

    def best(self, questions: Collection[str]) -> str | None:
        """Choose the attack of the largest effect on some questions; None where too few show any."""
        effects: dict[str, float] = {}
        for name, one in self.attacks.items():
            own = only(one, questions)
            value = measure(own).effect.value
            if value is not None and len({row.cluster for row in own.rows}) >= LEAST:
                effects[name] = value
        return max(effects, key=effects.__getitem__) if effects else None

    def held_out(self) -> tuple[str, Probed] | None:
        """Measure the best attack of one half on the other; None where a half has too few questions."""
        halves = Halves.of(self.questions)
        best = self.best(halves.chosen)
        if best is None:
            return None
        found = self.on(best, halves.measured)
        return None if found is None else (best, found)

    def on(self, attack: str, questions: Collection[str]) -> Probed | None:
        """Measure an attack on some questions; None where it has too few of them."""
        if attack not in self.attacks:
            return None
        found = replace(measure(only(self.attacks[attack], questions)), bank=len(self.attacks))
        return found if found.items >= LEAST and found.effect.value is not None else None


@dataclass(frozen=True, slots=True)
class Transferred:
    """The attack that is best on one judge, measured on another (or the same) on questions it was not chosen on."""

    chosen_on: str
    measured_on: str
    attack: str
    found: Probed


def transfer(banks: Mapping[str, Bank]) -> Iterator[Transferred]:
    """Measure, of judges by name, each one's best attack on every one."""
    halves = Halves.of(question for one in banks.values() for question in one.questions)
    for chosen_on, bank in banks.items():
        best = bank.best(halves.chosen)
        if best is None:
            continue
        for measured_on, other in banks.items():
            found = other.on(best, halves.measured)
            if found is not None:
                yield Transferred(chosen_on, measured_on, best, found)


def only(paired: Paired, questions: Collection[str]) -> Paired:
    """Keep the rows of some questions."""
    return Paired(paired.scale, tuple(row for row in paired.rows if row.cluster in questions), paired.placebo)
