"""Paraphrase: the same request in other words around it, which should change no verdict.

There is no placebo: what the verdicts are held against is the same case asked again. How far they agree over all
wordings together is measured in `judgebench.agreement.probing.paraphrases`. Rewordings of the request itself come from
a file.

Source: Amirizaniani et al. (2024), AuditLLM (arXiv:2402.09334).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from judgebench.probes.operator import Operator, asked
from judgebench.probes.rewordings import operators

if TYPE_CHECKING:
    from judgebench.domain import Item
    from judgebench.probes.operator import Shown

_WORDINGS = {
    "polite": "I would be glad of your help with the following.\n\n{}",
    "framed": "My request:\n\n{}",
    "closed": "{}\n\nThat is all I ask.",
    "direct": "Please deal with this:\n\n{}",
}


def _reworded(shown: Shown, wording: str) -> Item | None:
    turns = [turn for turn in shown.item.conversation if turn.role == "user"]
    if not turns or not any(part.text.strip() for part in turns[-1].parts):
        return None
    # After a colon the words would be taken for the text that is to be worked on.
    if not wording.endswith("{}") and turns[-1].text.rstrip().endswith((":", "\uff1a")):
        return None
    return asked(shown.item, lambda text: wording.replace("{}", text))


class Wordings(dict[str, Operator]):
    """Operators by variant: our own words around the request, or the rewordings in a file."""

    def of_file(self, place: str) -> dict[str, Operator]:
        """Make operators of the rewordings in ``FILE`` or ``FILE#COLUMN``."""
        return operators(place)


OPERATORS = Wordings({
    variant: Operator(f"paraphrase/{variant}", partial(_reworded, wording=wording), None, "neither", "random")
    for variant, wording in _WORDINGS.items()
})  # fmt: skip
