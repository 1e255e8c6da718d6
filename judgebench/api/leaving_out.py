"""Annotators whose labels are left out of a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from judgebench.api.parameters import Option, texts
from judgebench.api.tables import Names
from judgebench.errors import UnknownNameError

if TYPE_CHECKING:
    from judgebench.domain import Ratings

WithoutPeople: TypeAlias = Annotated[
    Names, Option("Leave this annotator's labels out; repeatable.", "--without", "NAME", read=list[str])
]


class Leaving:
    """Leaves people's labels out of ratings, and knows whether anybody had those names."""

    def __init__(self, names: Names) -> None:
        self.names = set(texts("without", names or ()))
        self._seen: dict[str, None] = {}

    def __call__(self, ratings: Ratings) -> Ratings:
        """Leave them out."""
        if not self.names:
            return ratings
        from judgebench.agreement.ratings import leave_out  # noqa: PLC0415 - loaded on use

        self._seen |= dict.fromkeys(ratings.annotators)
        return leave_out(ratings, self.names)

    def check(self) -> None:
        """Refuse names that nobody has: UnknownNameError."""
        if unknown := sorted(self.names - self._seen.keys()):
            people = list(self._seen)
            shown = ", ".join(people[:9]) + (" …" if len(people) > 9 else "")
            raise UnknownNameError("annotator", unknown[0], people, hint=f"(the annotators are {shown})")
