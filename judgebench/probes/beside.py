"""What the judge is shown beside the answers: a reference that is wrong, references and levels in another order.

A wrong reference pushes against the right answer. Its placebo is the right one, alone as it is. References that are
another question's, or the judge's own answers, need more than an item: they are conditions of a run (``--reference``).

Source: Krumdick et al. (2025), No free labels (arXiv:2503.05061: wrong references); Thakur et al. (2024), Judging the
judges (arXiv:2406.12624: order of references); Li et al. (2025), Evaluating scoring bias in LLM-as-a-judge (order of
a rubric's levels).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench.domain.items import BEST_FIRST
from judgebench.probes.operator import Operator
from judgebench.probes.references import Pool, own_references

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.domain import Item, Reference
    from judgebench.probes.operator import Change, Shown


def _wrong(shown: Shown) -> tuple[Reference, ...] | None:
    """Edit what is right; None where no edit fits without another item's reference."""
    # What is drawn hangs on the texts alone.
    made = Pool(shown.reference, shown.draw.number("reference", 1 << 31), {}).wrong(replace(shown.item, cluster=""))
    return None if made is None else tuple(replace(one, kind=shown.reference) for one in made.references)


def _only(shown: Shown, own: Sequence[Reference]) -> Item:
    """Show these references of the case's condition, and no others of it."""
    rest = [one for one in shown.item.references if one.kind != shown.reference]
    return replace(shown.item, references=(*own, *rest))


def _wronged(shown: Shown) -> Item | None:
    wrong = _wrong(shown)
    return None if wrong is None else _only(shown, wrong)


def _righted(shown: Shown) -> Item | None:
    wrong = _wrong(shown)
    if wrong is None:
        return None
    turns = {one.turn for one in wrong}
    first = {one.turn: one for one in reversed(own_references(shown.item, shown.reference)) if one.turn in turns}
    return _only(shown, [first[one.turn] for one in wrong])


def _ordered(order: Callable[[list[Reference]], list[Reference]]) -> Change:
    def change(shown: Shown) -> Item | None:
        own = [one for one in shown.item.references if one.kind == shown.reference]
        last = [one for one in own if not one.turn]
        other = order(last)
        return None if other == last else _only(shown, [*(one for one in own if one.turn), *other])

    return change


def _rotated(own: list[Reference]) -> list[Reference]:
    return own[1:] + own[:1]


def _reversed(own: list[Reference]) -> list[Reference]:
    # Two that are rotated are reversed.
    return own[::-1] if len(own) > 2 else own


def _best_first(shown: Shown) -> Item | None:
    item = shown.item
    if len(item.levels) < 2:
        return None
    return replace(item, attributes=tuple(sorted((*item.attributes, BEST_FIRST))))


WRONG_REFERENCE = Operator("wrong-reference", _wronged, _righted, "against", "right")
REFERENCE_ORDER = {
    "rotated": Operator("reference-order/rotated", _ordered(_rotated), None, "neither", "random"),
    "reversed": Operator("reference-order/reversed", _ordered(_reversed), None, "neither", "random"),
}
LEVEL_ORDER = Operator("level-order", _best_first, None, "neither", "random")
