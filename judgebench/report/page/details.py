"""The details of a task, in folds: how its answer is reached, labels, annotators, parts, other figures, order, cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.people.humans import among_humans
from judgebench.agreement.policies import apply
from judgebench.report.document.text import NONE, clean, figure, many, some
from judgebench.report.line import torn
from judgebench.report.page.costs import costs
from judgebench.report.page.forest import minus, short, value_text
from judgebench.report.page.parts import Fold, Heat, Table
from judgebench.report.page.rankings import rankings
from judgebench.report.said import brief_name, first_up, is_share, name_of, ranged, whole
from judgebench.report.stand_in import MARGIN, SAID
from judgebench.stats.coefficients.catalog import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from judgebench.domain import Agreement, Estimate
    from judgebench.report.page.measured import Judge, Measured

__all__ = ["confusion", "details", "pattern"]

#: Labels and items of a table of labels by labels; judges that have one each.
_LABELS, _ITEMS, _TABLES = (2, 7), 50, 6
#: Items of a part that has figures of its own; parts and people that are listed.
_PART, _MOST = 20, 60
#: What gold is where several people labelled, by policy.
_GOLD = {
    "majority": "the majority",
    "unanimous": "what all people say",
    "each": "each person",
    "mean": "the mean of people",
    "leave-one-out": "all people but one",
}
#: A mistake that is made less often is not told for its share.
_OFTEN = 10


def details(one: Measured) -> list[Fold]:
    """Make the folds of one task."""
    if not one.judges:
        return []
    made = (_reached(one), *_labels(one), *_annotators(one), *_parts(one), _others(one), *rankings(one), *costs(one))
    return [fold for fold in made if fold is not None]


def _reached(one: Measured) -> Fold | None:
    """Say how Yes, Not sure and No come about."""
    if not one.alike:
        return None
    share = whole(1 - MARGIN)
    yes = (
        f"Yes: the judge's {brief_name(one.metric)} with a person is at least {share} of that of two people, interval "
        "and all; it is as close to the other people as at least half of those it would replace; both also without "
        "each annotator in turn."
    )
    no = "No: the interval lies below that. Not sure: anything between, or an answer that one annotator decides."
    rows = [
        (
            judge.name,
            SAID[judge.state].word if judge.state else NONE,
            minus(ranged(judge.ratio, lambda value: figure(100 * value, 0), " %")),
            NONE if judge.level is None else f"{judge.level[0]} of {judge.level[1]}",
            _passes(judge),
        )
        for judge in one.judges
    ]
    share_head, level = "Share of people's kappa", "Level with"
    header = ("Judge", "In a person's place?", share_head, level, "Passes with one left out")
    codes = {share_head: f"ratio_{one.metric}", level: "winning_rate"}
    title = "How the answer is reached"
    small = ", ".join(said.word for state, said in SAID.items() if one.of(state))
    return Fold(title, small, (yes, no), (Table(title, header, tuple(rows), (2, 3, 4), codes),))


def _passes(judge: Judge) -> str:
    alt = judge.alt
    if alt is None or not alt.without:
        return NONE
    return f"{sum(out.passed is True for out in alt.without)} of {len(alt.without)}"


def confusion(judge: Judge) -> tuple[npt.NDArray[np.intp], list[str]] | None:
    """Count labels by labels; rows are gold's, the last columns what has no label. None where gold is no label."""
    ratings = judge.run.ratings
    if not ratings.scale.listed:
        return None
    scored = apply(ratings, judge.run.policies)
    if not scored.size or scored.gold_values is not None:
        return None
    counts = np.bincount(scored.cells(), minlength=int(np.prod(scored.shape))).reshape(scored.shape)
    return counts, [*map(clean, scored.scale.labels), "undecided", "not usable"]


def _labels(one: Measured) -> Iterator[Fold]:
    heats: list[Heat] = []
    totals: list[int] = []
    for judge in one.judges[:_TABLES]:
        found = confusion(judge)
        if found is None:
            continue
        counts, names = found
        size = len(names) - 2
        if not _LABELS[0] <= size <= _LABELS[1] or counts.sum() < _ITEMS:
            continue
        wide = [*range(size), *(j for j in (size, size + 1) if counts[:, j].any())]
        rows = tuple(
            (names[i], tuple((_count(counts[i, j]), _dark(counts, i, j), i == j) for j in wide)) for i in range(size)
        )
        heats.append(Heat(judge.name, one.whom, tuple(names[j] for j in wide), rows))
        totals.append(int(counts.sum()))
    if heats:
        who = heats[0].caption if len(heats) == 1 else "each judge"
        yield Fold(f"What {who} says, by what {one.whom} say", f"{totals[0]:,} judgments", heats=tuple(heats))


