"""The table that shows rows of agreement with all that there is to say of them."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from judgebench.domain import Estimate
from judgebench.report.document.blocks import Cell, Field, explained, grid, when
from judgebench.report.document.text import clean, decimal, figure, interval, percent, share, words_of
from judgebench.report.words import (
    REASONS,
    SAMPLE_ROWS,
    WARNINGS,
    gold_word,
    gold_words,
    heading,
    headline_name,
    sampled,
    task_of,
    unverified_words,
)
from judgebench.stats.coefficients.catalog import METRICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from judgebench.domain import Agreement
    from judgebench.report.document.blocks import Grid

__all__ = ["cell", "room_plan", "row_grid"]

_METHOD = (
    "Brackets hold 95 % intervals. Kappa and its kin correct for agreement by chance: read them beside % agreement and "
    "the human ceiling."
)
#: What is shown of a row whose scale is not known.
_PLAIN = ("cohen_kappa", ("krippendorff_alpha", "spearman_rho"))


def _calls(row: Agreement) -> tuple[str, tuple[str, ...]]:
    """Headline and companions of a row."""
    return (row.headline, row.companions) if row.headline else _PLAIN


def row_grid(rows: Sequence[Agreement]) -> Grid:
    """Make the table of rows in their order; several scales in one table add up their columns."""
    headlines = tuple(dict.fromkeys(_calls(row)[0] for row in rows)) or _PLAIN[:1]
    companions = dict.fromkeys(name for row in rows for name in _calls(row)[1])
    golds = {gold_word(row.gold) for row in rows}
    whom = golds.pop() if len(golds) == 1 else "gold"
    named = heading(headlines[0]) if len(headlines) == 1 else ("headline",)
    usual = _usual(rows)
    people = {row.task for row in rows if row.ceiling}
    held = any(f"judge_vs_each_{_calls(row)[0]}" in row.ceiling for row in rows)
    in_place, placed = (" (judge in a person's place)", ("(judge)",)) if held else ("", ())
    # Where all are sample rows a remark says it once.
    mixed = len(set(map(_sample, rows))) > 1
    turned = {(row.task, row.judge) for row in rows if "position_consistency" in row.bias}

    def judge(row: Agreement) -> Cell:
        special = () if str(row.policies) == usual[row.task] else (f"measured under {row.policies}",)
        return Cell(clean(row.judge), (*((SAMPLE_ROWS,) if mixed and _sample(row) else ()), *special))

    def ceiling(row: Agreement) -> Cell:
        found = cell(row.ceiling.get(_calls(row)[0]), "not_here" if row.task in people else "one_annotator", _share)
        judge = row.ceiling.get(f"judge_vs_each_{_calls(row)[0]}")
        return found if judge is None or judge.value is None else found._replace(text=f"{found.text} ({_share(judge)})")

    def position(row: Agreement) -> Cell:
        absent = "not_here" if (row.task, row.judge) in turned else "one_order"
        return cell(row.bias.get("position_consistency"), absent, _percent)

    def again(row: Agreement) -> Cell:
        return cell(row.bias.get("retest_agreement"), "no_repeats", _percent)

    fields: list[Field[Agreement]] = [
        Field("task", lambda row: Cell(task_of(row)), right=False),
        Field("judge", judge, right=False),
        Field("subset", lambda row: row.subset, right=False),
        Field("gold", lambda row: row.gold, right=False),
        Field("items", lambda row: row.items),
        Field("coverage", lambda row: percent(row.coverage), ("cover-", "age %")),
        # Numbers are near each other, or not; hardly any two are the same.
        *when(
            any(not row.scale.startswith("number") for row in rows),
            Field(f"% agreement with {whom}", _agreement, ("% agree", "with", whom)),
        ),
        *(
            Field(
                f"{headline_name(name)} [95 % interval]",
                partial(_headline, name),
                (*heading(name), "[95 % interval]"),
                right=False,
            )
            for name in headlines
        ),
        *(
            Field(headline_name(name), partial(_companion, name), heading(name), spare=True)
            for name in companions
            if name not in {"percent_agreement", *headlines}
        ),
        Field(f"human ceiling{in_place}: {' '.join(named)}", ceiling, ("human", "ceiling", *placed, *named)),
    ]
    # Only pairs and picks have an order of responses.
    if any(not row.scale or row.scale.startswith(("pair", "pick")) for row in rows):
        fields.append(Field("position consistency %", position, ("same", "when", "swapped")))
    if any("retest_agreement" in row.bias for row in rows):
        fields.append(Field("agreement with itself %", again, ("same", "asked", "again")))
    return grid(fields, rows, _remarks(rows, usual))


def _agreement(row: Agreement) -> Cell:
    accuracy = row.metrics.get("accuracy")
    if "percent_agreement" not in row.metrics and accuracy is not None and accuracy.value is not None:
        return Cell(_percent(accuracy), ("accuracy",))
    return cell(row.metrics.get("percent_agreement"), write=_percent)


def _headline(name: str, row: Agreement) -> Cell:
    """Warnings stand at the row's own headline."""
    own = name == _calls(row)[0]
    found = cell(row.metrics.get(name), "not_measured" if own else "other_scale")
    return Cell(found.text, found.notes + tuple(words_of(code, WARNINGS) for code in row.warnings)) if own else found


