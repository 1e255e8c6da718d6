"""What to ask of whom: the manifest of a run, as far as it is known before asking.

A first pass over the items plans a run; they are pulled again as they are asked.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import platform
from array import array
from collections import Counter
from dataclasses import dataclass, field
from importlib import metadata
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from judgebench import __version__
from judgebench.domain import Run
from judgebench.errors import DataError, UnfitProbeError, UsageError, argument
from judgebench.probes.named import Spec
from judgebench.probes.operator import Perturbed
from judgebench.probes.orders import Plain
from judgebench.run.dialogue import Dialogue
from judgebench.run.pictures import Pictures
from judgebench.store.verify import unfit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from judgebench.domain import Case, Item, Judge, Policies, Probe, Scale, Task
    from judgebench.domain.results import Aggregate
    from judgebench.run.engine import Elsewhere
    from judgebench.store.beside import Beside


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
    again: str = ""


@dataclass(frozen=True, slots=True)
class Conventions:
    """What the task's card says about scoring; it travels in the manifest."""

    policies: Policies
    aggregates: tuple[Aggregate, ...] = ()
    card_digest: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask of whom; ``run`` is the manifest as far as it is known before asking.

    ``items`` and ``total`` count items that are shown, and cases; ``annotators`` are those whose gold labels the items
    carry, and ``labelled`` says whether any item has one. ``elsewhere`` asks in this process's place. ``told`` is the
    judge's name beside the other runs of a command, where it takes more than its own. ``unreferenced`` items lack the
    references that are to be shown, and ``beside`` is what is known of items beyond their task.
    """

    task: Task
    judge: Judge
    probe: Probe
    run: Run
    items: int
    total: int
    annotators: frozenset[str]
    elsewhere: Elsewhere | None = None
    told: str = ""
    labelled: bool = True
    unreferenced: int = 0
    beside: Mapping[str, Beside] = field(default_factory=dict[str, "Beside"])

    @property
    def name(self) -> str:
        """The judge's name as it is told."""
        return self.told or self.run.judge

    @property
    def title(self) -> str:
        """Who is asked about what."""
        return f"{self.name} on {self.run.task}"

    def cases(self) -> Iterator[Case]:
        """Yield all cases of the selection, in the order of the items; nothing is kept."""
        for item in islice(self.task.items(), self.run.limit):
            yield from self.probe.cases(item)


def plan(task: Task, judge: Judge, selection: Selection, conventions: Conventions) -> Plan:
    """Look at the items once and write the manifest as far as it is known.

    DataError where the task yields no items, or one id twice, or answers that the judge needs were never published;
    UsageError where a backend can't do what the judge needs, or the probe has nothing to show.
    """
    for backend in judge.backends.values():
        if lacking := sorted(judge.needs.capabilities - backend.can):
            if judge.name != backend.name:
                raise UsageError(f"{judge.name} needs {', '.join(lacking)}, which {backend.name} can't do")
            options = sorted({argument("effort" if one == "effort" else "form") for one in lacking})
            raise UsageError(
                f"{judge.name} can't do {', '.join(lacking)}: say another {' and '.join(options)}, or none"
            )
    pictures = Pictures(judge, task.scale)
    seen = _Seen(selection.probe, task.scale, selection.reference, pictures)
    folder = _folder(task)
    for item in islice(task.items(), selection.limit):
        _check_images(item, folder, task.name)
        seen.add(item)
    pictures.check(seen.items, task.name)
    if not seen.items:
        source = getattr(getattr(task, "source", None), "name", None)
        raise DataError(f"{task.name} has no items to judge", file=source, hint="is it the right file?")
    own = "" if selection.probe.name == Plain.name else selection.probe.name
    if own not in seen.probes:
        raise UnfitProbeError(_unfit(own, selection.probe, task.name, seen.first_id))
    if twice := seen.twice(islice(task.items(), selection.limit)):
        raise DataError(
            f"{task.name} has {len(twice)} ids that appear more than once, the first is {twice[0]!r}",
            hint="every item needs an id of its own",
        )
    if seen.unanswered and selection.needs_answers:
        raise DataError(
            f"{seen.unanswered} of {seen.items} items of {task.name} have no text to judge: {judge.name} needs it",
            hint="replay a recorded column (--judge 'replay:FILE#COLUMN'), or give --data with the texts",
        )
    if not judge.backends:
        items = islice(task.items(), selection.limit)
        _begin(judge, (case for item in items for case in selection.probe.cases(item)), task)
    origin = getattr(task, "origin", task)
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
        counts={"items": seen.shown, "cases": seen.cases},
        content=seen.content,
        probe=own,
        # Labels of one's own change nothing about where the texts are.
        place=getattr(origin, "place", {}),
        by_criterion=getattr(origin, "by_criterion", False),
        again=selection.again,
        family=getattr(judge, "family", ""),
    )
    names = frozenset(seen.annotators)
    return Plan(
        task,
        judge,
        selection.probe,
        run,
        seen.shown,
        seen.cases,
        names,
        labelled=seen.labelled,
        unreferenced=seen.unreferenced,
    )


