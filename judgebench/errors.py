"""Everything that judgebench raises on purpose.

The tree, with the exit code of the command line behind each::

    JudgebenchError
    ├── UsageError                2   the command or its values are wrong
    │   ├── UnknownNameError      2   no such task, judge, metric ...; near matches are named
    │   ├── NameClashError        2   two plugins claim one name
    │   ├── UnfitProbeError       2   a probe has nothing to change on a task
    │   └── BrokenPluginError     2   a plugin was found and could not be loaded
    ├── DataError                 3   input data is not what its format says (file, line, field)
    │   ├── FormError             3   a file can be cut into cells in several ways, or in a way that has to be said
    │   ├── UnscoredError         3   nothing can be scored of a run: no item of it has gold under the policies
    │   └── VersionError          3   another version of judgebench wrote it, and nobody may write to it here
    ├── BackendError              4   the judge backend is unusable (no key, unknown model, unreachable)
    │   └── GoneError             4   a batch or its results are not there (any more)
    ├── IncompleteError           5   a run stopped early; it resumes
    ├── InterruptedRunError     130   the user stopped a run; it resumes
    ├── MismatchError             1   a reproduction, a verification, a comparison or a gate failed
    ├── UndecidedError            6   a gate can't decide with this many items
    └── CallError                 -   one call to a judge went wrong; the engine handles it
        ├── RetryableError        -   worth asking again (429, 5xx, a cut connection, a timeout)
        └── RejectedError         -   this item will never be answered (content filter, bad request)

Each of these prints as one or two lines. Whatever else is raised is a bug: the command line says what to report (70).
"""

from __future__ import annotations

import contextlib
import difflib
import re
from typing import TYPE_CHECKING, ClassVar

from judgebench.redaction import hide_logins

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence

__all__ = [
    "BackendError",
    "BrokenPluginError",
    "CallError",
    "DataError",
    "FormError",
    "GoneError",
    "IncompleteError",
    "InterruptedRunError",
    "JudgebenchError",
    "MismatchError",
    "NameClashError",
    "RejectedError",
    "RetryableError",
    "UndecidedError",
    "UnfitProbeError",
    "UnknownNameError",
    "UnscoredError",
    "UsageError",
    "VersionError",
    "argument",
    "not_parsed",
    "spoken_as",
    "unreached",
]

#: How a message names the parameters of the function that is asked: on the command line as its options.
_names: Callable[[], Mapping[str, str]] | None = None


def argument(name: str, *, off: bool = False) -> str:
    """Name a parameter in a message: ``min_items`` in Python, ``--min-items`` on the command line.

    One that is ``off`` is ``cache=False`` in Python, ``--no-cache`` on the command line.
    """
    if _names is None:
        return f"{name}=False" if off else name
    option = _names().get(name) or f"--{name.replace('_', '-')}"
    return f"--no-{option.removeprefix('--')}" if off else option


@contextlib.contextmanager
def spoken_as(names: Callable[[], Mapping[str, str]]) -> Generator[None]:
    """Let messages name parameters as options, which are asked for when a message names one; for the command line."""
    global _names  # noqa: PLW0603 - a process is asked by a program or by its command line
    before = _names
    # What this question doesn't know has the name that it has elsewhere.
    _names = names if before is None else lambda: {**before(), **names()}
    try:
        yield
    finally:
        _names = before


def not_parsed(error: ValueError | RecursionError) -> str:
    """Say why a text can't be parsed; what Python says of its own limits helps nobody who wrote a file.

    >>> not_parsed(RecursionError("maximum recursion depth exceeded"))
    'nested too deeply'
    """
    if isinstance(error, RecursionError):
        return "nested too deeply"
    # The limit of `int`, whose message tells to call a function of `sys`.
    if found := re.match(r"Exceeds the limit \((\d+) digits\)", str(error)):
        return f"a number of more than {int(found[1]):,} digits"
    return str(error)


class JudgebenchError(Exception):
    """The root of the tree; ``exit_code`` is what the command line returns. No message shows a key or a login."""

    exit_code: ClassVar[int] = 1

    def __str__(self) -> str:
        return hide_logins(super().__str__())


class UsageError(JudgebenchError):
    """The command, an option or its value is wrong."""

    exit_code: ClassVar[int] = 2


class UnfitProbeError(UsageError):
    """A probe says nothing about a task: its scale is another, or no item has what it changes."""


