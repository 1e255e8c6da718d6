"""What a verdict can be."""

from __future__ import annotations

import ast
import json
import math
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from judgebench.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

Kind: TypeAlias = Literal["check", "pair", "rate", "number", "pick", "rank", "steps", "label", "set"]
Level: TypeAlias = Literal["nominal", "ordinal", "interval"]
#: One verdict as integers: a label's position on the scale, a number's distance from the lowest in units of the scale,
#: a set's bits, or a tuple of positions (``rank``, ``steps``).
Code: TypeAlias = int | tuple[int, ...]

_PAIR_LABELS: dict[int, tuple[str, ...]] = {
    2: ("A", "B"),
    3: ("A", "tie", "B"),
    5: ("A>>B", "A>B", "tie", "B>A", "B>>A"),
    7: ("A>>>B", "A>>B", "A>B", "tie", "B>A", "B>>A", "B>>>A"),
}
#: Beyond this a "scale" is a slip or a continuous score, and tables of label by label would fill the memory.
_MOST_STEPS = 1000
#: Digits of a number's code: floats hold so many exactly.
_DIGITS = 15
#: Labels of a set, a bit each.
_MOST_MEMBERS = 62
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?", re.ASCII | re.IGNORECASE)
_RANGE = re.compile(f"({_NUMBER.pattern})-({_NUMBER.pattern})", re.ASCII | re.IGNORECASE)
#: What separates the labels of a set in one text.
SEPARATORS = "|;,\n"


