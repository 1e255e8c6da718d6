"""Tables of probes: what changed answers did, what replaced ones did, what plain verdicts show, or figures by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from judgebench.report.document.blocks import Cell, Field, Table, explained, grid
from judgebench.report.document.text import NONE, decimal, interval, p_value, percent, value_of
from judgebench.report.words import REASONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from judgebench.agreement.probing.measure import Probed
    from judgebench.domain import Estimate, Scale
    from judgebench.report.document.blocks import Fields

_REASONS = REASONS | {
    "no_items": "no case has its plain counterpart",
    "no_repeats": "nothing was asked twice, so that chance is not known",
    "no_room": "the judge goes there anyway",
    "unanswered": "no answer can be used",
    "separated": "length and gold tell every pick, so that no slope fits best",
    "no_errors": "the judge makes no errors",
    "one_class": "gold is one label",
}
#: Names of the figures that probes have; of lists there is one for each place, too (``place_1`` ...).
FIGURES = (
    *("effect", "robustness", "harmful", "helpful", "neutral", "retest_flips", "excess_flips", "placebo_flips"),
    *("accuracy_before", "accuracy_after", "accuracy_change", "bias_sensitive_rate", "targeted_success"),
    *("follow_rate", "score_shift", "accepted", "accepted_before", "accepted_placebo"),
    *("false_positives", "false_positives_before", "false_positives_placebo"),
    *("position_consistency", "primacy", "recency", "position_preference", "first_slot_rate", "gold_first_rate"),
    *("accuracy_gap", "longer", "gold_longer", "excess_longer", "length_logit", "length_logit_tanh"),
    *("length_logit_model", "accuracy_matched", "accuracy_right_longer", "accuracy_right_shorter"),
    *("equal_opportunity", "false_positive_difference", "accepted_own", "accepted_others"),
    *("wrongly_accepted_own", "wrongly_accepted_others", "P_c", "P_+"),
    *("cyclic_triads", "pair_flips", "edits", "percent_agreement", "kappa", "contradictions", "rating_ties"),
    *("pair_ties", "agreement_decided", "retest_contradictions", "pairwise_agreement", "fully_consistent"),
    *("alpha", "retest_agreement"),
)
#: So many figures have room for their intervals.
ROOMY = 3
#: Figures that are no shares.
_NUMBERS = ("shift", "logit", "alpha")


class ProbeRow(NamedTuple):
    """What one probe shows of one judge on one task.

    ``key`` tells the plain run that it belongs to from others, and ``folder`` is where that is; empty of a table.
    """

    task: str
    judge: str
    gold_source: str
    scale: Scale
    probe: str
    found: Probed
    revision: str = ""
    key: object = None
    folder: str = ""

    def share(self, name: str) -> float | None:
        """Give a figure's value, where there is one."""
        return value_of(self.found.figures.get(name))

    @property
    def flips(self) -> float | None:
        """How often the verdict changes with the item."""
        same = self.share("robustness")
        return None if same is None else 1 - same


def is_asked(row: ProbeRow) -> bool:
    """Whether items were changed for it."""
    return "robustness" in row.found.figures


def tables(rows: Sequence[ProbeRow]) -> Iterator[Table]:
    """Draw a judge's probes: one table of those that change answers, of those that replace them, and of the rest."""
    replacing = [row for row in rows if "accepted" in row.found.figures]
    changing = [row for row in rows if is_asked(row) and "accepted" not in row.found.figures]
    watching = [row for row in rows if not is_asked(row)]
    for some in filter(None, (changing, replacing, watching)):
        yield Table(grid(_fields(some), some), (0,))
    if len(watching) == len(rows):
        shown = [(row.probe, name, one) for row in rows for name, one in row.found.figures.items()]
        if shown:
            yield Table(grid(_FIGURES, shown), (0, 1))


