"""Conversations and images in cells: lists of messages as chat APIs have them, and files beside a table."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from judgebench.domain import Turn
from judgebench.domain.items import Part
from judgebench.files.pictures import kind_of
from judgebench.files.rows import value_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.files.records import Row

Speaker: TypeAlias = Literal["system", "user", "assistant"]
_SPEAKERS: dict[str, Speaker] = {
    **dict.fromkeys(("user", "human", "prompter", "customer"), "user"),
    **dict.fromkeys(("assistant", "gpt", "chatgpt", "bot", "ai", "model", "bing"), "assistant"),
    **dict.fromkeys(("system", "developer"), "system"),
}
_WHO, _WHAT = ("role", "from", "speaker"), ("content", "value", "text")
_MESSAGES = ("messages", "conversation", "conversations", "turns")
_ELSEWHERE = ("http://", "https://", "data:")


def is_chat(value: object) -> bool:
    """Whether a cell holds a list of messages, as JSON or as its text."""
    found = _parsed(value)
    return isinstance(found, list) and bool(found) and all(isinstance(one, dict) and _key(one, _WHO) for one in found)


def turns_of(row: Row, column: str, folder: Path | None) -> tuple[Turn, ...]:
    """Read a conversation: a list of ``{role, content}`` (or ``{from, value}``); a plain text is the user's turn."""
    value: Any = _parsed(value_of(row, column))
    if isinstance(value, dict):
        value = next((value[name] for name in _MESSAGES if name in value), [value])
    if isinstance(value, str) or value is None:
        return (Turn.of("user", value),) if value else ()
    if not isinstance(value, list):
        row.fail("expected a list of messages", column, _WRITE)
    if all(isinstance(one, str) for one in value):
        if len(value) > 1:
            row.fail(f"{len(value)} texts, and nobody says who speaks", column, _WRITE)
        return tuple(Turn.of("user", one) for one in value)
    return tuple(_turn(row, column, one, folder) for one in value)


_WRITE = 'write each as {"role": "user", "content": "…"}'


def _parsed(value: object) -> object:
    if isinstance(value, str) and value.lstrip()[:1] in {"[", "{"}:
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _key(message: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((name for name in names if name in message), "")


def _turn(row: Row, column: str, message: object, folder: Path | None) -> Turn:
    if not isinstance(message, dict) or not (who := _key(message, _WHO)) or not (what := _key(message, _WHAT)):
        row.fail("a message without role and content", column, _WRITE)
    speaker = _SPEAKERS.get(str(message[who]).casefold())
    if speaker is None:
        row.fail(f"nobody knows the role {message[who]!r}", column, "roles are system, user and assistant")
    content = message[what]
    if isinstance(content, list):
        return Turn(speaker, tuple(_part(row, column, one, folder) for one in content))
    return Turn.of(speaker, "" if content is None else str(content))


def _part(row: Row, column: str, part: object, folder: Path | None) -> Part:
    if isinstance(part, str):
        return Part(part)
    if isinstance(part, dict):
        if isinstance(part.get("text"), str):
            return Part(part["text"])
        image = part.get("image_url", part.get("image", part.get("url")))
        if isinstance(image, dict) and "url" in image:
            image = image["url"]
        if isinstance(image, (str, dict)):
            return Part(image=image_of(row, column, image, folder))
    return row.fail("a part of a message that is neither text nor an image", column)


def image_of(row: Row, column: str, said: str | Mapping[str, Any], folder: Path | None, *homes: str) -> str:
    """Find an image: an address as it is, the bytes of a hub's data set, a file only inside the data's own folder.

    ``homes`` are folders inside that one in which a file may lie, too. Where none of them is there the images were not
    brought: verdicts can be replayed without, and who wants to ask hears of them then.
    """
    if not isinstance(said, str):
        return _held(row, column, said, folder, *homes)
    text = said.strip()
    if text.startswith(_ELSEWHERE):
        return text
    home = (folder or Path()).resolve()
    for place in ("", *homes):
        path = home / place / text
        try:
            path = path.resolve()
            inside, there = path.is_relative_to(home), path.is_file()
        except (OSError, ValueError):
            inside, there = True, False
        if not inside:
            row.fail(f"the image {text!r} is not inside {home}", column, "an item names images below its data's folder")
        if there:
            return str(path)
    if homes and not any((home / one).is_dir() for one in homes):
        return str((home / homes[0] / text).resolve())
    also = f", nor in its {' or '.join(homes)}" if homes else ""
    return row.fail(f"there is no image {text!r} in {home}{also}", column, "images lie below the data's folder")


def _held(row: Row, column: str, said: Mapping[str, Any], folder: Path | None, *homes: str) -> str:
    """Read an image as data sets of the hub hold it: ``{bytes, path}``, of which one is empty."""
    content, path = said.get("bytes"), said.get("path")
    if isinstance(content, bytes) and content:
        if (kind := kind_of(content)) is None:
            row.fail("bytes that are no image", column)
        return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"
    if isinstance(path, str) and path.strip():
        return image_of(row, column, path, folder, *homes)
    return row.fail("an image without bytes or path", column, "images are addresses, files, or {bytes, path}")
