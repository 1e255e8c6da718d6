"""Names to objects.

Built-ins are ``"module:attribute"`` strings, imported when they are asked for. Third parties add theirs through entry
points of the same grammar in the groups ``judgebench.judges``, ``judgebench.tasks``, ``judgebench.probes`` and
``judgebench.metrics``.
"""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, cast

from judgebench.errors import (
    BrokenPluginError,
    JudgebenchError,
    NameClashError,
    UnknownNameError,
    UsageError,
    argument,
)
from judgebench.judges.listed import BACKENDS, JUDGE_NOTES, PLAIN_JUDGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from judgebench.agreement.probing.measure import Probed
    from judgebench.domain import Item, Judge, Probe, Run, Scale, Task, Verdict
    from judgebench.judges.llm import LLMJudge
    from judgebench.judges.scored import ScoreJudge
    from judgebench.stats.coefficients.catalog import Metric
    from judgebench.tasks.card import Card, Recorded

Made = TypeVar("Made")
Kind: TypeAlias = Literal["judges", "tasks", "probes", "metrics"]


_OPENAI_MODEL = re.compile(r"(gpt-|chatgpt-|o\d)")
_FOR_JUDGES = re.compile(
    r"(?:^|_)(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|KEY_ID|BASE_URL|API_BASE|API_VERSION|ENDPOINT)$"
    r"|^(?:JUDGEBENCH|OPENAI|ANTHROPIC|AZURE|AWS|GOOGLE|VERTEXAI|HF|LITELLM)_"
)
_FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")

#: Tokens that an answer may have where nobody says.
MOST_TOKENS = 2048


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """What is chosen about an LLM judge beside its name: options of ``run``.

    ``prompt`` None is that of the task's scale; ``temperature`` None leaves it to the server, ``default`` to the
    backend, ``max_tokens`` None to the card or to `MOST_TOKENS`. What only some judges have (``form``, ``samples``,
    ``effort``, ``protocol``, ``parser``, and from ``dtype`` on what only a judge file says of a local model) is None
    where nobody chose it.
    """

    prompt: str | None = None
    form: str | None = None
    samples: int | None = None
    samples_by: str | None = None
    effort: str | None = None
    parser: str | None = None
    protocol: str | None = None
    base_url: str | None = None
    temperature: float | Literal["default"] | None = "default"
    max_tokens: int | None = None
    timeout: float = 120.0
    connect_timeout: float = 10.0
    first_byte_timeout: float | None = None
    seed: int = 0
    dtype: str | None = None
    batch_tokens: int | None = None
    thresholds: tuple[float, ...] | None = None


def plugins(kind: Kind) -> Mapping[str, metadata.EntryPoint]:
    """Read the entry points of third parties by name; NameClashError where a name is taken."""
    found: dict[str, metadata.EntryPoint] = {}
    builtin = {
        "judges": (*BACKENDS, *PLAIN_JUDGES),
        "tasks": _cards() if kind == "tasks" else (),
        "metrics": _metrics() if kind == "metrics" else (),
    }
    for entry in metadata.entry_points(group=f"judgebench.{kind}"):
        if entry.name in found or entry.name in builtin.get(kind, ()):
            other = found[entry.name].value if entry.name in found else "a built-in"
            raise NameClashError(
                f"two {kind} are named {entry.name!r}: {entry.value} and {other}; uninstall one of the packages"
            )
        found[entry.name] = entry
    return found


def _plugin(kind: Kind, name: str) -> Any | None:
    entry = plugins(kind).get(name)
    if entry is None:
        return None
    try:
        return entry.load()
    except Exception as error:  # noqa: BLE001 - whatever a plugin does at import, the user hears which one it was
        raise BrokenPluginError(
            f"the plugin behind {name!r} ({entry.value}) can't be loaded: {type(error).__name__}: {error}"
        ) from None


def _cards() -> tuple[str, ...]:
    from judgebench.tasks.card import card_names  # noqa: PLC0415 - `list judges` needs no task

    return tuple(card_names())