@dataclass(frozen=True, slots=True)
class Scale:
    """What a verdict can be: its labels, worst first, and their level of measurement.

    Integer codes are positions in ``labels``; on ``rank`` and ``steps`` these are the labels of one element. On a pair
    scale the order runs from the first response to the second, so that swapping the responses reflects it. ``values``
    are the positions that weighted kappa and Spearman's rho use, empty where the labels have no order; ``both bad`` has
    none and comes last. ``tie`` and ``both_bad`` are codes.

    A ``number`` is any between two ``values``, without labels, and a ``set`` any of the ``labels``; either is *open*
    where these are still to be read off the data. DataError where labels are missing or repeated, or ``values`` does
    not fit them.
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
        if self.kind == "number":
            if self.values and not (len(self.values) == 2 and self.values[0] < self.values[1]):
                raise DataError(f"a scale of numbers needs low < high, got {list(self.values)}")
            return
        if len(folded) > _MOST_MEMBERS and self.kind == "set":
            raise DataError(f"a set has at most {_MOST_MEMBERS} labels to choose from, got {len(folded)}")
        if len(set(folded)) != len(folded) or "" in folded or not (folded or self.kind == "set"):
            raise DataError(f"a scale needs distinct, non-empty labels, got {list(self.labels)}")
        ordered = len(self.labels) - (self.both_bad is not None)
        if self.values and len(self.values) != ordered:
            raise DataError(f"{len(self.values)} values for {ordered} ordered labels")

    @property
    def ordered(self) -> bool:
        """Whether the labels have an order (so that weighted kappa and rho mean something)."""
        return bool(self.values)

    @property
    def numeric(self) -> bool:
        """Whether a verdict is a rating or a number: off by so much, not right or wrong."""
        return self.kind in {"rate", "number"}

    @property
    def reach(self) -> float:
        """How far apart two verdicts can be, infinite where that is not known."""
        return max(self.values) - min(self.values) if self.values else math.inf

    @property
    def sequential(self) -> bool:
        """Whether a verdict is a sequence of codes, not a single label."""
        return self.kind in {"rank", "steps"}

    @property
    def first_error(self) -> bool:
        """Whether a verdict says no more of the steps than which is the first wrong one."""
        return self.kind == "steps" and self.level == "ordinal"

    @property
    def listed(self) -> bool:
        """Whether a verdict is one of the labels, so that labels make a table of gold by verdict."""
        return self.kind not in {"rank", "steps", "number", "set"}

    @property
    def open(self) -> bool:
        """Whether its numbers or labels are still to be read off the data."""
        return (self.kind == "number" and not self.values) or (self.kind == "set" and not self.labels)

    @property
    def size(self) -> int:
        """How many codes there are, of one element on ``rank`` and ``steps``."""
        if self.kind == "number":
            return self._unit_code(self.values[1]) + 1
        return 1 << len(self.labels) if self.kind == "set" else len(self.labels)

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
    def number(cls, low: float | None = None, high: float | None = None) -> Scale:
        """Real numbers from ``low`` to ``high``, the higher the better; without these, of a range yet unknown."""
        if low is None or high is None:
            return cls("number", (), "interval")
        if not (low < high and max(abs(low), abs(high)) <= 1e100):
            raise UsageError(f"a scale of numbers needs low < high, got {low:g}-{high:g}")
        return cls("number", (), "interval", (float(low), float(high)))

    @classmethod
    def sets(cls, labels: Sequence[str] = ()) -> Scale:
        """Any of some labels, in no order; without these, of labels yet unknown."""
        return cls("set", tuple(labels), "nominal")

    @classmethod
    def pick(cls, k: int) -> Scale:
        """Pick the best of ``k`` responses, numbered from 1."""
        return cls("pick", tuple(str(i + 1) for i in range(k)), "nominal")

    @classmethod
    def rank(cls, k: int) -> Scale:
        """Order ``k`` responses, best first, as a permutation of their indices."""
        return cls("rank", tuple(str(i + 1) for i in range(k)), "ordinal", tuple(float(i) for i in range(k)))

    @classmethod
    def steps(cls, *, first: bool = False) -> Scale:
        """Check each step; an error type per wrong step travels in the reply's text.

        Of ``first`` errors nothing is said after the first wrong step, nor how many steps there are.
        """
        return cls("steps", ("incorrect", "correct"), "ordinal" if first else "nominal", (0.0, 1.0))

    @classmethod
    def parse(cls, spec: str) -> Scale:
        """Read a scale as the command line writes it; UsageError where the text is none of these.

        ``check``, ``pair``, ``pair:2`` (3, 5, 7; ``+bad`` for "both bad"), ``rate:1-5``, ``number``, ``number:0-1.5``,
        ``pick:4``, ``rank:4``, ``steps``, ``steps:first``, ``levels:low,medium,high`` or the bare list
        ``low,medium,high`` (ordered, worst first), ``nominal:red,green``, ``set``, ``set:red,green`` (any of these).
        """
        text = spec.strip()
        name, _, rest = text.partition(":")
        plain = {"check": cls.check, "steps": cls.steps, "number": cls.number, "set": cls.sets}
        if text in plain:
            return plain[text]()
        if text == "steps:first":
            return cls.steps(first=True)
        try:
            if (found := cls._counted(name, rest)) is not None:
                return found
        except ValueError:
            pass
        else:
            of = {"levels": cls.levels, "nominal": cls.categories, "set": cls.sets}
            labels = [part.strip() for part in (rest if name in of else text).split(",")]
            if len(labels) >= (1 if name == "set" else 2) and all(labels):
                try:
                    return of.get(name, cls.levels)(labels)
                except DataError as error:
                    raise UsageError(f"{spec!r}: {error}") from None
        raise UsageError(
            f"{spec!r} is not a scale; write check, pair, pair:2, rate:1-5, number:0-100, pick:4, nominal:red,green, "
            "set:red,green or an ordered list, worst first, such as low,medium,high"
        )

    @classmethod
    def _counted(cls, name: str, rest: str) -> Scale | None:
        """Read a scale that is told by numbers; ValueError where it holds none, None where it is another."""
        if name == "pair":
            ways, _, bad = rest.partition("+")
            if int(ways or 3) in _PAIR_LABELS and bad in {"", "bad"}:
                return cls.pair(int(ways or 3), both_bad=bad == "bad")  # type: ignore[arg-type]  # checked one line above
        if name == "rate" and (bounds := re.fullmatch(r"(-?\d+)-(-?\d+)", rest)):
            return cls.rate(int(bounds[1]), int(bounds[2]))
        if name == "number" and (ends := _RANGE.fullmatch(rest)):
            return cls.number(float(ends[1]), float(ends[2]))
        if name in {"pick", "rank"} and 2 <= int(rest) <= _MOST_STEPS:
            return cls.pick(int(rest)) if name == "pick" else cls.rank(int(rest))
        return None

    @property
    def spec(self) -> str:
        """The scale as ``parse`` reads it."""
        n, listed = len(self.labels), ",".join(self.labels)
        if self.kind == "rate" and self.labels == tuple(str(int(v)) for v in self.values):
            return f"rate:{self.labels[0]}-{self.labels[-1]}"
        if self.kind == "pair":
            return f"pair:{n - 1}+bad" if self.both_bad is not None else f"pair:{n}"
        rest = {
            "rate": f"levels:{listed}",
            "number": f"number:{'-'.join(map(_shortest, self.values))}",
            "pick": f"pick:{n}",
            "rank": f"rank:{n}",
            "label": f"nominal:{listed}",
            "set": f"set:{listed}",
            "steps": f"steps:{'first' * self.first_error}",
        }
        return rest.get(self.kind, self.kind).removesuffix(":")

    def code(self, label: str) -> int | None:
        """Code of a label, case and outer blanks ignored; None if it is not on the scale.

        The empty set is ``[]``, or ``none`` where that is no label.

        >>> Scale.number(0, 100).code("101") is None, Scale.sets(["a", "b", "c"]).code("c|a")
        (True, 5)
        """
        if self.kind == "number":
            number = number_in(label)
            inside = number is not None and self.values[0] <= number <= self.values[1]
            return self._unit_code(number) if number is not None and inside else None
        if self.kind == "set":
            members = members_in(label)
            none = members == ["none"] and "none" not in {known.casefold() for known in self.labels}
            return self._bits([] if none else members)
        folded = label.strip().casefold()
        for i, known in enumerate(self.labels):
            if known.casefold() == folded:
                return i
        return None

    def word(self, code: int) -> str:
        """Text of a code that ``code`` reads.

        >>> Scale.number(-1, 1).word(Scale.number(-1, 1).code("0.3")), Scale.sets(["a", "b"]).word(0)
        ('0.3', '[]')
        """
        if self.kind == "number":
            return f"{self.values[0] + code / self._per_unit:.12g}"
        if self.kind == "set":
            return "|".join(label for i, label in enumerate(self.labels) if code >> i & 1) or "[]"
        return self.labels[code]

    def numbers(self, codes: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
        """Values of codes on a numeric scale."""
        if self.kind == "number":
            return self.values[0] + codes / self._per_unit
        import numpy as np  # noqa: PLC0415 - the nouns load none

        numbers: npt.NDArray[np.float64] = np.asarray(self.values, dtype=np.float64)[codes]
        return numbers

    def codes(self, numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """Codes of numbers that lie within a scale of numbers."""
        return ((numbers - self.values[0]) * self._per_unit).round().astype("int64")

    @property
    def _per_unit(self) -> float:
        low, high = self.values
        return float(10.0 ** (_DIGITS - math.ceil(math.log10(high - low))))

    def _unit_code(self, number: float) -> int:
        return round((number - self.values[0]) * self._per_unit)

    def _bits(self, members: Sequence[str] | None) -> int | None:
        places = {label.casefold(): 1 << i for i, label in enumerate(self.labels)}
        found = [places.get(member.casefold()) for member in members or ()]
        known = [bit for bit in found if bit is not None]
        return None if members is None or len(known) < len(found) else sum(set(known))

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


def _shortest(value: float) -> str:
    return repr(value).removesuffix(".0")


def number_in(text: str) -> float | None:
    """Read a plain number; None where the text is not one, or beyond what squares can hold.

    >>> number_in(" 3.50 "), number_in("1e999"), number_in("3,5"), number_in("nan")
    (3.5, None, None, None)
    """
    plain = text.strip()
    number = float(plain) if len(plain) <= 300 and _NUMBER.fullmatch(plain) else math.inf
    return number if abs(number) <= 1e100 else None


_ELEMENT = r"""(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|-?\d+(?:\.\d+)?)"""
_PRINTED_ONE = re.compile(_ELEMENT)
_PRINTED = re.compile(rf"[\[{{(]\s*{_ELEMENT}(?:\s*,\s*{_ELEMENT})*\s*,?\s*[\]}})]")


def members_in(text: str, separators: str = SEPARATORS) -> list[str] | None:
    """Read a set of labels, each once: a list, or labels with a bar, semicolon, comma or line break between them.

    A list is JSON, or what Python prints of a list, a tuple or a set. ``[]`` is the empty set; None where the text is
    empty, or a list that holds anything else.

    >>> members_in('["b", "a"]'), members_in("b | a|b"), members_in("[]"), members_in("")
    (['b', 'a'], ['b', 'a'], [], None)
    >>> members_in("['b', 'a c']"), members_in("{'a'}"), members_in("set()"), members_in("['b' 'a']")
    (['b', 'a c'], ['a'], [], None)
    """
    plain = text.strip()
    if not plain:
        return None
    if plain[0] in "[{(" or plain == "set()":
        try:
            parts = json.loads(plain) if plain not in {"{}", "()", "set()"} else []
        except ValueError:
            # Strings side by side would be one to Python; an array of numpy prints that way.
            if _PRINTED.fullmatch(plain) is None:
                return None
            parts = [ast.literal_eval(one) for one in _PRINTED_ONE.findall(plain)]
        if not isinstance(parts, list) or not all(isinstance(part, (str, int, float)) for part in parts):
            return None
        parts = [str(part) for part in parts]
    else:
        parts = re.split(f"[{re.escape(separators)}]", plain)
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))
