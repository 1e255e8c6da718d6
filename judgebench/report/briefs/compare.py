"""Two judges in brief: which is better, by how much, and in which part of the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from judgebench.report.briefs.figures import Written, broken, same_as
from judgebench.report.document.blocks import Cell, Column, Field, Grid, grid, when
from judgebench.report.document.brief import MOST_NOTES, Brief, Next, again
from judgebench.report.document.text import clean, decimal, many, percent
from judgebench.report.said import brief_name, clear, first_up, is_share, known_as, split
from judgebench.report.versions import versions_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.agreement.compare.comparison import Comparison, ComparisonLine, Part
    from judgebench.agreement.compare.differing import Differing
    from judgebench.domain import Estimate
    from judgebench.report.document.blocks import Fields

__all__ = ["NO_ITEMS", "URGENT", "Asked", "answer", "brief"]

#: Warnings that come before all else.
URGENT = ("incomplete_run", "failed_cases")
#: So many parts, and items, are shown.
_MOST_PARTS, _MOST_ITEMS = 12, 20


class Asked(NamedTuple):
    """What is to be shown: items on which the judges differ, so many of them, in one part, one way; which metrics."""

    listed: int | None = None
    part: str = ""
    way: Literal["", "better", "worse"] = ""
    metrics: Sequence[str] = ()
    texts: Mapping[str, str] = {}

    @property
    def items(self) -> bool:
        """Whether items are asked for."""
        return self.listed is not None or bool(self.part or self.way)


NO_ITEMS = Asked()


def brief(found: Comparison, asked: Asked, cautions: Sequence[str]) -> Brief:
    """Say who is better, then the figures, or the items on which the two differ; ``cautions`` in words."""
    names = first, second = tuple(known_as(found.judges).values())
    if asked.items:
        return _items(found, asked, names)
    line, written = _said(found)
    parts = _by_part(found, line)
    table = _parts(found, parts, written, first, second) if len(parts) > 1 else _figures(found, asked, first, second)
    urgent = sum(code in URGENT for code in found.warnings)
    notes = [*cautions[:urgent], *_notes(found, parts, written, names), *cautions[urgent:]]
    return Brief((answer(found),), table, tuple(notes[:MOST_NOTES]), _next(found, parts))


def _said(found: Comparison) -> tuple[ComparisonLine, Written]:
    """Choose what is said: the headline, or where there are parts the share of right answers, if it says the same."""
    line = found.main
    if len(found.parts) > 1 and line.metric == "cohen_kappa":
        share = next((one for one in found.lines if (one.subset, one.metric) == ("all", "percent_agreement")), line)
        line = share if _way(share.difference, share.p) == _way(line.difference, line.p) else line
    return line, Written.of(line.metric, line.difference, _right(found))


def _right(found: Comparison) -> str:
    return same_as(found.gold_source, found.annotators, found.policies.gold)


def _way(difference: Estimate, p: float | None) -> int:
    value = difference.value
    return 0 if not clear(p) or not value else 1 if value > 0 else -1


def answer(found: Comparison) -> str:  # noqa: PLR0911 - one a line
    """Say in a sentence which of two is better, or that it can't be told."""
    (line, written), (first, second) = _said(found), known_as(found.judges).values()
    difference, value = line.difference, line.difference.value
    both, nothing = f"{first} and {second}", value is not None and abs(value) < 1e-12
    if value is None:
        why = clean(difference.undefined or "").replace("_", " ")
        return f"{both} can't be compared: {brief_name(found.headline)} is undefined ({why})."
    if found.differ == 0 and nothing:
        if not any(found.coverage):
            return f"Neither {first} nor {second} gives a verdict on any of {many(found.items, 'item')}."
        return f"{both} give the same verdict on all {many(found.judgments, 'judgment')}.{_few(found)}"
    unit = "items" if found.judgments == found.items else "judgments"
    values = written.against(line.first, line.second, found.judgments, unit)
    figures = f"{values}, {written.difference(difference)}"
    if found.directional:
        verb = "is" if found.ahead else "may be"
        return f"{first_up(brief_name(found.headline))} {verb} different for {first} and for {second}: {figures}."
    if found.outcome == "equivalent" and found.equivalence is not None:
        though = f", and {first} is clearly {_better(found.ahead == 'first')}" if found.ahead else ""
        return f"{both} differ by less than {decimal(found.equivalence.margin)}{though}: {figures}."
    if found.ahead:
        return f"{first} is {_better(found.ahead == 'first')} than {second}: {figures}."
    items = many(found.items, "item")
    if nothing:
        differ = f"{values}, although {found.differ:,} of {many(found.judgments, 'verdict')} differ"
        return f"These {items} can't say whether {first} or {second} is better: {differ}.{_few(found)}"
    way = _better((value > 0) != found.lower_is_better)
    bounds = written.difference(difference).replace("(", "(95 % interval ")
    return f"{first} may be {way} than {second}, but these {items} can't say so: {values}, a difference of {bounds}."


