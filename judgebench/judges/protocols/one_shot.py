"""One request, one verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.domain import Scale

if TYPE_CHECKING:
    from judgebench.domain import Case, Steps
    from judgebench.judges.protocols import Asking


def one_shot(judge: Asking, case: Case, scale: Scale) -> Steps:
    """Ask once."""
    # As many places to pick as there are responses: items of one task may differ in that.
    shown = Scale.pick(len(case.order)) if scale.kind == "pick" else scale
    form = judge.form(shown)
    (said,) = yield (form.request(judge.backend, case, shown),)
    return form.reply(said, shown)
