"""Conversations, trajectories and images in cells: messages of chat APIs, agents' steps, files beside a table.

Messages are those of OpenAI's APIs, Anthropic's and ShareGPT. A tool call is a turn of its own, ``name(arguments)``,
and so is what the tool gave back. A step of an agent is told by the names of its fields: what it saw (``url``,
``axtree``, ``screenshot``), thought (``reasoning``), did (``action``), and what came of it (``observation``).
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from judgebench.domain import Turn
from judgebench.domain.items import Part
from judgebench.files.pictures import kind_of
from judgebench.files.rows import value_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from judgebench.domain import Role
    from judgebench.files.records import Row

_SPEAKERS: dict[str, Role] = {
    **dict.fromkeys(("user", "human", "prompter", "customer"), "user"),
    **dict.fromkeys(("assistant", "gpt", "chatgpt", "bot", "ai", "model", "bing", "agent"), "assistant"),
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("tool", "function", "ipython", "environment", "observation", "function_response"), "tool"),
    **dict.fromkeys(("function_call", "tool_call"), "call"),
}
_WHO, _WHAT = ("role", "from", "speaker"), ("content", "value", "text")
_MESSAGES = ("messages", "conversation", "conversations", "turns", "trajectory", "steps")
_ELSEWHERE = ("http://", "https://", "data:")
#: Items of OpenAI's Responses API that are not messages.
_CALL, _RESULT = "function_call", "function_call_output"
#: Fields of a step, in the order in which they came about; what is named otherwise is passed over.
_SEEN = ("url", "axtree", "accessibility_tree", "screenshot", "screenshot_path")
_THOUGHT = ("reasoning", "thought", "thinking", "think")
_DONE = ("action", "tool_call")
_CAME = ("observation", "obs", "result", "output")
_PICTURES = {"screenshot", "screenshot_path"}

_WRITE = 'write each as {"role": "user", "content": "…"}'
_CALLED = 'write each as {"name": "…", "arguments": {…}}'


def is_chat(value: object) -> bool:
    """Whether a cell holds a list of messages or of an agent's steps, as JSON or as its text."""
    found = _parsed(value)
    return isinstance(found, list) and bool(found) and (all(map(_is_message, found)) or _are_steps(found))


def turns_of(row: Row, column: str, folder: Path | None) -> tuple[Turn, ...]:
    """Read a conversation: a list of ``{role, content}`` (or ``{from, value}``); a plain text is the user's turn."""
    return tuple(turn for said in told(row, column, folder) for turn in said)


def told(row: Row, column: str, folder: Path | None) -> list[tuple[Turn, ...]]:
    """Read a conversation as `turns_of` does, and keep the turns of each message, or step, together."""
    value: Any = _parsed(value_of(row, column))
    if isinstance(value, dict):
        value = next((value[name] for name in _MESSAGES if value.get(name) is not None), [value])
    if isinstance(value, str) and (broken := _broken(value)):
        row.fail(f"it begins as JSON does, and is not JSON: {broken}", column, _WRITE)
    if isinstance(value, str) or value is None:
        return [(Turn.of("user", value),)] if value else []
    if not isinstance(value, list):
        row.fail("expected a list of messages", column, _WRITE)
    if all(isinstance(one, str) for one in value):
        if len(value) > 1:
            row.fail(f"{len(value)} texts, and nobody says who speaks", column, _WRITE)
        return [(Turn.of("user", one),) for one in value]
    if _are_steps(value):
        return [turns_of_step(row, f"{column}[{at}]", one, folder) for at, one in enumerate(value)]
    return [tuple(_turns(row, f"{column}[{at}]", one, folder)) for at, one in enumerate(value)]


def _parsed(value: object) -> object:
    if isinstance(value, str) and value.lstrip()[:1] in {"[", "{"}:
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _broken(text: str) -> str:
    """Say why a text that is meant as messages isn't JSON; empty where it is any other text."""
    if not "".join(text[:80].split()).startswith(("[{", '{"')):
        return ""
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        return str(error)
    return ""


