"""What a verdict can be."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from judgebench.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Kind: TypeAlias = Literal["check", "pair", "rate", "pick", "rank", "steps", "label"]
Level: TypeAlias = Literal["nominal", "ordinal", "interval"]
#: One verdict as integers: a label's position on the scale, or a tuple of them (``rank``, ``steps``).
Code: TypeAlias = int | tuple[int, ...]

_PAIR_LABELS: dict[int, tuple[str, ...]] = {
    2: ("A", "B"),
    3: ("A", "tie", "B"),
    5: ("A>>B", "A>B", "tie", "B>A", "B>>A"),
    7: ("A>>>B", "A>>B", "A>B", "tie", "B>A", "B>>A", "B>>>A"),
}
#: Beyond this a "scale" is a slip or a continuous score, and tables of label by label would fill the memory.
_MOST_STEPS = 1000


@dataclass(frozen=True, slots=True)
class Scale:
    """What a verdict can be: its labels, worst first, and their level of measurement.

    Integer codes are positions in ``labels``; on ``rank`` and ``steps`` these are the labels of one element. On a pair
    scale the order runs from the first response to the second, so that swapping the responses reflects it. ``values``
    are the positions that weighted kappa and Spearman's rho use, empty where the labels have no order; ``both bad`` has
    none and comes last. ``tie`` and ``both_bad`` are codes. DataError where labels are missing or repeated, or
    ``values`` does not fit them.
    """

    kind: Kind
    labels: tuple[str, ...]
    level: Level
    values: tuple[float, ...] = ()
    tie: int | None = None
    both_bad: int | None = None

    def __post_init__(self) -> None:
        """Refuse a scale on which codes would be ambiguous."""
        folded = [label.casefold().strip() for label in self.labels]
        if len(set(folded)) != len(folded) or not folded or "" in folded:
            raise DataError(f"a scale needs distinct, non-empty labels, got {list(self.labels)}")
        ordered = len(self.labels) - (self.both_bad is not None)
        if self.values and len(self.values) != ordered:
            raise DataError(f"{len(self.values)} values for {ordered} ordered labels")

    @property
    def ordered(self) -> bool:
        """Whether the labels have an order (so that weighted kappa and rho mean something)."""
        return bool(self.values)

    @property
    def sequential(self) -> bool:
        """Whether a verdict is a sequence of codes, not a single label."""
        return self.kind in {"rank", "steps"}

    @classmethod
    def check(cls) -> Scale:
        """Incorrect or correct."""
        return cls("check", ("incorrect", "correct"), "nominal", (0.0, 1.0))

    @classmethod
    def pair(cls, ways: Literal[2, 3, 5, 7] = 3, *, both_bad: bool = False) -> Scale:
        """Which of two responses is better, in 2, 3, 5 or 7 steps, with or without "both bad"."""
        labels = _PAIR_LABELS[ways]
        tie = None if ways == 2 else ways // 2
        values = tuple(float(i) for i in range(ways))
        labels = (*labels, "both bad") if both_bad else labels
        # Headline statistics on pairs are nominal by the field's convention (reference §1.2).
        return cls("pair", labels, "nominal", values, tie, ways if both_bad else None)

    @classmethod
    def rate(cls, low: int, high: int) -> Scale:
        """Whole numbers from ``low`` to ``high``, the higher the better."""
        if high <= low:
            raise UsageError(f"a rating scale needs low < high, got {low}-{high}")
        if not cls.holds(low, high):
            raise UsageError("a rating is below 2 to the power of 53: what is larger is no longer exact")
        if high - low > _MOST_STEPS:
            raise UsageError(f"a rating scale has at most {_MOST_STEPS:,} steps, got {low}-{high}; bin the ratings")
        points = range(low, high + 1)
        return cls("rate", tuple(str(p) for p in points), "ordinal", tuple(float(p) for p in points))

    @staticmethod
    def holds(low: int, high: int) -> bool:
        """Whether ratings from ``low`` to ``high`` are exact as positions."""
        return max(abs(low), abs(high)) < 2**53

    @classmethod
    def levels(cls, labels: Sequence[str]) -> Scale:
        """Labels of one's own, in order, worst first."""
        return cls("rate", tuple(labels), "ordinal", tuple(float(i) for i in range(len(labels))))

    @classmethod
    def categories(cls, labels: Sequence[str]) -> Scale:
        """Labels of one's own without an order."""
        return cls("label", tuple(labels), "nominal")

    @classmethod
    def pick(cls, k: int) -> Scale:
        """Pick the best of ``k`` responses, numbered from 1."""
        return cls("pick", tuple(str(i + 1) for i in range(k)), "nominal")

    @classmethod
    def rank(cls, k: int) -> Scale:
        """Order ``k`` responses, best first, as a permutation of their indices."""
        return cls("rank", tuple(str(i + 1) for i in range(k)), "ordinal", tuple(float(i) for i in range(k)))

    @classmethod
    def steps(cls) -> Scale:
        """Check each step; an error type per wrong step travels in the reply's text."""
        return cls("steps", ("incorrect", "correct"), "nominal", (0.0, 1.0))

    @classmethod
    def parse(cls, spec: str) -> Scale:
        """Read a scale as the command line writes it; UsageError where the text is none of these.

        ``check``, ``pair``, ``pair:2`` (3, 5, 7; ``+bad`` for "both bad"), ``rate:1-5``, ``pick:4``, ``rank:4``,
        ``steps``, ``levels:low,medium,high`` or the bare list ``low,medium,high`` (ordered, worst first),
        ``nominal:red,green``.
        """
        text = spec.strip()
        name, _, rest = text.partition(":")
        try:
            if name == "check" and not rest:
                return cls.check()
            if name == "steps" and not rest:
                return cls.steps()
            if name == "pair":
                ways, _, bad = rest.partition("+")
                if int(ways or 3) in _PAIR_LABELS and bad in {"", "bad"}:
                    return cls.pair(int(ways or 3), both_bad=bad == "bad")  # type: ignore[arg-type]  # checked one line above
            if name == "rate" and (bounds := re.fullmatch(r"(-?\d+)-(-?\d+)", rest)):
                return cls.rate(int(bounds[1]), int(bounds[2]))
            if name in {"pick", "rank"} and 2 <= int(rest) <= _MOST_STEPS:
                return cls.pick(int(rest)) if name == "pick" else cls.rank(int(rest))
        except ValueError:
            pass
        else:
            labels = [part.strip() for part in (rest if name in {"levels", "nominal"} else text).split(",")]
            if len(labels) >= 2 and all(labels):
                return cls.categories(labels) if name == "nominal" else cls.levels(labels)
        raise UsageError(
            f"{spec!r} is not a scale; write check, pair, pair:2, rate:1-5, pick:4, nominal:red,green "
            "or an ordered list, worst first, such as low,medium,high"
        )

    @property
    def spec(self) -> str:
        """The scale as ``parse`` reads it."""
        n = len(self.labels)
        if self.kind in {"check", "steps"}:
            return self.kind
        if self.kind == "pair":
            return f"pair:{n - 1}+bad" if self.both_bad is not None else f"pair:{n}"
        if self.kind in {"pick", "rank"}:
            return f"{self.kind}:{n}"
        if self.kind == "label":
            return f"nominal:{','.join(self.labels)}"
        if self.labels == tuple(str(int(v)) for v in self.values):
            return f"rate:{self.labels[0]}-{self.labels[-1]}"
        return f"levels:{','.join(self.labels)}"

    def code(self, label: str) -> int | None:
        """Code of a label, case and outer blanks ignored; None if it is not on the scale."""
        folded = label.strip().casefold()
        for i, known in enumerate(self.labels):
            if known.casefold() == folded:
                return i
        return None

    def undo(self, code: Code, order: Sequence[int]) -> Code:
        """Turn a code on the responses as shown back to the item's own order; ``order`` is as in `Case`.

        >>> pair = Scale.pair()
        >>> pair.labels[pair.undo(pair.code("A"), (1, 0))]
        'B'
        """
        if isinstance(code, tuple):
            return tuple(order[slot] for slot in code) if self.kind == "rank" else code
        if self.kind == "pair" and tuple(order) == (1, 0):
            return code if code == self.both_bad else len(self.values) - 1 - code
        if self.kind == "pick":
            return order[code]
        return code

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of the scale."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Scale:
        """Read what ``to_json`` wrote."""
        labels, values = tuple(data["labels"]), tuple(data["values"])
        return cls(data["kind"], labels, data["level"], values, data["tie"], data["both_bad"])
