"""Every response rated by itself, as RewardBench 2 does with its Ties subset; the highest rating is the pick."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench.domain import Reply, Scale, Status, Usage
from judgebench.judges.protocols.one_shot import one_shot
from judgebench.judges.protocols.rubric import judged
from judgebench.judges.protocols.together import together

if TYPE_CHECKING:
    from judgebench.domain import Case, Steps
    from judgebench.judges.protocols import Asking

RATING = Scale.rate(1, 10)


def rate_each(judge: Asking, case: Case, scale: Scale) -> Steps:
    """Rate each response from 1 to 10: the ratings are the scores; of several highest ones the first is the pick."""
    if scale.kind != "pick":
        return (yield from one_shot(judge, case, scale))
    shown = {str(n): judged(judge, replace(case, order=(index,)), RATING) for n, index in enumerate(case.order, 1)}
    said = list((yield from together(shown)).values())
    codes = [reply.code for reply in said if isinstance(reply.code, int)]
    unusable = next((reply for reply in said if reply.code is None), None)
    scores = tuple(RATING.values[code] for code in codes) if unusable is None else ()
    return Reply(
        Status.OK if unusable is None else unusable.status,
        None if unusable is not None else scores.index(max(scores)),
        scores=scores,
        text="\n\n".join(f"response {n}:\n{reply.text}" for n, reply in enumerate(said, 1)),
        error="" if unusable is None else unusable.error,
        model=said[-1].model,
        usage=sum((reply.usage for reply in said), start=Usage()),
        seconds=sum(reply.seconds for reply in said),
    )