def _metrics() -> tuple[str, ...]:
    from judgebench.stats.coefficients.catalog import METRICS  # noqa: PLC0415 - loaded on use

    return tuple(METRICS)


def task_names() -> tuple[str, ...]:
    """Return the names of all tasks."""
    return tuple(sorted({*_cards(), *plugins("tasks")}))


def judge_names() -> tuple[str, ...]:
    """Return the names and name patterns of all judges."""
    return (*JUDGE_NOTES, *sorted(plugins("judges")))


def make_task(spec: str, *, data: Path | None = None, sample: bool = False) -> Task:
    """Open a task: a built-in by its card, or a plugin's; UnknownNameError where there is none.

    A plugin's entry point is a factory ``make(split, data=…, sample=…)`` that returns a `Task`.
    """
    from judgebench.tasks.base import open_task  # noqa: PLC0415 - loaded on use

    name, _, split = spec.partition(":")
    if name not in _cards() and (factory := _plugin("tasks", name)) is not None:
        from judgebench.domain import Task as Wanted  # noqa: PLC0415 - loaded on use

        return _made(spec, Wanted, lambda: factory(split, data=data, sample=sample))  # type: ignore[type-abstract]  # a protocol that can be checked at run time
    if name not in task_names():
        raise UnknownNameError("task", name, task_names(), "(judgebench list tasks; a table is named by its file)")
    return open_task(spec, data=data, sample=sample)


def is_place(spec: str) -> bool:
    """Whether a task is written as a place, a file or a folder of one's own: no task has that name, and it looks so."""
    from judgebench.tasks.places import is_own  # noqa: PLC0415 - loaded on use

    return spec.partition(":")[0] not in task_names() and is_own(spec)


def task_name(spec: str) -> str:
    """Name a task as its runs do, whether it is written by its name or as a place."""
    from judgebench.tasks.places import name_of  # noqa: PLC0415 - loaded on use

    return name_of(spec) if is_place(spec) else spec


def make_judge(spec: str, task: Task, settings: JudgeSettings) -> Judge:
    """Make a judge for a task from its name or a judge file; BackendError where its backend lacks a key or a package.

    Names are ``gpt-4o``, ``backend/model``, ``replay:…``, ``module:function`` (DESIGN, §5).
    """
    if (written := _written(spec, task, settings)) is not None:
        return written
    if (asked := _model(spec, settings)) is not None:
        return cast("Judge", asked.serving(task.scale))
    backend, slash, model = spec.partition("/")
    if backend == "baseline":
        create = resolve_name(PLAIN_JUDGES[backend])
        return cast("Judge", create(model, seed=settings.seed, items=task.items, scale=task.scale))
    if spec in PLAIN_JUDGES:
        return cast("Judge", resolve_name(PLAIN_JUDGES[spec])(spec))
    if (factory := _plugin("judges", backend if slash else spec)) is not None:
        from judgebench.domain import Judge as Wanted  # noqa: PLC0415 - loaded on use
        from judgebench.judges.own import as_judge  # noqa: PLC0415 - loaded on use

        return _made(spec, Wanted, lambda: as_judge(factory(model, **_options(settings, None))))  # type: ignore[type-abstract]  # a protocol that can be checked at run time
    if _FUNCTION.fullmatch(spec):
        return cast("Judge", resolve_name("judgebench.judges.function:create")(spec))
    raise _no_judge(spec)


