"""Identity: a response says which kind of system wrote it. The placebo says that a system did which is not named.

``strong`` and ``weak`` speak of its rank; ``named`` gives the name that the data have; ``anonymous`` is the placebo of
these by itself. Its own is a label of the same form that says nothing of who wrote it.

Source: Koo et al. (2023), Benchmarking cognitive biases in large language models as evaluators (CoBBLEr: compassion
fade); Ye et al. (2024), Justice or prejudice? (CALM, arXiv:2410.02736).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.probes.operator import Operator
from judgebench.probes.passages import joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import Item
    from judgebench.probes.operator import Change, Shown

_STRONG = (
    *("one of the strongest systems of today", "a leading system of the newest generation"),
    *("the system with the best results in public tests", "a large system that experts rank at the top"),
)
_WEAK = (
    *("one of the weakest systems of today", "a small system of an early generation"),
    *("the system with the worst results in public tests", "a small system that experts rank at the bottom"),
)
_ANONYMOUS = (
    *("one of the systems that were asked", "a certain system that goes without a name"),
    *("the system that is listed without any name here", "a system that was asked, not named here"),
)
#: As long as these, and about no one.
_NOBODY = (
    *("one of the texts that were kept", "a certain text that comes without a picture"),
    *("the text that is shown in this place here", "a text that was kept, then shown here"),
)


def _label(shown: Shown, who: str, of: str = "Author") -> Item:
    return shown.answered(joined(f"[{of} of this answer: {who}]", shown.text))


def _one_of(bank: Sequence[str], of: str = "Author") -> Change:
    return lambda shown: _label(shown, shown.draw.of("wording", bank), of)


def _named(shown: Shown) -> Item | None:
    name = (shown.response.model or "").strip()
    return _label(shown, name) if name else None


def _unnamed(shown: Shown) -> Item:
    return _label(shown, "unnamed")


_anonymous = _one_of(_ANONYMOUS)
OPERATORS = {
    "strong": Operator("identity", _one_of(_STRONG), _anonymous),
    "weak": Operator("identity", _one_of(_WEAK), _anonymous, "against", "right"),
    "named": Operator("identity", _named, _unnamed, "neither", "random"),
    "anonymous": Operator("identity", _anonymous, _one_of(_NOBODY, "Form"), "neither", "random"),
}
