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
    # As many places to pick as there are responses: items of one task may differ in that.
    shown = Scale.pick(len(case.order)) if scale.kind == "pick" else scale
    return (yield from judged(judge, case, shown))
