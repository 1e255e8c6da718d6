"""Probes by ``NAME[/VARIANT][:SIDE]``: what stands behind a name, and the probe that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from judgebench.errors import UnknownNameError, UsageError
from judgebench.probes.operator import SIDES, Operator, Perturbed

if TYPE_CHECKING:
    from judgebench.domain import Probe, Scale


class Spec(NamedTuple):
    """A probe as it is asked for: its name, the variant of a family, and which response it changes."""

    name: str
    variant: str = ""
    side: str = ""

    @classmethod
    def of(cls, text: str) -> Spec:
        """Read it.

        >>> Spec.of("master-key/colon:wrong")
        Spec(name='master-key', variant='colon', side='wrong')
        """
        name, _, side = text.partition(":")
        name, _, variant = name.partition("/")
        return cls(name, variant, side)

    def __str__(self) -> str:
        return self.name + (f"/{self.variant}" if self.variant else "") + (f":{self.side}" if self.side else "")


def variants(text: str, behind: Any) -> list[str]:
    """Name the probes that a name stands for: one, or each variant of a family."""
    spec = Spec.of(text)
    if isinstance(behind, Mapping) and not spec.variant:
        return [str(spec._replace(variant=one)) for one in cast("Mapping[str, Any]", behind)]
    return [text]


def probe_of(text: str, behind: Any, plain: Probe, scale: Scale, seed: int) -> Probe:
    """Make the probe that ``text`` asks for of what is ``behind`` its name.

    That is an operator, a family of operators by variant, or a factory that takes the plain probe.
    """
    spec = Spec.of(text)
    if isinstance(behind, Mapping):
        family = cast("Mapping[str, Operator]", behind)
        if spec.variant not in family:
            known = ", ".join(f"{spec.name}/{one}" for one in family)
            raise UnknownNameError("probe", text, [f"{spec.name}/{one}" for one in family], f"({known})")
        behind = family[spec.variant]
    elif spec.variant:
        raise UsageError(f"probe {text!r}: {spec.name} has no variants")
    if not isinstance(behind, Operator):
        if spec.side:
            raise UsageError(f"probe {text!r}: {spec.name} changes no one response, so that it has no side")
        made: Probe = behind(plain)
        return made
    if spec.side and spec.side not in SIDES:
        raise UsageError(f"probe {text!r}: the side is one of {', '.join(SIDES)}")
    return Perturbed(text, behind, plain, scale, spec.side or behind.side, seed)
