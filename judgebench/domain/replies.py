"""What a judge said: in shown coordinates (`Reply`) and undone to the item's own (`Verdict`)."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.domain.items import Case, GoldSource, Item
    from judgebench.domain.scale import Code, Scale


#: The largest number that a float holds to the last digit.
_MOST = 2**53
#: The attribute that says whether the judge can answer an item itself, and the strata that its values make.
CAN_ANSWER = "judge can answer"
STRATA = {"yes": "answerable", "no": "not answerable", "unknown": "can't tell"}


class Status(StrEnum):
    """How a case ended. Only ``failed`` is asked again on resume."""

    OK = "ok"
    UNPARSED = "unparsed"
    REFUSED = "refused"
    TRUNCATED = "truncated"
    FAILED = "failed"


def _count(value: object) -> int:
    """Make a count of what should be one."""
    if type(value) is int and 0 <= value <= _MOST:
        return value
    return min(max(int(value), 0), _MOST) if isinstance(value, (int, float)) and abs(value) < math.inf else 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What one or more calls used, retries included. ``usd`` is None where the price is unknown, never 0."""

    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = None

    def __add__(self, other: Usage) -> Usage:
        """Add up; an unknown price with tokens behind it makes the sum unknown."""
        if self.usd is None:
            usd = None if self.input_tokens or self.output_tokens else other.usd
        elif other.usd is None:
            usd = None if other.input_tokens or other.output_tokens else self.usd
        else:
            usd = self.usd + other.usd
        return Usage(self.input_tokens + other.input_tokens, self.output_tokens + other.output_tokens, usd)

    def plain(self) -> Usage:
        """Keep within what a store holds what a server or a function may claim; itself where it is.

        >>> Usage(True, 2**60, float("nan")).plain()
        Usage(input_tokens=1, output_tokens=9007199254740992, usd=None)
        """
        inputs, outputs, usd = _count(self.input_tokens), _count(self.output_tokens), self.usd
        if usd is not None and not (type(usd) in {int, float} and 0 <= usd <= _MOST):
            usd = None
        fine = usd is self.usd and inputs is self.input_tokens and outputs is self.output_tokens
        return self if fine else Usage(inputs, outputs, usd)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the judge said to one case, in shown coordinates.

    ``status`` is ``ok`` exactly when ``code`` is not None. ``scores`` has one entry per shown response (reward models),
    ``probabilities`` one per label of the scale; both may be empty. ``text`` is kept whatever the status; ``error``
    says in the backend's words, without secrets, why a case failed or was refused. ``model`` is the version that the
    backend reported, ``seconds`` the wall-clock time of the calls that answered. ``parts`` are the replies that this
    one was made of, by name: the members of a panel.
    """

    status: Status
    code: Code | None = None
    scores: tuple[float, ...] = ()
    probabilities: tuple[float, ...] = ()
    text: str = ""
    error: str = ""
    model: str = ""
    usage: Usage = Usage()
    seconds: float = 0.0
    parts: tuple[tuple[str, Reply], ...] = ()

    def __post_init__(self) -> None:
        """Hold the one invariant that keeps failures from earning credit."""
        if (self.status is Status.OK) != (self.code is not None):
            raise ValueError(f"status {self.status} with code {self.code!r}")

    @classmethod
    def ok(cls, code: Code, **rest: Any) -> Reply:
        """Build an answered reply."""
        return cls(Status.OK, code, **rest)

    @classmethod
    def read(cls, code: Code | None, **rest: Any) -> Reply:
        """Build a reply of what was read off an answer; without a code it is unparsed."""
        return cls(Status.UNPARSED if code is None else Status.OK, code, **rest)

    def undone(self, case: Case, scale: Scale) -> Reply:
        """Turn it back from shown coordinates to the item's own, its parts too."""
        if not case.swapped:
            return self
        scores, probabilities = self.scores, self.probabilities
        if len(scores) == len(case.order):
            own = [0.0] * len(scores)
            for slot, index in enumerate(case.order):
                own[index] = scores[slot]
            scores = tuple(own)
        if len(probabilities) == len(scale.labels):
            own = [0.0] * len(probabilities)
            for shown, p in enumerate(probabilities):
                undone = scale.undo(shown, case.order)
                if isinstance(undone, int):
                    own[undone] = p
            probabilities = tuple(own)
        return replace(
            self,
            code=None if self.code is None else scale.undo(self.code, case.order),
            scores=scores,
            probabilities=probabilities,
            parts=tuple((name, part.undone(case, scale)) for name, part in self.parts),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return _said(self, _REPLY)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Reply:
        """Read what ``to_json`` wrote."""
        return cls(
            Status(data["status"]),
            _code(data["code"]),
            tuple(data["scores"]),
            tuple(data["probabilities"]),
            data["text"],
            data["error"],
            data["model"],
            _usage(data["usage"]),
            data["seconds"],
            _parts(data),
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """A reply undone to the item's own order, with the item's gold: agreement needs no dataset.

    Fields are those of `Reply` and `Item`; ``systems`` are the authors of the responses in the item's own order (empty
    where unknown), ``revision`` is the task revision that the gold came from.
    """

    key: str
    item: str
    order: tuple[int, ...]
    repeat: int
    probe: str
    reference: str
    status: Status
    code: Code | None
    scores: tuple[float, ...]
    probabilities: tuple[float, ...]
    text: str
    error: str
    model: str
    usage: Usage
    seconds: float
    gold: tuple[tuple[str, Code | None], ...]
    gold_source: GoldSource
    cluster: str
    subset: str
    systems: tuple[str, ...]
    lengths: tuple[int, ...]
    attributes: tuple[tuple[str, str], ...]
    revision: str
    parts: tuple[tuple[str, Reply], ...] = ()

    @classmethod
    def of(cls, case: Case, reply: Reply, scale: Scale, revision: str) -> Verdict:
        """Undo a reply to the item's own order and join it with the item's gold."""
        item, reply = case.item, reply.undone(case, scale)
        return cls(
            key=case.key,
            item=item.id,
            order=case.order,
            repeat=case.repeat,
            probe=case.probe,
            reference=case.reference,
            status=reply.status,
            code=reply.code,
            scores=reply.scores,
            probabilities=reply.probabilities,
            text=reply.text,
            error=reply.error,
            model=reply.model,
            usage=reply.usage,
            seconds=reply.seconds,
            **_gold(item),
            lengths=tuple(len(response.text) for response in item.responses),
            attributes=item.attributes,
            revision=revision,
            parts=reply.parts,
        )

    @property
    def stratum(self) -> str:
        """Whether the judge can answer the item itself, in words; empty where nobody looked."""
        return next((STRATA.get(value, "") for name, value in self.attributes if name == CAN_ANSWER), "")

    def relabelled(self, case: Case, revision: str) -> Verdict:
        """Join the same answer with the item's present gold: relabelled data is never asked again."""
        return replace(self, revision=revision, **_gold(case.item))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, one line of a store."""
        return _said(self, _FIELDS) | {"gold": dict(self.gold), "attributes": dict(self.attributes)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any], *, trusted: bool = False) -> Verdict:
        """Read what ``to_json`` wrote; KeyError, TypeError or ValueError where it is something else.

        ``trusted`` skips the checks of types, which take as long as all the rest, where a checksum has shown that
        ``to_json`` wrote it.
        """
        if not trusted:
            _check(data)
        return cls(
            key=data["key"],
            item=data["item"],
            order=tuple(data["order"]),
            repeat=data["repeat"],
            probe=data["probe"],
            reference=data["reference"],
            status=Status(data["status"]),
            code=_code(data["code"]),
            scores=tuple(data["scores"]),
            probabilities=tuple(data["probabilities"]),
            text=data["text"],
            error=data["error"],
            model=data["model"],
            usage=_usage(data["usage"]),
            seconds=data["seconds"],
            gold=tuple((name, _code(code)) for name, code in data["gold"].items()),
            gold_source=data["gold_source"],
            cluster=data["cluster"],
            subset=data["subset"],
            systems=tuple(data["systems"]),
            lengths=tuple(data["lengths"]),
            attributes=tuple(data["attributes"].items()),
            revision=data["revision"],
            parts=_parts(data),
        )


_FIELDS = tuple(field.name for field in fields(Verdict) if field.name != "parts")
_REPLY = tuple(field.name for field in fields(Reply) if field.name != "parts")


def _said(reply: Reply | Verdict, names: tuple[str, ...]) -> dict[str, Any]:
    """Write fields, those that need it in plain JSON; parts only where there are some, for most lines have none."""
    data = {name: getattr(reply, name) for name in names}
    usage = reply.usage
    data["status"] = reply.status.value
    data["usage"] = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens, "usd": usage.usd}
    data["seconds"] = round(reply.seconds, 6)
    if reply.parts:
        data["parts"] = [[name, part.to_json()] for name, part in reply.parts]
    return data


def _usage(data: Mapping[str, Any]) -> Usage:
    inputs, outputs = data["input_tokens"], data["output_tokens"]
    usage = Usage(inputs, outputs, data["usd"])
    # Looked at for every line: what is fine is not looked at twice.
    return usage if type(inputs) is type(outputs) is int and 0 <= inputs <= _MOST >= outputs >= 0 else usage.plain()


def _parts(data: Mapping[str, Any]) -> tuple[tuple[str, Reply], ...]:
    return tuple((name, Reply.from_json(part)) for name, part in data["parts"]) if "parts" in data else ()


def _gold(item: Item) -> dict[str, Any]:
    """Take what a verdict says of its item beside what was shown."""
    return {
        "gold": tuple((label.annotator, label.code) for label in item.gold),
        "gold_source": item.gold_source,
        "cluster": item.cluster or item.id,
        "subset": item.subset,
        "systems": tuple(response.model or "" for response in item.responses),
    }


_TEXTS = ["key", "item", "probe", "reference", "text", "error", "model", "gold_source", "cluster", "subset", "revision"]


def _check(data: Mapping[str, Any]) -> None:
    """Refuse values of another type: what is read here is sorted, counted and added up much later, without a line."""
    for name in _TEXTS:
        if type(data[name]) is not str:
            raise TypeError(f"{name} is {data[name]!r}, expected text")
    for name, texts in (("systems", data["systems"]), ("attributes", data["attributes"].values())):
        if type(data[name]) is str or not all(type(text) is str for text in texts):
            raise TypeError(f"{name} is {data[name]!r}, expected texts")
    usage, code = data["usage"], data["code"]
    whole = {"repeat": [data["repeat"]], "order": data["order"], "lengths": data["lengths"]}
    # Earlier versions kept what a server claimed, be it true or 2^60.
    claimed = (usage["input_tokens"], usage["output_tokens"])
    whole["usage"] = [
        _count(value) if isinstance(value, (int, float)) and 0 <= value == value // 1 else value for value in claimed
    ]
    for name, values in whole.items():
        if not all(type(value) is int and 0 <= value <= _MOST for value in values):
            raise TypeError(f"{name} is {data[name]!r}, expected whole numbers")
    if code is not None and not all(type(one) is int for one in (code if type(code) is list else [code])):
        raise TypeError(f"code is {code!r}, expected a whole number")
    numbers = {"scores": data["scores"], "probabilities": data["probabilities"], "seconds": [data["seconds"]]}
    numbers["usage"] = [usage["usd"] or 0]
    for name, values in numbers.items():
        # Python's JSON reader takes NaN and Infinity.
        if not all(type(value) in {int, float} and math.isfinite(value) for value in values):
            raise TypeError(f"{name} is {data[name]!r}, expected finite numbers")


def _code(value: Any) -> Code | None:
    return tuple(value) if isinstance(value, list) else value
