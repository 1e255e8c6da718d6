"""Which model versions answered, told where the two sides of a comparison differ in them: a judge may have drifted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from judgebench.domain.shapes import TEXTS, Key, MapOf
from judgebench.report.document.text import clean, some

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: The versions that answered on either side.
Versions: TypeAlias = "tuple[tuple[str, ...], tuple[str, ...]]"


class Answered(Protocol):
    """A run, or what a gate kept of one."""

    @property
    def judge(self) -> str: ...
    @property
    def models(self) -> Mapping[str, int]: ...


def versions_of(first: Answered, second: Answered) -> Versions:
    """Give both sides' versions, where one judge is held against itself; two judges are no versions of each other."""
    if first.judge != second.judge:
        return (), ()
    return tuple(sorted(filter(None, first.models))), tuple(sorted(filter(None, second.models)))


def versions_words(versions: Versions, first: str, second: str) -> Iterator[str]:
    """Name the versions where they differ.

    >>> list(versions_words((("m-1",), ("m-2",)), "A", "B")), list(versions_words((("m-1",), ()), "A", "B"))
    (['Model versions differ: m-1 answered in A, m-2 in B.'], [])
    """
    before, after = versions
    if before and after and before != after:
        yield f"Model versions differ: {_named(before)} answered in {first}, {_named(after)} in {second}."


def _named(versions: tuple[str, ...]) -> str:
    return some([clean(one) for one in versions], 3)


def versions_key(first: str, second: str) -> Key:
    """Describe them in JSON: there where they differ."""

    def told(one: Any) -> dict[str, tuple[str, ...]] | None:
        differ = next(versions_words(one.versions, first, second), "")
        return dict(zip((first, second), one.versions, strict=True)) if differ else None

    return Key(MapOf(TEXTS), told, "Model versions that answered, where they differ.", required=False)
