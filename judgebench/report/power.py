"""What a comparison can find, and how many items it takes: said with what was assumed."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from judgebench.domain.shapes import ERROR, FLAG, NUMBER, SHARE, TEXT, ListOf, Scalar, choice, maybe, record
from judgebench.report.briefs.power import Sided, brief
from judgebench.report.document.blocks import Field, Sheet, Table, grid, when
from judgebench.report.document.model import Document
from judgebench.report.document.text import decimal, figure
from judgebench.stats.coefficients.catalog import title_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.agreement.power import Power
    from judgebench.report.document.blocks import Block, Fields
    from judgebench.report.document.brief import Brief

__all__ = ["PairedPower"]


_MODEL = record(
    model=(choice("equal-rates", "equal-margins", "given", "measured"), attrgetter("model")),
    tpr=(SHARE, attrgetter("rates.tpr")),
    tnr=(SHARE, attrgetter("rates.tnr")),
    variance=ERROR,
)
_TEST = record(
    sides=Scalar({"enum": [1, 2]}),
    detectable=maybe(NUMBER),
    items_for_drop=Scalar({"type": "integer", "minimum": 1}),
    simulated=(
        maybe(SHARE),
        attrgetter("simulated"),
        "Share of samples of the pilot's questions in which so many items find the drop.",
    ),
)


@dataclass(frozen=True, slots=True, repr=False)
class PairedPower(Document):
    """What a paired test finds; ``items`` are those at hand, ``source`` says what the figures come from.

    ``given``: the user said on how many items exactly one judge is right.
    """

    found: Power
    source: str
    drop: float
    alpha: float
    power: float
    items: int | None
    tests: tuple[Sided, ...]
    given: bool = False

    SCHEMA = "judgebench.power/1"
    SHAPE = record(
        "",
        "What a paired comparison can find, and how many items it needs.",
        source=TEXT,
        metric=(TEXT, attrgetter("found.metric")),
        drop=NUMBER,
        alpha=NUMBER,
        power=NUMBER,
        items=maybe(Scalar({"type": "integer"})),
        value=(maybe(NUMBER), attrgetter("found.value")),
        base_rate=(maybe(SHARE), attrgetter("found.base_rate")),
        discordance=(maybe(SHARE), attrgetter("found.discordance")),
        discordance_measured=(FLAG, attrgetter("found.measured")),
        variance=(ERROR, attrgetter("found.variance")),
        design_effect=(ERROR, attrgetter("found.design_effect")),
        tests=ListOf(_TEST, 2, 2),
        models=(
            ListOf(_MODEL),
            lambda one: [each for each in (one.found, one.found.other) if each is not None and each.rates is not None],
            "What the better judge is like, the model that needs most items first: the figures are that one's.",
        ),
    )

    @classmethod
    def of(
        cls, found: Power, source: str, drop: float, alpha: float, power: float, items: int | None, *, given: bool
    ) -> PairedPower:
        """Work out both tests, by default for the pilot's items; ValueError where no number of items finds the drop."""
        n = items or found.items
        tests: list[Sided] = []
        for sides in (1, 2):
            needed, simulated = found.items_simulated(drop, alpha=alpha, power=power, sides=sides)
            least = found.detectable(n, alpha=alpha, power=power, sides=sides)
            tests.append(Sided(sides, least, needed, simulated))
        return cls(found, source, drop, alpha, power, n, tuple(tests), given)

    def sheet(self) -> Sheet:
        given = ("source", "metric", "drop", "alpha", "power", "items", "base_rate", "value", "discordance")
        header = [*given, "design_effect", *Sided._fields]
        plain = self.SHAPE.plain(self)
        return Sheet(header, [[(plain | one._asdict())[name] for name in header] for one in self.tests])

    def brief(self) -> Brief:
        return brief(
            self.found,
            self.tests,
            drop=self.drop,
            power=self.power,
            items=self.items,
            needed={each.sides: _needed(self, each) for each in self.tests},
            given=self.given,
        )

    def blocks(self) -> Iterator[Block]:
        found, drop, n = self.found, decimal(self.drop), self.items
        title, least = title_of(found.metric), found.possible(self.tests[0].detectable)
        seen = "no drop, however large" if least is None else f"a drop of {decimal(least)}"
        yield (
            f"To find a drop of {drop} in {title} (one-sided, alpha {decimal(self.alpha, 2)}, power "
            f"{decimal(self.power, 2)}), compare two judges on about {_range(self)} items"
            + (f"; {n:,} items find {seen}." if n else ".")
        )
        smallest = f"smallest difference found with {n or 0:,} items"
        fields: Fields[Sided] = (
            Field("test", lambda t: "one-sided (a drop)" if t.sides == 1 else "two-sided (either way)", right=False),
            Field(f"items for a difference of {drop}", lambda t: f"{t.items_for_drop:,}"),
            *when(n, Field(smallest, lambda t: found.possible(t.detectable))),
        )
        yield Table(grid(fields, self.tests, _remarks(self)), names=())


