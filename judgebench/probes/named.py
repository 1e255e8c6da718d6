"""Probes by ``NAME[/VARIANT][:SIDE]``: what stands behind a name, and the probe that it makes.

In the place of the side some have a file of one's own: ``suffix:FILE``, ``paraphrase:FILE``, ``attacked:FILE#COLUMN``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast, runtime_checkable

from judgebench.errors import UnknownNameError, UsageError, argument
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

    @classmethod
    def asked(cls, text: str) -> Spec:
        """Read what somebody asks for; UsageError where a variant or a side is announced and missing.

        >>> Spec.asked("tone/")
        Traceback (most recent call last):
            ...
        judgebench.errors.UsageError: probe 'tone/': a variant or a side is missing. Did you mean tone?
        """
        spec = cls.of(text)
        if text != str(spec):
            raise UsageError(f"probe {text!r}: a variant or a side is missing. Did you mean {spec}?")
        return spec

    @property
    def file(self) -> str:
        """What stands in the place of the side and is none."""
        return "" if self.side in SIDES else self.side

    @property
    def kept(self) -> str:
        """The probe as runs name it: of a file its name, for its folder is this machine's.

        >>> Spec.of("suffix/3:banks/mine.txt").kept
        'suffix/3:mine.txt'
        """
        return str(self._replace(side=Path(self.file).name) if self.file else self)

    def __str__(self) -> str:
        return self.name + (f"/{self.variant}" if self.variant else "") + (f":{self.side}" if self.side else "")


@runtime_checkable
class Filed(Protocol):
    """A family of operators whose texts a person may bring."""

    def of_file(self, place: str) -> Mapping[str, Operator]:
        """Make the operators of a file, by variant."""
        ...


class FromFile(NamedTuple):
    """A probe that is all in a file: ``make`` takes its name, the file, and what other probes are made of."""

    make: Callable[[str, str, Probe, Scale, int], Probe]


def variants(text: str, behind: Any) -> list[str]:
    """Name the probes that a name stands for: one, or each variant of a family."""
    spec = Spec.asked(text)
    if isinstance(behind, Mapping) and not spec.variant:
        if spec.file and isinstance(behind, Filed):
            behind = behind.of_file(spec.file)
        return [str(spec._replace(variant=one)) for one in cast("Mapping[str, Any]", behind)]
    return [text]


def probe_of(text: str, behind: Any, plain: Probe, scale: Scale, seed: int) -> Probe:
    """Make the probe that ``text`` asks for of what is ``behind`` its name.

    That is an operator, a family of operators by variant, a `FromFile`, or a factory that takes the plain probe.
    """
    spec = Spec.asked(text)
    if isinstance(behind, FromFile):
        if not spec.file or spec.variant:
            raise UsageError(f"probe {text!r}: name a file, as {spec.name}:answers.jsonl, or {spec.name}:FILE#COLUMN")
        return behind.make(spec.kept, spec.file, plain, scale, seed)
    if spec.file and isinstance(behind, Filed):
        behind, spec = behind.of_file(spec.file), spec._replace(side="")
        text = Spec.of(text).kept
    if isinstance(behind, Mapping):
        behind = _member(spec, text, cast("Mapping[str, Operator]", behind))
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


def _member(spec: Spec, text: str, family: Mapping[str, Operator]) -> Operator:
    """Take one probe of a family."""
    names = [f"{spec.name}/{one}" for one in family]
    if not spec.variant:
        raise UsageError(
            f"{text} is a family of probes, and a run has one of them: {', '.join(names)}; "
            f"`judgebench probe {argument('probe')} {text}` asks them all"
        )
    if spec.variant not in family:
        raise UnknownNameError("probe", text, names, f"({', '.join(names)})")
    return family[spec.variant]
