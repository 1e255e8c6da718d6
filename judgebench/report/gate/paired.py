"""A stored run beside its baseline: refused where they are not about the same, matched where they are."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from judgebench.agreement.gate.operations import Spent
from judgebench.agreement.matching import judged_run, match
from judgebench.domain import Usage, told_apart
from judgebench.errors import DataError, argument
from judgebench.labels.as_run import TABLE
from judgebench.report.document.text import many
from judgebench.report.gate.cases import case_key, case_name, code_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from judgebench.agreement.matching import Judged, Matched
    from judgebench.domain import Policies, Run, Scale, Verdict
    from judgebench.report.gate.baseline import Baseline

__all__ = ["check_same", "judged", "pair", "spent_of"]

#: How many examples an error names.
_NAMED = 3


def check_same(baseline: Baseline, run: Baseline, where: str, *, renew: str) -> None:
    """Refuse a run that is not about what the baseline is about: DataError, with ``where`` as the user named it.

    Task, data, scale, gold, policies, items and the ways in which items were shown have to be the same; ``renew`` says
    what to do where the change was meant.
    """
    for name, what in (
        ("task", "task"),
        ("revision", "task revision"),
        ("scale", "scale"),
        ("gold_source", "gold source"),
    ):
        mine, other = getattr(run, name), getattr(baseline, name)
        # Versions of a table have names of their own.
        if mine != other and not (name == "task" and run.revision == baseline.revision == TABLE):
            raise DataError(f"another {what}: the baseline has {other!r}, the run {mine!r}", file=where, hint=renew)
    for name, value in run.policies.items():
        if (other := baseline.policies[name]) != value:
            raise DataError(
                f"another policy: the baseline has {name}={other}, the run {name}={value}",
                file=where,
                hint=f"give {argument('policy')} {name}={other}, or {renew}",
            )
    _same_items(baseline, run, where, renew)
    if baseline.content and run.content and baseline.content != run.content:
        raise DataError(
            "the items have other texts than those that the baseline was judged on (content digest)",
            file=where,
            hint=renew,
        )
    if baseline.gold_digest != run.gold_digest:
        raise DataError(f"other gold labels{_relabelled(baseline, run)}", file=where, hint=renew)


def _same_items(baseline: Baseline, run: Baseline, where: str, renew: str) -> None:
    mine, other = run.verdicts.keys(), baseline.verdicts.keys()
    if lacks := sorted(other - mine):
        raise DataError(f"other items: the run lacks {_some(lacks)} of the baseline", file=where, hint=renew)
    if lacks := sorted(mine - other):
        raise DataError(f"other items: the baseline lacks {_some(lacks)} of the run", file=where, hint=renew)
    single = run.policies["order"] == "single"

    def shown(cases: Collection[str]) -> list[str]:
        ordered = sorted(cases, key=case_key)
        return ordered[:1] if single else ordered

    for item, cases in run.verdicts.items():
        if (now := shown(cases)) != (before := shown(baseline.verdicts[item])):
            raise DataError(
                f"item {item!r} was shown otherwise: orders (and repeats) {' '.join(before)} in the baseline, "
                f"{' '.join(now)} in the run",
                file=where,
                hint=f"ask it in the same orders, as many times, or {renew}",
            )


def _relabelled(baseline: Baseline, run: Baseline) -> str:
    if not baseline.labels:
        return " (digest)"
    changed = sorted(item for item, labels in run.labels.items() if baseline.labels.get(item) != labels)
    return f" on {_some(changed)}"


def _some(names: list[str]) -> str:
    shown = ", ".join(map(repr, islice(names, _NAMED)))
    more = ", ..." if len(names) > _NAMED else ""
    return f"{many(len(names), 'item')} ({shown}{more})"


def pair(baseline: Baseline, run: Run, verdicts: Callable[[], Iterable[Verdict]], policies: Policies) -> Matched:
    """Put the baseline's verdicts beside the run's, which are read anew, on the run's items and gold.

    DataError or UsageError as of `match`, and where a word of the baseline is not on the scale.
    """
    judges = [judged(baseline, run, verdicts, policies), judged_run(run, verdicts(), policies)]
    matched = match(judges)
    # Two versions of one judge that differ in nothing named have one name, and are told apart by their sides.
    own = run.conditions.named()
    both = [(run.task, baseline.judge, baseline.conditions or own), (run.task, run.judge, own)]
    return replace(matched, judges=tuple(told_apart(both, numbers=False)))


def judged(baseline: Baseline, run: Run, verdicts: Callable[[], Iterable[Verdict]], policies: Policies) -> Judged:
    """Let the baseline answer a run's cases, on the run's items and gold."""
    return judged_run(run, _answers(baseline, verdicts(), run.scale), policies, judge=baseline.judge)


def _answers(baseline: Baseline, verdicts: Iterable[Verdict], scale: Scale) -> Iterator[Verdict]:
    """Let the baseline answer the run's cases."""
    for verdict in verdicts:
        case = case_name(verdict.order, verdict.repeat)
        word = baseline.verdicts.get(verdict.item, {}).get(case)
        if verdict.probe or word is None:
            continue
        code, status = code_of(word, scale, verdict.item)
        given = baseline.numbers.get(verdict.item, {}).get(case, {})
        yield replace(
            verdict,
            code=code,
            status=status,
            scores=tuple(given.get("scores", ())),
            probabilities=tuple(given.get("probabilities", ())),
        )


def spent_of(one: Baseline) -> dict[str, Spent]:
    """Say what a judgment of each item took, on average over its cases."""
    found: dict[str, Spent] = {}
    for item, cases in one.verdicts.items():
        tokens_in, tokens_out, usd, seconds = one.usage.get(item, (0, 0, None, 0.0))
        price = Usage(tokens_in, tokens_out, usd)
        # Without tokens there was nothing to pay.
        known = 0.0 if price.usd is None and not (tokens_in or tokens_out) else price.usd
        found[item] = Spent(None if known is None else known / len(cases), seconds / len(cases))
    return found
