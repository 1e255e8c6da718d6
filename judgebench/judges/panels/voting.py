"""Votes counted: one verdict of several, under a rule and a rule for ties (names as of `judgebench.agreement.jury`)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from judgebench.domain import Reply, Status
from judgebench.errors import UsageError
from judgebench.judges.protocols.combining import heaviest, mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.domain import Scale

Rule: TypeAlias = Literal["majority", "weighted", "mean"]
Ties: TypeAlias = Literal["tie", "none", "first"]
RULES: tuple[Rule, ...] = get_args(Rule)
TIES: tuple[Ties, ...] = get_args(Ties)


def rules(panel: str, scale: Scale, rule: Rule | None, ties: Ties | None) -> tuple[Rule, Ties]:
    """Choose what is left open: numbers have their mean, labels their majority, and a draw is a tie if there is one."""
    if scale.sequential or scale.kind == "set":
        raise UsageError(f"{panel}: members vote on labels or numbers; verdicts on {scale.spec} are neither")
    rule = rule or ("mean" if scale.kind == "number" else "majority")
    if rule != "mean" and scale.kind == "number":
        raise UsageError(f'{panel}: hardly two numbers are the same; write rule = "mean"')
    if rule == "mean" and not scale.values:
        raise UsageError(f"{panel}: labels without an order have no mean; {scale.spec} needs another rule")
    if ties == "tie" and scale.tie is None:
        raise UsageError(
            f'{panel}: ties = "tie" needs a scale with a tie, and {scale.spec} has none; write none or first'
        )
    return rule, ties or ("none" if scale.tie is None else "tie")


def voted(
    replies: Mapping[str, Reply], weights: Mapping[str, float], rule: Rule, ties: Ties, scale: Scale, quorum: int = 1
) -> Reply:
    """Count the votes of those with a verdict; the others abstain. A mean weighs, too.

    ``probabilities`` are the labels' shares of the weight, and of ratings and numbers the mean is the score.
    """
    votes = {name: reply.code for name, reply in replies.items() if isinstance(reply.code, int)}
    if len(votes) < max(quorum, 1):
        return _none(replies, len(votes))
    codes, shares = list(votes.values()), [weights[name] for name in votes]
    if scale.kind == "number":
        total = sum(shares)
        code = round(sum(code * share for code, share in zip(codes, shares, strict=True)) / total)
        return Reply.ok(code, scores=(float(scale.word(code)),))
    average = None
    if rule == "mean":
        found, average = mean(codes, shares, scale)
        best = [found] if isinstance(found, int) else heaviest(codes, shares)
    else:
        best = heaviest(codes, shares)
    decided = best[0] if len(best) == 1 else _drawn(best, codes, ties, scale)
    whole = Reply(Status.UNPARSED, error="a draw between verdicts") if decided is None else Reply.ok(decided)
    sums = [
        sum(share for code, share in zip(codes, shares, strict=True) if code == one) for one in range(len(scale.labels))
    ]
    return replace(
        whole,
        probabilities=tuple(one / sum(shares) for one in sums),
        scores=(average,) if average is not None and scale.kind == "rate" else (),
    )


def _drawn(best: list[int], codes: list[int], ties: Ties, scale: Scale) -> int | None:
    if ties == "first":
        return next(code for code in codes if code in best)
    return scale.tie if ties == "tie" else None


def _none(replies: Mapping[str, Reply], votes: int) -> Reply:
    """Say why there are too few votes: as all members did, where they did the same."""
    statuses = {reply.status for reply in replies.values()}
    if votes == 0 and len(statuses) == 1 and (status := statuses.pop()) is not Status.OK:
        first = next(iter(replies.values()))
        return Reply(status, error=first.error)
    how = "none" if not votes else f"only {votes}"
    return Reply(Status.UNPARSED, error=f"{how} of {len(replies)} members gave a verdict")
