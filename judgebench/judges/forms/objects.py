"""The verdict as JSON: in an answer, by a schema that the backend holds to, or as the arguments of a tool call."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

from judgebench.errors import UsageError
from judgebench.judges.notation import Heard, Notation, answer_of
from judgebench.judges.words import listed, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.domain import Code, Completion
    from judgebench.judges.words import Words

#: The tool that a model is to call.
TOOL = "give_verdict"
_VERDICT, _REASON = "verdict", "reason"
#: An object begins a line, perhaps behind a bracket or in a fence.
_BEGIN = re.compile(r"^[ \t]*\{", re.MULTILINE)


class _Objects(Notation):
    """What the three have in common: an object with a reason, then the verdict, or one for each criterion."""

    several = True

    def schema(self, words: Words, criteria: Sequence[str]) -> dict[str, Any]:
        """Describe the object as JSON Schema."""
        if _REASON in criteria:
            raise UsageError(f"a criterion named {_REASON!r} can't be told from the reason; name it otherwise")
        fields = {_REASON: {"type": "string"}, **dict.fromkeys(criteria or (_VERDICT,), _shape(words))}
        return {
            "type": "object",
            "properties": fields,
            "required": list(fields),
            "additionalProperties": False,
        }

    def wrote(self, words: Mapping[str, str], reason: str) -> str:
        """Write the object."""
        return json.dumps(
            {_REASON: reason} | {name or _VERDICT: word for name, word in words.items()}, ensure_ascii=False
        )

    def read(self, completion: Completion, words: Words) -> Heard:
        """Read the one verdict that all objects give."""
        return Heard((self.read_each(completion, words, (_VERDICT,)) or {}).get(_VERDICT))

    def read_each(self, completion: Completion, words: Words, criteria: Sequence[str]) -> dict[str, Code] | None:
        """Read the verdicts of all objects; None where one lacks some, or two differ."""
        try:
            found = [_codes(one, words, criteria) for one in self.objects(completion, criteria)]
        except ValueError:
            return None
        return found[0] if found and all(one == found[0] for one in found) else None

    def objects(self, completion: Completion, criteria: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Yield the objects of an answer that hold verdicts; ValueError where there is something else."""
        raise NotImplementedError

    @staticmethod
    def _told(words: Words, criteria: Sequence[str], how: str) -> str:
        names = ", ".join(json.dumps(name, ensure_ascii=False) for name in criteria)
        what = f'"{_REASON}", a short explanation, first, then ' + (names or f'"{_VERDICT}"')
        each = "each of them" if criteria else "the verdict"
        numbers = words.numbers or (words.scale.kind == "number" and not words.own)
        array = _bare_array if words.scale.kind == "rank" and not words.own else _array
        return f"{how} {what}; {each} is {one_of(words)}:\n{listed(words, str if numbers else _quoted, array)}"


def _shape(words: Words) -> dict[str, Any]:
    """Describe a verdict as JSON Schema."""
    kind = words.scale.kind
    if kind == "number" and not words.own:
        return {"type": "number"}
    numbers = words.numbers or (kind == "rank" and not words.own)
    word: dict[str, Any] = {
        "type": "integer" if numbers else "string",
        "enum": [int(one) if numbers else one for one in words.offered],
    }
    return {"type": "array", "items": word} if kind in {"set", "rank", "steps"} else word


def _array(words: tuple[str, ...]) -> str:
    return _bare_array(tuple("..." if word == "..." else _quoted(word) for word in words))


def _bare_array(words: tuple[str, ...]) -> str:
    return f"[{', '.join(words)}]"


def _quoted(word: str) -> str:
    return json.dumps(word, ensure_ascii=False)


def _code(value: Any, words: Words) -> Code | None:
    """Read a verdict: a word or a number, a list of them where a verdict is made of several."""
    if isinstance(value, list) and not (words.scale.listed or words.scale.kind == "number"):
        said = [str(one) if type(one) is int else one for one in value]
        return words.together(said) if all(isinstance(one, str) for one in said) else None
    if type(value) is int or (type(value) is float and words.scale.kind == "number"):
        value = repr(value)
    return words.code(value) if isinstance(value, str) else None


