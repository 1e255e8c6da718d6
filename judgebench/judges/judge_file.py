"""A judge as a file: what a name can't say.

A judge file is TOML::

    judge = "openai/gpt-4o"            # required: any judge name; or
    card = "mt-bench"                  # a judge card, with
    model = "openai/gpt-4o"            # the model that it asks, by default the card's own
    parser = "strict"                  # who reads a card's replies, as --parser
    name = "gpt-4o, short prompt"      # in tables; by default the judge's own
    family = "gpt"                     # of models that are kin; by default its name's first word
    prompt = "short.toml"              # a prompt's name, or a file beside this one
    form = "json"                      # how the verdict is written, as --form
    samples = 5                        # asked so often, with samples_by = "majority" or "mean"
    effort = "low"                     # how hard a model thinks that can be told
    base_url = "https://example.org/v1"
    temperature = 0.0                  # or "none": send none
    max_tokens = 512
    seed = 7
    protocol = "reflection"            # how the verdict is reached, as --protocol
    tokenizer = "tokenizer.json"       # counts tokens before they are sent; beside this file
    dtype = "float32"                  # of a local model: bfloat16 (on a GPU), float16, float32 (else)
    batch_tokens = 8192                # of a local model: how many tokens a batch may hold; changes no answer
    thresholds = [0.3, 0.7]            # of reward/ and embedding/: what their numbers mean (judgebench.judges.scored)

    [price]                            # US dollars for a million tokens, in place of the price list
    input = 2.5
    output = 10.0
    cached = 1.25                      # input tokens read from a cache; as input if left out
    batch = 0.5                        # share of the price that a batch API takes

What the file says of its judge holds; options of the command line fill in what it leaves out.

A panel's file has ``kind`` (jury, debate, cascade) and ``members`` in place of ``judge``: each is a judge's name, a
judge file beside this one, or a table with the keys of one. What the file says beside its kind's keys holds for all
members that don't say it themselves. A debate has ``roles``, which one ``judge`` may play.
"""

from __future__ import annotations

import difflib
import json
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from judgebench.errors import UsageError, not_parsed
from judgebench.files.content import small_file
from judgebench.judges.local.weights import DTYPES
from judgebench.judges.own_text import own_text
from judgebench.judges.panels import KINDS, panel_class
from judgebench.judges.prompts import is_file
from judgebench.judges.protocols.combining import BY
from judgebench.judges.tokens import Tariff

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.judges.panels.panel import Allowed, Panel

_KEYS = (
    *("judge", "card", "model", "parser", "name", "prompt", "form", "samples", "samples_by", "effort"),
    *("base_url", "temperature", "max_tokens", "seed", "protocol", "tokenizer", "price", "family"),
    *("dtype", "batch_tokens", "thresholds"),
)
#: What each judge has of its own, and no panel for all.
_OF_ONE = ("judge", "card", "model", "tokenizer", "price", "family")
_PRICE_KEYS = ("input", "output", "cached", "batch")


@dataclass(frozen=True, slots=True)
class JudgeFile:
    """What a judge file says; None where it says nothing. ``settings`` holds only what it sets."""

    judge: str
    settings: Mapping[str, Any]
    name: str | None = None
    price: Tariff | None = None
    tokenizer: Path | None = None
    panel: PanelFile | None = None
    family: str | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """A member of a panel: what is said of it as a judge, and of its seat (its weight, its role)."""

    said: JudgeFile
    says: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PanelFile:
    """What a panel's file says: its kind, its members, and the kind's own keys."""

    kind: str
    seats: tuple[Seat, ...]
    says: Mapping[str, Any]


def read_judge_file(path: Path) -> JudgeFile:
    """Read a judge file; UsageError where a key is missing, unknown or of the wrong type."""
    text = own_text(path, "judge file")
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"judge file {path} is not TOML: {not_parsed(error)}") from None
    return _panel(data, path) if "kind" in data else _one(data, path)


def _one(data: Mapping[str, Any], path: Path, keys: tuple[str, ...] = _KEYS) -> JudgeFile:
    _known(data, keys, path, "key")
    judge = _judge(data, path)
    if judge.endswith(".toml"):
        raise UsageError(f"judge file {path}: 'judge' names another judge file ({judge}); name a judge")
    settings = _settings(data, path)
    tokenizer = _text(data, "tokenizer", path)
    return JudgeFile(
        judge,
        settings,
        _text(data, "name", path),
        _price(data["price"], path) if "price" in data else None,
        None if tokenizer is None else _beside(path, tokenizer),
        family=_text(data, "family", path),
    )


