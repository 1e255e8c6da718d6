"""The references that an answer is compared with by a judge that does nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.errors import RejectedError, UsageError, argument
from judgebench.labels.answers import normalise

if TYPE_CHECKING:
    from judgebench.domain import Case, Reference


def references_of(case: Case, who: str) -> list[Reference]:
    """List those that the case's condition shows of its last turn, empty ones left out.

    UsageError where it shows none of those that there are, RejectedError where the item has none.
    """
    if not case.references and case.item.references:
        kinds = " or ".join(sorted({reference.kind for reference in case.item.references}))
        raise UsageError(f"{who} compares with references and none are shown; pass {argument('reference')} {kinds}")
    # What was right in an earlier turn is not what this one was asked.
    found = [one for one in case.references if not one.turn and normalise(one.text)]
    if not found:
        raise RejectedError(f"item {case.item.id!r} has no reference to compare with")
    return found
