"""The plain way to ask: in one order or several, once or several times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

from judgebench.domain import Case, digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.domain import Item

Orders: TypeAlias = Literal["both", "original", "swapped", "random", "cyclic"]


class Plain:
    """Show each item as it is, ``repeats`` times: a `Probe` that perturbs nothing.

    ``orders`` ``both`` is the item's own order and its reverse; ``random`` is one order drawn from the seed and the
    item's content, so that neither the order of items nor their number changes it; ``cyclic`` shifts the responses
    through all places, so that each stands once in each. A tuple lists the orders themselves
    (a recording's), a mapping those of each item. ``reference`` ``auto`` shows human references where there are some.
    """

    name = "plain"

    def __init__(
        self,
        orders: Orders | tuple[tuple[int, ...], ...] | Mapping[str, tuple[tuple[int, ...], ...]] = "both",
        *,
        repeats: int = 1,
        reference: str = "auto",
        seed: int = 0,
    ) -> None:
        self.orders = orders
        self.repeats = repeats
        self.reference = reference
        self.seed = seed

    def cases(self, item: Item) -> Iterator[Case]:
        """Yield the cases of an item: all orders of the first repeat, then of the second ..."""
        reference = self.reference
        if reference == "auto":
            reference = "human" if any(r.kind == "human" for r in item.references) else "none"
        for repeat in range(self.repeats):
            for order in self._orders(item):
                yield Case(item, order, repeat, "", reference)

    def _orders(self, item: Item) -> tuple[tuple[int, ...], ...]:
        own = tuple(range(len(item.responses)))
        if isinstance(self.orders, Mapping):
            return self.orders.get(item.id, (own,))
        if not isinstance(self.orders, str):
            fitting = tuple(order for order in self.orders if len(order) == len(own))
            return fitting or (own,)
        if len(own) < 2:
            return (own,)
        if self.orders == "random":
            rank = {i: digest([self.seed, item.content_digest, i]) for i in own}
            return (tuple(sorted(own, key=rank.__getitem__)),)
        if self.orders == "cyclic":
            return tuple(own[shift:] + own[:shift] for shift in own)
        return {"both": (own, own[::-1]), "original": (own,), "swapped": (own[::-1],)}[self.orders]