def _key(message: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((name for name in names if message.get(name) is not None), "")


def _is_message(one: object) -> bool:
    return isinstance(one, dict) and bool(_key(_inside(one), _WHO) or one.get("type") in {_CALL, _RESULT})


def _inside(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take what a completion wraps: ``{"finish_reason": …, "message": {…}}``."""
    inner = message.get("message")
    return inner if isinstance(inner, dict) and not _key(message, _WHO) else message


def _are_steps(value: Sequence[object]) -> bool:
    known = {*_DONE, *_SEEN, *_CAME}
    return all(isinstance(one, dict) and known & one.keys() and not _is_message(one) for one in value)


def _turns(row: Row, column: str, message: object, folder: Path | None) -> Iterator[Turn]:
    if not isinstance(message, dict):
        row.fail("a message without role and content", column, _WRITE)
    if message.get("type") == _CALL:
        yield _call(row, column, message)
        return
    if message.get("type") == _RESULT:
        yield Turn("tool", _parts(row, column, message.get("output"), folder))
        return
    message = _inside(message)
    calls = _calls(row, column, message)
    if not (who := _key(message, _WHO)) or not (calls or any(name in message for name in _WHAT)):
        row.fail("a message without role and content", column, _WRITE)
    speaker = _SPEAKERS.get(str(message[who]).casefold())
    if speaker is None:
        row.fail(f"there is no role {message[who]!r}", column, "roles are system, user, assistant and tool")
    if isinstance(thought := message.get("reasoning_content"), str) and thought.strip():
        yield Turn.of(speaker, thought)
    content = message.get(_key(message, _WHAT))
    if isinstance(content, list):
        yield from _blocks(row, column, speaker, content, folder)
    elif not calls or str(content or "").strip():
        yield Turn.of(speaker, "" if content is None else str(content))
    for one in calls:
        inner = one.get("function") if isinstance(one, dict) else None
        yield _call(row, column, inner if isinstance(inner, dict) else one)


def _calls(row: Row, column: str, message: Mapping[str, Any]) -> list[Any]:
    called = message.get("tool_calls") or []
    if not isinstance(called, list):
        row.fail(f"tool_calls is a list, not {called!r}", column, _CALLED)
    return [*called, *filter(None, [message.get("function_call")])]


def _blocks(row: Row, column: str, speaker: Role, blocks: Iterable[Any], folder: Path | None) -> Iterator[Turn]:
    """Cut a message of several parts where it calls a tool, or brings what one gave back."""
    words: list[Part] = []
    for one in blocks:
        kind = one.get("type") if isinstance(one, dict) else ""
        if kind not in {"tool_use", "tool_result"}:
            words.append(_part(row, column, one, folder))
            continue
        if words:
            yield Turn(speaker, tuple(words))
            words = []
        if kind == "tool_use":
            yield _call(row, column, one)
        else:
            failed = (Part("[error]"),) if one.get("is_error") else ()
            yield Turn("tool", (*failed, *_parts(row, column, one.get("content"), folder)))
    if words:
        yield Turn(speaker, tuple(words))


def _call(row: Row, column: str, call: object) -> Turn:
    """Write a call as code does; its arguments are JSON, as a text or as it is."""
    if not isinstance(call, dict) or not isinstance(name := call.get("name"), str) or not name:
        row.fail("a tool call without a name", column, _CALLED)
    given = next((call[key] for key in ("arguments", "input", "parameters") if call.get(key) is not None), "")
    return Turn.of("call", f"{name}({given if isinstance(given, str) else _json(given)})")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _parts(row: Row, column: str, content: object, folder: Path | None) -> tuple[Part, ...]:
    if isinstance(content, list):
        return tuple(_part(row, column, one, folder) for one in content)
    return (Part(content if isinstance(content, str) else "" if content is None else _json(content)),)


def _part(row: Row, column: str, part: object, folder: Path | None) -> Part:
    if isinstance(part, str):
        return Part(part)
    if isinstance(part, dict):
        if isinstance(text := part.get("text", part.get("thinking")), str):
            return Part(text)
        image = next((part[key] for key in ("image_url", "image", "url", "source") if part.get(key) is not None), None)
        if isinstance(image, dict) and not image.keys() & {"bytes", "path"}:
            image = _address(image)
        if isinstance(image, (str, dict)):
            return Part(image=image_of(row, column, image, folder))
    return row.fail("a part of a message that is neither text nor an image", column)


def _address(image: Mapping[str, Any]) -> Any:
    """Take the address of an image: OpenAI's ``url``, or Anthropic's source, whose data become a ``data:`` URI."""
    if image.get("type") == "base64" and isinstance(image.get("data"), str):
        return f"data:{image.get('media_type') or 'image/png'};base64,{image['data']}"
    return image.get("url")


def cut(turns: Sequence[Turn]) -> tuple[tuple[Turn, ...], tuple[Turn, ...]]:
    """Cut a conversation where what is answered, or what an agent did, begins."""
    first = next((n for n, turn in enumerate(turns) if turn.role not in {"system", "user"}), len(turns))
    return tuple(turns[:first]), tuple(turns[first:])


def answer_at(row: Row, column: str, turns: Sequence[Turn], number: int) -> int:
    """Find the place of an answer of a conversation, counted from 1; DataError where it has fewer."""
    answers = [place for place, turn in enumerate(turns) if turn.role == "assistant"]
    if len(answers) < number:
        row.fail(f"turn {number} was judged, and the conversation holds {len(answers)} answers", column)
    return answers[number - 1]


def last_words(turns: Sequence[Turn]) -> str:
    """Give the last words of an answer; of an agent that said none, what it did last."""
    said = [turn for turn in turns if turn.role == "assistant"] or [turn for turn in turns if turn.role == "call"]
    return said[-1].text if said else ""


def turns_of_step(row: Row, column: str, step: Mapping[str, Any], folder: Path | None) -> tuple[Turn, ...]:
    """Read one step of an agent: what it saw, thought and did, and what came of it.

    An ``observation`` that is written before the ``action`` is what was seen.
    """
    names = [name for name in step if step[name] is not None]
    done = next((names.index(name) for name in _DONE if name in names), len(names))
    came = [name for name in _CAME if name in names and (names.index(name) > done or done == len(names))]
    seen = [name for name in (*_SEEN, *_CAME) if name in names and name not in came]
    turns: list[Turn] = []
    for role, fields in (("tool", seen), ("assistant", _THOUGHT), ("call", _DONE), ("tool", came)):
        parts = [part for name in fields if name in names for part in _field(row, column, step, name, folder)]
        if parts:
            turns.append(Turn(_SPEAKERS.get(role, "call"), tuple(parts)))
    return tuple(turns)


def _field(row: Row, column: str, step: Mapping[str, Any], name: str, folder: Path | None) -> Iterator[Part]:
    value = step[name]
    if name in _PICTURES:
        for one in value if isinstance(value, list) else [value]:
            yield _part(row, column, {"image": one}, folder)
    elif isinstance(value, dict) and isinstance(value.get("name"), str) and name in _DONE:
        yield from _call(row, column, value).parts
    elif isinstance(value, list) and all(isinstance(one, (dict, str)) for one in value) and name in _CAME:
        yield from _parts(row, column, value, folder)
    elif text := value if isinstance(value, str) else _json(value):
        yield Part(f"URL: {text}" if name == "url" else text)


def image_of(row: Row, column: str, said: str | Mapping[str, Any], folder: Path | None, *homes: str) -> str:
    """Find an image: an address as it is, the bytes of a hub's data set, a file only inside the data's own folder.

    ``homes`` are folders inside that one in which a file may lie, too. Where none of them is there the images were not
    brought: verdicts can be replayed without, and who wants to ask hears of them then.
    """
    if not isinstance(said, str):
        return _held(row, column, said, folder, *homes)
    text = said.strip()
    scheme, colon, rest = text.partition(":")
    if text.casefold().startswith(_ELSEWHERE):
        return f"{scheme.casefold()}:{rest}"
    if colon and rest.startswith("//"):
        row.fail(
            f"the image {text!r} is at no address that models look at",
            column,
            "write http://, https:// or data:, or a file below the data's folder",
        )
    home = (folder or Path()).resolve()
    for place in ("", *homes):
        path = home / place / text
        try:
            path = path.resolve()
            inside, there = path.is_relative_to(home), path.is_file()
        except (OSError, RuntimeError, ValueError):
            # Python before 3.13 calls a loop of links a RuntimeError.
            inside, there = True, False
        if not inside:
            row.fail(f"the image {text!r} is not inside {home}", column, "an item names images below its data's folder")
        if there:
            return str(path)
    if homes and not any((home / one).is_dir() for one in homes):
        return str((home / homes[0] / text).resolve())
    also = f", nor in its {' or '.join(homes)}" if homes else ""
    return row.fail(f"there is no image {text!r} in {home}{also}", column, "images lie below the data's folder")


def _held(row: Row, column: str, said: Any, folder: Path | None, *homes: str) -> str:
    """Read an image as data sets of the hub hold it: ``{bytes, path}``, of which one is empty."""
    if not isinstance(said, dict):
        return row.fail(f"expected an image, got {said!r}", column, "images are addresses, files, or {bytes, path}")
    content, path = said.get("bytes"), said.get("path")
    if isinstance(content, bytes) and content:
        if (kind := kind_of(content)) is None:
            row.fail("these bytes are not an image", column)
        return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"
    if isinstance(path, str) and path.strip():
        return image_of(row, column, path, folder, *homes)
    return row.fail("an image without bytes or path", column, "images are addresses, files, or {bytes, path}")
