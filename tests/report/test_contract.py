"""What other programs read keeps its fields: one may be added, none changes or goes within its version."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
from report.contract import fields

from judgebench.report.schemas import KINDS, json_schema

PUBLISHED = {path.stem: path.read_text("utf-8").splitlines() for path in Path(__file__).parent.glob("contracts/*.txt")}


@pytest.mark.parametrize("kind", KINDS)
def test_no_published_field_changes_or_goes(kind: str) -> None:
    schema = json_schema(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    for one in schema.get("oneOf", [schema]):
        assert one["properties"]["schema"]["const"].startswith(f"judgebench.{kind}/")
    assert [line for line in PUBLISHED[kind] if line not in fields(schema)] == []


def test_every_published_kind_has_a_schema() -> None:
    assert set(PUBLISHED) == set(KINDS)