def _codes(found: dict[str, Any], words: Words, criteria: Sequence[str]) -> dict[str, Code]:
    codes: dict[str, Code] = {}
    for name in criteria:
        code = _code(found.get(name), words)
        if code is None:
            raise ValueError(name)
        codes[name] = code
    return codes


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that says one key twice, each time something else."""
    made: dict[str, Any] = {}
    for name, value in pairs:
        if name in made and made[name] != value:
            raise ValueError(f"{name} twice")
        made[name] = value
    return made


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number)


def _decoded(text: str) -> dict[str, Any]:
    """Read a text that is one object."""
    try:
        found: Any = _DECODER.decode(text)
    except RecursionError:
        raise ValueError("too deep") from None
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004 - one kind of error for all that is no verdict
    return cast("dict[str, Any]", found)


class Json(_Objects):
    """An object in the answer, bare or fenced, with prose around it.

    An object begins a line and lacks nothing: where a key of a verdict stands outside of every whole object, be it in
    one that is cut off, in a nested one or in prose, nothing is read.
    """

    name = "json"

    def says(self, words: Words, criteria: Sequence[str] = ()) -> str:
        """Ask for one object."""
        return self._told(words, criteria, "Answer with one JSON object and nothing else. It holds")

    def objects(self, completion: Completion, criteria: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Find the objects that begin a line, and look at what is left."""
        text = answer_of(completion)
        keys = re.compile(rf"(?:{'|'.join(map(re.escape, criteria))})\\*[\"'”]\s*:", re.IGNORECASE)
        end, left = 0, ""
        while begin := _BEGIN.search(text, end):
            start = begin.end() - 1
            left += text[end:start]
            try:
                found, end = _DECODER.raw_decode(text, start)
            except RecursionError:
                raise ValueError("too deep") from None
            except json.JSONDecodeError:
                # Prose may hold a brace.
                left, end = left + text[start], start + 1
                continue
            if any(name in found for name in criteria):
                yield found
            else:
                left += text[start:end]
        if keys.search(left + text[end:]):
            raise ValueError("a verdict outside of an object")


class Schema(_Objects):
    """An answer that is an object and nothing else, by a schema that the backend holds the model to."""

    name = "schema"
    needs = frozenset({"schema"})

    def options(self, words: Words, criteria: Sequence[str]) -> dict[str, Any]:
        """Send the schema."""
        return {"schema": self.schema(words, criteria)}

    def says(self, words: Words, criteria: Sequence[str] = ()) -> str:
        """Ask for one object."""
        return self._told(words, criteria, "Answer with one JSON object. It holds")

    def objects(self, completion: Completion, criteria: Sequence[str]) -> Iterator[dict[str, Any]]:  # noqa: ARG002 - the answer is the object
        """Read the answer."""
        yield _decoded(answer_of(completion).strip())


class Tool(_Objects):
    """A call of a tool whose arguments are the verdict; what else the answer says counts for nothing."""

    name = "tool"
    needs = frozenset({"tools"})

    def options(self, words: Words, criteria: Sequence[str]) -> dict[str, Any]:
        """Send the tool."""
        about = "Give your verdict."
        return {"tool": {"name": TOOL, "description": about, "parameters": self.schema(words, criteria)}}

    def says(self, words: Words, criteria: Sequence[str] = ()) -> str:
        """Ask for the call."""
        return self._told(words, criteria, f"Give your verdict by calling {TOOL}. Its arguments are")

    def objects(self, completion: Completion, criteria: Sequence[str]) -> Iterator[dict[str, Any]]:  # noqa: ARG002 - a call is the object
        """Read every call."""
        for name, arguments in completion.calls:
            if name != TOOL:
                raise ValueError(f"a call of {name}")
            yield _decoded(arguments)