def _unfit(name: str, probe: Probe, task: str, first: str) -> str:
    """Say why a probe changes nothing."""
    ids = probe.operator.ids if isinstance(probe, Perturbed) else frozenset[str]()
    if not ids:
        return f"probe {name!r} finds nothing to change in the items of {task}: there would be nothing to measure"
    return (
        f"no id in {Spec.of(name).file.partition('#')[0]} is that of an item of {task}: it has {min(ids)!r}, "
        f"and the first item is {first!r}; the probe {name!r} would change nothing"
    )


def _begin(judge: Judge, cases: Iterable[Case], task: Task) -> None:
    """Let a judge that asks nobody judge a case: one that is not for this task says so before it has a run."""
    for case in cases:
        try:
            Dialogue(judge, case, task.scale)
        except UsageError as error:
            # Of several tasks the others may be fine.
            raise UsageError(f"{task.name}: {error}") from None
        except Exception:  # noqa: BLE001, S112 - what is wrong with a case costs that case, when it is its turn
            continue
        return


def _folder(task: Task) -> Path | None:
    """Find where the files lie that a task's items may name: its own ``folder``, or where one works."""
    folder: Path | str | None = getattr(task, "folder", Path())
    return None if folder is None else Path(folder).resolve()


def _check_images(item: Item, folder: Path | None, task: str) -> None:
    """Refuse an item that names a file which is not its task's: it would be read, and sent to the judge."""
    for image in item.image_files:
        try:
            inside = folder is not None and Path(image).resolve().is_relative_to(folder)
        except (OSError, ValueError):
            # No file has such a name.
            continue
        if not inside:
            whose = f"in {folder}" if folder is not None else "here: its data come from elsewhere"
            raise DataError(
                f"item {item.id!r} of {task} names the file {image!r} as an image; the task's own files are {whose}",
                hint="an item can name images below its task's folder, web addresses, and data: URIs",
            )


class _Seen:
    """What one pass over the items leaves behind: counts, a digest, and eight bytes an id."""

    def __init__(self, probe: Probe, scale: Scale, reference: str, pictures: Pictures) -> None:
        self.items = self.shown = self.cases = self.unanswered = self.unreferenced = 0
        self._pictures = pictures
        self.labelled = False
        self.first_id = ""
        self._reference = reference
        self.sources: set[str] = set()
        self.annotators: set[str] = set()
        self.probes: set[str] = set()
        self._probe = probe
        self._scale = scale
        self._ids = array("q")
        # The digest of the list of all [id, digest], written as it grows.
        self._content = hashlib.sha256(b"[")

    def add(self, item: Item) -> None:
        # A task may be anybody's: what would be kept beside paid answers, and be called damage there, is not asked.
        if wrong := unfit(item, self._scale):
            raise DataError(f"item {item.id!r:.100}: {wrong}")
        row = json.dumps([item.id, item.content_digest], ensure_ascii=False, separators=(",", ":"))
        self._content.update(f"{',' if self.items else ''}{row}".encode("utf-8", "surrogatepass"))
        self._ids.append(hash(item.id))
        self.items += 1
        before, self.first_id = self.cases, self.first_id or item.id
        for case in self._probe.cases(item):
            self.cases += 1
            self.probes.add(case.probe)
            self._pictures.look(case)
        if self.cases > before:
            self.shown += 1
            self.unanswered += item.unanswered
            self.unreferenced += all(one.kind != self._reference for one in item.references)
        self.sources.add(item.gold_source)
        self.annotators.update(label.annotator for label in item.gold)
        self.labelled = self.labelled or any(label.code is not None for label in item.gold)

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


_HERE = ("torch", "transformers")
#: What answers, by the beginning of a judge's name.
_LIBRARIES = {
    "openai": ("openai",),
    "anthropic": ("anthropic",),
    "litellm": ("litellm",),
    "server": ("aiohttp",),
    "hf": _HERE,
    "reward": _HERE,
    "embedding": _HERE,
}


def _versions(judge: Judge) -> dict[str, str]:
    versions = {"judgebench": __version__, "python": platform.python_version()}
    names = (judge.name, *(backend.name for backend in judge.backends.values()))
    asking = dict.fromkeys(library for name in names for library in _LIBRARIES.get(name.partition("/")[0], ()))
    for library in asking:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[library] = metadata.version(library)
    return versions