class UnknownNameError(UsageError):
    """A name that the catalog does not hold; the message has up to three near matches and ``hint``, what to do next."""

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = "") -> None:
        names = sorted({*known})
        near = difflib.get_close_matches(name.casefold(), names, n=2, cutoff=0.6)
        did_you_mean = f". Did you mean {' or '.join(map(_plain, near))}?" if near else ""
        super().__init__(f"no {kind} is named {_plain(name)}{did_you_mean} {hint or _listed(kind, names)}")
        self.near = tuple(near)


#: What `judgebench list` has a list of.
_LISTS = frozenset({"task", "judge", "prompt", "protocol", "probe", "metric", "format"})


def _listed(kind: str, names: Sequence[str]) -> str:
    return f"(judgebench list {kind}s)" if kind in _LISTS else f"(known: {', '.join(names) or 'none'})"


def _plain(name: str) -> str:
    """Write a name as it is, in quotes where it would be taken for words of the sentence."""
    return name if re.fullmatch(r"[\w/:#@+-]+(?:\.[\w/:#@+-]+)*", name) else repr(name)


class NameClashError(UsageError):
    """Two providers claim one name."""


class BrokenPluginError(UsageError):
    """A plugin is registered under this name and could not be loaded."""


class DataError(JudgebenchError):
    """Input data is not what its format says; the message says where (lines count from 1) and what was expected."""

    exit_code: ClassVar[int] = 3

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        field: str | None = None,
        hint: str = "",
    ) -> None:
        where = file or ""
        if line is not None:
            where += f":{line}" if where else f"line {line}"
        if field is not None:
            where += f"{', ' if where else ''}field {field!r}"
        super().__init__(f"{f'{where}: ' if where else ''}{message}{f'; {hint}' if hint else ''}")
        self.what = message
        self.hint = hint
        self.file = file
        self.line = line
        self.field = field


class FormError(DataError):
    """A file whose form has to be said; ``readings`` are the ways, each as parameters with values, likeliest first."""

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        hint: str = "",
        readings: Sequence[Mapping[str, str | int]] = (),
    ) -> None:
        super().__init__(message, file=file, line=line, hint=hint)
        self.readings = tuple(readings)


class UnscoredError(DataError):
    """Nothing can be scored of a run or a table's judge; others beside it can still be."""


class VersionError(DataError):
    """Data that another version of judgebench wrote: it may mean something else, and is neither read nor written."""


class BackendError(JudgebenchError):
    """The judge backend is unusable: no key, an unknown model, an unreachable server."""

    exit_code: ClassVar[int] = 4


def unreached(judge: str, error: RetryableError) -> BackendError:
    """Say that nothing answers where a judge's backend should be."""
    said = str(error).removeprefix(f"{judge}: ").removeprefix("no connection: ")
    return BackendError(
        f"{judge} can't be reached: {re.sub(r'^.Errno [0-9]+. ', '', said)}; start the server, or check "
        f"{argument('base_url')} and a judge file's base_url; nothing was judged"
    )


class GoneError(BackendError):
    """A batch, or its results, that the provider does not know or does not keep any more."""


class IncompleteError(JudgebenchError):
    """A run stopped before its end; what was judged is kept and the run resumes."""

    exit_code: ClassVar[int] = 5


class InterruptedRunError(JudgebenchError):
    """The user or the system stopped a run (Ctrl-C, SIGTERM); what was judged is kept and it resumes."""

    exit_code: ClassVar[int] = 130


class MismatchError(JudgebenchError):
    """A reproduction, a verification against a witness, a comparison or a gate failed."""

    exit_code: ClassVar[int] = 1


class UndecidedError(JudgebenchError):
    """A gate can neither pass nor fail with the items that it has."""

    exit_code: ClassVar[int] = 6


class CallError(JudgebenchError):
    """One call to a judge went wrong. The run engine turns it into a status."""


class RetryableError(CallError):
    """The same call may succeed later; ``retry_after`` is the seconds that the server asked us to wait.

    ``unreachable``: no connection could be made; if a run sees nothing else, the backend is reported as unusable.
    ``overloaded``: the server asked for less (429, 503, 529) or did not answer in time, and the engine asks fewer at
    once. ``limits`` is what the server said of its limits beside the error. Messages hold no secret.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        unreachable: bool = False,
        overloaded: bool = False,
        limits: object | None = None,
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.unreachable = unreachable
        self.overloaded = overloaded
        self.limits = limits


class RejectedError(CallError):
    """An item that will not be answered, however often it is asked.

    ``refused`` means a content filter or a safety refusal (status ``refused``, else ``failed``).
    """

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused
