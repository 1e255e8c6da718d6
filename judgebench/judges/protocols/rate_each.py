"""Every response rated by itself, as RewardBench 2 does with its Ties subset; the highest rating is the pick."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench.domain import Reply, Scale, Status, Usage
from judgebench.judges.forms import why
from judgebench.judges.protocols.one_shot import one_shot

if TYPE_CHECKING:
    from judgebench.domain import Case, Steps
    from judgebench.judges.protocols import Asking

RATING = Scale.rate(1, 10)


def rate_each(judge: Asking, case: Case, scale: Scale) -> Steps:
    """Rate each response from 1 to 10: the ratings are the scores; of several highest ones the first is the pick."""
    if scale.kind != "pick":
        return (yield from one_shot(judge, case, scale))
    form = judge.form(RATING)
    said = yield [form.request(judge.backend, replace(case, order=(index,)), RATING) for index in case.order]
    verdicts = [form.read(completion, RATING) for completion in said]
    codes = [code for _, code in verdicts if code is not None]
    status = next((status for status, code in verdicts if code is None), Status.OK)
    ok = status is Status.OK
    scores = tuple(RATING.values[code] for code in codes) if ok else ()
    unusable = next((c for c, (_, code) in zip(said, verdicts, strict=True) if code is None), said[-1])
    return Reply(
        status,
        scores.index(max(scores)) if ok else None,
        scores=scores,
        text="\n\n".join(f"response {n}:\n{c.text}" for n, c in enumerate(said, 1)),
        error=why(unusable) if status is Status.REFUSED else "",
        model=said[-1].model,
        usage=sum((completion.usage for completion in said), start=Usage()),
        seconds=sum(completion.seconds for completion in said),
    )
