"""What to ask of whom: a first pass over the items, which are then pulled again as they are asked."""

from __future__ import annotations

import contextlib
import hashlib
import json
import platform
from array import array
from collections import Counter
from dataclasses import dataclass
from importlib import metadata
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from judgebench import __version__
from judgebench.domain import Run
from judgebench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from judgebench.domain import Case, Item, Judge, Policies, Probe, Task
    from judgebench.domain.results import Aggregate


@dataclass(frozen=True, slots=True)
class Selection:
    """Which cases a run has: how the items are shown, how often, and how many of them.

    Fields as in `Run`; ``probe`` turns an item into cases and must follow them. ``needs_answers`` is False where the
    judge looks at no response (a recording, a constant), so that items whose answers were never published can be
    scored.
    """

    probe: Probe
    orders: str = "both"
    repeats: int = 1
    reference: str = "auto"
    seed: int = 0
    limit: int | None = None
    needs_answers: bool = True


@dataclass(frozen=True, slots=True)
class Conventions:
    """What the task's card says about scoring; it travels in the manifest."""

    policies: Policies
    aggregates: tuple[Aggregate, ...] = ()
    card_digest: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask of whom; ``run`` is the manifest as far as it is known before asking.

    ``items`` and ``total`` count items and cases; ``annotators`` are those whose gold labels the items carry.
    """

    task: Task
    judge: Judge
    probe: Probe
    run: Run
    items: int
    total: int
    annotators: frozenset[str]

    def cases(self) -> Iterator[Case]:
        """Yield all cases of the selection, in the order of the items; nothing is kept."""
        for item in islice(self.task.items(), self.run.limit):
            yield from self.probe.cases(item)


def plan(task: Task, judge: Judge, selection: Selection, conventions: Conventions) -> Plan:
    """Look at the items once and write the manifest as far as it is known.

    DataError where the task yields no items, or one id twice, or answers that the judge needs were never published.
    """
    seen = _Seen(selection.probe)
    for item in islice(task.items(), selection.limit):
        seen.add(item)
    if not seen.items:
        raise DataError(f"{task.name} has no items to judge")
    if twice := seen.twice(islice(task.items(), selection.limit)):
        raise DataError(
            f"{task.name} has {len(twice)} ids that stand more than once, the first is {twice[0]!r}",
            hint="every item needs an id of its own",
        )
    if seen.unanswered and selection.needs_answers:
        raise DataError(
            f"{seen.unanswered} of {seen.items} items of {task.name} come without an answer, so no judge can be asked",
            hint="replay a recorded column (--judge 'replay:FILE#COLUMN'), or give --data with answers of your own",
        )
    run = Run(
        task=task.name,
        revision=task.revision,
        card_digest=conventions.card_digest,
        judge=judge.name,
        settings=dict(judge.settings),
        scale=task.scale,
        orders=selection.orders,
        repeats=selection.repeats,
        reference=selection.reference,
        seed=selection.seed,
        limit=selection.limit,
        policies=conventions.policies,
        gold_source=next(iter(seen.sources)) if len(seen.sources) == 1 else "mixed",
        aggregates=conventions.aggregates,
        versions=_versions(judge),
        counts={"items": seen.items, "cases": seen.cases},
        content=seen.content,
    )
    return Plan(task, judge, selection.probe, run, seen.items, seen.cases, frozenset(seen.annotators))


class _Seen:
    """What one pass over the items leaves behind: counts, a digest, and eight bytes an id."""

    def __init__(self, probe: Probe) -> None:
        self.items = self.cases = self.unanswered = 0
        self.sources: set[str] = set()
        self.annotators: set[str] = set()
        self._probe = probe
        self._ids = array("q")
        # The digest of the list of all [id, digest], written as it grows.
        self._content = hashlib.sha256(b"[")

    def add(self, item: Item) -> None:
        row = json.dumps([item.id, item.content_digest], ensure_ascii=False, separators=(",", ":"))
        self._content.update(f"{',' if self.items else ''}{row}".encode("utf-8", "surrogatepass"))
        self._ids.append(hash(item.id))
        self.items += 1
        self.cases += sum(1 for _ in self._probe.cases(item))
        self.unanswered += item.attribute("unanswered") == "yes"
        self.sources.add(item.gold_source)
        self.annotators.update(label.annotator for label in item.gold)

    @property
    def content(self) -> str:
        whole = self._content.copy()
        whole.update(b"]")
        return whole.hexdigest()[:24]

    def twice(self, items: Iterable[Item]) -> list[str]:
        """Name the ids that occur more than once; the items are only looked at again where hashes say so."""
        # Without numpy, whose import alone weighs more than the ids of half a million items.
        suspects = {one for one, next_one in pairwise(sorted(self._ids)) if one == next_one}
        if not suspects:
            return []
        counts = Counter(item.id for item in items if hash(item.id) in suspects)
        return [name for name, count in counts.items() if count > 1]


def _versions(judge: Judge) -> dict[str, str]:
    versions = {"judgebench": __version__, "python": platform.python_version()}
    library = {"openai": "openai", "anthropic": "anthropic", "litellm": "litellm", "server": "aiohttp"}.get(
        judge.name.partition("/")[0]
    )
    if library:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[library] = metadata.version(library)
    return versions