def _better(is_so: bool) -> str:  # noqa: FBT001 - the word for it
    return "better" if is_so else "worse"


def _few(found: Comparison) -> str:
    same = found.equivalence
    if same is None or same.equivalent:
        return ""
    return f" So few don't show that the two differ by less than {decimal(same.margin)}."


def _figures(found: Comparison, asked: Asked, first: str, second: str) -> Grid:
    """Set the figures on all items below each other, the headline first."""
    shown = set(asked.metrics) or {found.headline, "percent_agreement"}
    right = _right(found)
    rows: list[tuple[Cell, ...]] = []
    for line in sorted(found.lines, key=lambda one: one.metric != found.headline):
        if line.subset == "all" and line.metric in shown:
            written = Written.of(line.metric, line.difference, right)
            less = " (less is better)" if line.metric in found.errors else ""
            values = (written.cell(line.first), written.cell(line.second), written.apart(line.difference))
            rows.append((Cell(f"{written.name}{less}"), *map(Cell, values)))
    if (four := found.fourfold) is not None:
        unit = "item" if found.judgments == found.items else "judgment"
        counts = (many(four.first_only, unit), many(four.second_only, unit), "")
        rows.append((Cell("only this one right"), *map(Cell, counts)))
    names = (Column(name, broken(name), right=False) for name in (first, second))
    columns = (Column("", right=False), *names, Column("difference [95 % interval]", right=False))
    return Grid(columns, tuple(rows))


def _by_part(found: Comparison, main: ComparisonLine) -> list[tuple[Part, ComparisonLine]]:
    """Pair parts and their lines: all items, then where the first judge is ahead by most."""
    lines = {one.subset: one for one in found.lines if one.metric == main.metric}
    pairs = [(part, lines[part.subset]) for part in found.parts if part.subset in lines]
    sign = -1 if found.lower_is_better else 1

    def ahead(pair: tuple[Part, ComparisonLine]) -> tuple[bool, bool, float]:
        value = pair[1].difference.value
        return pair[0].subset != "all", value is None, -sign * (value or 0.0)

    return sorted(pairs, key=ahead)


def _parts(
    found: Comparison, parts: Sequence[tuple[Part, ComparisonLine]], written: Written, first: str, second: str
) -> Grid:
    counted = any(part.better is not None for part, _ in parts)
    wide = max((len(f"{part.worse}") for part, _ in parts), default=0)

    def counts(of: tuple[Part, ComparisonLine]) -> str:
        return "" if of[0].better is None else f"{of[0].better} / {of[0].worse:>{wide}}"

    fields: Fields[tuple[Part, ComparisonLine]] = (
        Field("part", lambda of: of[0].subset, right=False),
        Field("items", lambda of: f"{of[0].items:,}"),
        Field(first, lambda of: written.plain(of[1].first), broken(first)),
        Field(second, lambda of: written.plain(of[1].second), broken(second)),
        Field(("difference", "[95 %]"), lambda of: written.apart(of[1].difference, ""), right=False),
        Field("better?", lambda of: _verdict(found, *of), right=False),
        *when(counted, Field(("items", "better / worse"), counts)),
    )
    return grid(fields, parts[:_MOST_PARTS])


def _verdict(found: Comparison, part: Part, line: ComparisonLine) -> Cell:
    way = {"first": 1, "second": -1}.get(found.ahead, 0)
    if part.subset != "all":
        way = _way(line.difference, line.p_holm) * (-1 if found.lower_is_better else 1)
    if found.directional:
        return Cell("another" if way else "can't tell", tone="" if way else "doubt")
    return (Cell("can't tell", tone="doubt"), Cell("yes", tone="good"), Cell("worse", tone="bad"))[way]


