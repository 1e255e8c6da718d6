"""What is measured: policies, estimates, agreement, and the manifest of a run."""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from judgebench.domain.conditions import Conditions
from judgebench.domain.items import digest
from judgebench.domain.replies import Usage
from judgebench.domain.scale import Scale
from judgebench.errors import UsageError, argument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import numpy as np
    import numpy.typing as npt

OrderPolicy: TypeAlias = Literal["single", "both-right", "sum-of-signs", "inconsistent-tie", "mean"]
TiePolicy: TypeAlias = Literal["class", "drop", "half", "wrong"]
InvalidPolicy: TypeAlias = Literal["wrong", "drop", "tie"]
GoldPolicy: TypeAlias = Literal["majority", "unanimous", "each", "mean", "leave-one-out"]

POLICY_VALUES: dict[str, tuple[str, ...]] = {
    "order": get_args(OrderPolicy),
    "tie": get_args(TiePolicy),
    "invalid": get_args(InvalidPolicy),
    "gold": get_args(GoldPolicy),
}


@dataclass(frozen=True, slots=True)
class Policies:
    """The named conventions that decide numbers (see ``docs/explanation/policies.md``)."""

    order: OrderPolicy = "mean"
    tie: TiePolicy = "class"
    invalid: InvalidPolicy = "wrong"
    gold: GoldPolicy = "majority"

    def override(self, settings: Iterable[str]) -> Policies:
        """Apply ``name=value`` settings of the command line; UsageError where one names no policy or value."""
        changes: dict[str, str] = {}
        for setting in settings:
            name, equals, value = setting.partition("=")
            name, value = name.strip(), value.strip().replace("_", "-")
            if not equals or name not in POLICY_VALUES:
                raise UsageError(
                    f"{argument('policy')} {setting!r}: write one of {', '.join(POLICY_VALUES)} as name=value"
                )
            if value not in POLICY_VALUES[name]:
                raise UsageError(f"{argument('policy')} {setting!r}: {name} is one of {', '.join(POLICY_VALUES[name])}")
            changes[name] = value
        return replace(self, **changes)  # type: ignore[arg-type]  # checked against POLICY_VALUES above

    def __str__(self) -> str:
        """Write them as ``--policy`` does."""
        return " ".join(f"{name}={value}" for name, value in self.to_json().items())

    def to_json(self) -> dict[str, str]:
        """Plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Policies:
        """Read what ``to_json`` wrote, values checked."""
        return cls().override(f"{name}={value}" for name, value in data.items())


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval; ``value`` is None exactly when ``undefined`` says why (``no_items`` ...).

    ``n`` counts the rows behind it, ``se`` is in units of the value, and ``method`` says how the interval was made
    (``share``, ``score-path``, ``cr2-t-fisher-z`` ...). ``effective`` is the number of clusters of one size that would
    tell as much. The bounds are None where only the point is defined; ``no_interval`` says why, where that is known.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    undefined: str | None = None
    se: float | None = None
    method: str = ""
    effective: float | None = None
    no_interval: str = ""

    def __post_init__(self) -> None:
        """Hold the invariant: a value, or a reason."""
        if (self.value is None) != (self.undefined is not None):
            raise ValueError(f"value {self.value!r} with undefined={self.undefined!r}")
        for bound in (self.value, self.low, self.high, self.se):
            if bound is not None and not abs(bound) <= 1e300:
                raise ValueError(f"{bound} is not a figure")

    @classmethod
    def missing(cls, reason: str, n: int = 0) -> Estimate:
        """Build an undefined estimate."""
        return cls(None, None, None, n, reason)

    @classmethod
    def alone(cls, value: float, n: int, why: str, se: float | None = None) -> Estimate:
        """Build an estimate that has no interval, for a reason."""
        return cls(value, None, None, n, se=se, no_interval=why)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A figure over groups of items, as a benchmark defines it.

    ``of`` names the subsets or systems (see ``by``), or earlier aggregates, that go in; empty means all groups.
    ``weights`` has one entry for each; empty means equal weights.
    """

    name: str
    of: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    by: Literal["subset", "system"] = "subset"


@dataclass(frozen=True, slots=True)
class ClassScores:
    """How well a judge finds one label: ``support`` rows have it in gold, on ``named`` rows the judge names it."""

    support: int
    named: int
    precision: Estimate
    recall: Estimate
    f1: Estimate


@dataclass(frozen=True, slots=True)
class People:
    """The people behind a ceiling: how many, of ``items`` with two labels or more, and their ``pairs`` of labels.

    ``split`` of these items have no label with a majority, so that ``gold=majority`` leaves them out;
    ``split_agreement`` is the share of the pairs of labels that agree on these.
    """

    people: int
    items: int
    pairs: int
    split: int
    split_agreement: Estimate


