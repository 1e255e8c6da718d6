"""What all panels are: members with names, and backends under those names."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from judgebench.domain import Needs, Reply, Status, Usage
from judgebench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.domain import Backend, Case, Completion, Judge, Orders, Scale, Steps

#: What a key may hold: one of some words, text, a whole number from 1, a number from 0, shares above 0 and up to 1.
Allowed: TypeAlias = tuple[str, ...] | Literal["text", "count", "weight", "shares"]
#: Stands between a member's name and that of one of its backends, where it has several.
OF = " > "


@dataclass(frozen=True, slots=True)
class Member:
    """A judge on a panel, and what the panel's file says of it there: a weight, a role."""

    judge: Judge
    says: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Panel:
    """Judges that make one; satisfies `domain.Judge`. ``says`` are the keys of its kind, which `check` has looked at.

    Every member has backends of its own, for its requests and its batches; what calls the same model shares limits.
    """

    kind: ClassVar[str]
    #: What its file calls its members; keys of the file and of a member's table, beside those of every judge.
    seats: ClassVar[str] = "members"
    keys: ClassVar[Mapping[str, Allowed]] = {}
    own: ClassVar[Mapping[str, Allowed]] = {}
    least: ClassVar[int] = 2

    def __init__(self, name: str, members: Mapping[str, Member], says: Mapping[str, Any], scale: Scale) -> None:
        if len(members) < self.least:
            raise UsageError(f"{name}: a {self.kind} needs {self.least} members or more, it has {len(members)}")
        self.name = name
        self.members = members
        self.says = dict(says)
        self.backends: dict[str, Backend] = {}
        self._asked_as: dict[str, dict[str, str]] = {}
        for own, member in members.items():
            _able(name, own, member.judge)
            several = len(member.judge.backends) > 1
            self._asked_as[own] = {inner: f"{own}{OF}{inner}" if several else own for inner in member.judge.backends}
            self.backends |= {self._asked_as[own][inner]: one for inner, one in member.judge.backends.items()}
        self.check(scale)
        seats = [{"name": own, "judge": m.judge.name, **m.says, **m.judge.settings} for own, m in members.items()]
        self.settings: dict[str, object] = {"panel": self.kind, **self.says, "members": seats}
        needs = [member.judge.needs for member in members.values()]
        self.needs = Needs(
            answers=any(one.answers for one in needs),
            orders=_shared(name, [_all(one.orders) for one in needs if one.orders is not None]),
            gpus=sum(one.gpus for one in needs),
            refusals=True,
        )

    def check(self, scale: Scale) -> None:
        """Fill in what the file leaves out, and refuse what makes no sense on a scale."""
        raise NotImplementedError

    def steps(self, case: Case, scale: Scale) -> Steps:
        """Let the members judge."""
        raise NotImplementedError

    @property
    def portable(self) -> bool:
        """Whether another process can make it by its name: a recording or a baseline needs the task's items."""
        judges = [member.judge for member in self.members.values()]
        return all(one.portable if isinstance(one, Panel) else bool(one.backends) for one in judges)

    def ask(self, name: str, case: Case, scale: Scale, judge: Judge | None = None) -> Steps:
        """Let a member judge, or ``judge`` in its place, with its requests under its name."""
        steps, names = (judge or self.members[name].judge).steps(case, scale), self._asked_as[name]
        answers: Sequence[Completion] | None = None
        while True:
            try:
                wanted = steps.send(answers)  # type: ignore[arg-type]  # a generator is begun with None
            except StopIteration as end:
                reply: Reply = end.value
                return reply
            answers = yield [replace(request, backend=names[request.backend]) for request in wanted]


def _all(orders: Orders | Mapping[str, Orders]) -> Orders:
    """List the orders of a recording, whichever items have them."""
    return orders if isinstance(orders, tuple) else tuple(sorted({one for own in orders.values() for one in own}))


def made_of(parts: Sequence[tuple[str, Reply]], whole: Reply) -> Reply:
    """Put the members' replies into a panel's, with what all of them used; failed is what one of them is."""
    said = [reply for _, reply in parts]
    if (failed := next((one for one in said if one.status is Status.FAILED), None)) is not None:
        whole = Reply(Status.FAILED, error=failed.error)
    models = list(dict.fromkeys(one.model for one in said))
    return replace(
        whole,
        text="",
        model=" + ".join(models) if all(models) else "",
        usage=sum((one.usage for one in said), start=Usage()),
        seconds=sum(one.seconds for one in said),
        parts=tuple(parts),
    )


def _able(panel: str, name: str, judge: Judge) -> None:
    """Refuse a member whose backend can't do what it needs: of a panel nobody else can tell whose need it is."""
    for backend in judge.backends.values():
        if lacking := sorted(judge.needs.capabilities - backend.can):
            raise UsageError(f"{panel}: member {name} needs {', '.join(lacking)}, which {backend.name} can't do")


def _shared(panel: str, orders: Sequence[tuple[tuple[int, ...], ...]]) -> tuple[tuple[int, ...], ...] | None:
    """Give the orders that all recordings hold."""
    if not orders:
        return None
    if not (found := tuple(order for order in orders[0] if all(order in one for one in orders))):
        raise UsageError(f"{panel}: its recordings have no order in common, so no case has a verdict of each")
    return found
