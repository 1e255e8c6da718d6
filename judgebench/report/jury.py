"""A jury of recorded judges, in words: what it is worth, beside its members and those that leave some of them out."""

from __future__ import annotations

import csv
import io
import shlex
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from judgebench.domain import Policies
from judgebench.domain.shapes import (
    COUNT,
    ESTIMATE,
    FLAG,
    MEASURED,
    OPEN_POLICIES,
    SHARE,
    TEXT,
    TEXTS,
    ListOf,
    choice,
    maybe,
    record,
)
from judgebench.report.briefs.jury import brief
from judgebench.report.cautions import careful, cautions_of
from judgebench.report.document.blocks import Field, Table, columns_of, explained, grid, sheet
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean, decimal, interval, many, percent, share
from judgebench.report.words import REASONS, gold_word
from judgebench.stats.coefficients.catalog import title_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from judgebench.agreement.jury.jury import Jury, LeftOut, Member
    from judgebench.agreement.jury.sweep import Subset
    from judgebench.domain import Estimate
    from judgebench.report.document.blocks import Block, Fields, Sheet
    from judgebench.report.document.brief import Brief

__all__ = ["Juries", "table_of"]

_REASONS = REASONS | {
    "no_pairs": "no two members whose errors vary",
    "one_judge": "one judge alone",
    "no_gold": "no item has a label",
    "undefined_part": "undefined for one of the two",
    "numbers": "only figures of labels can be tried fold by fold",
}
_RULES = {
    "majority": "the majority",
    "weighted": "weighted votes",
    "dawid-skene": "Dawid-Skene's votes",
    "mean": "the mean",
}
#: Rules whose words are about several votes.
_MANY = {"weighted", "dawid-skene"}
_TIES = {"tie": "a tie", "none": "no verdict", "first": "decided by the first member among the tied"}
#: Tables list so many juries of a sweep; JSON and CSV have them all.
_MOST = 15

_TOGETHER = record(
    "together",
    "How alike judges err: mean correlation of two judges' errors, and the independent votes they are worth.",
    correlation=ESTIMATE,
    judges=(COUNT, None, "Judges whose errors vary, which both figures are about."),
    effective_votes=(ESTIMATE, lambda one: one.votes),
)
_MEMBER = record(
    judge=TEXT,
    value=ESTIMATE,
    agreement=ESTIMATE,
    gain=(MEASURED, None, "The jury's figure less the member's, paired."),
    learned=(maybe(SHARE), None, "How often the rule takes the judge to be right, where it learns that."),
)
_LEFT = record(
    family=TEXT,
    judges=TEXTS,
    value=(ESTIMATE, None, "The jury without them."),
    loss=(MEASURED, None, "The whole jury's figure less that, paired."),
    silent=(SHARE, None, "Share of the judgments on which they have no verdict."),
    together=_TOGETHER,
)
_SUBSET = record(
    judges=TEXTS,
    value=ESTIMATE,
    silent=(SHARE, None, "Share of the judgments on which it has no verdict."),
    together=_TOGETHER,
)
_SWEEP = record(
    "sweep",
    "All juries, best first.",
    juries=ListOf(_SUBSET, 1),
    held_out=(ESTIMATE, None, "What choosing the best is worth: fold by fold, the jury that is best on the others."),
    chosen=(ListOf(TEXTS), None, "The jury of each fold."),
)
_ROW = record(
    "jury",
    "A jury on one task.",
    task=TEXT,
    gold=(TEXT, lambda one: one.gold_source),
    rule=(choice(*_RULES), lambda one: one.rule.name),
    ties=(choice(*_TIES), lambda one: one.rule.ties),
    one_coin=(FLAG, lambda one: one.rule.one_coin),
    folds=(COUNT, lambda one: one.rule.folds),
    metric=TEXT,
    policies=OPEN_POLICIES,
    items=COUNT,
    judgments=COUNT,
    clusters=COUNT,
    left_out_items=(COUNT, lambda one: one.left),
    value=ESTIMATE,
    agreement=(ESTIMATE, None, "Share of verdicts that are gold's."),
    tied=(COUNT, None, "Judgments that the tie rule decided."),
    silent=(COUNT, None, "Judgments on which the jury has no verdict."),
    together=_TOGETHER,
    members=ListOf(_MEMBER, 2),
    left_out=ListOf(_LEFT),
    sweep=maybe(_SWEEP),
    warnings=TEXTS,
)


