"""Judges without a model: rules that don't look, comparisons with a reference, recordings."""

from __future__ import annotations

import hashlib
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from judgebench.domain import Needs, Reply, Status, digest
from judgebench.errors import DataError, UnknownNameError, UsageError
from judgebench.judges.listed import PLAIN_JUDGES
from judgebench.judges.references import references_of
from judgebench.labels.answers import contains, normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from judgebench.domain import Backend, Case, Code, Item, Response, Scale, Steps

    Replies = Mapping[tuple[str, tuple[int, ...]], Reply]


class RuleJudge:
    """A rule that turns a case into a code in shown coordinates; ``settings`` are what it depends on."""

    backends: Mapping[str, Backend] = {}

    def __init__(self, rule: str, decide: Callable[[Case, Scale], Code], settings: Mapping[str, object]) -> None:
        self.name = f"baseline/{rule}"
        self.settings: Mapping[str, object] = {"backend": "baseline", "rule": rule, **settings}
        self.needs = Needs(answers=rule not in {"random", "majority"})
        self._decide = decide

    def steps(self, case: Case, scale: Scale) -> Steps:
        """Apply the rule."""
        yield from ()
        return Reply.ok(self._decide(case, scale))


# --- rules --------------------------------------------------------------------------------------


#: What a rule compares of responses: the least wins.
_COMPARED: dict[str, Callable[[int, Response], int]] = {
    "first": lambda slot, _: slot,
    "longest": lambda _, response: -len(response.text),
    "shortest": lambda _, response: len(response.text),
}


def _preferring(case: Case, scale: Scale, *, rule: str) -> Code:
    """Prefer one of the shown responses; equals are a tie, or where the scale has none, a draw by content."""
    if scale.kind not in {"pair", "pick"}:
        raise UsageError(
            f"baseline/{rule} compares responses, and a verdict on {scale.spec} is about one; "
            "use baseline/majority or baseline/random (or contains, exact-match on a check)"
        )
    compared = [_COMPARED[rule](slot, response) for slot, response in enumerate(case.responses)]
    best = [slot for slot, one in enumerate(compared) if one == min(compared)]
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
            return tuple(_draw(f"{key}:{n}", scale.size) for n in range(len(case.order)))
        if scale.kind == "rank":
            left = list(range(len(scale.labels)))
            return tuple(left.pop(_draw(f"{key}:{n}", len(left))) for n in range(len(left)))
        # An item may have fewer responses than the scale has places.
        return _draw(key, len(case.order) if scale.kind == "pick" else scale.size)

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


NAMES: tuple[str, ...] = (*sorted(_COMPARED), "majority", "random")


def create(
    rule: str, *, seed: int = 0, items: Callable[[], Iterable[Item]] | None = None, scale: Scale | None = None
) -> RuleJudge:
    """Build ``baseline/<rule>``; ``items`` and ``scale`` are the task's, for ``majority``.

    ``first``, ``longest`` and ``shortest`` prefer one of several responses (by characters; responses of equal length
    are a tie, or where the scale has none, one of them by a draw that depends on the item's content only). ``majority``
    always says the most frequent gold class, ``random`` draws evenly from the scale's labels by ``seed`` and case,
    never by the order of asking; both work wherever a verdict is a single label, ``random`` on rankings too.
    """
    if rule in _COMPARED:
        return RuleJudge(rule, partial(_preferring, rule=rule), {})
    if rule == "random":
        return RuleJudge(rule, _random(seed), {"seed": seed})
    if rule == "majority":
        if items is None or scale is None:
            raise UsageError("baseline/majority has to see the task's gold labels before it can say the majority")
        code = majority_code(items(), scale)
        return RuleJudge(rule, _constant(code), {"code": list(code) if isinstance(code, tuple) else code})
    if rule in PLAIN_JUDGES:
        raise UsageError(f"no baseline is named {rule}. Did you mean {rule}, without baseline/?")
    raise UnknownNameError("baseline", rule, NAMES, "(the baselines are " + ", ".join(NAMES) + ")")


class LexicalJudge:
    """Call a response correct if, after `normalise`, it contains the words of a reference in a row, or equals one."""

    backends: Mapping[str, Backend] = {}
    needs = Needs()

    def __init__(self, mode: Literal["contains", "exact-match"]) -> None:
        self.name: str = mode
        self.settings: Mapping[str, object] = {"backend": "lexical", "mode": mode, "normalisation": 1}

    def steps(self, case: Case, scale: Scale) -> Steps:
        """Compare the response with references, with the errors of `references_of`; UsageError off a check."""
        yield from ()
        if scale.kind != "check":
            raise UsageError(f"{self.name} gives correct or incorrect; the task's scale is {scale.spec}")
        references = [normalise(one.text) for one in references_of(case, self.name)]
        response = normalise(case.responses[0].text)
        match = contains if self.name == "contains" else str.__eq__
        found = next((reference for reference in references if match(response, reference)), None)
        text = "no reference matches" if found is None else f"matches the reference {found!r}"
        return Reply.ok(int(found is not None), text=text)


class ReplayJudge:
    """Answer from a recording: ``replies`` by item id and order, in the shown coordinates of that order.

    ``orders`` are those that each item has, () where each has its own.
    ``conditions`` are what the judge was recorded under, where the recording tells several apart.
    """

    backends: Mapping[str, Backend] = {}

    def __init__(
        self,
        name: str,
        replies: Replies,
        orders: Sequence[tuple[int, ...]] | None = None,
        conditions: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        #: The orders that the recording holds.
        self.orders = tuple(sorted({order for _, order in replies})) if orders is None else tuple(orders)
        self.needs = Needs(answers=False, orders=self.orders or _by_item(replies))
        rows = [[i, list(o), r.status.value, _plain(r.code), list(r.scores), r.text] for (i, o), r in replies.items()]
        recording = digest(sorted(rows, key=lambda row: (row[0], row[1])))
        # A changed file is another judge.
        self.settings: Mapping[str, object] = {"backend": "replay", "recording": recording, **(conditions or {})}
        self._replies = replies

    def steps(self, case: Case, scale: Scale) -> Steps:
        """Look the case up; one that was not recorded has failed, for that is a gap in the recording, not an outage.

        DataError where its code is not on the scale: the recording is one of another task.
        """
        yield from ()
        reply = self._replies.get((case.item.id, case.order))
        if reply is None:
            error = f"no recorded verdict for item {case.item.id!r} shown in order {list(case.order)}"
            return Reply(Status.FAILED, error=error)
        codes = reply.code if isinstance(reply.code, tuple) else () if reply.code is None else (reply.code,)
        if any(not 0 <= code < scale.size for code in codes):
            raise DataError(f"{self.name}: item {case.item.id!r} has code {reply.code}, which {scale.spec} does not")
        return reply


def _by_item(replies: Replies) -> dict[str, tuple[tuple[int, ...], ...]]:
    found: dict[str, tuple[tuple[int, ...], ...]] = {}
    for item, order in replies:
        found[item] = (*found.get(item, ()), order)
    return found


def _plain(code: Code | None) -> Any:
    return list(code) if isinstance(code, tuple) else code
