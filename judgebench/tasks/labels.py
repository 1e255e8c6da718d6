"""A task with the labels of one's own annotators: beside its gold, or in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judgebench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.domain import Item, Scale, Task
    from judgebench.labels.annotations import Labels

__all__ = ["LabelledTask"]


class LabelledTask:
    """A task whose gold is, or holds, what annotators of one's own said; satisfies `domain.Task`.

    Judges are never asked about an item's gold, so a run on this task takes over every answer that a run on the plain
    one has. Where only the labels count, items without one are left out.
    """

    def __init__(self, task: Task, labels: Labels) -> None:
        self.origin = task
        self.labels = labels

    @property
    def name(self) -> str:
        """The task's own name."""
        return self.origin.name

    @property
    def revision(self) -> str:
        """The data's revision with a digest of the labels."""
        return self.labels.revision(self.origin.revision)

    @property
    def scale(self) -> Scale:
        """The task's own scale."""
        return self.origin.scale

    @property
    def card(self) -> Any:
        """The task's card; None where it has none."""
        return getattr(self.origin, "card", None)

    def items(self) -> Iterator[Item]:
        """Yield the items with their labels, in the task's own order.

        DataError where an item has changed since it was labelled or is not in the task, or a label is not on the scale.
        """
        left = dict(self.labels.items)
        scale = self.scale
        for item in self.origin.items():
            left.pop(item.id, None)
            labelled = self.labels.item(item, scale)
            if labelled is not None:
                yield labelled
        if left:
            line = next(iter(left.values()))
            raise line.fail(f"{self.name} ({self.origin.revision}) has no item {line.said.item!r}", _OTHER)
        if self.labels.mode == "only" and not self.labels.items:
            raise DataError(f"nobody gave an item of {self.name} a label: all were skipped")


_OTHER = "take the data that was labelled; its revision stands in the line"
