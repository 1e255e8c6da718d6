"""What a person chose about a run beside judge and task, and how runs of one judge are told apart by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Protocol, Self

from judgebench.domain.items import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.domain.scale import Scale

#: Settings that are conditions of their own.
_OWN = ("form", "protocol", "temperature", "max_tokens", "effort", "base_url")
_KNOWN = frozenset({"prompts", "seed", "protocol_texts", *_OWN})
#: What a judge with a prompt does where nobody chose: told only beside a run where somebody did.
_UNSAID = {"form": "brackets", "samples": "1"}
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Conditions:
    """The choices behind a run, as texts in the order in which they are told; empty where a judge has no such thing.

    ``prompt`` names each prompt with its digest, ``name@digest``, ``revision`` is that of the data, and ``others`` are
    the rest of the judge's settings.
    """

    prompt: str = ""
    form: str = ""
    protocol: str = ""
    reference: str = ""
    orders: str = ""
    repeats: str = ""
    seed: str = ""
    limit: str = ""
    temperature: str = ""
    max_tokens: str = ""
    effort: str = ""
    probe: str = ""
    again: str = ""
    base_url: str = ""
    revision: str = ""
    others: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, settings: Mapping[str, Any], *, seed: int, **chosen: Any) -> Conditions:
        """Read them off the judge's settings and what was ``chosen`` about the cases; fields as in `Run`."""
        prompts, own = settings.get("prompts"), settings.get("seed")
        others = {name: _text(value) for name, value in sorted(settings.items()) if name not in _KNOWN}
        # `--seed` is that of the orders and of the sampling alike; a run by hand may have two.
        sampling = {} if own is None or own == seed else {"sampling_seed": _text(own)}
        told = {name: settings[name] for name in _OWN if name in settings} | {"seed": seed} | chosen
        return cls(
            prompt=" + ".join(dict.fromkeys(map(str, prompts.values()))) if isinstance(prompts, Mapping) else "",
            others=tuple((sampling | others).items()),
            **{name: _text(value) for name, value in told.items()},
        )

    def named(self) -> dict[str, str]:
        """Give them by name, those that the judge has."""
        own = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "others"}
        return {name: text for name, text in own.items() if text} | dict(self.others)


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:g}"
    return digest(value, _DIGITS) if isinstance(value, (Mapping, list, tuple)) else str(value)


class JudgeName(str):
    """A judge's name as it is told beside others: ``bare``, and the ``conditions`` in which its runs differ.

    >>> JudgeName("server/m", {"prompt": "strict/1", "reference": "none"})
    'server/m (prompt strict/1, reference none)'
    >>> JudgeName("server/m", {"reference": "none", "run": "2"})
    'server/m (reference none) #2'
    """

    __slots__ = ("bare", "conditions")
    bare: str
    conditions: Mapping[str, str]

    def __new__(cls, bare: str, conditions: Mapping[str, str]) -> Self:
        """Write the name."""
        said = ", ".join(f"{name.replace('_', ' ')} {text}" for name, text in conditions.items() if name != "run")
        number = f" #{conditions['run']}" if "run" in conditions else ""
        made = super().__new__(cls, bare + (f" ({said})" if said else "") + number)
        made.bare, made.conditions = bare, dict(conditions)
        return made

    def cut(self, shorter: Callable[[str], str]) -> str:
        """Write what fits where room is short: the values alone tell runs apart, and only the bare name gives way.

        >>> JudgeName("server/model", {"prompt": "strict/1", "reference": "none"}).cut(lambda _: "s…l")
        's…l (strict/1, none)'
        """
        return f"{shorter(self.bare)} ({', '.join(self.conditions.values())})"

    def renamed(self, bare: str) -> JudgeName:
        """Put another name before the same conditions."""
        return JudgeName(bare, self.conditions)

    def __getnewargs__(self) -> tuple[str, Mapping[str, str]]:  # type: ignore[override]  # str's own has one
        """Say how it is made again."""
        return self.bare, self.conditions


def bare(name: str) -> str:
    """Give a judge's name without conditions."""
    return name.bare if isinstance(name, JudgeName) else name


def conditions_of(name: str) -> Mapping[str, str]:
    """Give the conditions that a judge's name tells; none where it stands for all runs of the judge."""
    return name.conditions if isinstance(name, JudgeName) else {}


class _Run(Protocol):
    @property
    def task(self) -> str: ...
    @property
    def judge(self) -> str: ...
    @property
    def scale(self) -> Scale: ...
    @property
    def conditions(self) -> Conditions: ...
    @property
    def counts(self) -> Mapping[str, int]: ...