@dataclass(frozen=True, slots=True)
class AgainstChance:
    """A kappa beside no agreement beyond chance: its standard error if there were none, and z, in such errors."""

    se: float
    z: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far one judge agrees with gold on one subset of one task: a row of every table.

    ``warnings`` are machine-readable codes (``prevalence``, ``few_clusters`` ...). ``headline`` and ``companions`` name
    the metrics that the scale calls for; ``level`` is that of measurement, at which alpha was taken; ``against_chance``
    has the kappas of independent rows; ``people`` are those behind the ceiling, where there is one; ``classes`` maps
    each label that occurs to its scores. ``unverified`` is None unless the row was verified; then it names the figures
    that nothing recomputed, and why.
    """

    task: str
    judge: str
    subset: str
    gold: str
    items: int
    coverage: float
    policies: Policies
    metrics: Mapping[str, Estimate]
    ceiling: Mapping[str, Estimate] = field(default_factory=dict)
    people: People | None = None
    bias: Mapping[str, Estimate] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    statuses: Mapping[str, int] = field(default_factory=dict)
    base_rates: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    revision: str = ""
    scale: str = ""
    level: str = ""
    against_chance: Mapping[str, AgainstChance] = field(default_factory=dict)
    headline: str = ""
    companions: tuple[str, ...] = ()
    classes: Mapping[str, ClassScores] = field(default_factory=dict)
    unverified: Mapping[str, str] | None = field(default=None, compare=False)


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
    return isinstance(value, int) and abs(value) < 1 << bits


def _number(value: object) -> bool:
    return value is None or _whole(value) or (isinstance(value, float) and math.isfinite(value))


_TEXTS = (
    *("task", "revision", "card_digest", "judge", "orders", "reference", "gold_source", "content", "probe", "again"),
    "family",
)
_MAPS: dict[str, tuple[Callable[[object], bool], str]] = {
    "counts": (lambda value: _whole(value) and not isinstance(value, bool), "whole numbers"),
    "models": (lambda value: _whole(value) and not isinstance(value, bool), "whole numbers"),
    "spent": (_number, "numbers"),
    "versions": (lambda value: isinstance(value, str), "texts"),
    "settings": (lambda _: True, "values"),
    "place": (lambda _: True, "values"),
    "prompts": (lambda value: isinstance(value, dict), "prompts"),
}


@dataclass(frozen=True, slots=True)
class Ratings:
    """Verdicts and gold as columns: the only input of agreement.

    One row per judgment (an item in one order, one repeat): n rows, m annotators. ``judge`` (n,) and ``gold`` (n, m)
    hold codes in the item's own order, -1 where there is none. ``item``, ``cluster``, ``subset`` and ``system`` (n,)
    are codes from 0, and so is ``stratum``, where somebody looked whether the judge can answer; ``game`` is the row's
    position among its item's judgments; ``swapped`` says whether the row was shown in another order than the item's
    own. A task without a division has the subsets ``("",)``.

    ``score`` is the judge's number where ``has_score`` is true, else 0: on ``check`` how sure it is of "correct", on
    ``pair`` of the second response (a probability, or a score by which it is ahead), on ``rate`` a rating between
    levels.

    ``order`` (n,) are codes of the orders, where there are more than two.

    ``sequence`` (n, w) and ``gold_sequence`` (n, m, w) hold whole verdicts on ``rank`` (responses, best first) and
    ``steps`` (a code per step), filled up with -1; a row of -1 has none. ``judge`` and ``gold`` then hold what they
    come to: the response ranked first, and whether all steps are correct.
    """

    scale: Scale
    judge: npt.NDArray[np.int64]
    gold: npt.NDArray[np.int64]
    annotators: tuple[str, ...]
    item: npt.NDArray[np.int64]
    cluster: npt.NDArray[np.int64]
    game: npt.NDArray[np.int64]
    swapped: npt.NDArray[np.bool_]
    subset: npt.NDArray[np.int64]
    subsets: tuple[str, ...]
    system: npt.NDArray[np.int64]
    systems: tuple[str, ...]
    stratum: npt.NDArray[np.int64] | None = None
    strata: tuple[str, ...] = ()
    score: npt.NDArray[np.float64] | None = None
    has_score: npt.NDArray[np.bool_] | None = None
    score_kind: Literal["", "score", "probability"] = ""
    sequence: npt.NDArray[np.int64] | None = None
    gold_sequence: npt.NDArray[np.int64] | None = None
    order: npt.NDArray[np.int64] | None = None
