"""Protocols: how a model is brought to a verdict, each a generator of its own in a file of its own.

An item's attribute ``protocol`` names it; without one a case is one request.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.domain import Case, Scale, Steps
    from judgebench.judges.forms import Form
    from judgebench.judges.protocols.rubric import Samples


class Asking(Protocol):
    """What a protocol knows of the judge: whom its requests are for, how often, and the form for a scale."""

    @property
    def backend(self) -> str:
        """Name of the backend."""
        ...

    @property
    def samples(self) -> Samples:
        """How often it is asked the same."""
        ...

    def form(self, scale: Scale) -> Form:
        """Find the form in which verdicts on a scale are asked for; UsageError where there is none."""
        ...


PROTOCOLS = {
    "": "judgebench.judges.protocols.one_shot:one_shot",
    "rate-each": "judgebench.judges.protocols.rate_each:rate_each",
}


@cache
def protocol(name: str) -> Callable[[Asking, Case, Scale], Steps]:
    """Load a protocol; an attribute of another meaning names none, and the case is one request."""
    module, _, attribute = PROTOCOLS.get(name, PROTOCOLS[""]).partition(":")
    found: Callable[[Asking, Case, Scale], Steps] = vars(importlib.import_module(module))[attribute]
    return found
