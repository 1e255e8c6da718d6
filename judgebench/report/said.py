"""How sentences put figures: values with bounds, reasons, titles, and who gave gold."""

from __future__ import annotations

import re
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

from judgebench.domain import bare, conditions_of
from judgebench.report.document.blocks import Field, when
from judgebench.report.document.text import NONE, clean, decimal, figure, interval, many, percent, shorten, words_of
from judgebench.report.words import REASONS, gold_word, headline_name, sampled, task_of
from judgebench.stats.coefficients.catalog import METRICS, title_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from judgebench.domain import Estimate
    from judgebench.report.document.blocks import Fields
    from judgebench.report.document.text import Bounded

__all__ = [
    "BASELINE", "apart", "bounds", "brief_name", "clear", "differ", "either", "figure_cell", "first_up", "from_to",
    "in_words", "is_function", "is_recorded", "is_rule", "is_share", "known_as", "listed", "name_of", "numbers",
    "of_100", "on_sample", "ranged", "reason", "share_cell", "shown", "span", "split", "spoken", "task_column", "told",
    "two", "unfinished", "whole", "whom",
]  # fmt: skip

#: Below which a p value tells.
_LEVEL = 0.05
_PEOPLE = frozenset({"Brier", "Brennan", "Matthews"})
_SHARES = frozenset(
    {
        "position_consistency", "primacy", "recency", "first_slot_rate", "longer_rate", "retest_agreement",
        "sample_agreement", "win_rate",
    }
)  # fmt: skip


def whole(share: float | None) -> str:
    """Print a share as first tables have it.

    >>> whole(0.594)
    '59 %'
    """
    return NONE if share is None else f"{percent(share, 0)} %"


#: Of fewer things nobody says how many of a hundred there are.
_HUNDRED = 100


def of_100(share: float, count: int, what: str = "items") -> str:
    """Say a share of so many things as sentences have it; the number alone where ``what`` is empty.

    >>> of_100(0.701, 999), of_100(0.701, 26), of_100(0.701, 999, ""), of_100(0.701, 26, "")
    ('70 of 100 items', '70 % of the items', '70', '70 %')
    """
    return from_to([share], count, what)


def from_to(shares: Sequence[float], count: int, what: str = "items") -> str:
    """Say between which shares some lie.

    >>> from_to([0.7, 0.46], 999), from_to([0.7, 0.46], 26)
    ('46 to 70 of 100 items', '46 to 70 % of the items')
    """
    low, high = (figure(100 * one, 0) for one in (min(shares), max(shares)))
    number = high if low == high else f"{low} to {high}"
    if count < _HUNDRED:
        return f"{number} % of the {what}" if what else f"{number} %"
    return f"{number} of 100 {what}" if what else number


def two(one: Bounded | None, digits: int = 2) -> str:
    """Print a kappa or its kin with its interval as first tables have it.

    >>> from judgebench.domain import Estimate
    >>> two(Estimate(0.4958, 0.45, 0.54, 999))
    '.50 [.45, .54]'
    """
    return NONE if one is None else interval(one, partial(decimal, digits=digits))


def spoken(one: Bounded) -> str:
    """Say a kappa or its kin with its interval as first sentences have it.

    >>> from judgebench.domain import Estimate
    >>> spoken(Estimate(0.4958, 0.45, 0.54, 999))
    '.50 (.45 to .54)'
    """
    return ranged(one, partial(decimal, digits=2))


def figure_cell(metric: str, one: Bounded | None) -> str:
    """Print any figure with its interval as first tables have it.

    >>> from judgebench.domain import Estimate
    >>> figure_cell("accuracy", Estimate(0.7107, 0.68, 0.74, 999))
    '71 % [68, 74]'
    """
    return two(one) if one is None or not is_share(metric) else share_cell(one)


def share_cell(one: Bounded) -> str:
    """Print a share with its interval as first tables have it."""
    return interval(one, partial(percent, digits=0), unit=" %")


def ranged(one: Bounded, write: Callable[[float], str], unit: str = "") -> str:
    """Print ``value (low to high)``; the value alone where it has no bounds, and a dash where there is none."""
    if one.value is None:
        return NONE
    text = f"{write(one.value)}{unit}"
    return text if one.low is None or one.high is None else f"{text} ({span(one.low, one.high, write, unit)})"


def span(low: float, high: float, write: Callable[[float], str], unit: str = "") -> str:
    """Print ``low to high``."""
    return f"{write(low)} to {write(high)}{unit}"


def is_share(metric: str) -> bool:
    """Whether a figure is a plain share, which is printed in percent."""
    known = METRICS.get(metric)
    return metric in _SHARES if known is None else known.proportion