def _no_judge(spec: str) -> UsageError:
    """Say what is wrong with a name that is no judge's."""
    file, _, name = spec.partition(".py:")
    if name:
        folder = f", asked in {Path(file).parent}" if Path(file).parent.parts else ""
        return UsageError(f"{spec} is not how a function is named: it is {Path(file).name}:{name}{folder}")
    if spec.endswith(".py"):
        module = Path(spec).stem
        return UsageError(f"{spec} is a file: name a function in it, as {module}:judge, from the file's own folder")
    if Path(spec).is_file() or difflib.get_close_matches(Path(spec).suffix, [".toml"]):
        from judgebench.files.content import neighbours  # noqa: PLC0415 - loaded on use

        what = "a judge file ends in .toml" if Path(spec).is_file() else "no such file"
        beside = neighbours(Path(spec))
        return UsageError(f"judge file {spec}: {what}{f'; beside it: {beside}' if beside else ''}")
    known = [name.removesuffix("/MODEL") for name in judge_names() if ":" not in name]
    model = f"a model is openai/{spec.partition('/')[2] or spec or 'gpt-4o'}, a function of yours is MODULE:NAME"
    return UnknownNameError("judge", spec, known, f"({model}; judgebench list judges)")


def _written(spec: str, task: Task, settings: JudgeSettings) -> Judge | None:
    """Make the judge that a card or another file describes; None where the name is neither's."""
    if (carded := resolve_name("judgebench.judges.cards.naming:named")(spec)) is not None:
        return cast("Judge", carded.judge(task.scale, settings, _language_model))
    if spec.startswith("replay:"):
        return _replay(spec.removeprefix("replay:"), task)
    if spec.endswith(".toml"):
        from judgebench.judges.described import Described  # noqa: PLC0415 - loaded on use

        return Described(task.scale, lambda name, own: make_judge(name, task, own)).judge(Path(spec), settings)
    if settings.parser is not None:
        raise UsageError(
            f"{argument('parser')} belongs to judge cards, and {spec} is not one (judgebench list judges --cards)"
        )
    return None


def _language_model(spec: str, settings: JudgeSettings) -> LLMJudge | None:
    """Make the judge that asks a language model; None where the name is not one's, UsageError where it can't talk."""
    from judgebench.judges.scored import ScoreJudge  # noqa: PLC0415 - loaded on use

    made = _model(spec, settings)
    if isinstance(made, ScoreJudge):
        raise UsageError(f"a judge card talks to a language model, and {spec} gives numbers")
    return made


def _model(spec: str, settings: JudgeSettings) -> LLMJudge | ScoreJudge | None:
    """Make the judge that asks a model; None where the name is not one's."""
    backend, model = _backend_of(spec)
    if backend not in BACKENDS:
        return None
    if not model:
        raise UsageError(f"judge {spec!r} names no model; write {backend}/MODEL")
    create = resolve_name(BACKENDS[backend].create)
    default = resolve_name(f"{BACKENDS[backend].create.partition(':')[0]}:DEFAULT_TEMPERATURE")
    options = _options(settings, default) | {"timeout": _timeouts(settings)} | _local(spec, backend, settings)
    return cast("LLMJudge | ScoreJudge", create(model, **options))


def _backend_of(spec: str) -> tuple[str, str]:
    """Read a judge's name as that of a model: its backend, which may be none of ours, and the model."""
    backend, slash, model = spec.partition("/")
    if not slash and _OPENAI_MODEL.match(spec):
        return "openai", spec
    return ("anthropic", spec) if not slash and spec.startswith("claude-") else (backend, model)


def model_label(spec: str) -> str:
    """Name a model as runs that ask it do; empty where the name is a card's, a file's, or no model's."""
    backend, model = _backend_of(spec)
    return f"{backend}/{model}" if backend in BACKENDS else ""


def check_key(spec: str) -> None:
    """Refuse a judge that asks a model whose key is not set, BackendError; no library of its provider's is loaded."""
    cards = resolve_name("judgebench.judges.cards:card_names")
    if label := model_label(spec):
        if variable := BACKENDS[label.partition("/")[0]].key:
            resolve_name("judgebench.judges.backend:required_key")(variable, label)
    elif ".toml" in spec or spec.partition(":")[0].partition("/")[0] in cards():
        for one in resolve_name("judgebench.judges.described:models_behind")(spec):
            check_key(one)


