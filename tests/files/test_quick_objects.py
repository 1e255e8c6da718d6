"""orjson reads a line only where it says what the strict reader says; all else is left to that one."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from judgebench.errors import DataError
from judgebench.files.content import Content
from judgebench.files.quick import quick_object
from judgebench.files.read import open_table

TEXTS = st.text(st.sampled_from('ab":{}[],\\ \t\né\u2028'), max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def same(one: Any, two: Any) -> bool:
    """1 is not True, and not 1.0."""
    if type(one) is not type(two):
        return False
    if isinstance(one, dict):
        return list(one) == list(two) and all(map(same, one.values(), two.values()))
    return len(one) == len(two) and all(map(same, one, two)) if isinstance(one, list) else bool(one == two)


@given(
    st.dictionaries(TEXTS, VALUES, max_size=4),
    st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")]),
    st.booleans(),
)
def test_what_is_read_quickly_is_what_is_there(
    record: dict[str, Any], blanks: tuple[str, str], ascii_only: bool
) -> None:
    raw = json.dumps(record, separators=blanks, ensure_ascii=ascii_only).encode()
    found = quick_object(raw)
    assert found is None or same(found, json.loads(raw))


@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4), VALUES, st.sampled_from([":", ": ", " :", "\t:", "\r:"]))
def test_a_name_that_appears_twice_is_never_lost(record: dict[str, Any], value: Any, colon: str) -> None:
    name = json.dumps(next(iter(record)))
    body = json.dumps(record)[:-1]
    assert quick_object(f"{body},{name}{colon}{json.dumps(value)}}}".encode()) is None
    inner = f'{{"outer":[{body},{name}{colon}{json.dumps(value)}}}]}}'
    assert quick_object(inner.encode()) is None


@pytest.mark.parametrize(
    "raw", [b'{"a":NaN}', b'{"a":1e999}', b'{"a":"\\ud800"}', b"[1]", b'{"a":1} x', b"", b"{", b'{"a":[1e19]}']
)
def test_what_is_in_doubt_is_left_to_the_strict_reader(raw: bytes) -> None:
    assert quick_object(raw) is None


def test_both_readers_work_on_one_file() -> None:
    lines = [b'{"id":1,"t":"x"}', b'{"id":18446744073709551617,"t":"\\ud800"}', b"", b'{"id":3,"t":"a: \\"b\\": c"}']
    found = [(row.line, row.data) for row in open_table(Content.of(b"\n".join(lines), "x.jsonl")).rows()]
    assert found == [(1, {"id": 1, "t": "x"}), (2, {"id": 2**64 + 1, "t": "\ud800"}), (4, {"id": 3, "t": 'a: "b": c'})]
    with pytest.raises(DataError, match="appears twice in one object") as caught:
        list(open_table(Content.of(b'{"id":1}\n{"id":1,"id":2}', "x.jsonl")).rows())
    assert (caught.value.line, caught.value.field) == (2, "id")


def test_a_text_has_one_digest() -> None:
    from judgebench.domain import digest

    for text in map(chr, [*range(0x300), 0x2028, 0xD7FF, 0xE000, 0x1F600]):
        assert orjson.dumps(text) == json.dumps(text, ensure_ascii=False).encode()
    assert len(digest("\ud800")) == 24
