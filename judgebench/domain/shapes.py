"""Shapes of JSON: declared once, they write a document and its JSON Schema (draft 2020-12).

A `Record` lists keys; each has a shape and, where the object's attribute (or a mapping's key) has another name, a
function that gets the value. ``plain`` is the JSON of an object, ``node`` its schema.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, get_args

from judgebench.domain.conditions import bare, conditions_of
from judgebench.domain.results import GoldPolicy, InvalidPolicy, OrderPolicy, TiePolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Shape(ABC):
    """What a value is in JSON."""

    @abstractmethod
    def plain(self, value: Any) -> Any:
        """Turn a value into JSON."""

    @abstractmethod
    def node(self, named: dict[str, Any]) -> dict[str, Any]:
        """Describe it as JSON Schema; records with a name go to ``named`` and are referred to."""


@dataclass(frozen=True, slots=True)
class Scalar(Shape):
    """A number, a text, a truth value; ``says`` are its keywords in JSON Schema."""

    says: Mapping[str, Any]

    def plain(self, value: Any) -> Any:
        return value

    def node(self, named: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002 - has no parts
        return dict(self.says)


@dataclass(frozen=True, slots=True)
class _Maybe(Shape):
    of: Shape

    def plain(self, value: Any) -> Any:
        return None if value is None else self.of.plain(value)

    def node(self, named: dict[str, Any]) -> dict[str, Any]:
        node = self.of.node(named)
        if "enum" in node:
            return node | {"enum": [*node["enum"], None]}
        if isinstance(node.get("type"), str):
            return node | {"type": [node["type"], "null"]}
        return {"anyOf": [node, {"type": "null"}]}


@dataclass(frozen=True, slots=True)
class ListOf(Shape):
    """A list of values of one shape; ``least`` and ``most`` bound its length."""

    of: Shape
    least: int | None = None
    most: int | None = None

    def plain(self, value: Iterable[Any]) -> list[Any]:
        return [self.of.plain(one) for one in value]

    def node(self, named: dict[str, Any]) -> dict[str, Any]:
        bounds = {"minItems": self.least, "maxItems": self.most}
        given = {name: bound for name, bound in bounds.items() if bound is not None}
        return {"type": "array", "items": self.of.node(named)} | given


@dataclass(frozen=True, slots=True)
class MapOf(Shape):
    """Values of one shape by names that the data give, or by some of ``names``: these words, or as a pattern says."""

    of: Shape
    names: tuple[str, ...] | str = ()

    def plain(self, value: Mapping[str, Any]) -> dict[str, Any]:
        return {str(name): self.of.plain(one) for name, one in value.items()}

    def node(self, named: dict[str, Any]) -> dict[str, Any]:
        allowed = {"pattern": self.names} if isinstance(self.names, str) else {"enum": list(self.names)}
        names = {"propertyNames": allowed} if self.names else {}
        return {"type": "object", "additionalProperties": self.of.node(named)} | names


@dataclass(frozen=True, slots=True)
class Key:
    """A value of a record: its shape, how to get it (by default the attribute of that name), what its description says.

    One that is not ``required`` is left out where it is None, unless its shape has null.
    """

    shape: Shape
    get: Callable[[Any], Any] | None = None
    about: str = ""
    required: bool = True

    def of(self, name: str, value: Any) -> Any:
        """Get it from an object, where it has this name."""
        if self.get is not None:
            return self.get(value)
        return value.get(name) if isinstance(value, Mapping) else getattr(value, name)


@dataclass(frozen=True, slots=True)
class Record(Shape):
    """An object with these keys and no other; one with a ``name`` is described once in a schema.

    ``says`` are more of its keywords in JSON Schema.
    """

    name: str
    keys: Mapping[str, Key]
    about: str = ""
    says: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def plain(self, value: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, key in self.keys.items():
            one = key.of(name, value)
            if key.required or one is not None or isinstance(key.shape, _Maybe):
                found[name] = key.shape.plain(one)
        return found

    def node(self, named: dict[str, Any]) -> dict[str, Any]:
        if not self.name:
            return self._described(named)
        if self.name not in named:
            named[self.name] = {}  # a record may hold itself
            named[self.name] = self._described(named)
        return {"$ref": f"#/$defs/{self.name}"}

    def _described(self, named: dict[str, Any]) -> dict[str, Any]:
        about = {"description": self.about} if self.about else {}
        return about | {
            "type": "object",
            "additionalProperties": False,
            "required": [name for name, key in self.keys.items() if key.required],
            "properties": {name: _about(key.shape.node(named), key.about) for name, key in self.keys.items()},
            **self.says,
        }

    def with_keys(self, name: str = "", /, **keys: Shape | tuple[Any, ...] | Key) -> Record:
        """Make a record that has more keys than this one."""
        return replace(self, name=name or self.name, keys={**self.keys, **record(**keys).keys})

    def within(self, get: Callable[[Any], Any]) -> dict[str, Key]:
        """Give the keys for objects that hold one of this record, which ``get`` takes out."""

        def inside(name: str, key: Key) -> Key:
            return replace(key, get=lambda value: key.of(name, get(value)))

        return {name: inside(name, key) for name, key in self.keys.items()}

    def only(self, *names: str) -> Record:
        """Make a record that has some of the keys."""
        return Record("", {name: self.keys[name] for name in names})


def record(name: str = "", about: str = "", /, **keys: Shape | tuple[Any, ...] | Key) -> Record:
    """Make a record: ``key=SHAPE``, or ``key=(SHAPE, get)``, or ``key=(SHAPE, get, "what it is")``.

    >>> POINT = record("point", x=NUMBER, y=(NUMBER, lambda point: point["height"]))
    >>> POINT.plain({"x": 1.5, "height": 2.0})
    {'x': 1.5, 'y': 2.0}
    """
    made = {
        key: one if isinstance(one, Key) else Key(*one) if isinstance(one, tuple) else Key(one)
        for key, one in keys.items()
    }
    return Record(name, made, about)


def json_schema(kind: str, shape: Record) -> dict[str, Any]:
    """Describe a kind of JSON, ``judgebench.KIND/N``: a shape that says in ``schema`` what it is."""
    named: dict[str, Any] = {}
    whole = replace(shape, name="", keys={"schema": Key(Scalar({"const": kind})), **shape.keys})
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:judgebench:schema:{kind.removeprefix('judgebench.').replace('/', ':')}",
        "title": kind,
    }
    return head | whole.node(named) | ({"$defs": named} if named else {})


def _about(node: dict[str, Any], text: str) -> dict[str, Any]:
    return node | {"description": text} if text else node


@dataclass(frozen=True, slots=True)
class OneOf(Shape):
    """One of several records; ``pick`` says which position a value has."""

    of: tuple[Shape, ...]
    pick: Callable[[Any], int] = field(compare=False)

    def plain(self, value: Any) -> Any:
        return self.of[self.pick(value)].plain(value)

    def node(self, named: dict[str, Any]) -> dict[str, Any]:
        return {"oneOf": [one.node(named) for one in self.of]}


def maybe(shape: Shape) -> Shape:
    """Allow null, too."""
    return _Maybe(shape)


def choice(*words: str) -> Scalar:
    """One of some words."""
    return Scalar({"enum": list(words)})


TEXT = Scalar({"type": "string"})
FLAG = Scalar({"type": "boolean"})
NUMBER = Scalar({"type": "number"})
SHARE = Scalar({"type": "number", "minimum": 0, "maximum": 1})
ERROR = Scalar({"type": "number", "minimum": 0})
COUNT = Scalar({"type": "integer", "minimum": 0})
TEXTS = ListOf(TEXT)
_NULL = {"type": "null"}
_NONE = {"value": _NULL, "low": _NULL, "high": _NULL, "undefined": {"type": "string", "minLength": 1}}
_FIGURE = replace(
    record(
        value=maybe(NUMBER),
        low=maybe(NUMBER),
        high=maybe(NUMBER),
        n=COUNT,
        undefined=(maybe(TEXT), None, "Why it has no value."),
        effective_clusters=Key(
            NUMBER,
            attrgetter("effective"),
            "How many clusters of one size would tell as much as those here, which may be of unequal sizes.",
            required=False,
        ),
        no_interval=Key(
            TEXT,
            lambda one: one.no_interval or None,
            "Why a figure with a value has no interval, where that is known: one_cluster ...",
            required=False,
        ),
    ),
    says={"oneOf": [{"properties": {"value": {"type": "number"}, "undefined": _NULL}}, {"properties": _NONE}]},
)
_METHOD = (TEXT, None, "How the interval was made: share, score-path, cr2-t-fisher-z ...; empty without one.")
#: `Estimate`, as every document has it.
ESTIMATE = _FIGURE.with_keys("estimate", method=_METHOD)
#: `Estimate` with its standard error.
MEASURED = _FIGURE.with_keys("measured", method=_METHOD, se=maybe(ERROR))
ESTIMATES = MapOf(ESTIMATE)
#: The level of measurement of a document's scale.
LEVEL = Key(TEXT, lambda found: found.level or None, "Level of measurement, at which alpha is taken.", required=False)
#: `People`, whose labels are behind a ceiling.
PEOPLE = record(
    "people",
    "The people behind a ceiling.",
    people=COUNT,
    items=(COUNT, None, "Items with two labels or more."),
    pairs=(COUNT, None, "Pairs of labels that two people gave one item; each counts once."),
    split=(COUNT, None, "Items without a majority, which gold=majority leaves out."),
    split_agreement=(ESTIMATE, None, "Share of the pairs of labels of these that agree."),
)
POLICIES = record(
    "policies",
    order=choice(*get_args(OrderPolicy)),
    tie=choice(*get_args(TiePolicy)),
    invalid=choice(*get_args(InvalidPolicy)),
    gold=choice(*get_args(GoldPolicy)),
)
_CONDITIONS = "In what this run differs from the judge's other runs shown here (prompt ...); empty if in nothing."


def judge_keys(get: Callable[[Any], str] = attrgetter("judge")) -> dict[str, Key]:
    """Make the keys of a row about a judge: its name, and the conditions that tell its runs apart."""
    conditions = Key(MapOf(TEXT), lambda row: conditions_of(get(row)), _CONDITIONS, required=False)
    return {"judge": Key(TEXT, lambda row: bare(get(row))), "conditions": conditions}


#: The same, of documents that say no more of them than that they are texts.
OPEN_POLICIES = replace(POLICIES, says={"additionalProperties": {"type": "string"}})