def _needed(one: PairedPower, test: Sided) -> tuple[int, int]:
    """Give the fewest and the most items that find the drop, by what a better judge is like."""
    most, other = test.items_for_drop, one.found.other
    if other is None:
        return most, most
    return other.items_for(one.drop, alpha=one.alpha, power=one.power, sides=test.sides), most


def _range(one: PairedPower) -> str:
    least, most = _needed(one, one.tests[0])
    return f"{most:,}" if least == most else f"{least:,} to {most:,}"


def _like(found: Power) -> str:
    rates = found.rates
    told = "" if rates is None else f" (TPR {decimal(rates.tpr)}, TNR {decimal(rates.tnr)})"
    return f"{_MODELS[found.model]}{told}"


#: What a better judge is like, by model.
_MODELS = {
    "equal-rates": "as often right on correct items as on incorrect ones",
    "equal-margins": "that says correct as often as gold does",
    "given": "as given",
    "measured": "as measured",
}


def _remarks(one: PairedPower) -> Iterator[str]:
    found = one.found
    yield f"From {one.source}."
    share = f"{100 * found.discordance:.1f} %"
    if found.measured:
        yield f"Measured: the judges' paired differences; exactly one of them is right on {share} of the judgments."
        seen = one.tests[0].simulated
        if seen is not None:
            yield (
                f"Of samples of {one.tests[0].items_for_drop:,} items, drawn from the pilot's own questions, "
                f"{100 * seen:.0f} % find the drop (one-sided)."
            )
    else:
        yield (
            f"Assumed: exactly one of the two judges is right on {share} of the items (--discordance). Two versions of "
            "one judge differ less than two different judges; run both on a few items to measure it."
        )
        if found.rates is not None and found.base_rate is not None:
            yield (
                f"Assumed: base rate {decimal(found.base_rate)}, kappa {decimal(found.value or 0.0)} falling by "
                f"{decimal(one.drop)}, and both kinds of errors growing alike, from those of a judge "
                f"{_like(found)}."
            )
            if found.other is not None and _range(one) != f"{one.tests[0].items_for_drop:,}":
                if found.other.discordance != found.discordance:
                    less = f"{100 * found.other.discordance:.1f} %"
                    yield f"Such judges can't differ on more; for the fewer items it is {less}."
                yield (
                    f"The fewer items are for a judge {_like(found.other)}. Say with --tpr and --tnr, or --judge-rate, "
                    "what yours is like; the table has the larger number."
                )
        else:
            yield "Assumed: both judges' influences spread alike, and differ only where exactly one is right."
    if found.design_effect == 1:
        yield "Items count as independent (design effect 1); questions with several items need more."
    else:
        yield (
            f"Design effect {figure(found.design_effect, 2)}: clustered by question, the squared standard error is "
            "that many times the one of independent items. All figures include it."
        )