def names_of(runs: Sequence[_Run]) -> list[str]:
    """Name the judges of runs that are shown together, as `told_apart` does.

    A run of which every case failed is told from the others, and gives these no longer names.
    """
    kinds = {run.task: run.scale.kind for run in runs}
    every = [(run.task, run.judge, run.conditions.named()) for run in runs]
    names = told_apart(every, kinds)
    heard = [place for place, run in enumerate(runs) if not _failed(run.counts)]
    if len(heard) < len(runs):
        for place, name in zip(heard, told_apart([every[place] for place in heard], kinds), strict=True):
            names[place] = name
    return names


def _failed(counts: Mapping[str, int]) -> bool:
    """Whether cases failed and none had another outcome."""
    return bool(counts.get("failed")) and not any(counts[name] for name in counts.keys() - {"items", "cases", "failed"})


def told_apart(
    runs: Sequence[tuple[str, str, Mapping[str, str]]], kinds: Mapping[str, str] | None = None, *, numbers: bool = True
) -> list[str]:
    """Name the judges of runs (task, judge, conditions), each with the conditions in which its judge's runs differ.

    Conditions are looked for among the runs of a judge on a task, and are told on all its tasks, so that a judge has
    the same name on each; a prompt only on tasks of one kind of scale (``kinds``, by task): each kind has its own.
    With ``numbers`` runs that differ in nothing that is named are numbered.
    """
    of_judge: dict[str, dict[str, list[Mapping[str, str]]]] = {}
    every = [(task, judge, _said(own)) for task, judge, own in runs]
    for task, judge, own in every:
        of_judge.setdefault(judge, {}).setdefault(task, []).append(own)
    told = {judge: _differing(list(tasks.values())) for judge, tasks in of_judge.items()}
    kind_of = (kinds or {}).get
    prompted = {
        (judge, kind_of(task))
        for judge, tasks in of_judge.items()
        for task, on in tasks.items()
        if _differ("prompt", on)
    }
    names: list[str] = []
    for task, judge, own in every:
        shown = [
            name for name in told[judge] if name in own and (name != "prompt" or (judge, kind_of(task)) in prompted)
        ]
        said = {name: _brief(own, name, of_judge[judge]) for name in shown}
        names.append(JudgeName(judge, said) if said else judge)
    if not numbers:
        return names
    keys = [(task, name) for (task, _, _), name in zip(runs, names, strict=True)]
    counts, seen = Counter(keys), Counter[tuple[str, str]]()
    for i, (key, (_, judge, _)) in enumerate(zip(keys, runs, strict=True)):
        seen[key] += 1
        if counts[key] > 1:
            names[i] = JudgeName(judge, {**conditions_of(names[i]), "run": str(seen[key])})
    return names


def _said(own: Mapping[str, str]) -> Mapping[str, str]:
    """Fill in what goes without saying where a judge has a prompt, each in its place."""
    if "prompt" not in own:
        return own
    whole = {"prompt": own["prompt"], "form": own.get("form", _UNSAID["form"])}
    return whole | dict(own) | {name: one for name, one in _UNSAID.items() if name not in own}


def _differing(tasks: Sequence[Sequence[Mapping[str, str]]]) -> list[str]:
    """Find the conditions that are not the same in all runs on some task, in the order in which they are told.

    A probe is always told, since items that it turned are not the task's, and so is when a judge was asked again.
    """
    names = dict.fromkeys(name for runs in tasks for own in runs for name in own)
    found = [name for name in names if any(_differ(name, runs) for runs in tasks)]
    # Under two conditions of one file another recording is no news.
    return [name for name in found if name != "recording" or "cond" not in found]


def _differ(name: str, runs: Sequence[Mapping[str, str]]) -> bool:
    values = {own.get(name) for own in runs}
    if name in {"probe", "again"}:
        values.add("none" if name == "probe" else None)
    return len(values) > 1


def _brief(own: Mapping[str, str], name: str, tasks: Mapping[str, Sequence[Mapping[str, str]]]) -> str:
    """Write a prompt or a card without its digest, unless another one of the judge has the same name."""
    if name not in {"prompt", "card"}:
        return own[name]
    every = {one[name] for runs in tasks.values() for one in runs if name in one}
    same = [one for one in every if _names(one) == _names(own[name])]
    return _names(own[name]) if len(same) == 1 else own[name]


def _names(prompt: str) -> str:
    return " + ".join(dict.fromkeys(one.rpartition("@")[0] for one in prompt.split(" + ")))
