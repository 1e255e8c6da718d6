"""Reference conditions that a task has not by itself: from a file, wrong, another item's, or the judge's own answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from judgebench.domain import Reference
from judgebench.errors import UsageError, argument
from judgebench.store.beside import Beside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from judgebench.domain import Item, Scale, Task
    from judgebench.probes.references import Made, Pool

#: The condition under which the judge sees its own answer.
SELF = "self"
_DRAWN = ("wrong", "random")
_FILE = "file:"
#: What stands in a forecast for an answer that nobody has given yet.
UNANSWERED = "…" * 300


class Referenced:
    """A task whose items have references that were made for them; satisfies `domain.Task`."""

    def __init__(self, task: Task, kind: str, beside: Mapping[str, Beside]) -> None:
        self._task = task
        self.origin: Task = getattr(task, "origin", task)
        self.made_kind = kind
        self.beside = beside

    @property
    def name(self) -> str:
        """The task's own name."""
        return self._task.name

    @property
    def revision(self) -> str:
        """The task's own revision: a run's identity knows its items' references by their texts."""
        return self._task.revision

    @property
    def scale(self) -> Scale:
        """The task's own scale."""
        return self._task.scale

    def __getattr__(self, name: str) -> Any:
        """Have what else the task has: its card, its folder."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._task, name)

    def items(self) -> Iterator[Item]:
        """Yield the items, those with a reference that was made beside them."""
        for item in self._task.items():
            one = self.beside.get(item.id)
            yield item if one is None else one.shown(item)


def kinds_of(task: Task) -> tuple[str, ...]:
    """Name the conditions that a task has by itself."""
    kinds: tuple[str, ...] = getattr(getattr(task, "card", None), "references", ("none", "human"))
    return kinds


def base_kind(task: Task) -> str:
    """Name the references that are right: people's, where the task has them."""
    kinds = [one for one in kinds_of(task) if one != "none"]
    return "human" if "human" in kinds or not kinds else kinds[0]


def made_kind(task: Task, reference: str) -> str:
    """Say which references have to be made for a condition: self, wrong, random, file; empty for a task's own."""
    if reference in kinds_of(task):
        return ""
    if reference.startswith(_FILE):
        return "file"
    return reference if reference in {SELF, *_DRAWN} else ""


def named(reference: str) -> str:
    """Name a condition as runs do: of a file its name, for its folder is this machine's.

    >>> named("file:refs/gpt.csv#ideal"), named("wrong")
    ('file:gpt.csv#ideal', 'wrong')
    """
    return f"{_FILE}{Path(reference.removeprefix(_FILE)).name}" if reference.startswith(_FILE) else reference


@dataclass(slots=True)
class References:
    """Makes the references of conditions, those of one task and seed once; ``tell`` hears what lacks."""

    tell: Callable[[str], None]
    _pools: dict[tuple[int, int], Pool] = field(default_factory=dict[tuple[int, int], "Pool"])

    def task(self, task: Task, reference: str, *, seed: int, limit: int | None) -> Task:
        """Give the task with the references that a condition shows; the judge's own answers come later."""
        kind = made_kind(task, reference)
        if kind == SELF:
            return unanswered(task)
        if kind == "file":
            return Referenced(task, named(reference), self._filed(task, reference, limit))
        if kind in _DRAWN:
            return Referenced(task, kind, self._drawn(task, kind, seed, limit))
        return task

    def _filed(self, task: Task, reference: str, limit: int | None) -> dict[str, Beside]:
        from judgebench.tasks.reference_files import joined, read_references  # noqa: PLC0415 - loaded on use

        place, _, column = reference.removeprefix(_FILE).partition("#")
        if not place:
            raise UsageError(f"{argument('reference')} {reference}: name a file, as file:references.csv")
        path = Path(place)
        found = joined(islice(task.items(), limit), read_references(path, column, named(reference)), path, self.tell)
        return {item: Beside(texts, f"from {path.name}") for item, texts in found.items()}

    def _drawn(self, task: Task, kind: str, seed: int, limit: int | None) -> dict[str, Beside]:
        from judgebench.probes.references import Pool  # noqa: PLC0415 - loaded on use

        base = base_kind(task)
        if (id(task), seed) not in self._pools:
            self._pools[id(task), seed] = Pool.of(task.items(), base, seed)
        pool = self._pools[id(task), seed]
        make: Callable[[Item], Made | None] = pool.wrong if kind == "wrong" else pool.random
        made = {item.id: one for item in islice(task.items(), limit) if (one := make(item)) is not None}
        if not made:
            what = "a reference to make a wrong one of" if kind == "wrong" else "another item's reference to show"
            raise UsageError(f"{argument('reference')} {kind}: no item of {task.name} has {what}")
        return {item: Beside(one.references, one.how) for item, one in made.items()}


def own_reference(text: str) -> tuple[Reference, ...]:
    """Write an own answer as a reference."""
    return (Reference(text, SELF),) if text else ()


def unanswered(task: Task) -> Referenced:
    """Give items an answer of some length in the place of one that is not given yet."""
    return Referenced(task, SELF, {item.id: Beside(own_reference(UNANSWERED)) for item in task.items()})