def _companion(name: str, row: Agreement) -> Cell:
    write, known = _share, METRICS.get(name)
    if known is not None and known.proportion:
        write = _percent
    elif known is not None and known.perfect == 0:
        # An error is in the scale's units, not a fraction.
        write = _units
    return cell(row.metrics.get(name), "not_measured" if name in _calls(row)[1] else "other_scale", write)


def cell(estimate: Estimate | None, absent: str = "not_measured", write: Callable[[Estimate], str] = interval) -> Cell:
    """Write an estimate; one that is undefined or absent is a dash with the reason."""
    return explained(estimate or Estimate.missing(absent), REASONS, write)


def _percent(one: Estimate) -> str:
    return percent(one.value)


def _share(one: Estimate) -> str:
    return share(one.value)


def _units(one: Estimate) -> str:
    return figure(one.value, 2)


def _usual(rows: Sequence[Agreement]) -> dict[str, str]:
    """Find the policies that most rows of a task share."""
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        counts.setdefault(row.task, Counter())[str(row.policies)] += 1
    return {task: max(count, key=lambda own: (count[own], own)) for task, count in counts.items()}


def _sample(row: Agreement) -> bool:
    return sampled(row.revision)


def _remarks(rows: Sequence[Agreement], usual: Mapping[str, str]) -> Iterator[str]:
    """Policies and base rates: what one has to know to read the figures."""
    if rows:
        if all(map(_sample, rows)):
            yield SAMPLE_ROWS
        yield _METHOD
    yield from dict.fromkeys(
        f"{clean(row.task)}: {gold_words(row.gold)} ({clean(row.gold)} labels); {usual[row.task]}" for row in rows
    )
    if alone := {name: why for row in rows for name, why in (row.unverified or {}).items()}:
        yield unverified_words(alone)
    yield from dict.fromkeys(filter(None, map(_behind, rows)))
    for level in dict.fromkeys(row.level for row in rows if row.level and _has_alpha(row)):
        yield f"alpha is taken at the {level} level"
    rated: dict[str, Agreement] = {}
    for row in rows:
        if row.subset == "all" and row.base_rates.get("gold"):
            # Policies leave out more items for one judge than for another; the fullest row speaks for gold.
            rated[row.task] = max(rated.get(row.task, row), row, key=lambda one: one.items)
    for task, row in rated.items():
        rates = ", ".join(f"{clean(label)} {percent(part)}" for label, part in row.base_rates["gold"].items())
        yield f"{clean(task)}: gold labels in %: {rates}"


def _has_alpha(row: Agreement) -> bool:
    """Whether the table, or a remark on it, tells alpha."""
    told = "krippendorff_alpha" in _calls(row)[1] or "krippendorff_alpha_joint" in row.ceiling
    return told and not row.scale.startswith("set")


def _behind(row: Agreement) -> str:
    """Say who is behind a row's ceiling, and what the majority leaves out."""
    one, share = row.people, row.ceiling.get("percent_agreement")
    if one is None or row.subset != "all" or share is None or share.value is None:
        return ""
    text = (
        f"{clean(row.task)}: human ceiling over all {one.pairs:,} pairs of labels of {one.items:,} items by "
        f"{one.people} people, each pair once ({percent(share.value)} % agree), and in brackets the judge in the place "
        "of one of the two"
    )
    alpha = row.ceiling.get("krippendorff_alpha_joint")
    if alpha is not None and alpha.value is not None:
        text += f"; alpha of all people {decimal(alpha.value)}"
    if row.policies.gold == "majority" and one.split:
        hard = percent(one.split_agreement.value)
        text += f"; gold=majority leaves out {one.split:,} items without one, on which {hard} % of the pairs agree"
    return text


def room_plan(layout: Grid, subsets: bool) -> tuple[tuple[int, tuple[int, ...]], ...]:  # noqa: FBT001 - one question, one answer
    """Say what gives way, in turn, where a table is too wide; a subset column that only says "all" says nothing."""
    titles = [column.title for column in layout.columns]
    spare = tuple(i for i in reversed(range(len(titles))) if layout.columns[i].spare)
    # A companion less is easier to read than a judge's name in three pieces.
    return ((24, (titles.index("gold"),)), (18, spare if subsets else (titles.index("subset"), *spare)), (8, ()))
