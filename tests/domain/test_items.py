"""Digests: fast where they can be, and always the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judgebench.domain import Case, Item, Response, Turn, digest
from judgebench.domain.items import _digest_of_words

words = st.text(st.characters(), max_size=40) | st.integers() | st.none()
nested = st.recursive(words, lambda inside: st.lists(inside, max_size=4) | st.tuples(inside, inside), max_leaves=12)


@given(nested)
def test_the_fast_digest_is_the_digest(value: object) -> None:
    assert _digest_of_words(value) == digest(value)


@pytest.mark.parametrize("text", ["\ud800", "\x00\x1f\x7f", "\u2028\U0001f600", '"\\/', "\ud83d\ude00"])
def test_odd_text_has_the_same_digest_both_ways(text: str) -> None:
    assert _digest_of_words([text, [text, None], 1]) == digest([text, [text, None], 1])


def test_keys_are_what_stored_runs_hold() -> None:
    item = Item("i1", (Turn.of("user", "Wie spät? \ud800"),), (Response("a"), Response("b")), (), "human")
    assert item.content_digest == item.content_digest == "7dc589dd4dd8abc4909bde1d"
    assert Case(item, (1, 0), repeat=2, probe="p").key == "9988d4b2dcaa6b5213b1a33c"


def test_a_changed_copy_has_a_digest_of_its_own() -> None:
    item = Item("i1", (Turn.of("user", "one"),), (Response("a"),), (), "human")
    case = Case(item, (0,))
    before = (item.content_digest, case.key)
    changed = replace(item, responses=(Response("b"),))
    assert changed.content_digest != before[0]
    assert replace(case, item=changed).key != before[1]
    assert item == replace(item)


def test_what_is_shown_since_the_second_version_changes_only_items_that_have_it() -> None:
    plain = Item("i1", (Turn.of("user", "Q?"),), (Response("a"), Response("b")), (), "human")
    said = (Turn.of("assistant", "hm"), Turn.of("user", "well?"), Turn.of("assistant", "a"))
    long = replace(plain, responses=(Response("a", turns=said), Response("b")))
    assert plain.content_digest == "070c2afe05b65d4cfc0ee3b1"
    assert long.content_digest != plain.content_digest
    assert replace(long, responses=(Response("a", turns=said[1:]), Response("b"))).content_digest != long.content_digest