def _count(n: int) -> str:
    return f"{n:,}" if n else "·"


def _dark(counts: npt.NDArray[np.intp], i: int, j: int) -> int:
    """Shade a cell by its share of the row."""
    total = int(counts[i].sum())
    share = counts[i, j] / total if total else 0.0
    return 3 if share > 0.5 else 2 if share > 0.2 else 1 if share > 0.04 else 0


def pattern(one: Measured) -> str:
    """Say in a sentence which labels a judge takes for which, and whether it gives more or less than people."""
    judge = one.best
    found = None if judge is None else confusion(judge)
    if judge is None or found is None:
        return ""
    counts, names = found
    size = len(names) - 2
    wrong = counts[:size, :size].copy()
    np.fill_diagonal(wrong, 0)
    if not wrong.any():
        return f"{judge.name} never gives another label than {one.whom}." if counts[:size, :size].any() else ""
    cells = [(int(wrong[i, j]), i, j) for i in range(size) for j in range(size) if wrong[i, j]]
    # What is mistaken most often for its size says more than what is merely common.
    cells.sort(key=lambda cell: (-cell[0] / counts[cell[1]].sum() * (cell[0] >= _OFTEN), -cell[0], cell[1:]))
    say = "say" if one.whom == "people" else "are"
    items = f"{one.nouns.item}s" if len(set(judge.run.ratings.game.tolist())) == 1 else "judgments"
    told = [
        f"{names[j]} where {one.whom} {say} {names[i]} ({n:,} of {counts[i].sum():,}{f' {items}' if k == 0 else ''})"
        for k, (n, i, j) in enumerate(cells[:2])
    ]
    text = f"{judge.name} says {', and '.join(told)}."
    shift = judge.row.bias.get("mean_signed_error")
    if shift is not None and shift.value is not None and shift.low is not None and shift.high is not None:
        sign = "more" if shift.value > 0 else "less"
        low, high = sorted((abs(shift.low), abs(shift.high)))
        if shift.low * shift.high > 0:
            text += f" On average it gives {abs(shift.value):.2f} {sign} than {one.whom} ({low:.2f} to {high:.2f})."
    return text


def _annotators(one: Measured) -> Iterator[Fold]:
    humans, best = one.humans, one.best
    if humans is None or best is None:
        return
    among = among_humans(best.run.ratings, best.run.policies)
    people = sorted(humans.annotators, key=lambda person: person.kappa.value if person.kappa.value is not None else 9.0)
    rows = tuple(
        (
            clean(person.name),
            f"{person.items:,}",
            value_text("percent_agreement", person.percent_agreement.value),
            _with_interval(one.metric, person.kappa),
            value_text(one.metric, _value(among.each.get(person.name))),
            value_text(one.metric, person.without.value),
        )
        for person in people[:_MOST]
    )
    header = (
        "Annotator", f"{first_up(one.nouns.item)}s", "Same as the others", "Kappa with the others",
        f"{best.name} with them", "Human line without them",
    )  # fmt: skip
    sizes = sorted(person.items for person in humans.annotators)
    each = f"{sizes[0]:,}" if sizes[0] == sizes[-1] else f"{sizes[0]:,} to {sizes[-1]:,}"
    small = f"{len(sizes)} people, {each} {one.nouns.item}s each"
    notes = (f"The {_MOST} who agree with the others least.",) if len(people) > _MOST else ()
    yield Fold("Each annotator", small, tables=(Table("Annotators", header, rows, (1, 2, 3, 4, 5)),), notes=notes)


def _value(one: Estimate | None) -> float | None:
    return None if one is None else one.value


def _with_interval(metric: str, one: Estimate | None) -> str:
    if one is None or one.value is None:
        return NONE
    ends = short(metric, one.low, one.high)
    return value_text(metric, one.value) + (f" ({ends})" if ends else "")


