"""A gate's decision: one sentence, the lines behind it, and how often such a gate decides rightly."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar

from judgebench.domain import bare, conditions_of
from judgebench.domain.shapes import (
    COUNT,
    ERROR,
    ESTIMATE,
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
from judgebench.errors import MismatchError, UndecidedError
from judgebench.report.document.blocks import Field, Table, grid, judge_columns, sheet
from judgebench.report.document.model import Document
from judgebench.report.document.text import NONE, decimal, interval, many, p_value, percent, words_of
from judgebench.report.gate.brief import brief
from judgebench.report.gate.github import annotate, summary
from judgebench.report.gate.words import (
    STATES,
    amount,
    line_name,
    relative,
    safe,
    title,
    to_junit,
    value,
    verdict,
)
from judgebench.report.said import first_up, split
from judgebench.report.versions import versions_key, versions_words
from judgebench.report.words import SAMPLES, WARNINGS, sampled
from judgebench.stats.coefficients.catalog import title_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from judgebench.agreement.gate.rules import Gate, GateLine, Odds, State
    from judgebench.domain import Agreement
    from judgebench.errors import JudgebenchError
    from judgebench.report.document.blocks import Block, Fields, Grid, Sheet
    from judgebench.report.document.brief import Brief
    from judgebench.report.versions import Versions

__all__ = ["Decision"]

_WARNINGS = WARNINGS | {
    "unequal_coverage": "the coverage of run and baseline differs by more than 2 points",
    "incomplete_rows_dropped": "judgments that a policy drops for one side are dropped for both",
    "low_coverage": "many of the run's judgments gave no verdict: see coverage",
}
#: Warnings that don't touch the decision, or are said with their figures.
_SMALL = frozenset({"prevalence", "unequal_coverage"})
_MAXIMA = "Coverage, flips, cost and latency fail where they are clearly worse than their limit allows."

_STATE = choice(*STATES)
_ITEMS_NEEDED = maybe(Scalar({"type": "integer", "minimum": 1}))
_ODDS = record(false_alarm=SHARE, power=SHARE, passes=SHARE, false_pass=SHARE, detectable=NUMBER)
_LINE = record(
    "line",
    subset=TEXT,
    figure=TEXT,
    kind=(choice("agreement", "operation"), lambda line: "operation" if line.operation else "agreement"),
    lower_is_better=(FLAG, attrgetter("error")),
    relative=(FLAG, relative, "Whether worse and limit are parts of the baseline's value."),
    state=_STATE,
    reason=(maybe(TEXT), lambda line: line.reason or None),
    baseline=ESTIMATE,
    run=ESTIMATE,
    worse=MEASURED,
    limit=Scalar({"type": "number", "exclusiveMinimum": 0}),
    strict=FLAG,
    p=maybe(SHARE),
    p_holm=maybe(SHARE),
    odds=maybe(_ODDS),
    items_needed=(_ITEMS_NEEDED, attrgetter("needed")),
)
_BESIDE = record(
    percent_agreement=(maybe(ESTIMATE), lambda row: row.metrics.get("percent_agreement")),
    ceiling=(maybe(ESTIMATE), lambda row: row.ceiling.get(row.headline)),
    base_rates=MapOf(MapOf(NUMBER)),
)
#: A row per line.
_SHEET: Mapping[str, Callable[[tuple[Gate, GateLine]], Any]] = {
    "state": lambda x: x[1].state,
    "figure": lambda x: x[1].figure,
    "subset": lambda x: x[1].subset,
    "baseline*": lambda x: x[1].baseline,
    "run*": lambda x: x[1].run,
    "worse*": lambda x: x[1].worse,
    "limit": lambda x: x[1].limit,
    "p": lambda x: x[1].p,
    "p_holm": lambda x: x[1].p_holm,
    "items_needed": lambda x: x[1].needed,
    "reason": lambda x: x[1].reason,
    "task": lambda x: x[0].task,
    "gold": lambda x: x[0].gold_source,
    **judge_columns(lambda x: x[0].baseline, "baseline_judge", "baseline_conditions"),
    **judge_columns(lambda x: x[0].run, "run_judge", "run_conditions"),
    "items": lambda x: x[0].items,
}


def _fields(level: str) -> Fields[GateLine]:
    return (
        Field("result", lambda line: STATES[line.state], right=False),
        Field("figure", title, right=False),
        Field("subset", lambda line: safe(line.subset), right=False),
        Field("baseline", lambda line: value(line, line.baseline)),
        Field("run", lambda line: value(line, line.run)),
        Field(
            f"worse by [bounds, {level}]",
            lambda line: interval(line.worse, partial(amount, line)),
            ("worse by", f"[bounds, {level}]"),
            right=False,
        ),
        Field("limit", lambda line: amount(line, line.limit)),
        Field("p Holm", lambda line: p_value(line.p_holm), ("p", "Holm")),
        Field("items needed", lambda line: line.needed and f"{line.needed:,}", ("items", "needed")),
    )


def _chance(of: Callable[[Odds], float]) -> Callable[[GateLine], str]:
    return lambda line: NONE if line.odds is None else f"{100 * of(line.odds):.1f} %"


_ODDS_FIELDS: Fields[GateLine] = (
    Field("with as many items", line_name, right=False),
    Field("fails if no worse", _chance(attrgetter("false_alarm")), ("fails if", "no worse")),
    Field("fails at the limit", _chance(attrgetter("power")), ("fails at", "the limit")),
    Field("passes if no worse", _chance(attrgetter("passes")), ("passes if", "no worse")),
    Field("passes at the limit", _chance(attrgetter("false_pass")), ("passes at", "the limit")),
    Field(
        "fails 8 of 10 from",
        lambda line: amount(line, None if line.odds is None else line.odds.detectable),
        ("fails 8", "of 10 from"),
    ),
)


@dataclass(frozen=True, slots=True, repr=False)
class Decision(Document):
    """A run held against its baseline; ``beside`` is the run as `score` measures it, by criterion where it has some.

    ``versions`` are the model versions that answered, the baseline's and the run's; ``compare`` is the command that
    shows what changed.
    """

    gate: Gate
    beside: tuple[Agreement, ...] = ()
    versions: Versions = ((), ())
    compare: str = ""

    SAYS_FAILURE = True

    SCHEMA = "judgebench.gate/1"
    SHAPE = record(
        "",
        "A run held against its baseline. Values are fractions; worse is above 0 where the run is worse, whichever way "
        "a figure counts, and its bounds are one-sided, each at level alpha.",
        state=_STATE,
        verdict=TEXT,
        task=(TEXT, attrgetter("gate.task")),
        gold=(TEXT, attrgetter("gate.gold_source")),
        baseline=(TEXT, lambda decision: bare(decision.gate.baseline)),
        run=(TEXT, lambda decision: bare(decision.gate.run)),
        conditions=Key(
            record(
                baseline=(MapOf(TEXT), lambda gate: conditions_of(gate.baseline)),
                run=(MapOf(TEXT), lambda gate: conditions_of(gate.run)),
            ),
            attrgetter("gate"),
            "In what the two differ (prompt, reference ...); empty if in nothing.",
            required=False,
        ),
        policies=(POLICIES, attrgetter("gate.policies")),
        level=replace(LEVEL, get=lambda one: one.gate.level or None),
        items=(COUNT, attrgetter("gate.items")),
        judgments=(COUNT, attrgetter("gate.judgments")),
        clusters=(COUNT, attrgetter("gate.clusters")),
        effective_clusters=(
            ERROR,
            attrgetter("gate.effective"),
            "How many clusters of one size would tell as much as these.",
        ),
        coverage=(ListOf(SHARE, 2, 2), attrgetter("gate.coverage")),
        differ=(COUNT, attrgetter("gate.differ")),
        margin=(NUMBER, attrgetter("gate.rules.margin")),
        alpha=(NUMBER, attrgetter("gate.rules.alpha")),
        strict=(FLAG, attrgetter("gate.rules.strict")),
        min_effect=(NUMBER, attrgetter("gate.rules.min_effect")),
        items_needed=(_ITEMS_NEEDED, attrgetter("gate.needed")),
        lines=(ListOf(_LINE, least=1), attrgetter("gate.lines")),
        beside=(maybe(_BESIDE), lambda decision: decision.beside[0] if len(decision.beside) == 1 else None),
        criteria=Key(
            MapOf(_BESIDE),
            lambda decision: {row.subset: row for row in decision.beside} if len(decision.beside) > 1 else None,
            "The same by criterion, where there are several.",
            required=False,
        ),
        models=versions_key("baseline", "run"),
        warnings=(TEXTS, attrgetter("gate.warnings")),
    )
    MORE: ClassVar = {
        "junit": lambda decision: to_junit(decision.gate),
        "annotations": lambda decision: "\n".join(annotate(decision.gate)),
        "summary": lambda decision: summary(decision.gate, decision.brief(), decision.figures()),
    }

    @property
    def state(self) -> State:
        """The decision."""
        return self.gate.state

    @property
    def verdict(self) -> str:
        """The decision in a sentence or two."""
        return verdict(self.gate)

    @property
    def failure(self) -> JudgebenchError | None:
        ends = {"fail": MismatchError, "undecided": UndecidedError}
        return ends[self.state](self.verdict) if self.state in ends else None

    def sheet(self) -> Sheet:
        return sheet(_SHEET, ((self.gate, line) for line in self.gate.lines))

    def brief(self) -> Brief:
        cautions = [f"{first_up(words_of(code, _WARNINGS))}." for code in self.gate.warnings if code not in _SMALL]
        if "unequal_coverage" in self.gate.warnings:
            before, after = (f"{percent(share)} %" for share in self.gate.coverage)
            cautions.insert(0, f"{after} of the run's answers can be used, {before} of the baseline's.")
        sample = [SAMPLES] if sampled(self.gate.revision) else []
        return brief(self.gate, [*sample, *split(self.gate.split), *self._versions(), *cautions], self.compare)

    def figures(self, *notes: str) -> Grid:
        """Set the figures below each other."""
        level = f"{100 * (1 - self.gate.rules.alpha):g} % each"
        return grid(_fields(level), self.gate.lines, notes)

    def _versions(self) -> Iterator[str]:
        return versions_words(self.versions, "the baseline", "the run")

    def blocks(self) -> Iterator[Block]:
        found = self.gate
        yield self.verdict
        yield Table(self.figures(*_remarks(found, self.beside), *self._versions()), names=(1, 2))
        yield Table(grid(_ODDS_FIELDS, found.lines, [_chances(found)]), names=(0,))


def _chances(found: Gate) -> str:
    note = "The chances follow from the errors seen: judges that differ as these two do, on items such as these."
    if len(found.lines) == 1:
        return note
    return (
        f"{note} Each is that of the line alone, at Holm's first step (alpha / {len(found.lines)}); that any line "
        f"fails though nothing got worse has a chance of {decimal(found.rules.alpha)} at most."
    )


def _remarks(found: Gate, beside: Sequence[Agreement]) -> list[str]:
    rules = found.rules
    floor = f" and the drop seen is {decimal(rules.min_effect)} or more" if rules.min_effect else ""
    fails, passes = f"fails where the drop is clearly above 0{floor}", f"clearly below {decimal(rules.margin)}"
    order = f"passes where the drop is {passes}, else {fails}"
    if rules.strict:
        order = f"{fails}, else passes where it is {passes}"
    rule = (
        f"Agreement {order}; an improvement never fails. Surely: a one-sided bound, paired, clustered by "
        f"question (t, {_degrees(found)}). {many(found.items, 'item')}, "
        f"{many(found.judgments, 'judgment')}, verdicts differ on {found.differ:,}; {found.policies}."
    )
    notes = [rule]
    if any(line.operation for line in found.lines):
        notes.append(_MAXIMA)
    if len(found.lines) > 1:
        notes.append(
            f"p Holm is adjusted for all {len(found.lines)} lines, so that more lines bring no more false alarms; all "
            "lines must pass."
        )
    if errors := sorted({safe(title_of(line.figure)) for line in found.lines if line.error and not line.operation}):
        notes.append(f"Lower is better: {', '.join(errors)}.")
    if any(line.reason == "unchanged" for line in found.lines):
        from judgebench.stats.inference.intervals import rule_of_three  # noqa: PLC0415 - loads numpy, which --help must not

        share = rule_of_three(found.clusters, 1 - rules.alpha)
        notes.append(
            f"Where no verdict changed there is nothing that could be worse; other items may still change, up to "
            f"{100 * share:.1f} % of them (rule of three)."
        )
    for row in beside:
        notes += _beside(row, of="" if len(beside) == 1 else f" on {safe(row.subset)}")
    return notes + [f"Careful: {words_of(code, _WARNINGS)}." for code in found.warnings]


def _degrees(found: Gate) -> str:
    if found.effective == found.clusters:
        return f"{found.clusters - 1} degrees of freedom"
    like = f"{found.clusters:,} questions of unequal sizes tell as much as {found.effective:.1f} of one size"
    return f"at most {max(1.0, found.effective - 1):.1f} degrees of freedom: {like}"


def _beside(row: Agreement, *, of: str) -> list[str]:
    """Percent agreement, ceiling and base rates: kappa says little without them."""
    parts: list[str] = []
    if (agreed := row.metrics.get("percent_agreement")) is not None and agreed.value is not None:
        parts.append(f"agreement {100 * agreed.value:.1f} %")
    if (best := row.ceiling.get(row.headline)) is not None and best.value is not None:
        parts.append(f"human ceiling {decimal(best.value)} ({title_of(row.headline)})")
    for who, rates in row.base_rates.items():
        shares = ", ".join(f"{safe(label)} {100 * share:.1f} %" for label, share in rates.items())
        parts += [f"{safe(who)} {shares}"] if shares else []
    return [f"Beside the run's figures{of} ({safe(row.gold)} gold): {'; '.join(parts)}."] if parts else []