def _judge(data: Mapping[str, Any], path: Path) -> str:
    """Name the judge, or the card with its model."""
    judge, card, model = (_text(data, key, path) for key in ("judge", "card", "model"))
    if judge is not None and (card or model):
        raise UsageError(f"judge file {path}: 'judge' names the whole judge; leave 'card' and 'model' out")
    if judge is None and card is None:
        raise UsageError(
            f"judge file {path}: 'judge' is missing; it names the judge, for example openai/gpt-4o ('card' names a "
            f"judge card, and a panel has 'kind', one of {', '.join(KINDS)})"
        )
    return judge or (f"{card}:{model}" if model else str(card))


def _panel(data: Mapping[str, Any], path: Path) -> JudgeFile:
    kind: Any = data["kind"]
    if kind not in KINDS:
        raise UsageError(f"judge file {path}: 'kind' must be one of {', '.join(KINDS)}, not {kind!r}")
    made = panel_class(kind)
    shared = tuple(key for key in _KEYS if key not in _OF_ONE)
    one_for_all = ("judge",) if made.seats == "roles" else ()
    _known(data, ("kind", made.seats, *made.keys, *one_for_all, *shared), path, "key")
    members: Any = data.get(made.seats)
    if not isinstance(members, list) or not members:
        what = "roles: names or tables" if one_for_all else "judges: names, judge files or tables"
        raise UsageError(f"judge file {path}: '{made.seats}' must be a list of {what}")
    seat = _role if one_for_all else _seat
    seats = tuple(seat(one, path, made, data) for one in members)
    says = _says(data, made.keys, path)
    return JudgeFile("", _settings(data, path), _text(data, "name", path), panel=PanelFile(kind, seats, says))


def _role(member: Any, path: Path, made: type[Panel], data: Mapping[str, Any]) -> Seat:
    """Read a role: a name, or a table with one; who plays it stands there, or once for all."""
    table = {"name": member} if isinstance(member, str) else member
    if not isinstance(table, dict) or not isinstance(table.get("name"), str):
        raise UsageError(f"judge file {path}: a role is a name, or a table with 'name', not {member!r}")
    return _seat({"judge": data["judge"]} | table if "judge" in data else table, path, made, data)


def _seat(member: Any, path: Path, made: type[Panel], _: Mapping[str, Any]) -> Seat:
    """Read one member: a name, a file beside this one, or a table."""
    if isinstance(member, str):
        return Seat(JudgeFile(str(_beside(path, member)) if member.endswith(".toml") else member, {}), {})
    if not isinstance(member, dict):
        raise UsageError(f"judge file {path}: a member is a judge's name, a judge file or a table, not {member!r}")
    table = cast("dict[str, Any]", member)
    said = {key: value for key, value in table.items() if key not in made.own}
    says = _says(table, made.own, path)
    if isinstance(file := table.get("judge"), str) and file.endswith(".toml"):
        # Another file says all of a judge, but its seat and what it is called here.
        _known(said, ("judge", "name"), path, f"key beside the file {file},")
        return Seat(JudgeFile(str(_beside(path, file)), {}, _text(table, "name", path)), says)
    _known(said, (*_KEYS, *made.own), path, "key of a member,")
    return Seat(_one(said, path), says)


def _says(data: Mapping[str, Any], keys: Mapping[str, Allowed], path: Path) -> dict[str, Any]:
    """Read the keys of a kind of panel, or of a seat on one."""
    found: dict[str, Any] = {}
    for key, allowed in keys.items():
        value: Any = data.get(key)
        if value is None:
            continue
        if isinstance(allowed, tuple) and value not in allowed:
            raise UsageError(f"judge file {path}: {key!r} must be one of {', '.join(allowed)}, not {value!r}")
        if allowed == "text":
            value = _text(data, key, path)
        if allowed == "count":
            value = _whole(data, key, path, 1)
        if allowed == "weight":
            value = _number(data, key, path)
        if allowed == "shares" and isinstance(value, str):
            value = _calibrated(_beside(path, value), path)
        elif allowed == "shares":
            each: list[Any] = value if isinstance(value, list) else [value]
            if not all(type(one) in {int, float} and 0 < one <= 1 for one in each):
                raise UsageError(f"judge file {path}: {key!r} must be a number above 0 and up to 1, or a list of such")
        found[key] = value
    return found