def shown(metric: str, value: float) -> str:
    """Print a figure as its kind is printed.

    >>> shown("percent_agreement", 0.7107), shown("cohen_kappa", 0.4958)
    ('71.1 %', '.496')
    """
    write, unit = _written(metric)
    return f"{write(value)}{unit}"


def _written(metric: str) -> tuple[Callable[[float], str], str]:
    if is_share(metric):
        return percent, " %"
    known = METRICS.get(metric)
    # An error is in the scale's units, not a fraction.
    return partial(figure, digits=2) if known is not None and known.perfect == 0 else decimal, ""


def bounds(metric: str, estimate: Estimate) -> str:
    """Print an interval; nothing where there is none."""
    return "" if estimate.low is None or estimate.high is None else span(estimate.low, estimate.high, *_written(metric))


def apart(metric: str, estimate: Estimate | None) -> tuple[str, str]:
    """Print a figure, or why there is none, and its interval, for two cells."""
    if estimate is None or estimate.value is None:
        return f"undefined: {reason(estimate)}", NONE
    return shown(metric, estimate.value), bounds(metric, estimate) or NONE


#: Conditions that say by their value alone what they are.
_PLAIN = frozenset({"prompt", "form", "protocol", "card", "column", "judge", "cond"})
#: Conditions that readers know by another word.
_WORDS = {"source": "code"}
#: Digests; the first characters tell them apart.
_DIGEST = re.compile(r"\b(?=\d*[a-f])([0-9a-f]{7})[0-9a-f]{5,}\b")
_RECORDED = "replay/"
#: Before the names of rules that only look at what they compare.
BASELINE = "baseline/"
#: Rules that are asked by a name of their own.
_LEXICAL = ("contains", "exact-match")
_FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


def is_rule(judge: str) -> bool:
    """Whether a judge is a rule of this package, which asks nobody and costs nothing.

    >>> is_rule("baseline/longest"), is_rule("contains"), is_rule("openai/gpt-4o")
    (True, True, False)
    """
    return bare(judge).startswith(BASELINE) or bare(judge) in _LEXICAL


def is_function(judge: str) -> bool:
    """Whether a judge is somebody's own function, as ``module:function``.

    >>> is_function("mine:judge"), is_function("mt-bench:openai/gpt-4o")
    (True, False)
    """
    return _FUNCTION.fullmatch(bare(judge)) is not None


def is_recorded(judge: str) -> bool:
    """Whether a judge's verdicts were recorded elsewhere, and not asked for here."""
    return bare(judge).startswith(_RECORDED)


def known_as(judges: Iterable[str]) -> dict[str, str]:
    """Name judges as first tables have them: with what tells runs of one judge apart, and not that it was recorded.

    >>> from judgebench.domain import JudgeName
    >>> list(known_as(["replay/gpt-4", JudgeName("m", {"prompt": "strict", "reference": "none"})]).values())
    ['gpt-4', 'm · strict · reference none']
    >>> list(known_as([JudgeName("mine:judge", {"source": "8ad4cebd6380a0c0966b699b"})]).values())
    ['mine:judge · code 8ad4ceb']
    >>> list(known_as(JudgeName("m", {"revision": one}) for one in ("sample", "data:cc15")).values())
    ['m · sample', 'm']
    """
    names = list(dict.fromkeys(judges))
    on_samples = {bare(name) for name in names if on_sample(name)}
    found = {
        # Beside a run on the sample, that it is on the benchmark's own data needs no digest.
        name: _known_as(name, bare(name).removeprefix(_RECORDED), brief=True, revision=bare(name) not in on_samples)
        for name in names
    }
    taken = Counter(found.values())
    return {name: known if taken[known] == 1 else _known_as(name, bare(name)) for name, known in found.items()}


#: Letters of a name that a sentence has room for.
_LONGEST = 60


def on_sample(judge: str) -> bool:
    """Whether a name tells that the judge's run is on the rows that come with a task."""
    return sampled(conditions_of(judge).get("revision", ""))


def _known_as(name: str, start: str, *, brief: bool = False, revision: bool = True) -> str:
    said = {one: _DIGEST.sub(r"\1", text) if brief else text for one, text in conditions_of(name).items()}
    told = (
        text
        if one in _PLAIN or (sampled(text) and one == "revision")
        else f"{_WORDS.get(one, one).replace('_', ' ')} {text}"
        for one, text in said.items()
        if one != "revision" or revision or sampled(text)
    )
    return " · ".join(shorten(one, _LONGEST) for one in (start, *told))


def clear(p: float | None) -> bool:
    """Whether a p value tells an effect from none."""
    return p is not None and p < _LEVEL


def differ(rows: Iterable[object], name: str) -> bool:
    """Whether rows differ in something, so that a table has to say it."""
    return len({getattr(row, name) for row in rows}) > 1


