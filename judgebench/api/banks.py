"""Which probes are a bank of attacks, and what a bank comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from judgebench.agreement.probing.banks import Bank
    from judgebench.agreement.probing.measure import Probed
    from judgebench.agreement.probing.rows import Paired


def banks(paired: Mapping[str, Paired]) -> Iterator[tuple[str, Bank]]:
    """Find the banks of attacks among probes by name: each family of which several were asked on one side."""
    from judgebench.agreement.probing.banks import Bank  # noqa: PLC0415 - loaded on use
    from judgebench.probes.listed import PROBES  # noqa: PLC0415 - loaded on use
    from judgebench.probes.named import Spec  # noqa: PLC0415 - loaded on use

    families: dict[str, dict[str, Paired]] = {}
    for name, one in paired.items():
        spec = Spec.of(name)
        # Of somebody else's family nobody said that it is one of biases.
        if spec.variant and (spec.name not in PROBES or PROBES[spec.name].suite == "attack"):
            families.setdefault(str(spec._replace(variant="")), {})[name] = one
    for family, attacks in families.items():
        bank = Bank.of(attacks)
        if bank is not None:
            yield family, bank


def summed_up(paired: Mapping[str, Paired]) -> Iterator[tuple[str, Probed]]:
    """Measure banks as a whole, by the name of the row: their mean, and their best on questions left for it."""
    for family, bank in banks(paired):
        count = len(bank.attacks)
        yield f"{family} (mean of {count})", bank.mean()
        if (found := bank.held_out()) is not None:
            yield f"{found[0]} (best of {count}, held out)", found[1]