def make_probe(spec: str, plain: Probe, scale: Scale, *, seed: int = 0) -> Probe:
    """Make a probe by ``NAME[/VARIANT][:SIDE]``, ours or a plugin's; UnknownNameError where there is none.

    A plugin's entry point is a factory ``make(plain)``: ``plain`` shows items in the orders, and as often, as was asked
    for. Its name is the entry point's, and `probes.plugged` looks at what it yields. One that is an
    `judgebench.probes.operator.Operator`, or gives them by variant, is asked as ours are.
    """
    from judgebench.domain import Probe as Wanted  # noqa: PLC0415 - loaded on use
    from judgebench.probes.listed import PROBES  # noqa: PLC0415 - loaded on use
    from judgebench.probes.named import Spec, probe_of  # noqa: PLC0415 - loaded on use
    from judgebench.probes.plugged import Plugged  # noqa: PLC0415 - loaded on use

    name = Spec.of(spec).name
    behind = behind_probe(name)
    if observed(spec) is not None:
        raise UsageError(f"{name} is measured on plain verdicts: `judgebench probe {argument('probe')} {name}`")
    if name in PROBES:
        return probe_of(spec, behind, plain, scale, seed)
    made = _made(spec, Wanted, lambda: probe_of(spec, behind, plain, scale, seed))  # type: ignore[type-abstract]  # a protocol that can be checked at run time
    if made.name != spec:
        raise BrokenPluginError(f"the plugin behind {name!r} returned a probe named {made.name!r}")
    return Plugged(made)


def observed(spec: str) -> Callable[[Run, Callable[..., Iterable[Verdict]]], Probed | None] | None:
    """Load what measures a probe on plain verdicts; None of a probe that changes items."""
    from judgebench.probes.listed import PROBES  # noqa: PLC0415 - loaded on use

    entry = PROBES.get(spec)
    return resolve_name(entry.place) if entry is not None and entry.observed else None


def behind_probe(name: str) -> Any:
    """Load what a probe's name stands for; UnknownNameError where there is nothing."""
    from judgebench.probes.listed import PROBES  # noqa: PLC0415 - loaded on use

    if name in PROBES:
        return resolve_name(PROBES[name].place)
    found = _plugin("probes", name)
    if found is None:
        known = (*PROBES, *plugins("probes"))
        raise UnknownNameError("probe", name, known)
    return found


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a process elsewhere makes a judge of this one's; it pickles, and carries no key."""

    spec: str
    settings: JudgeSettings
    name: str
    scale: Scale

    @property
    def revision(self) -> str:
        """No data is here."""
        return ""

    def items(self) -> Iterable[Item]:
        """Yield nothing: judges that need the task's items are not made elsewhere."""
        return ()

    def __call__(self) -> Judge:
        """Make the judge."""
        return make_judge(self.spec, self, self.settings)


def recipe(spec: str, judge: Judge, task: Task, settings: JudgeSettings) -> Recipe | None:
    """Say how to make a judge elsewhere; None for one that asks nobody, or that needs the task's items."""
    from judgebench.judges.panels.panel import Panel  # noqa: PLC0415 - loaded on use

    made_there = judge.portable if isinstance(judge, Panel) else judge.backends
    return Recipe(spec, settings, task.name, task.scale) if made_there else None


def judge_environment() -> dict[str, str]:
    """Read the environment variables that judges look at: keys and addresses."""
    return {name: value for name, value in os.environ.items() if _FOR_JUDGES.search(name.upper())}


def _timeouts(settings: JudgeSettings) -> object:
    from judgebench.judges.backend import Timeouts  # noqa: PLC0415 - loaded on use

    return Timeouts(settings.timeout, settings.connect_timeout, settings.first_byte_timeout)


def _local(spec: str, backend: str, settings: JudgeSettings) -> dict[str, Any]:
    """Spell what only local models take; UsageError where another judge is told."""
    said = {
        name: one for name in ("dtype", "batch_tokens", "thresholds") if (one := getattr(settings, name)) is not None
    }
    if lost := sorted(set(said) - set(BACKENDS[backend].takes)):
        users = ", ".join(f"{name}/" for name, one in BACKENDS.items() if lost[0] in one.takes)
        raise UsageError(f"{spec} takes no {lost[0]!r}; {users} do")
    return said