def _calibrated(file: Path, path: Path) -> dict[str, float | None]:
    """Read the thresholds that ``judgebench cascade --format json`` found, by judge."""
    try:
        rows: Any = json.loads(small_file(file).decode("utf-8-sig"))["rows"]
        found = [{str(stage["judge"]): stage["threshold"] for stage in row["stages"]} for row in rows]
        fits = all(one is None or 0 < float(one) <= 1 for row in found for one in row.values())
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        found, fits = [], False
    if not fits or len(found) != 1:
        raise UsageError(
            f"judge file {path}: {file.name} does not hold one cascade as judgebench cascade --format json prints it"
        )
    return found[0]


def _settings(data: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Read what the file says in place of options."""
    settings: dict[str, Any] = {}
    if (prompt := _text(data, "prompt", path)) is not None:
        settings["prompt"] = str(_beside(path, prompt)) if is_file(prompt) else prompt
    for key in ("base_url", "form", "samples_by", "effort", "protocol", "parser", "dtype"):
        if (text := _text(data, key, path)) is not None:
            settings[key] = text
    if settings.get("samples_by", BY[0]) not in BY:
        raise UsageError(f"judge file {path}: 'samples_by' must be one of {', '.join(BY)}")
    if settings.get("dtype", DTYPES[0]) not in DTYPES:
        raise UsageError(f"judge file {path}: 'dtype' must be one of {', '.join(DTYPES)}")
    if "thresholds" in data:
        settings["thresholds"] = _numbers(data, "thresholds", path)
    if "temperature" in data:
        settings["temperature"] = None if data["temperature"] == "none" else _number(data, "temperature", path)
    for key, least in (("max_tokens", 1), ("samples", 1), ("seed", 0), ("batch_tokens", 1)):
        if key in data:
            settings[key] = _whole(data, key, path, least)
    return settings


def _price(value: Any, path: Path) -> Tariff:
    if not isinstance(value, dict):
        raise UsageError(f"judge file {path}: 'price' must be a table: [price] with input and output")
    table = cast("dict[str, Any]", value)
    _known(table, _PRICE_KEYS, path, "price")
    if missing := [key for key in ("input", "output") if key not in table]:
        raise UsageError(f"judge file {path}: [price] lacks {missing[0]!r}, in US dollars for a million tokens")
    return Tariff(**{key: _number(table, key, path) for key in table})


def _known(data: Mapping[str, Any], keys: tuple[str, ...], path: Path, what: str) -> None:
    if unknown := sorted(set(data) - set(keys)):
        near = difflib.get_close_matches(unknown[0], keys, n=1)
        known = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(keys)}"
        raise UsageError(f"judge file {path}: unknown {what} {unknown[0]!r}; {known}")


def _text(data: Mapping[str, Any], key: str, path: Path) -> str | None:
    value = data.get(key)
    if value is not None and not (isinstance(value, str) and value.strip()):
        raise UsageError(f"judge file {path}: {key!r} must be text")
    return None if value is None else str(value).strip()


def _number(data: Mapping[str, Any], key: str, path: Path) -> float:
    value = data[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise UsageError(f"judge file {path}: {key!r} must be a number from 0 up")
    return float(value)


def _numbers(data: Mapping[str, Any], key: str, path: Path) -> tuple[float, ...]:
    values: Any = data[key]
    given: list[Any] = values if isinstance(values, list) else [None]
    if not all(isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one) for one in given):
        raise UsageError(f"judge file {path}: {key!r} must be a list of numbers")
    return tuple(map(float, given))


def _whole(data: Mapping[str, Any], key: str, path: Path, least: int) -> int:
    value = data[key]
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise UsageError(f"judge file {path}: {key!r} must be a whole number from {least} up")
    return value


def _beside(path: Path, name: str) -> Path:
    file = path.parent / Path(name).expanduser()
    if not file.is_file():
        raise UsageError(f"judge file {path}: there is no file {name!r} beside it")
    return file