@dataclass(frozen=True, slots=True, repr=False)
class Juries(Document):
    """Juries, one a task."""

    juries: tuple[Jury, ...]

    SCHEMA = "judgebench.jury/1"
    SHAPE = record(
        "",
        "Recorded judges as one judge. Values are fractions, never percents.",
        rows=(ListOf(_ROW, 1), lambda found: found.juries),
    )

    def sheet(self) -> Sheet:
        return sheet(
            {
                **columns_of(_ROW, "task rule ties metric", itemgetter(0)),
                "kind": lambda x: x[1],
                "name": lambda x: x[2],
                "judges": lambda x: "; ".join(x[3]),
                "size": lambda x: len(x[3]),
                "value*": lambda x: x[4],
                "n": lambda x: x[4].n,
                "jury_less_this*": lambda x: x[5],
                "error_correlation*": lambda x: x[6] and x[6].correlation,
                "effective_votes*": lambda x: x[6] and x[6].votes,
                "undefined": lambda x: x[4].undefined,
            },
            [row for jury in self.juries for row in _flat(jury)],
        )

    def brief(self) -> Brief:
        return brief(self.juries)

    def blocks(self) -> Iterator[Block]:
        for jury in self.juries:
            yield from _sentences(jury)
            yield Table(grid(_members(jury), jury.members, _remarks(jury)), (0,), ((12, (3,)), (8, (4,))))
            if jury.sweep is not None:
                shown = jury.sweep.juries[:_MOST]
                yield Table(grid(_subsets(jury), enumerate(shown, 1), _swept(jury)), (1,), ((24, (5,)), (12, (4,))))
            if jury.left_out:
                note = "A judgment without a verdict, as tied votes may leave it, counts as the policies say."
                yield Table(grid(_left(jury), jury.left_out, [note]), (0, 1))


