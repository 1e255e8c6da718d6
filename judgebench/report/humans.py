"""The annotators, and the judges among them, in words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.domain import Estimate
from judgebench.domain.shapes import (
    COUNT,
    ESTIMATE,
    ESTIMATES,
    OPEN_POLICIES,
    PEOPLE,
    SHARE,
    TEXT,
    TEXTS,
    ListOf,
    MapOf,
    choice,
    judge_keys,
    record,
)
from judgebench.report.briefs.humans import brief
from judgebench.report.document.blocks import (
    Cell,
    Field,
    Notes,
    Table,
    columns_of,
    explained,
    grid,
    judge_columns,
    sheet,
)
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean, decimal, figure, interval, percent, share
from judgebench.report.words import REASONS, WARNINGS, gold_word, headline_name, task_of
from judgebench.stats.coefficients.catalog import GROUP_TITLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from judgebench.agreement.people.humans import AgainstRest, AmongHumans, Annotator, Humans
    from judgebench.domain import Policies
    from judgebench.report.document.blocks import Block, Sheet
    from judgebench.report.document.brief import Brief

__all__ = ["Panel", "Panels"]

_REASONS = REASONS | {
    "too_few_pairs": "a place among the pairs of annotators needs 3 pairs",
    "too_many_pairs": "more than 10,000 pairs of annotators are not measured one by one",
    "no_spread": "all pairs of annotators agree alike, so there is no spread to compare with",
    "undefined_part": "a figure that this one is made of is undefined",
    "no_ceiling": "the annotators agree no better than chance",
    "rotating": "people rotate: pairs of them that share 10 items hold less than half of the labels",
    "no_unit_variation": "items don't differ in their mean, so it has no reliability",
}
_WARNINGS = WARNINGS | {
    "few_shared_items": "some annotators share fewer than 10 items: figures of two of them say little; those over all "
    "pairs of labels don't rest on them",
}
_SAMPLE = (
    "Brackets hold 95 % intervals for other items of this kind (by cluster, where questions are shared), judged "
    "by the same annotators."
)
_REST = (
    "Ceiling: every two labels of one item by different people, each pair once. An annotator's row: those pairs that "
    "they are in, and what the others reach without them. Against the rest: on items where the others have a strict "
    "majority; that leaves out hard items, so it comes out higher."
)
_JUDGED = (
    "In place: the judge stands where one of the two people of each pair does. z: its mean kappa over the annotators "
    "less that of their pairs, in standard deviations of these; with |z| < 1 a judge passes for one more annotator "
    "(Han et al. 2025). With few annotators that deviation is a rough guess, which no interval shows."
)
#: Tables list so many annotators; JSON and CSV have them all.
_MOST = 20


class Panel(NamedTuple):
    """The annotators of one task, and the judges that were measured among them."""

    task: str
    gold: str
    revision: str
    policies: Policies
    humans: Humans
    judges: tuple[tuple[str, AmongHumans], ...]


def _two(metric: str, one: Humans | Annotator | AgainstRest | AmongHumans) -> dict[str, Estimate]:
    return {"percent_agreement": one.percent_agreement, metric: one.kappa}


def _rest(metric: str, one: AgainstRest) -> dict[str, Estimate]:
    return _two(metric, one) | ({} if one.rho is None else {"spearman_rho": one.rho})


def _judged(metric: str, one: AmongHumans) -> dict[str, Estimate]:
    names = ("ratio", "z", "alpha_without", "alpha_with", "alpha_difference")
    return _two(metric, one) | {name: getattr(one, name) for name in names}


_AGAINST = record(
    "rest",
    "Against the annotators but one, on items where these have a strict majority (spearman_rho: against the mean of "
    "their ratings).",
    items=(COUNT, lambda x: x[1].items),
    metrics=(ESTIMATES, lambda x: _rest(*x)),
)
# What lies in a row is read with the name of its kappa.
_ANNOTATOR = record(
    name=(TEXT, lambda x: x[1].name),
    items=(COUNT, lambda x: x[1].items),
    metrics=(ESTIMATES, lambda x: _two(*x), "Over all pairs of labels that the annotator gave one of."),
    rest=(_AGAINST, lambda x: (x[0], x[1].rest)),
    without=(ESTIMATES, lambda x: {x[0]: x[1].without}, "The ceiling where this annotator is left out."),
)
_WITHOUT = record(
    "without",
    "Where an annotator is left out: the kappa of the others, the judge's in the place of one of them, the ratio.",
    ceiling=(ESTIMATE, lambda one: one.people),
    judge=(ESTIMATE, lambda one: one.judge),
    ratio=(ESTIMATE, lambda one: one.ratio),
)
_PAIR = record(annotators=(ListOf(TEXT, 2, 2), lambda x: x[1][0]), metrics=(ESTIMATES, lambda x: {x[0]: x[1][1]}))
_JUDGE = record(
    **judge_keys(lambda x: x[1][0]),
    policies=(OPEN_POLICIES, lambda x: x[1][1].policies),
    coverage=(SHARE, lambda x: x[1][1].coverage),
    metrics=(
        ESTIMATES,
        lambda x: _judged(x[0], x[1][1]),
        "In a person's place, the ratio to the ceiling, z (in deviations of the pairs), alpha and its difference.",
    ),
    without=(MapOf(_WITHOUT), lambda x: x[1][1].without, "By the annotator who is left out."),
    each=(ESTIMATES, lambda x: x[1][1].each, "Kappa with each annotator."),
    rest=(
        MapOf(_AGAINST),
        lambda x: {name: (x[0], one) for name, one in x[1][1].rest.items()},
        "By the annotator who is left out.",
    ),
)
_ROW = record(
    "row",
    "One set of labels by several annotators.",
    task=TEXT,
    gold=TEXT,
    revision=TEXT,
    policies=OPEN_POLICIES,
    metric=(
        choice("cohen_kappa", "cohen_kappa_quadratic", "lin_ccc", "krippendorff_alpha_masi"),
        lambda p: p.humans.metric,
        "The kappa of people and judges, weighted on rating scales; concordance of numbers, alpha of sets.",
    ),
    level=(TEXT, lambda p: p.humans.level, "Level of measurement, at which alpha was taken."),
    items=(COUNT, lambda p: p.humans.items),
    people=(PEOPLE, lambda p: p.humans.people),
    ceiling=(ESTIMATES, lambda p: _two(p.humans.metric, p.humans), "Over all pairs of labels."),
    pulling=(TEXT, lambda p: p.humans.pulling, "Who pulls the ceiling out of its own interval by most; or empty."),
    coefficients=(ESTIMATES, lambda p: p.humans.coefficients, "Coefficients of all annotators at once."),
    annotators=(ListOf(_ANNOTATOR), lambda p: [(p.humans.metric, one) for one in p.humans.annotators]),
    pairs=(ListOf(_PAIR), lambda p: [(p.humans.metric, one) for one in p.humans.pairs.items()]),
    judges=(ListOf(_JUDGE), lambda p: [(p.humans.metric, one) for one in p.judges]),
    warnings=(TEXTS, lambda p: p.humans.warnings),
)
#: A row per figure of an annotator, a pair, all annotators, or a judge.
_SHEET: Mapping[str, Callable[[tuple[Panel, str, str, str, Estimate]], Any]] = {
    **columns_of(_ROW, "task revision", itemgetter(0)),
    "kind": lambda x: x[1],
    **judge_columns(itemgetter(2), "name"),
    "figure": lambda x: x[3],
    "alpha_level": lambda x: x[0].humans.level if "alpha" in x[3] else None,
    **columns_of(ESTIMATE, "value low high n undefined", itemgetter(4)),
}


@dataclass(frozen=True, slots=True, repr=False)
class Panels(Document):
    """The annotators of some tasks, and judges among them."""

    panels: tuple[Panel, ...]

    SCHEMA = "judgebench.humans/1"
    SHAPE = record(
        "",
        "How far annotators agree, and where judges stand among them. Values are fractions, never percents.",
        rows=(ListOf(_ROW), lambda found: found.panels),
    )

    def sheet(self) -> Sheet:
        return sheet(_SHEET, ((panel, *one) for panel in self.panels for one in _flat(panel)))

    def brief(self) -> Brief:
        return brief([(task_of(panel), panel.humans) for panel in self.panels])

    def blocks(self) -> Iterator[Block]:
        for panel in self.panels:
            kappa, everyone = _kappa(panel), panel.humans.annotators
            yield from _sentences(panel)
            rated = any(one.rest.rho is not None for one in everyone)
            fields = _annotators(kappa)[: None if rated else -1]
            if everyone:
                yield Table(grid(fields, _farthest(everyone), _left(everyone)), (0,), ((12, (5,)), (8, (6,))))
            yield Table(grid(_TOGETHER, panel.humans.coefficients.items()), (0,))
            if panel.judges:
                yield Table(grid(_judges(kappa), panel.judges), (0,), ((12, (7,)), (8, (8,))))
            sets = panel.humans.metric == "krippendorff_alpha_masi"
            how = "with MASI's distance of sets" if sets else f"at the {panel.humans.level} level"
            yield f"{task_of(panel)}: alpha is taken {how}"
            yield from (f"{task_of(panel)}: {_WARNINGS[code]}" for code in panel.humans.warnings)
        judged = any(panel.judges for panel in self.panels)
        yield Notes((_SAMPLE, _REST, _JUDGED) if judged else (_SAMPLE, _REST))


def _farthest(everyone: Sequence[Annotator]) -> Sequence[Annotator]:
    """Choose whom a table lists: all, or those who agree least."""
    if len(everyone) <= _MOST:
        return everyone
    return sorted(everyone, key=lambda one: (one.kappa.value is None, one.kappa.value))[:_MOST]


def _left(everyone: Sequence[Annotator]) -> Sequence[str]:
    if len(everyone) <= _MOST:
        return ()
    return (f"The {_MOST} of {len(everyone)} annotators who agree least; JSON and CSV have them all.",)


def _flat(panel: Panel) -> Iterator[tuple[str, str, str, Estimate]]:
    humans, metric = panel.humans, panel.humans.metric

    def these(kind: str, name: str, found: Mapping[str, Estimate], what: str = "{}") -> Iterator[Any]:
        yield from ((kind, name, what.format(key), one) for key, one in found.items())

    yield from these("ceiling", "", _two(metric, humans))
    yield from these("all", "", humans.coefficients)
    for person in humans.annotators:
        yield from these("annotator", person.name, _two(metric, person))
        yield from these("annotator", person.name, {metric: person.without}, "ceiling_without_{}")
        yield from these("annotator", person.name, _rest(metric, person.rest), "rest_{}")
    for (first, second), one in humans.pairs.items():
        yield "pair", f"{first} / {second}", metric, one
    for judge, found in panel.judges:
        yield from these("judge", judge, _judged(metric, found))
        for name, less in found.without.items():
            yield "judge", judge, f"ratio without {name}", less.ratio
        for name, one in found.each.items():
            yield "judge", judge, f"{metric} with {name}", one
        for name, rest in found.rest.items():
            yield from (
                (*one[:2], f"{one[2]} without {name}", one[3])
                for one in these("judge", judge, _rest(metric, rest), "rest_{}")
            )


def _kappa(panel: Panel) -> str:
    return headline_name(panel.humans.metric)


def _sentences(panel: Panel) -> Iterator[str]:
    humans = panel.humans
    who = f"{task_of(panel)}: {humans.people.people} annotators of {humans.items:,} items"
    if humans.kappa.value is None:
        why = _REASONS.get(humans.kappa.undefined or "", "undefined")
        yield f"{who} have no mean {_kappa(panel)}: {why}."
    else:
        ceiling = "human ceiling" if gold_word(panel.gold) == "humans" else "ceiling for a judge"
        share = humans.percent_agreement.value
        agreed = f"{'' if share is None else f'{percent(share)} % of '}{humans.people.pairs:,} pairs of labels"
        level = f"{'an' if _kappa(panel).startswith('a') else 'a'} {_kappa(panel)} of {interval(humans.kappa)}"
        yield f"{who} agree with each other at {level} ({agreed}): the {ceiling}."
    for person in humans.annotators:
        if person.name == humans.pulling:
            without = interval(person.without)
            yield f"Without {clean(person.name)} it is {without}: the ceiling depends on one annotator."
    for judge, one in panel.judges:
        if one.ratio.value is None or one.kappa.value is None:
            continue
        text = (
            f"{clean(judge)} agrees with them at {decimal(one.kappa.value)}, {_whole(one.ratio, ' %')} of that ceiling"
        )
        if (pulled := one.without.get(humans.pulling)) is not None and pulled.ratio.value is not None:
            text += f" ({_whole(pulled.ratio, ' %')} without {clean(humans.pulling)})"
        change = one.alpha_difference
        if change.value is not None and one.alpha_with.value is not None and one.alpha_without.value is not None:
            clear = change.low is not None and change.high is not None and (change.low > 0 or change.high < 0)
            verb = ("raises" if change.value > 0 else "lowers") if clear else "does not clearly change"
            text += (
                f"; as one more annotator it {verb} alpha ({decimal(one.alpha_without.value)} without, "
                f"{decimal(one.alpha_with.value)} with it)"
            )
        yield f"{text}."


def _whole(one: Estimate, unit: str = "") -> str:
    return interval(one, lambda value: percent(value, 0), unit=unit)


_cell = partial(explained, reasons=_REASONS)
_share = partial(_cell, write=lambda one: percent(one.value))
_point = partial(_cell, write=lambda one: share(one.value))


def _annotators(kappa: str) -> list[Field[Annotator]]:
    return [
        Field("annotator", lambda one: one.name, right=False),
        Field("items", lambda one: one.items),
        Field(
            "% agreement with the others' labels", lambda one: _share(one.percent_agreement), ("% agree", "with others")
        ),
        Field(f"{kappa} with the others' labels", lambda one: _cell(one.kappa), (kappa, "with others"), right=False),
        Field("ceiling without them", lambda one: _point(one.without), ("ceiling", "without")),
        Field("items with a majority of the rest", lambda one: one.rest.items, ("items with", "a majority")),
        Field(
            "% agreement with the rest", lambda one: _share(one.rest.percent_agreement), ("% agree", "with the rest")
        ),
        Field((kappa, "with the rest"), lambda one: _cell(one.rest.kappa), right=False),
        Field(
            "rho with the mean of the rest",
            lambda one: one.rest.rho and _point(one.rest.rho),
            ("rho with the", "rest's mean"),
        ),
    ]


def _least(one: AmongHumans) -> Cell:
    """Show the share of the ceiling without the annotator who flatters the judge most."""
    known = {name: less.ratio.value for name, less in one.without.items() if less.ratio.value is not None}
    if not known:
        return _cell(Estimate.missing("no_pairs"))
    name = min(known, key=lambda name: known[name])
    return Cell(f"{percent(known[name], 0)} ({clean(name)})")


_TOGETHER: list[Field[tuple[str, Estimate]]] = [
    Field("all annotators at once", lambda one: GROUP_TITLES[one[0]], right=False),
    Field("[95 % interval]", lambda one: _cell(one[1]), right=False),
    Field("items", lambda one: one[1].n),
]


def _judges(kappa: str) -> list[Field[tuple[str, AmongHumans]]]:
    return [
        Field("judge", lambda one: one[0], right=False),
        Field("coverage", lambda one: percent(one[1].coverage), ("cover-", "age %")),
        Field("% agreement in a person's place", lambda one: _share(one[1].percent_agreement), ("% agree", "in place")),
        Field(f"{kappa} in a person's place", lambda one: _cell(one[1].kappa), (kappa, "in place"), right=False),
        Field(("% of the", "ceiling"), lambda one: _cell(one[1].ratio, write=_whole), right=False),
        Field("least % without one annotator", lambda one: _least(one[1]), ("least %", "without one"), right=False),
        Field(("z among", "the pairs"), lambda one: _cell(one[1].z, write=lambda z: figure(z.value, 1))),
        Field("alpha with the judge", lambda one: _point(one[1].alpha_with), ("alpha", "with it")),
        Field(("change", "of alpha"), lambda one: _cell(one[1].alpha_difference), right=False),
    ]