def _notes(
    found: Comparison, parts: Sequence[tuple[Part, ComparisonLine]], written: Written, names: Sequence[str]
) -> Iterator[str]:
    first, second = names
    value, power = found.main.difference.value, found.power
    if found.outcome == "undecided" and power is not None and value is not None and abs(value) > 1e-9:
        needed, least = _about(power.items_for(abs(value), sides=2)), power.possible(power.detectable(sides=2))
        # The power is of the headline, whatever is said.
        size = "this size" if written.metric == power.metric else f"this size in {brief_name(power.metric)}"
        seen = "no difference" if least is None else f"one of {_amount(power.metric, least, written)}"
        yield f"About {needed} would settle a difference of {size}; with these, {seen} would have shown."
    a, b = found.coverage
    if a != b and ("unequal_coverage" in found.warnings or found.main.difference.low is None):
        (fewer, silent), (most, other) = sorted([(a, first), (b, second)])
        yield f"{silent} gives {_unusable(fewer)} unusable answers, {other} {_unusable(most)}."
    yield from split(found.split)
    yield from versions_words(found.versions, first, second)
    if any(_clear(line.difference) and not _way(line.difference, line.p_holm) for _, line in parts[1:]):
        yield "“better?” holds for all parts at once, an interval for its own part alone."
    if len(parts) > _MOST_PARTS:
        yield f"{len(parts) - _MOST_PARTS} more parts: --explain."


def _amount(metric: str, difference: float, written: Written) -> str:
    if written.metric != metric:
        return decimal(difference, 2)
    return written.number(difference) + (" points" if is_share(metric) else "")


def _about(items: int) -> str:
    return f"{round(items, -1) if items >= 100 else items:,} items"


def _unusable(coverage: float) -> str:
    return "none" if coverage == 1 else f"{percent(1 - coverage)} %"


def _clear(one: Estimate) -> bool:
    return one.low is not None and one.high is not None and (one.low > 0 or one.high < 0)


def _next(found: Comparison, parts: Sequence[tuple[Part, ComparisonLine]]) -> tuple[Next, ...]:
    """Point at the part that lost by most, or at all that got worse."""
    if found.fourfold is None or found.differ == 0:
        return ()
    last = parts[-1][0] if len(parts) > 1 else None
    if last is not None and last.worse and last.better is not None and last.worse > last.better:
        return again("compare", _worse(last.worse), "--part", last.subset, "--worse")
    worse = found.parts[0].worse if found.parts else None
    return again("compare", _worse(worse), "--worse") if worse else ()


def _worse(items: int) -> str:
    return f"the {many(items, 'item')} on which it is worse" if items > 1 else "the item on which it is worse"


def _items(found: Comparison, asked: Asked, names: Sequence[str]) -> Brief:
    """List the items on which the two differ, an item's judgments together."""
    by_item: dict[str, list[Differing]] = {}
    for row in found.differing:
        by_item.setdefault(row.item, []).append(row)
    whole = next((part for part in found.parts if part.subset == (asked.part or "all")), None)
    where = f" on {clean(asked.part)}" if asked.part else ""
    total = f" of {whole.items:,}" if whole is not None else ""
    what = {"better": f"{names[0]} is better", "worse": f"{names[0]} is worse"}.get(asked.way, "The two differ")
    said = f"{what}{where} on {len(by_item):,}{total} items."
    texts = any(asked.texts.get(item) for item in by_item)
    parted = not asked.part and len(found.parts) > 1
    gold = "people" if same_as(found.gold_source) != "right" else "label"
    titles = ["item", *["part"] * parted, gold, *names, *["text"] * texts]
    most = min(asked.listed or _MOST_ITEMS, len(by_item))
    rows = [
        (
            item,
            *([rows[0].subset] if parted else []),
            _words(row.gold for row in rows),
            _words(row.first for row in rows),
            _words(row.second for row in rows),
            *([asked.texts.get(item, "")] if texts else []),
        )
        for item, rows in list(by_item.items())[:most]
    ]
    cells = tuple(tuple(Cell(clean(text)) for text in row) for row in rows)
    table = Grid(tuple(Column(title, right=False) for title in titles), cells)
    more = len(by_item) - most
    notes = [f"{more:,} more: --items {len(by_item)}, or --format csv for all of them."] if more else []
    return Brief((answer(found), said), table, tuple(notes))


def _words(said: Iterator[str]) -> str:
    return " / ".join(dict.fromkeys(said))