def _options(settings: JudgeSettings, temperature: float | None) -> dict[str, Any]:
    """Spell the settings as factories of LLM judges take them; ``temperature`` is the backend's default."""
    chosen = {name: getattr(settings, name) for name in ("form", "samples", "samples_by", "effort", "protocol")}
    return {name: one for name, one in chosen.items() if one is not None} | {
        "prompt": settings.prompt,
        "base_url": settings.base_url,
        "temperature": temperature if settings.temperature == "default" else settings.temperature,
        "max_tokens": settings.max_tokens or MOST_TOKENS,
        "timeout": settings.timeout,
        "seed": settings.seed or None,
    }


def metrics() -> dict[str, Metric]:
    """Return all metrics: the built-in ones, then those of plugins (each entry point is a `Metric`)."""
    from judgebench.stats.coefficients.catalog import METRICS, Metric  # noqa: PLC0415 - loaded on use

    found = dict(METRICS)
    for name, entry in plugins("metrics").items():
        loaded = _plugin("metrics", name)
        if not isinstance(loaded, Metric) or loaded.name != name:
            raise BrokenPluginError(f"the plugin behind {name!r} ({entry.value}) is not a Metric of that name")
        found[name] = loaded
    return found


def _replay(target: str, task: Task) -> Judge:
    """Make a judge of a recording: one the card knows by name, the benchmark's own format, or ours."""
    from judgebench.domain import bare, conditions_of  # noqa: PLC0415 - loaded on use
    from judgebench.judges.baselines import ReplayJudge  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.base import CardTask  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.recordings import is_own_format, read_recording  # noqa: PLC0415 - loaded on use

    # Labels of one's own change nothing about a recording.
    task = getattr(task, "origin", task)
    file, _, column = target.partition("#")
    path = Path(file)
    known: dict[str, Recorded] = {}
    if isinstance(task, CardTask):
        known = {recorded.name: recorded for recorded in task.recordings() if recorded.kind == "replies"}
        if not path.exists() and target in known:
            path, column = task.recorded_path(known[target]) or path, known[target].column
    if not path.is_file():
        raise UsageError(
            f"no file {str(path)!r} to replay, nor a recording of {task.name}; write replay:FILE, replay:FILE#COLUMN"
            + (f", or replay:NAME with one of {', '.join(known)}" if known else "")
            + _recorded_elsewhere(target, task)
        )
    if not isinstance(task, CardTask):
        recording = read_recording(path, task.scale, column or None)
    elif is_own_format(path, task.reader.recorded_fields):
        recording = task.own_recording(path, column or None)
    else:
        recording = task.recorded(path, column or None)
    conditions = conditions_of(recording.name)
    return ReplayJudge(f"replay/{bare(recording.name)}", recording.replies, recording.orders, conditions)


def _recorded_elsewhere(name: str, task: Task) -> str:
    """Say of which other splits of a task's card a judge is recorded."""
    card: Card | None = getattr(task, "card", None)
    known = [] if card is None else [f"{card.name}:{one.split}" for one in card.recorded if one.name == name]
    return f" ({name} is recorded on {', '.join(dict.fromkeys(known))})" if known else ""


def _made(spec: str, wanted: type[Made], factory: Callable[[], object]) -> Made:
    """Call a plugin's factory; what goes wrong in it is the plugin's, and is said so."""
    try:
        made = factory()
    except JudgebenchError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a plugin raises, the user hears which one it was
        raise BrokenPluginError(f"the plugin behind {spec!r} failed: {type(error).__name__}: {error}") from None
    if not isinstance(made, wanted):
        what = wanted.__name__.lower()
        raise BrokenPluginError(f"the plugin behind {spec!r} returned {type(made).__name__}, not a {what}")
    return made
