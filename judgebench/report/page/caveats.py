"""What could change an answer: each way to doubt it, checked against what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from judgebench.agreement.bias import retest_agreement
from judgebench.domain import Estimate
from judgebench.report.document.text import clean, many, percent
from judgebench.report.page.forest import value_text
from judgebench.report.page.lead import crosses, times
from judgebench.report.said import either, is_recorded, listed, told, whole
from judgebench.report.stand_in import MARGIN, answer
from judgebench.report.words import UNUSABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from judgebench.domain import Agreement
    from judgebench.report.page.measured import Judge, Measured

__all__ = ["CHANGES", "HOLDS", "NOT_CHECKED", "UNKNOWN", "Check", "alert", "checks"]

CHANGES, HOLDS, NOT_CHECKED, UNKNOWN = "Changes", "Holds", "Not checked", "Can't be known"
_ORDER = (CHANGES, HOLDS, NOT_CHECKED, UNKNOWN)
#: Lines of the table; those that change an answer are never left out.
_MOST = 7
#: A part of fewer items says too little to be held against people; fewer questions make a rough interval.
_ENOUGH, _FEW = 50, 20


class Check(NamedTuple):
    """A way to doubt the answer: what became of it, and the figures behind that."""

    state: str
    what: str
    text: str

    @property
    def tone(self) -> str:
        """Class of its mark."""
        return {CHANGES: "unsure", HOLDS: "yes"}.get(self.state, "plain")


def checks(one: Measured) -> list[Check]:
    """List the checks of one task, those first that change the answer."""
    if not one.judges:
        return []
    found = [
        check
        for way in (
            _sample, _left_out, _human_line, _other_items, _unusable, _constant, _parts, _ties, _order, _again, _rest,
            _references, _versions, _training,
        )
        for check in way(one)
    ]  # fmt: skip
    found.sort(key=lambda check: _ORDER.index(check.state))
    changing = sum(check.state == CHANGES for check in found)
    # What can't be known is told whatever else there is.
    last = [check for check in found[max(_MOST, changing) :] if check.state == UNKNOWN][:1]
    return [*found[: max(_MOST - len(last), changing)], *last]


def alert(one: Measured) -> tuple[str, str]:
    """Give the one warning that stands beside the figures: what, and why; two empty texts where there is none."""
    if one.sample:
        return "Sample rows.", "They show how it works; real data need --data."

    def named(code: str) -> str:
        return listed([judge.name for judge in one.judges if code in judge.row.warnings])

    if names := named("incomplete_run"):
        found = "A run is not complete.", f"{names}: the same run command asks for the rest."
    elif names := named("failed_cases"):
        found = "Some cases failed.", f"{names}: the figures are bounds until the same run command asks again."
    elif one.decider and one.humans is not None and one.decider == one.humans.pulling:
        found = "One annotator moves the human line.", _pulled(one, one.decider)
    elif one.decider:
        names = listed([judge.name for judge in one.judges if one.decider in judge.deciding])
        found = "One annotator decides.", f"Without {clean(one.decider)} the answer for {names} is another one."
    elif names := named("low_coverage"):
        found = "Few answers could be used.", f"{names}: see Details, other figures."
    else:
        found = "", ""
    return found


def _pulled(one: Measured, name: str) -> str:
    people, judges = one.without(name)
    line, now = one.people or people.figure, people.figure
    before, after = (value_text(one.metric, each.value) for each in (line, now))
    verb = "rises" if (now.value or 0) > (line.value or 0) else "falls"
    below = [
        key
        for key, aside in judges.items()
        if aside.figure.high is not None and now.low is not None and aside.figure.high < now.low
    ]
    end = f", and {listed(below)} {'falls' if len(below) == 1 else 'fall'} below it" if below else ""
    return f"Without {clean(name)} it {verb} from {before} to {after}{end}."


def _sample(one: Measured) -> Iterator[Check]:
    if one.sample:
        yield Check(UNKNOWN, "Real data", "These rows were written as a sample; no figure here is the benchmark's.")


def _left_out(one: Measured) -> Iterator[Check]:
    if not one.alike or one.annotators < 3 or not one.scale.listed:
        return
    fragile = [judge for judge in one.judges if judge.deciding]
    if fragile:
        parts = [f"{judge.name} without {_some(judge.deciding)}" for judge in fragile]
        rest = "; the others' answers hold" if len(fragile) < len(one.judges) else ""
        yield Check(CHANGES, "Leave one annotator out", f"Another answer for {'; '.join(parts)}{rest}.")
    else:
        tried = "whichever of them is left out" if one.annotators <= 25 else "without those who agree least or most"
        yield Check(HOLDS, "Leave one annotator out", f"{one.annotators} annotators: the same answers {tried}.")


def _some(names: Sequence[str]) -> str:
    return either(list(map(clean, names))) if len(names) <= 3 else f"any of {len(names)}"


def _human_line(one: Measured) -> Iterator[Check]:
    humans = one.humans
    if humans is None or len(humans.annotators) < 3 or not humans.pulling:
        return
    own = next(person for person in humans.annotators if person.name == humans.pulling)
    decides = any(own.name in judge.deciding for judge in one.judges)
    text = (
        f"{clean(own.name)} reaches {value_text(one.metric, own.kappa.value)} with the others. {_pulled(one, own.name)}"
    )
    yield Check(CHANGES if decides else HOLDS, "The human line", text if decides else f"{text} The answers stay.")


def _other_items(one: Measured) -> Iterator[Check]:
    what = f"Other {one.nouns.item}s of this kind"
    open_ = [judge.name for judge in one.judges if judge.state == "open" and crosses(judge)]
    lowest = None if one.people is None or one.of("open") else one.people.low
    highs = [judge.figure.high for judge in one.judges if judge.figure.high is not None]
    if open_:
        yield Check(CHANGES, what, f"The interval of {listed(open_)} reaches both sides.")
    elif one.questions < _FEW:
        yield Check(NOT_CHECKED, what, f"{many(one.questions, 'independent question')} make a rough interval only.")
    elif lowest is not None and highs and max(highs) < lowest:
        ends = [value_text(one.metric, end) for end in (lowest, max(highs))]
        yield Check(HOLDS, what, f"People: {ends[0]} at the lowest; judges: {ends[1]} at the highest.")
    elif lowest is None or highs:
        grouped = (
            f"; {one.items:,} {one.nouns.item}s belong to {one.questions:,} questions, and the intervals count these"
        )
        yield Check(HOLDS, what, f"The intervals allow for it{grouped if one.questions < one.items else ''}.")


def _unusable(one: Measured) -> Iterator[Check]:
    what = "Answers that can't be used"
    lost = [judge for judge in one.judges if judge.row.coverage < 1]
    if not lost:
        yield Check(
            HOLDS, what, f"None: every answer of {'every judge' if len(one.judges) > 1 else 'the judge'} was readable."
        )
        return
    counts = listed([f"{judge.name} {_without_verdict(judge)}" for judge in lost])
    rule = UNUSABLE[lost[0].row.policies.invalid]
    if lost[0].row.policies.invalid == "wrong":
        yield Check(HOLDS, what, f"{counts}: they {rule}, so the figures are bounds from below.")
        return
    strict = [(judge, row) for judge in lost if (row := _if_wrong(judge)) is not None]
    changed = any(
        judge.state and answer(row, judge.run.ratings, row.policies).state != judge.state for judge, row in strict
    )
    end = f" Counted as wrong: {listed([_instead(judge, row) for judge, row in strict])}." if strict else ""
    yield Check(CHANGES if changed else HOLDS if strict else NOT_CHECKED, what, f"{counts}: they {rule}.{end}")


def _without_verdict(judge: Judge) -> str:
    total = sum(judge.row.statuses.values())
    lost = total - judge.row.statuses.get("ok", 0)
    return f"{lost:,} of {total:,}" if total else f"{percent(1 - judge.row.coverage)} %"


def _if_wrong(judge: Judge) -> Agreement | None:
    """Find its row under our own rule, by which an answer that can't be used is wrong."""
    rows = judge.run.rows
    return next((row for row in rows[1:] if row.subset == "all" and row.policies.invalid == "wrong"), None)


