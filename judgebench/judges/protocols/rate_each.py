"""Every response rated by itself, as RewardBench 2 does with its Ties subset; the highest rating wins."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench.domain import Reply, Scale, Status, Usage
from judgebench.judges.protocols.comparing import best
from judgebench.judges.protocols.one_shot import one_shot
from judgebench.judges.protocols.rubric import judged
from judgebench.judges.protocols.together import together

if TYPE_CHECKING:
    from judgebench.domain import Case, Steps
    from judgebench.judges.protocols import Asking

RATING = Scale.rate(1, 10)


def rate_each(judge: Asking, case: Case, scale: Scale, rating: Scale = RATING) -> Steps:
    """Rate each response: the ratings are the scores, and of several highest ones the first is the pick."""
    if scale.kind not in {"pair", "pick", "rank"}:
        return (yield from one_shot(judge, case, scale))
    shown = {str(n): judged(judge, replace(case, order=(index,)), rating) for n, index in enumerate(case.order, 1)}
    said = list((yield from together(shown)).values())
    codes = [reply.code for reply in said if isinstance(reply.code, int)]
    unusable = next((reply for reply in said if reply.code is None), None)
    scores = tuple(rating.values[code] for code in codes) if unusable is None else ()
    whole = Reply(unusable.status, error=unusable.error) if unusable is not None else _decided(scores, scale)
    return replace(
        whole,
        scores=scores,
        text="\n\n".join(f"response {n}:\n{reply.text}" for n, reply in enumerate(said, 1)),
        model=said[-1].model,
        usage=sum((reply.usage for reply in said), start=Usage()),
        seconds=sum(reply.seconds for reply in said),
    )


def _decided(scores: tuple[float, ...], scale: Scale) -> Reply:
    code = best(scores, scale)
    return (
        Reply.ok(code) if code is not None else Reply(Status.UNPARSED, error="equal ratings, and the scale has no tie")
    )
