"""One verdict on all that is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.domain import Scale
from judgebench.judges.protocols.rubric import judged

if TYPE_CHECKING:
    from judgebench.domain import Case, Steps
    from judgebench.judges.protocols import Asking


def one_shot(judge: Asking, case: Case, scale: Scale) -> Steps:
    """Ask about all responses together."""
    # As many places as there are responses: items of one task may differ in that.
    of = {"pick": Scale.pick, "rank": Scale.rank}.get(scale.kind)
    shown = scale if of is None else of(len(case.order))
    return (yield from judged(judge, case, shown))
