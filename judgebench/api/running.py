"""``judgebench.run``: ask judges about tasks from Python, then measure."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Literal

from judgebench.api.asking import Order, Showing
from judgebench.api.checks import flag
from judgebench.api.prepared import engine_of, prepare
from judgebench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from judgebench.api.prepared import JudgeLike, Listener, PolicyLike, Prepared, TaskLike
    from judgebench.report.scores import Scores


def run(
    judge: JudgeLike | Sequence[JudgeLike],
    task: TaskLike | Sequence[TaskLike],
    *,
    data: str | Path | None = None,
    sample: bool = False,
    limit: int | None = None,
    order: Order | None = None,
    prompt: str | Path | None = None,
    reference: str = "auto",
    repeats: int = 1,
    base_url: str | None = None,
    temperature: float | Literal["default"] | None = "default",
    max_tokens: int = 2048,
    timeout: float = 120.0,
    connect_timeout: float = 10.0,
    first_byte_timeout: float | None = None,
    max_concurrency: int | None = None,
    rpm: float | None = None,
    tpm: float | None = None,
    max_cost: float | None = None,
    hedge: float | None = None,
    attempts: int = 6,
    engine: Literal["local", "batch", "ray"] = "local",
    poll: float = 15.0,
    wait: bool = True,
    batch_size: int | None = None,
    workers: int | None = None,
    ray_address: str | None = None,
    seed: int = 0,
    policy: PolicyLike = (),
    by_system: bool = False,
    cache: bool = True,
    refresh: bool = False,
    runs: str | Path = "runs",
    progress: bool | Listener = False,
) -> Scores:
    """Ask judges about tasks and measure how far they agree with the gold labels.

    What was judged is kept in ``runs`` and never asked again, neither by the next call nor by the command line;
    the figures are those of ``judgebench run``. It works inside a running event loop, too, which it holds up.

    Parameters
    ----------
    judge : str, Path, Judge or callable, or a sequence of them
        A name as on the command line, a judge file, an object with ``name``, ``settings`` and ``async judge``, or a
        function as `judgebench.judges.function` describes it.
    task : str or Task, or a sequence of them
        A name as on the command line, or an object with ``name``, ``revision``, ``scale`` and ``items``.
    data : str or Path, optional
        Folder or file in the benchmark's published format.
    sample : bool, optional
        Take the rows shipped with the task.
    limit : int, optional
        Only the first ``limit`` items.
    order : {'both', 'original', 'swapped', 'random'}, optional
        How responses are shown; both by default, a replay keeps its own.
    prompt : str or Path, optional
        Another prompt than the scale's.
    reference : str, optional
        Which reference answers the judge sees.
    repeats : int, optional
        How often each case is asked.
    base_url : str, optional
        Address of the API.
    temperature : float, None or 'default', optional
        None sends none.
    max_tokens : int, optional
        Longest answer.
    timeout, connect_timeout, first_byte_timeout : float, optional
        Seconds that a call, its connection and the beginning of its answer may take.
    max_concurrency : int, optional
        Calls in flight at once to one backend; found out by default.
    rpm, tpm : float, optional
        Requests and tokens a minute; learned by default.
    max_cost : float, optional
        Dollars that this call may cost.
    hedge : float, optional
        Seconds after which a call without an answer is made once more.
    attempts : int, optional
        Times a case is asked before it counts as failed.
    engine : {'local', 'batch', 'ray'}, optional
        Who asks; ``poll``, ``wait`` and ``batch_size`` belong to ``batch``, ``workers`` and ``ray_address`` to ``ray``.
    seed : int, optional
        Of random orders and seeded judges.
    policy : mapping, str or sequence of str, optional
        Conventions to override: ``{"tie": "drop"}`` or ``"tie=drop"``.
    by_system : bool, optional
        Add a row for every judged system.
    cache : bool, optional
        Take answers to the same cases from other runs in ``runs``.
    refresh : bool, optional
        Ask everything again.
    runs : str or Path, optional
        Folder or URL that keeps the runs.
    progress : bool or callable, optional
        True shows on stderr where all stand, a callable hears it line by line; nothing is said by default.

    Returns
    -------
    Scores
        A row ``all`` and one per subset for every judge on every task.

    Raises
    ------
    JudgebenchError
        With the words of the command line. Where a run stopped early (a budget, too many failures, no key) the
        others are asked to their end and kept before that is raised.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as runs:
    ...     scores = run("baseline/longest", "pandalm", sample=True, runs=runs)
    >>> scores.kappa
    <Cohen's kappa .153 [-.254, .514], n = 48>
    """
    return _prepared(locals()).ask(runs, progress)


def prepared_run(
    judge: JudgeLike | Sequence[JudgeLike], task: TaskLike | Sequence[TaskLike], **options: Any
) -> Prepared:
    """Plan what `run` would ask under these options, ``runs`` and ``progress`` aside.

    Raises
    ------
    JudgebenchError
        As of `run`; UsageError for an option that there is not.
    """
    try:
        bound = inspect.signature(run).bind(judge, task, **options)
    except TypeError as error:
        raise UsageError(f"judgebench.run: {error}") from None
    bound.apply_defaults()
    return _prepared(bound.arguments)


def _prepared(given: Mapping[str, Any]) -> Prepared:
    prompt = given["prompt"]
    return prepare(
        given["judge"],
        given["task"],
        data=given["data"],
        sample=given["sample"],
        showing=Showing(**{name: given[name] for name in ("order", "repeats", "reference", "seed", "limit")}),
        settings={name: given[name] for name in _OF_JUDGES} | {"prompt": None if prompt is None else str(prompt)},
        how={name: given[name] for name in _OF_ASKING}
        | {"share": flag("cache", given["cache"]), "refresh": flag("refresh", given["refresh"])},
        engine=engine_of(given),
        policy=given["policy"],
        by_system=given["by_system"],
    )


#: Options that make a judge, and that say how to ask.
_OF_JUDGES = ("base_url", "temperature", "max_tokens", "timeout", "connect_timeout", "first_byte_timeout")
_OF_ASKING = ("max_concurrency", "rpm", "tpm", "max_cost", "hedge", "attempts")
