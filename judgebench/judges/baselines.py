"""Judges that don't look: what any real judge has to beat."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from judgebench.domain import Reply
from judgebench.errors import DataError, UnknownNameError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from judgebench.domain import Case, Code, Item, Scale

__all__ = ["NAMES", "Baseline", "create", "majority_code"]


class Baseline:
    """A rule that turns a case into a code in shown coordinates; ``settings`` are what it depends on."""

    def __init__(self, rule: str, decide: Callable[[Case, Scale], Code], settings: Mapping[str, object]) -> None:
        self._rule = rule
        self._decide = decide
        self._settings = {"backend": "baseline", "rule": rule, **settings}

    @property
    def name(self) -> str:
        """Name in tables."""
        return f"baseline/{self._rule}"

    @property
    def settings(self) -> Mapping[str, object]:
        """The rule and what it depends on."""
        return self._settings

    async def judge(self, case: Case, scale: Scale) -> Reply:
        """Apply the rule."""
        return Reply.ok(self._decide(case, scale))


# --- rules --------------------------------------------------------------------------------------


def _first(case: Case, scale: Scale) -> Code:
    return _preferring(case, scale, "first", [0])


def _longest(case: Case, scale: Scale) -> Code:
    lengths = [len(response.text) for response in case.responses]
    return _preferring(case, scale, "longest", [i for i, n in enumerate(lengths) if n == max(lengths)])


def _shortest(case: Case, scale: Scale) -> Code:
    lengths = [len(response.text) for response in case.responses]
    return _preferring(case, scale, "shortest", [i for i, n in enumerate(lengths) if n == min(lengths)])


def _preferring(case: Case, scale: Scale, rule: str, best: list[int]) -> Code:
    """Prefer one of the shown responses; equals are a tie, or where the scale has none, a draw by content."""
    if scale.kind not in {"pair", "pick"}:
        raise UsageError(
            f"baseline/{rule} compares responses, and the task's scale is {scale.spec} on one; "
            "use baseline/majority or baseline/random (or contains, exact-match on a check)"
        )
    if scale.kind == "pair" and len(best) == 2 and scale.tie is not None:
        return scale.tie
    slot = best[0]
    if len(best) > 1:
        # Drawn in the item's own coordinates: the draw must not flip when the order does.
        own = sorted(case.order[i] for i in best)
        slot = case.order.index(own[_draw(case.item.content_digest, len(own))])
    # The strongest preference that the scale can say: a rule has no doubts.
    return slot if scale.kind == "pick" or slot == 0 else len(scale.values) - 1


def _draw(key: str, ways: int) -> int:
    """Draw 0 to ways - 1 from a key: the same everywhere, in whatever order cases are asked."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:16], "big") % ways


def _random(seed: int) -> Callable[[Case, Scale], Code]:
    def decide(case: Case, scale: Scale) -> Code:
        key = f"{seed}:{case.key}"
        if scale.kind == "steps":
            raise UsageError("baseline/random can't draw a verdict on steps")
        if scale.kind == "rank":
            left = list(range(len(scale.labels)))
            return tuple(left.pop(_draw(f"{key}:{n}", len(left))) for n in range(len(left)))
        # An item may have fewer responses than the scale has places.
        return _draw(key, len(case.order) if scale.kind == "pick" else len(scale.labels))

    return decide


def _constant(code: Code) -> Callable[[Case, Scale], Code]:
    def decide(case: Case, scale: Scale) -> Code:
        # The class is one of the item's own order; undoing with the inverse order shows it.
        inverse = tuple(case.order.index(i) for i in range(len(case.order)))
        if scale.kind == "pick" and isinstance(code, int) and code >= len(inverse):
            return inverse[0]
        return scale.undo(code, inverse)

    return decide


def majority_code(items: Iterable[Item], scale: Scale) -> Code:
    """Find the most frequent gold class, every annotator's label counted; of several the lowest code.

    On a ``pick`` scale a gold label may hold several right responses, and each of them counts.
    """
    counts: Counter[Code] = Counter()
    for item in items:
        for label in item.gold:
            if isinstance(label.code, tuple) and scale.kind == "pick":
                counts.update(label.code)
            elif label.code is not None:
                counts[label.code] += 1
    if not counts:
        raise DataError("baseline/majority needs gold labels and there are none")
    most = max(counts.values())
    return min((code for code, n in counts.items() if n == most), key=lambda c: (isinstance(c, tuple), c))


_PLAIN = {"first": _first, "longest": _longest, "shortest": _shortest}
NAMES: tuple[str, ...] = (*sorted(_PLAIN), "majority", "random")


def create(
    rule: str, *, seed: int = 0, items: Callable[[], Iterable[Item]] | None = None, scale: Scale | None = None
) -> Baseline:
    """Build ``baseline/<rule>``; ``items`` and ``scale`` are the task's, for ``majority``.

    ``first``, ``longest`` and ``shortest`` prefer one of several responses (by characters; responses of equal length
    are a tie, or where the scale has none, one of them by a draw that depends on the item's content only). ``majority``
    always says the most frequent gold class, ``random`` draws evenly from the scale's labels by ``seed`` and case,
    never by the order of asking; both work wherever a verdict is a single label, ``random`` on rankings too.
    """
    if rule in _PLAIN:
        return Baseline(rule, _PLAIN[rule], {})
    if rule == "random":
        return Baseline(rule, _random(seed), {"seed": seed})
    if rule == "majority":
        if items is None or scale is None:
            raise UsageError("baseline/majority has to see the task's gold labels before it can say the majority")
        code = majority_code(items(), scale)
        return Baseline(rule, _constant(code), {"code": list(code) if isinstance(code, tuple) else code})
    raise UnknownNameError("baseline", rule, NAMES, "(the baselines are " + ", ".join(NAMES) + ")")
