"""Two judges on the same items: the verdict first, then the figures behind it."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from judgebench.domain import conditions_of
from judgebench.domain.shapes import (
    COUNT,
    FLAG,
    LEVEL,
    MEASURED,
    NUMBER,
    POLICIES,
    SHARE,
    TEXT,
    TEXTS,
    Key,
    ListOf,
    MapOf,
    Scalar,
    choice,
    maybe,
    record,
)
from judgebench.errors import MismatchError
from judgebench.report.briefs.compare import NO_ITEMS, URGENT, Asked, answer, brief
from judgebench.report.cautions import careful, cautions_of
from judgebench.report.document.blocks import Field, Sheet, Table, grid, judge_columns, sheet
from judgebench.report.document.model import Document
from judgebench.report.document.text import brackets, clean, decimal, interval, many, p_value
from judgebench.report.versions import versions_key, versions_words
from judgebench.report.words import samples_note
from judgebench.stats.coefficients.catalog import title_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from judgebench.agreement.compare.comparison import Comparison, ComparisonLine
    from judgebench.agreement.compare.differing import Differing
    from judgebench.agreement.compare.standings import Standings
    from judgebench.agreement.power import Power
    from judgebench.errors import JudgebenchError
    from judgebench.report.document.blocks import Block, Fields
    from judgebench.report.document.brief import Brief

__all__ = ["END", "GROUND", "P_VALUE", "TwoJudges", "cautions", "warned"]

_SIDES = {"first": "A", "second": "B"}

P_VALUE = maybe(SHARE)
_LINE = record(
    subset=TEXT, metric=TEXT, first=MEASURED, second=MEASURED, difference=MEASURED, p=P_VALUE, p_holm=P_VALUE
)
_RIGHT = record(both=COUNT, first_only=COUNT, second_only=COUNT, neither=COUNT, discordance=P_VALUE)
_TESTS = record(
    mcnemar_exact=P_VALUE,
    mcnemar_mid_p=P_VALUE,
    agresti_min=maybe(ListOf(NUMBER, 2, 2)),
    sign_flip=P_VALUE,
    label_swap=P_VALUE,
    draws=COUNT,
    seed=COUNT,
)
_DETECTABLE = record(
    metric=TEXT,
    power=(P_VALUE, lambda _: 0.8),
    one_sided=(maybe(NUMBER), lambda power: power.detectable(sides=1)),
    two_sided=(maybe(NUMBER), lambda power: power.detectable(sides=2)),
    design_effect=maybe(NUMBER),
)
_DIFFERING = record(
    item=TEXT, subset=TEXT, gold=TEXT, first=TEXT, second=TEXT, right=choice("first", "second", "neither", "")
)
_CONDITIONS = Key(
    MapOf(MapOf(TEXT)),
    lambda found: {name: told for name in found.judges if (told := conditions_of(name))},
    "By judge, in what its run differs from the others of the same judge (prompt, reference ...).",
    required=False,
)
GROUND = {
    "conditions": _CONDITIONS,
    "level": LEVEL,
    "revision": Key(TEXT, None, "What pins the data; sample: rows written for judgebench.", required=False),
    **record(policies=POLICIES, items=COUNT, judgments=COUNT, clusters=COUNT).keys,
}
END = record(left_out=COUNT, incomplete=COUNT, warnings=TEXTS).keys
_INTERVAL = "How rows were clustered: by question, or two-way: by question and by system."
_SYSTEMS = "Systems that rows were clustered by as well; null without two-way clustering."
_TESTED = "How many independent tests the lines are worth, for which p_holm is adjusted."
_EQUIVALENT = "Whether the 90 % interval of the headline's difference lies within a margin; null where none is given."
_EQUIVALENCE = record(margin=NUMBER, low=maybe(NUMBER), high=maybe(NUMBER), equivalent=FLAG)
_ERRORS = "Metrics of which less is better; all others are agreements or lean."

_LINES: Fields[ComparisonLine] = (
    Field("subset", lambda line: line.subset, right=False),
    Field("metric", lambda line: title_of(line.metric), right=False),
    Field(("A", "[95 % interval]"), lambda line: line.first, right=False),
    Field(("B", "[95 % interval]"), lambda line: line.second, right=False),
    Field(("A - B", "[95 % interval]"), lambda line: interval(line.difference, sign=True), right=False),
    Field("n", lambda line: f"{line.difference.n:,}"),
    Field("p", lambda line: p_value(line.p)),
    Field(("p", "Holm"), lambda line: p_value(line.p_holm)),
)
_ITEMS: Fields[Differing] = (
    Field("item", lambda one: one.item, right=False),
    Field("subset", lambda one: one.subset, right=False),
    Field("gold", lambda one: one.gold, right=False),
    Field("A says", lambda one: one.first, right=False),
    Field("B says", lambda one: one.second, right=False),
    Field("right", lambda one: _SIDES.get(one.right, one.right), right=False),
)


@dataclass(frozen=True, slots=True, repr=False)
class TwoJudges(Document):
    """Two judges: what differs by how much, which items are ``asked`` for, whether a worse first one fails."""

    found: Comparison
    asked: Asked = NO_ITEMS
    fail_if_worse: bool = False

    SAYS_FAILURE = True
    SCHEMA = "judgebench.compare/1"
    SHAPE = record(
        "",
        "Two judges on the same items. Values are fractions; differences are first minus second.",
        verdict=(TEXT, answer),
        outcome=choice("first", "second", "equivalent", "undecided"),
        task=TEXT,
        gold=(TEXT, lambda found: found.gold_source),
        judges=ListOf(TEXT, 2),
        **GROUND,
        coverage=ListOf(maybe(SHARE), 2, 2),
        headline=TEXT,
        interval=Key(choice("default", "cr1", "two-way"), None, _INTERVAL, required=False),
        systems=Key(maybe(Scalar({"type": "integer", "minimum": 2})), None, _SYSTEMS, required=False),
        lower_is_better=Key(TEXTS, lambda found: found.errors, _ERRORS, required=False),
        lines=ListOf(_LINE, 1),
        effective_tests=Key(NUMBER, None, _TESTED, required=False),
        equivalence=Key(maybe(_EQUIVALENCE), None, _EQUIVALENT, required=False),
        right=(maybe(_RIGHT), lambda found: found.fourfold),
        tests=_TESTS,
        detectable=(maybe(_DETECTABLE), lambda found: found.power),
        **END,
        models=versions_key("first", "second"),
        differing=ListOf(_DIFFERING),
    )

    def data(self) -> Comparison:
        return self.found

    @property
    def failure(self) -> JudgebenchError | None:
        worse = self.fail_if_worse and self.found.ahead == "second"
        return MismatchError(answer(self.found)) if worse else None

    def sheet(self) -> Sheet:
        found = self.found
        if self.asked.items:
            names = attrgetter("item", "subset", "gold", "first", "second", "right")
            header = ["item", "subset", "gold", found.first, found.second, "right"]
            return Sheet(header, list(map(names, found.differing)))
        bounds = [(side, part) for side in ("first", "second", "difference") for part in ("value", "low", "high")]
        return sheet(
            {
                "task": lambda _: found.task,
                "subset": attrgetter("subset"),
                "metric": attrgetter("metric"),
                **judge_columns(lambda _: found.first, "first", "first_conditions"),
                **judge_columns(lambda _: found.second, "second", "second_conditions"),
                **{f"{side}_{part}": attrgetter(f"{side}.{part}") for side, part in bounds},
                "difference_se": attrgetter("difference.se"),
                "n": attrgetter("difference.n"),
                "p": attrgetter("p"),
                "p_holm": attrgetter("p_holm"),
                "undefined": attrgetter("difference.undefined"),
            },
            found.lines,
        )

    def brief(self) -> Brief:
        return brief(self.found, self.asked, warned(self.found))

    def blocks(self) -> Iterator[Block]:
        found = self.found
        yield answer(found)
        notes = [*_remarks(found), *versions_words(found.versions, "A", "B")]
        yield Table(grid(_LINES, found.lines, notes), plan=((8, (5,)),))
        if self.asked.items and (shown := found.differing[: self.asked.listed]):
            note = f"{len(shown):,} of the {found.differ:,} judgments on which the verdicts differ."
            yield Table(grid(_ITEMS, shown, [note]))


def _remarks(found: Comparison) -> Iterator[str]:
    first, second = clean(found.first), clean(found.second)
    a, b = (f"{100 * share:.1f}" for share in found.coverage)
    yield (
        f"A is {first}, B is {second}. Differences are A less B with paired 95 % intervals, clustered by "
        f"{many(found.clusters, 'question')}{_ways(found)}. {many(found.items, 'item')}, "
        f"{many(found.judgments, 'judgment')}; coverage {a} % and {b} %; {found.policies}."
    )
    if (same := found.equivalence) is not None and same.low is not None and same.high is not None:
        yield (
            f"The 90 % interval of {title_of(found.headline)}, {brackets(same.low, same.high)}, lies "
            f"{'' if same.equivalent else 'not '}within {decimal(same.margin)} of none."
        )
    if len(found.lines) > 1 and round(found.effective_tests) > 0:
        yield (
            f"p is for a line alone; p Holm is adjusted for all {len(found.lines)} lines, which are worth "
            f"{decimal(found.effective_tests, 1)} tests, as figures of the same answers move together. The sentence on "
            f"top is about one test chosen beforehand, {title_of(found.headline)} on all items, and takes its own p."
        )
    if alone := _one_way(found):
        yield f"Clustered by question only, since both ways together leave no error there: {', '.join(alone)}."
    if errors := [name for name in found.errors if any(line.metric == name for line in found.lines)]:
        yield f"Lower is better: {', '.join(map(title_of, errors))}."
    if any(line.difference.method.endswith("bias") for line in found.lines):
        yield (
            "Chance lifts a calibration error, the more the better calibrated a judge is: intervals and p-values of "
            "its difference allow for the most that this can be."
        )
    if (four := found.fourfold) is not None:
        yield (
            f"Both right on {four.both:,}, only A on {four.first_only:,}, only B on {four.second_only:,}, neither on "
            f"{four.neither:,}: on {100 * four.discordance:.1f} % exactly one is right. Verdicts differ on "
            f"{found.differ:,}."
        )
    yield _tests(found)
    if (power := found.power) is not None:
        yield (
            f"{_shown(power)} As items share questions, it takes {decimal(power.design_effect, 2)} times as many "
            "(design effect)."
        )
    yield from careful(cautions(found))


def _shown(power: Power) -> str:
    """Say what difference so many items show; some are too few for any that there can be."""
    one, two = (power.possible(power.detectable(sides=sides)) for sides in (1, 2))
    title = title_of(power.metric)
    if one is None:
        return f"So few items could not have shown any difference in {title}."
    often, drop = "In 4 of 5 samples like this one the test finds", f"a drop of {decimal(one)} (one-sided)"
    if two is None:
        return f"{often} {drop} in {title}, and no difference (two-sided)."
    return f"{often} a difference in {title} of {decimal(two)} (two-sided) or {drop}."


def _ways(found: Comparison) -> str:
    if found.systems is None:
        worth = found.main.difference.effective
        # As many as there are need not be said twice.
        return "" if worth is None or worth > 0.99 * found.clusters else f" (worth {worth:.1f} of one size)"
    fewer = min(found.clusters, found.systems) - 1
    systems = many(found.systems, "system")
    return f" and by {systems} (t, {fewer} degrees of freedom, one less than there are of the fewer; on all rows)"


def _one_way(found: Comparison) -> list[str]:
    """Lines that two-way clustering was asked for and could not be had."""
    if found.systems is None:
        return []
    made = [line for line in found.lines if line.difference.method]
    alone = [line for line in made if not line.difference.method.startswith("two-way")]
    return [f"{title_of(line.metric)} ({clean(line.subset)})" for line in alone]


def _tests(found: Comparison) -> str:
    tests = found.tests
    said: list[str] = []
    if tests.mcnemar_exact is not None and tests.mcnemar_mid_p is not None:
        said.append(f"McNemar exact p {p_value(tests.mcnemar_exact)}, mid-p {p_value(tests.mcnemar_mid_p)}")
        if tests.agresti_min is not None:
            said.append(f"Agresti-Min interval {brackets(*tests.agresti_min)} (both take items as independent)")
    if tests.sign_flip is not None:
        said.append(f"sign flips by question p {p_value(tests.sign_flip)}")
    text = f"Accuracy by other tests: {', '.join(said)}. " if said else ""
    if tests.label_swap is not None:
        text += (
            f"{title_of(found.headline)} with the judges' labels swapped by question: p {p_value(tests.label_swap)} "
            f"({tests.draws:,} draws, seed {tests.seed})."
        )
    return text.strip() or "No permutation test is defined here."


def warned(found: Comparison | Standings) -> list[str]:
    """Give the warnings of a first answer, those about unfinished runs first; its notes tell of unequal coverage."""
    whole = [code for code in found.warnings if code not in URGENT]
    first, rest = (cautions(found, but=(*codes, "unequal_coverage")) for codes in (whole, tuple(URGENT)))
    return [*first, *samples_note([found]), *rest]


def cautions(found: Comparison | Standings, but: Sequence[str] = ()) -> list[str]:
    """Say what to be careful with."""
    counts = {
        "shared_items_only": f" ({found.left_out:,} items left out)",
        "incomplete_rows_dropped": f" ({found.incomplete:,} judgments dropped)",
    }
    return cautions_of([code for code in found.warnings if code not in but], counts)
