"""The JSON that judgebench writes, which keeps to the schema that it names."""

from __future__ import annotations

import functools
import json
from typing import Any

import jsonschema

from judgebench.report.schemas import json_schema


@functools.cache
def _validator(kind: str) -> jsonschema.Draft202012Validator:
    schema = json_schema(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def _of(found: dict[str, Any]) -> jsonschema.Draft202012Validator:
    return _validator(found["schema"].removeprefix("judgebench.").partition("/")[0])


def _no_number(word: str) -> None:
    raise AssertionError(f"{word} in JSON")


def document(text: str | bytes) -> dict[str, Any]:
    """Parse a document of any kind; fails where it breaks its schema, or JSON with NaN."""
    found: dict[str, Any] = json.loads(text, parse_constant=_no_number)
    _of(found).validate(found)
    return found


def breaks(found: dict[str, Any]) -> bool:
    """Say whether a document breaks the schema that it names."""
    return not _of(found).is_valid(found)