def _parts(one: Measured) -> Iterator[Fold]:
    for title, by_system in (("Parts of the data", False), ("By judged system", True)):
        found = [
            {row.subset: row for row in judge.run.rows if row.subset != "all" and _by_system(row) == by_system}
            for judge in one.judges[:_TABLES]
        ]
        sizes: dict[str, int] = {}
        for rows in found:
            for name, row in rows.items():
                sizes[name] = max(row.items, sizes.get(name, 0))
        if len(sizes) > 1 and max(sizes.values()) >= _PART:
            yield _by_part(one, title, found, sizes)


def _by_system(row: Agreement) -> bool:
    return row.subset.startswith("system:")


def _by_part(one: Measured, title: str, found: Sequence[dict[str, Agreement]], sizes: Mapping[str, int]) -> Fold:
    """Show the parts of 20 items or more; the others are pooled by name. ``found`` has each judge's rows by part."""
    large = [name for name, size in sizes.items() if size >= _PART]
    small = [f"{_part_name(name)} ({size})" for name, size in sizes.items() if size < _PART]
    judges, each = one.judges[: len(found)], f"judge_vs_each_{one.metric}"
    alike = one.alike and all(each in rows[name].ceiling for rows in found for name in large if name in rows)

    def own(row: Agreement | None) -> Estimate | None:
        if row is None:
            return None
        return row.ceiling.get(each) if alike else row.metrics.get(one.metric)

    def people(name: str) -> Estimate | None:
        return next((rows[name].ceiling.get(one.metric) for rows in found if name in rows), None)

    rows_ = tuple(
        (
            _part_name(name),
            f"{sizes[name]:,}",
            *(_with_interval(one.metric, people(name)) for _ in range(alike)),
            *(_with_interval(one.metric, own(rows.get(name))) for rows in found),
        )
        for name in large[:_MOST]
    )
    header = ("Part", f"{first_up(one.nouns.item)}s", *["People"] * alike, *(judge.name for judge in judges))
    notes = [f"The first {_MOST} parts."] if len(large) > _MOST else []
    notes += [f"The rest, too small for figures: {some(small, 12)}."] if small else []
    notes += [f"The first {len(judges)} judges."] if len(one.judges) > len(judges) else []
    told = [value for name in large if (value := _value(own(found[0].get(name)))) is not None]
    ends = " to ".join(value_text(one.metric, end) for end in (min(told), max(told))) if told else ""
    return Fold(
        title,
        f"{judges[0].name}: {ends}" if told else many(len(large), "part"),
        tables=(Table(title, header, rows_, tuple(range(1, len(header)))),),
        notes=tuple(notes),
    )


def _part_name(name: str) -> str:
    return clean(name.removeprefix("system:")) or "(none)"


def _others(one: Measured) -> Fold:
    """List the benchmark's own figures, with the names that JSON gives them."""
    judges = [*one.judges, *one.rules]
    own = [name for judge in judges for name in (judge.row.headline, *judge.row.companions)]
    names = [name for name in dict.fromkeys(["percent_agreement", *own]) if _some_value(judges, name)]
    rows = tuple(
        (judge.name, *(_with_interval(name, judge.row.metrics.get(name)) for name in names)) for judge in judges
    )
    titles = [first_up(_title(name)) for name in names]
    header = ("Judge", *titles)
    texts: list[str] = []
    small = f"{one.row.items:,} {one.nouns.item}s"
    if one.alike:
        gold = _GOLD[one.row.policies.gold]
        small = f"against {gold}, {small}"
        split = torn(one.row)
        left = f" It leaves out {many(split, one.nouns.item)} on which people split." if split else ""
        texts.append(f"Held against {gold}, figures can't be compared with the human line.{left}")
    return Fold(
        "Other figures",
        small,
        tuple(texts),
        (Table("Other figures", header, rows, tuple(range(1, len(header))), dict(zip(titles, names, strict=True))),),
    )


def _some_value(judges: Sequence[Judge], name: str) -> bool:
    return any((found := judge.row.metrics.get(name)) is not None and found.value is not None for judge in judges)


def _title(name: str) -> str:
    return name_of(name) if name in METRICS or is_share(name) else clean(name).replace("_", " ")