def _instead(judge: Judge, row: Agreement) -> str:
    each = row.ceiling.get(f"judge_vs_each_{judge.metric}") if judge.state else None
    figure = each or row.metrics.get(row.headline) or Estimate.missing("not_measured")
    metric = judge.metric if each is not None else row.headline
    return f"{judge.name} {value_text(metric, figure.value)} instead of {value_text(metric, judge.figure.value)}"


def _constant(one: Measured) -> Iterator[Check]:
    shares = one.row.base_rates.get("gold", {})
    if not shares or not one.scale.listed:
        return
    label, share = max(shares.items(), key=lambda pair: pair[1])
    what = f"Always saying {clean(label)}"
    passes = [judge for judge in one.judges if judge.alt and "majority_passes" in judge.alt.warnings]
    said = f"That would agree with {'the majority' if one.annotators > 1 else one.whom} on {whole(share)}, kappa 0."
    ends = [(judge, (judge.row.metrics.get("cohen_kappa") or judge.figure).low) for judge in one.judges]
    if passes and one.of("yes"):
        yield Check(CHANGES, what, f"{said} It would pass the test, too: the labels are too skewed.")
    elif all(end is not None for _, end in ends):
        low = [judge for judge, end in ends if (end or 0) <= 0]
        trusted = any(judge.state == "yes" for judge in low)
        names = listed([judge.name for judge in low])
        if trusted:
            end = f"{names} may be no better."
        elif low:
            end = f"{names} may be no better; the answer doesn't rest on that."
        else:
            end = "Every judge here is better." if len(one.judges) > 1 else f"{one.judges[0].name} is better."
        yield Check(CHANGES if trusted else HOLDS, what, f"{said} {end}")