def table_of(jury: Jury) -> tuple[str, str]:
    """Write all verdicts as CSV, and the options by which `judgebench score` reads it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(jury.ballot.header)
    writer.writerows(jury.ballot.rows)
    own = jury.ballot
    options = ["--id-col", "item", "--cluster-col", "cluster", "--judge-col", own.header[-1]]
    for flag, names in (("--judge-col", own.judges), ("--gold-col", own.people)):
        options += [part for name in names for part in (flag, name)]
    for name in ("subset", "system"):
        options += [f"--{name}-col", name] if name in own.header else []
    options += ["--order-col", "order", "--picks", "answer"] if "order" in own.header else []
    said, plain = jury.policies.to_json(), Policies().to_json()
    if len({row[0] for row in own.rows}) == len(own.rows):
        # One judgment an item, of which no order policy says anything.
        del said["order"]
    options += [part for name in said if said[name] != plain[name] for part in ("--policy", f"{name}={said[name]}")]
    options += ["--scale", jury.scale, "--gold", jury.gold_source if jury.gold_source != "mixed" else "unspecified"]
    return text.getvalue(), shlex.join(options)


def _flat(jury: Jury) -> Iterator[tuple[Any, ...]]:
    yield jury, "jury", "jury", jury.judges, jury.value, None, jury.together
    for one in jury.members:
        yield jury, "member", one.judge, (one.judge,), one.value, one.gain, None
    for less in jury.left_out:
        rest = tuple(name for name in jury.judges if name not in less.judges)
        yield jury, "without", less.family, rest, less.value, less.loss, less.together
    if jury.sweep is not None:
        yield jury, "held-out", "best", (), jury.sweep.held_out, None, None
        for some in jury.sweep.juries:
            yield jury, "subset", "", some.judges, some.value, None, some.together


def _sentences(jury: Jury) -> Iterator[str]:
    title, whom = title_of(jury.metric), gold_word(jury.gold_source)
    verb = "agree" if jury.rule.name in _MANY else "agrees"
    lead = f"{clean(jury.task)}: {_RULES[jury.rule.name]} of {len(jury.members)} judges"
    if jury.value.undefined == "no_gold":
        voted = f"{jury.judgments - jury.silent:,} of {many(jury.judgments, 'judgment')}"
        yield f"{lead} come to a verdict on {voted}; no item has a label, so nothing says how right they are."
    elif jury.value.value is None:
        why = _REASONS.get(jury.value.undefined or "", "undefined")
        yield f"{lead} on {many(jury.judgments, 'judgment')}: no {title}, as {why}."
    else:
        yield (
            f"{lead} {verb} with {whom} at {title} {interval(jury.value)} on {many(jury.judgments, 'judgment')} "
            f"({many(jury.clusters, 'question')}){_beside(jury)}."
        )
    together = jury.together
    if together.correlation.value is not None:
        yield (
            f"Their errors correlate at {interval(together.correlation)} (mean over pairs): {together.judges} "
            f"judges are worth {_votes(together.votes)} independent ones."
        )
    if jury.sweep is not None:
        first, held = jury.sweep.juries[0], jury.sweep.held_out
        honest = "" if held.value is None else f"; on questions it was not chosen on, choosing gives {interval(held)}"
        yield (
            f"Of {many(len(jury.sweep.juries), 'jury', 'juries')} the best is "
            f"{', '.join(map(clean, first.judges))}: {interval(first.value)}{honest}."
        )


def _beside(jury: Jury) -> str:
    best = jury.best
    if best is None or best.gain.value is None:
        return ""
    at = decimal(best.value.value or 0.0)
    return f"; its best member, {clean(best.judge)}, at {at}: {interval(best.gain, sign=True)}"


def _votes(one: Estimate) -> str:
    return interval(one, lambda value: f"{value:.2f}")


_cell = partial(explained, reasons=_REASONS)


def _members(jury: Jury) -> Fields[Member]:
    title = title_of(jury.metric)
    learned = any(one.learned is not None for one in jury.members)
    fields: Fields[Member] = (
        Field("judge", lambda one: one.judge, right=False),
        Field((title, "[95 % interval]"), lambda one: _cell(one.value), right=False),
        Field(("jury less", "this one"), lambda one: _cell(one.gain, write=_signed), right=False),
        Field("% agreement", lambda one: percent(one.agreement.value), ("% agree",)),
        Field(("taken to", "be right %"), lambda one: percent(one.learned)),
    )
    if jury.value.undefined == "no_gold":
        return (fields[0], fields[-1]) if learned else fields[:1]
    return fields if learned else fields[:-1]


def _signed(one: Estimate) -> str:
    return interval(one, sign=True)


def _subsets(jury: Jury) -> Fields[tuple[int, Subset]]:
    title = title_of(jury.metric)
    return (
        Field("place", lambda x: x[0]),
        Field("jury", lambda x: ", ".join(x[1].judges), right=False),
        Field((title, "[95 % interval]"), lambda x: _cell(x[1].value), right=False),
        Field("no verdict %", lambda x: percent(x[1].silent), ("no ver-", "dict %")),
        Field("error correlation", lambda x: share(x[1].together.correlation.value), ("error cor-", "relation")),
        Field(("effective", "votes"), lambda x: _votes(x[1].together.votes), right=False),
    )


def _left(jury: Jury) -> Fields[LeftOut]:
    title = title_of(jury.metric)
    return (
        Field("without", lambda one: one.family, right=False),
        Field("judges left out", lambda one: ", ".join(one.judges), right=False),
        Field((title, "[95 % interval]"), lambda one: _cell(one.value), right=False),
        Field(("whole jury", "less this"), lambda one: _cell(one.loss, write=_signed), right=False),
        Field("no verdict %", lambda one: percent(one.silent), ("no ver-", "dict %")),
        Field(("effective", "votes"), lambda one: _votes(one.together.votes), right=False),
    )


def _remarks(jury: Jury) -> Iterator[str]:
    rule = jury.rule
    how = (
        "the mean over members, of ratings the nearest level"
        if rule.name == "mean"
        else f"tied votes are {_TIES[rule.ties]}"
    )
    yield (
        f"Rule {rule.name}{' with one accuracy per judge' if rule.one_coin else ''}: {how} ({jury.tied:,} of "
        f"{many(jury.judgments, 'judgment')}); no verdict on {jury.silent:,}. {jury.policies}."
    )
    if rule.name == "weighted":
        yield (
            f"Weights are learned from gold in {rule.folds} folds of questions; each votes on the questions of the "
            "others only."
        )
    if rule.name == "dawid-skene":
        yield "Dawid-Skene sees no gold, and takes members' errors for independent of each other."
    yield from careful(cautions_of(jury.warnings))


def _swept(jury: Jury) -> Sequence[str]:
    sweep = jury.sweep
    if sweep is None:
        return ()
    most = f"The {_MOST} best of {len(sweep.juries):,}; JSON and CSV have them all. "
    chosen = (
        "The best of many looks better than it is: its interval is for a jury that was chosen beforehand. The held-out "
        "figure above is that of the juries chosen on the other folds."
    )
    return (f"{most if len(sweep.juries) > _MOST else ''}{chosen}",)