def task_column(rows: Sequence[Any]) -> Fields[Any]:
    """Give the column of tasks, where rows are of several."""
    return when(differ(rows, "task"), Field("task", task_of, right=False))


def listed(names: Sequence[str], most: int = 3) -> str:
    """List names in a sentence, at most so many.

    >>> listed(["a", "b"]), listed(["a", "b", "c"]), listed(list("abcde"))
    ('a and b', 'a, b and c', 'a, b, c and 2 more')
    """
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def either(names: Sequence[str]) -> str:
    """List names of which one is meant.

    >>> either(["a", "b", "c"])
    'a, b or c'
    """
    return " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def split(items: int) -> list[str]:
    """Say that items without a majority are left out; nothing where there are none.

    >>> split(9), split(1), split(0)
    (['9 items on which people split are left out.'], ['1 item on which people split is left out.'], [])
    """
    return [f"{many(items, 'item')} on which people split {'is' if items == 1 else 'are'} left out."] if items else []


def unfinished(judges: Iterable[tuple[str, Sequence[str]]]) -> list[str]:
    """Say which judges' runs hold less than they were to give, by the warnings of their rows.

    >>> unfinished([("a", ["incomplete_run"]), ("b", [])])
    ['Incomplete: a has fewer verdicts than there are cases. The same run command goes on.']
    """
    short = list(dict.fromkeys(judge for judge, warnings in judges if "incomplete_run" in warnings))
    has = "has" if len(short) == 1 else "have"
    return [
        f"Incomplete: {listed(short)} {has} fewer verdicts than there are cases. The same run command goes on."
    ] * bool(short)


def numbers(estimates: Iterable[Estimate | None]) -> list[float]:
    """List the values and bounds that there are, for a scale that holds them all."""
    known = [one for one in estimates if one is not None]
    return [value for one in known for value in (one.value, one.low, one.high) if value is not None]


def told(metric: str, estimate: Estimate) -> str:
    """Print a figure with its interval, or why there is none.

    >>> from judgebench.domain import Estimate
    >>> told("cohen_kappa", Estimate(0.4958, 0.45, 0.54, 999)), told("cohen_kappa", Estimate.missing("no_items"))
    ('.496 (.450 to .540)', 'undefined: no item could be scored')
    """
    if estimate.value is None:
        return f"undefined: {reason(estimate)}"
    return ranged(estimate, *_written(metric))


def whom(gold: str) -> str:
    """Name who gave the gold, as a sentence has it.

    >>> whom("expert"), whom("verifier"), whom("mixed")
    ('people', 'the verifier', 'gold')
    """
    word = gold_word(gold) if gold else "gold"
    return {"humans": "people", "gold": "gold", "model": "the model that gave gold"}.get(word, f"the {word}")


def reason(estimate: Estimate | None) -> str:
    """Say why there is no figure."""
    code = "not_measured" if estimate is None or estimate.undefined is None else estimate.undefined
    return words_of(code, REASONS)


def name_of(metric: str) -> str:
    """Give the title of a figure, as a sentence has it.

    >>> name_of("percent_agreement"), name_of("brier"), name_of("error_f1")
    ('percent agreement', 'Brier score', 'F1 of wrong steps')
    """
    title = clean(title_of(metric))
    first = title.partition(" ")[0]
    # Names of people and abbreviations keep their capital.
    named = "'" in first or first in _PEOPLE or any(not char.islower() for char in first[1:])
    return title if named else title[:1].lower() + title[1:]


_BRIEF = {
    **dict.fromkeys(("cohen_kappa", "cohen_kappa_quadratic"), "kappa"),
    "lin_ccc": "concordance",
    "krippendorff_alpha_masi": "alpha (MASI)",
}


def brief_name(metric: str) -> str:
    """Name a figure as first tables and sentences have it.

    >>> brief_name("cohen_kappa_quadratic"), brief_name("first_error_f1"), brief_name("brier")
    ('kappa', 'first error F1', 'Brier score')
    """
    if metric in _BRIEF:
        return _BRIEF[metric]
    short = headline_name(metric)
    # Headings have shares in percent.
    whole = "%" in short or short.islower() or short in _PEOPLE
    return name_of(metric).replace("_", " ") if whole else short


_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def in_words(n: int) -> str:
    """Write a number as a sentence has it.

    >>> in_words(3), in_words(1200)
    ('three', '1,200')
    """
    return _NUMBERS[n] if n < len(_NUMBERS) else f"{n:,}"


def first_up(text: str) -> str:
    """Begin a sentence.

    >>> first_up("macro F1 of each")
    'Macro F1 of each'
    """
    return text[:1].upper() + text[1:]