def chosen(rows: Sequence[ProbeRow], names: Sequence[str]) -> Iterator[Table]:
    """Draw the figures that are asked for, a column each; a few have room for their intervals.

    A probe that has none of them is left out.
    """
    rows = [row for row in rows if "effect" in names or any(name in row.found.figures for name in names)]
    if not rows:
        return
    roomy = len(names) <= ROOMY
    rated = rows[0].scale.numeric

    def field(name: str) -> Field[ProbeRow]:
        number = any(one in name for one in _NUMBERS) or (rated and name == "effect")
        unit = "" if number else "%"
        words = name if name.startswith("P_") else name.replace("_", " ")
        first, _, last = words.rpartition(" ")

        def value(row: ProbeRow) -> Cell:
            found = row.found.effect if name == "effect" else row.found.figures.get(name)
            write = decimal if number else percent
            if found is None:
                return Cell(NONE)
            alone = "" if found.value is None else write(found.value)
            return explained(found, _REASONS, lambda one: interval(one, write) if roomy else alone)

        lines = tuple(filter(None, (first, f"{last} {unit}".rstrip())))
        return Field(f"{words} {unit}".rstrip(), value, lines, right=not roomy)

    fields: list[Field[ProbeRow]] = [
        Field("probe", lambda row: row.probe, right=False),
        Field("n", lambda row: f"{row.found.rows:,}"),
        *map(field, names),
    ]
    yield Table(grid(fields, rows), (0,))


def _fields(rows: Sequence[ProbeRow]) -> Fields[ProbeRow]:
    rated = rows[0].scale.numeric
    write = decimal if rated else percent
    known = {name for row in rows for name in row.found.figures}

    def cell(one: Estimate) -> Cell:
        return explained(one, _REASONS, lambda found: interval(found, lambda value: _signed(value, write)))

    def share(name: str) -> Callable[[ProbeRow], str]:
        return lambda row: percent(row.share(name))

    def flips(row: ProbeRow) -> str:
        return percent(row.flips)

    fields: list[Field[ProbeRow]] = [
        Field("probe", lambda row: row.probe, right=False),
        Field("n", lambda row: f"{row.found.rows:,}"),
        Field(
            "effect" if rated else "effect, % points",
            lambda row: cell(row.found.effect),
            ("effect", "points" if rated else "% points"),
            right=False,
        ),
        Field("p", lambda row: p_value(row.found.decisive)),
    ]
    if "robustness" in known:
        fields += [
            Field(("flips", "%"), flips),
            Field(("asked", "again", "%"), share("retest_flips")),
        ]
    if "accepted" in known:
        fields.append(Field(("accepted", "%"), _accepted, right=False))
    elif "harmful" in known:
        fields += [
            Field(("harmful", "%"), share("harmful")),
            Field(("right", "before", "%"), share("accuracy_before")),
            Field(("right", "after", "%"), share("accuracy_after")),
        ]
    if any(row.found.led for row in rows):
        fields.append(Field("led", lambda row: "led" if row.found.led else "", right=False))
    return tuple(fields)


def _signed(value: float, write: Callable[[float], str]) -> str:
    text = write(value)
    return text if text.startswith("-") else f"+{text}"


#: What is read off plain verdicts, a figure a line.
_FIGURES: Fields[tuple[str, str, Estimate]] = (
    Field("probe", lambda one: one[0], right=False),
    Field("figure", lambda one: one[1] if one[1].startswith("P_") else one[1].replace("_", " "), right=False),
    Field("value", lambda one: explained(one[2], _REASONS, interval), right=False),
    Field("se", lambda one: NONE if one[2].se is None else decimal(one[2].se)),
    Field("n", lambda one: f"{one[2].n:,}"),
)


def _accepted(row: ProbeRow) -> str | Cell:
    """Write how often an answer was accepted of which it is known whether it ought to be; never is not impossible."""
    from judgebench.stats.inference.intervals import rule_of_three  # noqa: PLC0415 - loads numpy, which --help must not

    found = row.found.figures.get("accepted")
    if found is None or found.value != 0:
        return NONE if found is None else explained(found, _REASONS, lambda one: interval(one, percent))
    most = percent(rule_of_three(row.found.items))
    return Cell(interval(found, percent), (f"never: of other questions up to {most} % may be (rule of three)",))