def _parts(one: Measured) -> Iterator[Check]:
    """Look for parts of the data where the answer would be another one."""
    found = [
        (judge, row.subset.removeprefix("system:"), ratio.low, ratio.high)
        for judge in (*one.of("yes"), *one.of("no"))
        for row in judge.run.rows
        if row.subset != "all" and row.items >= _ENOUGH
        if (ratio := row.ceiling.get(f"ratio_{one.metric}")) is not None
        if ratio.low is not None and ratio.high is not None
    ]
    other = [
        f"{judge.name} on {clean(part)}"
        for judge, part, low, high in found
        if (high < 1 - MARGIN if judge.state == "yes" else low >= 1 - MARGIN)
    ]
    if len(found) > 1:
        state, text = HOLDS, f"No part with {_ENOUGH} items or more says otherwise."
        if other:
            state, text = CHANGES, f"Another answer for {listed(other)}."
        yield Check(state, "Parts of the data", text)


def _ties(one: Measured) -> Iterator[Check]:
    if not one.alike or one.scale.tie is None or one.best is None:
        return
    people = one.row.ceiling.get("agreement_s2")
    own = one.best.row.ceiling.get("judge_vs_each_agreement_s2")
    if people is None or own is None or people.value is None or own.value is None:
        return
    with_ties = (one.best.share, one.people_share)
    judge, line = (0.0 if each is None else each.value or 0.0 for each in with_ties)
    side = (own.value < people.value) == (judge < line)
    same = f"{one.best.name} {one.nouns.does} a person {times(own.value, one.items)}"
    text = f"Without ties {same}, two people {times(people.value, one.items, again=True)}."
    yield Check(HOLDS if side else CHANGES, "Ties set aside", text)


def _order(one: Measured) -> Iterator[Check]:
    if one.scale.kind not in {"pair", "pick"}:
        return
    what = "The order of the answers"
    flips = [
        (judge.name, same)
        for judge in one.judges
        if (same := judge.row.bias.get("position_consistency")) is not None and same.value is not None
    ]
    if flips:
        parts = [f"{name} flips on {whole(1 - (same.value or 0))}" for name, same in flips]
        yield Check(HOLDS, what, f"Shown in both orders: {listed(parts)}; the figures count both.")
    elif not any(judge.run.run.settings for judge in one.judges):
        yield Check(UNKNOWN, what, "The table has one order only.")
    elif all(is_recorded(judge.row.judge) for judge in one.judges):
        yield Check(UNKNOWN, what, "The recordings show one order only.")
    else:
        yield Check(NOT_CHECKED, what, "Shown in one order only. Run with --order both.")


def _again(one: Measured) -> Iterator[Check]:
    what = "The same question again, another prompt"
    repeated = [judge for judge in one.judges if judge.run.run.repeats > 1]
    models = {(judge.run.run.settings.get("model"), judge.run.run.settings.get("backend")) for judge in one.judges}
    ways = len(one.judges) > len(models) and all(model for model, _ in models)
    if repeated:
        same = retest_agreement(repeated[0].run.ratings)
        text = f"{repeated[0].name} says the same when asked again: {told('retest_agreement', same)}."
        yield Check(HOLDS, what, text)
    elif ways:
        yield Check(HOLDS, what, f"{len(one.judges)} ways of asking are rows of the table.")
    elif any(judge.run.run.settings and judge.asked for judge in one.judges):
        # A table doesn't say how its verdicts were asked for.
        recorded = all(is_recorded(judge.row.judge) for judge in one.judges)
        hint = "" if recorded else " Add --repeats 3, or a second --prompt."
        yield Check(NOT_CHECKED, what, f"Each {one.nouns.item} was asked once, with one prompt.{hint}")


def _rest(one: Measured) -> Iterator[Check]:
    limit = one.run.run.limit
    if limit is not None:
        yield Check(NOT_CHECKED, "The rest of the task", f"Only the first {many(limit, 'item')} were judged.")
    if "left_out" in one.row.warnings and not one.alike:
        yield Check(NOT_CHECKED, "Items without a majority", "They are left out, and may be the hard ones.")


def _references(one: Measured) -> Iterator[Check]:
    shown = {judge.run.run.reference for judge in one.judges}
    if shown and "none" not in shown and not all(is_recorded(judge.row.judge) for judge in one.judges):
        yield Check(NOT_CHECKED, "Without reference answers", f"Judges were shown them ({listed(sorted(shown))}).")


def _versions(one: Measured) -> Iterator[Check]:
    mixed = [f"{judge.name} ({len(judge.run.run.models)})" for judge in one.judges if len(judge.run.run.models) > 1]
    if mixed:
        yield Check(UNKNOWN, "One version of a model", f"Several versions answered: {listed(mixed)}.")


def _training(one: Measured) -> Iterator[Check]:
    if any(judge.asked for judge in one.judges):
        yield Check(UNKNOWN, "Seen in training", "Only labels that were never published would tell.")
