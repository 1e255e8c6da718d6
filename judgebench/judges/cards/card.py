"""What a judge card is: data that say how a published judge is spoken to, and how its authors read what it says."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from judgebench.domain import digest

if TYPE_CHECKING:
    from judgebench.domain import Scale

Pairs: TypeAlias = tuple[tuple[str, str], ...]
#: What a reply says: a label (``A``, ``B>>A``, ``tie``, ``correct``), a number, or one for each response; ``""`` where
#: it says what is no verdict, None where it says nothing.
Said: TypeAlias = str | float | tuple[float, ...] | None
#: What becomes of a reply that the published parser doesn't read, beside a number. Half and a quarter are credit for no
#: verdict: our policies ``invalid`` and ``tie`` give it.
FAILURES = ("none", "tie", "lowest", "incorrect", "half", "quarter")
#: Part of every layout's digest: raise it when code reads or writes otherwise than before.
_VERSION = 2


@dataclass(frozen=True, slots=True)
class Truncation:
    """How the responses, never the prompt, are cut: ``side`` is lost, until all fits into ``context`` tokens."""

    side: Literal["left", "right"]
    context: int


@dataclass(frozen=True, slots=True)
class Again:
    """What is said to a judge whose reply held no verdict; both replies are read as one, joined by ``join``."""

    turn: str
    join: str = "\n"


@dataclass(frozen=True, slots=True)
class Layout:
    """One way to ask: the templates, the sampling, the two parsers and what becomes of a reply that neither reads.

    ``scale`` is what the judge gives: ``pair``, ``pick``, ``check``, ``rate:LO-HI``. ``strict`` is a regular expression
    whose groups hold the verdict, in the judge's ``words`` or as numbers from ``least`` to ``most``. ``failure`` is the
    published policy, one of `FAILURES` or a number. ``parser`` names the published parser,
    ``NAME`` or ``NAME:ARGUMENT``. ``retry`` is how often the same is asked again, ``shortcut`` an answer without a
    call.
    """

    name: str
    scale: str
    parser: str
    strict: str
    system: str = ""
    user: str = ""
    raw: str = ""
    words: Pairs = ()
    least: float | None = None
    most: float | None = None
    failure: str | float = "none"
    ties: bool = True
    needs: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    sampling: tuple[tuple[str, Any], ...] = ()
    truncation: Truncation | None = None
    again: Again | None = None
    retry: int = 0
    samples: int = 1
    shortcut: Literal["", "exact-match", "identical"] = ""
    reasoning: Literal["drop", "read"] = "drop"
    criterion: str = ""
    levels: Pairs = ()

    @property
    def kind(self) -> str:
        """The kind of scale."""
        return self.scale.partition(":")[0]

    @property
    def digest(self) -> str:
        """Digest of all that can change an answer, or how it is read."""
        return digest([_VERSION, asdict(self)], 12)

    @property
    def texts(self) -> dict[str, str]:
        """Its templates."""
        return {"system": self.system, "user": self.user, "raw": self.raw}

    def serves(self, scale: Scale) -> bool:
        """Whether its verdicts are those of a scale."""
        spec = scale.spec.partition(":")[2]
        return self.kind == scale.kind and (self.kind != "rate" or spec == self.scale.partition(":")[2])

    def rates_each(self, scale: Scale) -> bool:
        """Whether it rates the responses one by one where one of them is to be chosen."""
        return self.kind == "rate" and scale.kind in {"pair", "pick"}


@dataclass(frozen=True, slots=True)
class Card:
    """A published judge: where it comes from, and its layouts; the first one that serves a scale is taken.

    ``models`` are pairs of a judge's name and its licence, the first one is asked where none is named; ``family`` is
    theirs, where the names don't say it (`judgebench.agreement.observed.own`).
    """

    name: str
    title: str
    source: str
    paper: str
    code: str
    weights: str
    models: Pairs
    order: str
    layouts: tuple[Layout, ...]
    notes: tuple[str, ...] = ()
    family: str = ""
    file: str = field(default="", compare=False)

    @property
    def raw(self) -> bool:
        """Whether it writes raw prompts, for an endpoint that adds no chat template."""
        return any(layout.raw for layout in self.layouts)

    @property
    def scales(self) -> tuple[str, ...]:
        """What its layouts give, each once."""
        return tuple(dict.fromkeys(layout.scale for layout in self.layouts))
