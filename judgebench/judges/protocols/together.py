"""Several judges side by side: what all of them want next is one round."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from judgebench.domain import Completion, Request

Made = TypeVar("Made")


def together(
    members: Mapping[str, Generator[Sequence[Request], Sequence[Completion], Made]],
) -> Generator[Sequence[Request], Sequence[Completion], dict[str, Made]]:
    """Bring every member to its end, a reply as a rule; ``replies = yield from together(...)``."""
    waiting: dict[str, Sequence[Request]] = {}
    done: dict[str, Made] = {}

    def go_on(name: str, answers: Sequence[Completion] | None) -> None:
        waiting.pop(name, None)
        try:
            waiting[name] = members[name].send(answers)  # type: ignore[arg-type]  # a generator is begun with None
        except StopIteration as end:
            done[name] = end.value

    for name in members:
        go_on(name, None)
    while waiting:
        asked = dict(waiting)
        answers = list((yield [request for wanted in asked.values() for request in wanted]))
        for name, wanted in asked.items():
            mine, answers = answers[: len(wanted)], answers[len(wanted) :]
            go_on(name, mine)
    return {name: done[name] for name in members}
