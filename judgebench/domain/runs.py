"""A run: what it would take, and its manifest, which says what was asked of whom about what."""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from judgebench.domain.conditions import Conditions
from judgebench.domain.items import digest
from judgebench.domain.results import Aggregate, Policies
from judgebench.domain.scale import Scale

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from judgebench.domain.replies import Usage


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run would take.

    ``judged`` cases are in the store and ``submitted`` ones under way in batches; ``calls`` and ``usage`` are those of
    the rest, ``usd`` None where the price is unknown. ``low`` and ``high`` are the 95 % interval of the dollars, from
    how much the ``pilot`` stored answers differ in length; without them the length of answers is assumed. ``counting``
    says what counted the input tokens, and is empty where the judge calls nobody. ``later`` calls are of later rounds,
    where no stored answer says how many of them there are.
    """

    judge: str
    task: str
    items: int
    cases: int
    judged: int
    submitted: int
    calls: int
    usage: Usage
    low: float | None
    high: float | None
    pilot: int
    counting: str
    batch: bool = False
    later: int = 0

    @property
    def to_ask(self) -> int:
        """Cases that would be asked."""
        return self.cases - self.judged - self.submitted


#: How the task of a run is named that holds a judge's own answers to another task's questions, grades of them, or the
#: questions in other words.
OWN_ANSWERS, GRADES, REWORDINGS = " (own answers)", " (grades of own answers)", " (rewordings)"


@dataclass(frozen=True, slots=True)
class Run:
    """The manifest of a run: one judge on one selection of one task's items.

    Its folder is named by `identity`. Two runs with the same `answers` may reuse each other's replies case by case, so
    that a longer run, a second order or a relabelled data set never pays for a judgment again.

    ``settings`` holds all that can change an answer on the judge's side, without secrets; ``versions`` are those of
    this package, of Python and of the libraries that asked; ``counts`` are items, cases and statuses when the manifest
    was last written. ``content`` digests the items as a judge may see them: where nothing pins the data (a sample, a
    plugin's task), it keeps verdicts on other texts out of a new run. ``models`` counts the answers of each model
    version that the backend reported, and ``spent`` is what asking has cost so far. ``probe`` names the probe that made
    the cases, and is empty where items are shown as they are. ``place`` says where the items of a table of one's own
    are, and how it is read; it is no part of the identity, and empty for a task that has a name. ``prompts`` are those
    that were sent, by kind of scale, so that they can be written again. ``by_criterion``
    says that its task's subsets are criteria. ``again`` is the day (2026-11-30) on which a judge was asked anew, so
    that nothing comes from its earlier answers; empty where nobody wanted that. ``family`` is that of the
    judge, where its file or card says it: for measuring alone, so that it is no part of what decides an answer.
    """

    task: str
    revision: str
    card_digest: str
    judge: str
    settings: Mapping[str, Any]
    scale: Scale
    orders: str
    repeats: int
    reference: str
    seed: int
    limit: int | None
    policies: Policies
    gold_source: str
    aggregates: tuple[Aggregate, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    content: str = ""
    models: Mapping[str, int] = field(default_factory=dict)
    spent: Mapping[str, Any] = field(default_factory=dict)
    schema: str = "judgebench.run/1"
    probe: str = ""
    place: Mapping[str, Any] = field(default_factory=dict)
    prompts: Mapping[str, Any] = field(default_factory=dict)
    by_criterion: bool = False
    again: str = ""
    family: str = ""

    @property
    def conditions(self) -> Conditions:
        """What a person chose beside judge and task."""
        return Conditions.of(
            self.settings,
            reference=self.reference,
            orders=self.orders,
            repeats=self.repeats,
            seed=self.seed,
            limit=self.limit,
            probe=self.probe or None,
            again=self.again,
            revision=self.revision,
        )

    @property
    def criteria(self) -> bool:
        """Whether the subsets are criteria of the same items, of which nobody asked for an average."""
        reading = self.place.get("reading", {})
        columns = reading.get("columns", {}) if isinstance(reading, dict) else {}
        names = columns if isinstance(columns, dict) else {}
        # A table of one's own was known by its reading before manifests said it.
        named = any("{criterion}" in str(name) for name in names.get("gold", ()))
        return self.by_criterion or bool(names.get("criterion")) or named

    @property
    def judging(self) -> str:
        """Digest of all settings that can change an answer: of two runs with the same, one judge was asked."""
        return digest([self.judge, dict(self.settings), self.scale.to_json()])

    @property
    def answers(self) -> str:
        """Digest of what, beside the case itself, decides an answer: the judge, and when it was asked again."""
        return digest([self.judging, self.again]) if self.again else self.judging

    @property
    def answering(self) -> bool:
        """Whether it holds a judge's own answers, grades of them or rewordings, which other runs are made with."""
        return self.task.endswith((OWN_ANSWERS, GRADES, REWORDINGS))

    @property
    def identity(self) -> str:
        """Name of the run's folder: readable, and unique for task, data, judge and selection."""
        selection = [self.task, self.revision, self.content, self.orders, self.repeats, self.reference]
        selection += [self.seed, self.limit, *([self.probe] if self.probe else [])]
        slug = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{self.task}--{self.judge}").strip("-.")[:100]
        return f"{slug}--{digest([self.answers, selection], 10)}"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, the whole of ``manifest.json``."""
        data = {f.name: getattr(self, f.name) for f in fields(self)}
        data |= {name: dict(data[name]) for name in _MAPS}
        for name in ("probe", "place", "prompts", "by_criterion", "again", "family"):
            if not data[name]:
                del data[name]
        aggregates = [asdict(aggregate) for aggregate in self.aggregates]
        return data | {"scale": asdict(self.scale), "policies": asdict(self.policies), "aggregates": aggregates}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Run:
        """Read what ``to_json`` wrote; KeyError, TypeError or ValueError where it is not a manifest."""
        names = {f.name for f in fields(cls)}
        values = {name: value for name, value in data.items() if name in names}
        for name in _TEXTS:
            if not isinstance(values.get(name, ""), str):
                raise TypeError(f"{name} is {values[name]!r}, expected text")
        for name, bits in (("repeats", 63), ("seed", 1024), ("limit", 63)):
            if not _whole(values[name], bits) and (name, values[name]) != ("limit", None):
                raise TypeError(f"{name} is {values[name]!r:.60}, expected a whole number")
        for name, (holds, what) in _MAPS.items():
            if not all(holds(one) for one in values.get(name, {}).values()):
                raise TypeError(f"{name} is {values[name]!r:.200}, expected {what} by name")
        if not isinstance(values.get("by_criterion", False), bool):
            raise TypeError(f"by_criterion is {values['by_criterion']!r:.60}, expected true or false")
        values["scale"] = Scale.from_json(data["scale"])
        values["policies"] = Policies.from_json(data["policies"])
        values["aggregates"] = tuple(
            Aggregate(a["name"], tuple(a["of"]), tuple(a["weights"]), a["by"]) for a in data["aggregates"]
        )
        return cls(**values)


def _whole(value: object, bits: int = 63) -> bool:
    """Whether a number is one that can be counted with; a file may hold one of a thousand digits."""
    return type(value) is int and abs(value) < 1 << bits


def _number(value: object) -> bool:
    return value is None or _whole(value) or (isinstance(value, float) and math.isfinite(value))


_TEXTS = (
    "task", "revision", "card_digest", "judge", "orders", "reference", "gold_source", "content", "probe", "again",
    "family",
)  # fmt: skip
_MAPS: dict[str, tuple[Callable[[object], bool], str]] = {
    "counts": (_whole, "whole numbers"),
    "models": (_whole, "whole numbers"),
    "spent": (_number, "numbers"),
    "versions": (lambda value: isinstance(value, str), "texts"),
    "settings": (lambda _: True, "values"),
    "place": (lambda _: True, "values"),
    "prompts": (lambda value: isinstance(value, dict), "prompts"),
}
