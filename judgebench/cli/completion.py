"""What a shell offers at the Tab key: commands and options by typer, and the names that people type as values.

Names come from the lists of ``judgebench list``. Where one is to be completed no command is loaded, which takes longer
than anybody waits for a Tab: options that take names stand in for it.
"""

from __future__ import annotations

import inspect
import os
import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from judgebench.api.listing import LISTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

#: Commands whose ``--judge`` is one to ask; of other commands it is a column.
_ASKING = ("run", "probe", "validate-judge", "init")


def words_so_far() -> list[str]:
    """Give the words behind ``judgebench`` on the line that a shell asks about, the unfinished one last.

    bash gives all words and the number of the one at the cursor, other shells the line up to there.
    """
    line = os.environ.get("_TYPER_COMPLETE_ARGS", os.environ.get("COMP_WORDS", ""))
    try:
        words = shlex.split(line)
    except ValueError:
        # A quotation that is still open.
        words = line.split()
    if "_TYPER_COMPLETE_ARGS" in os.environ:
        return words[1:] if not line.endswith(" ") else [*words[1:], ""]
    count = int(os.environ.get("COMP_CWORD", "0"))
    return [*words[1:count], words[count] if count < len(words) else ""]


def stand_in(words: Sequence[str]) -> Callable[..., None] | None:
    """Make a command that takes the names which the last word begins; None where it is no name."""
    if len(words) < 2:
        return None
    named = {"--judge": _judges} if words[0] in _ASKING else {}
    flag = words[-2]
    source = (_FLAGS | named).get(flag) or (_WORDS.get(words[-2]) if words[0] == "show" and len(words) < 4 else None)
    if source is None:
        return None

    def names(incomplete: str) -> list[str]:
        return [name for name in source(incomplete) if name.startswith(incomplete)]

    if flag.startswith("--"):
        taken: Any = typer.Option(flag, autocompletion=names)
    else:
        taken = typer.Argument(autocompletion=names)

    def standing(**_: Any) -> None:
        """Do nothing: a line that is completed is not carried out."""

    one = inspect.Parameter("value", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[list[str], taken])
    standing.__signature__ = inspect.Signature([one])  # type: ignore[attr-defined]  # what typer reads
    standing.__annotations__ = {"value": one.annotation}
    return standing


def _first(kind: str) -> Iterator[str]:
    return (row[0] for row in LISTS[kind].rows())


def _judges(_: str) -> Iterator[str]:
    from judgebench.judges.listed import BACKENDS  # noqa: PLC0415 - loaded on use

    # What is in capitals stands for a name of one's own.
    yield from (name for name in _first("judges") if name.rpartition("/")[2].islower())
    yield from (f"{name}/" for name in BACKENDS)
    yield from _first("cards")


def _tasks(incomplete: str) -> Iterator[str]:
    from judgebench.tasks.card import card_names, load_card  # noqa: PLC0415 - loaded on use

    name, colon, _ = incomplete.partition(":")
    if colon and name in card_names():
        yield from (f"{name}:{split}" for split in load_card(name).splits)
    else:
        yield from _first("tasks")


def _protocols(_: str) -> Iterator[str]:
    return (name.partition("[")[0] for name in _first("protocols") if "=" not in name)


def _probes(_: str) -> Iterator[str]:
    return (name.removeprefix("--probe ") for name in _first("probes") if not name.startswith("--order"))


def _policies(_: str) -> Iterator[str]:
    from judgebench.domain.results import POLICY_VALUES  # noqa: PLC0415 - loaded on use

    return (f"{name}={value}" for name, values in POLICY_VALUES.items() for value in values)


def _shown(_: str) -> Iterator[str]:
    yield from ("schema", "prompt", "card")
    for kind in ("tasks", "cards", "prompts"):
        yield from _first(kind)


def _schemas(_: str) -> Iterator[str]:
    from judgebench.report.schemas import KINDS  # noqa: PLC0415 - loaded on use

    yield from ("config", *KINDS)


_FLAGS: dict[str, Callable[[str], Iterator[str]]] = {
    "--task": _tasks,
    "--grader": _judges,
    "--prompt": lambda _: _first("prompts"),
    "--protocol": _protocols,
    "--probe": _probes,
    "--metric": lambda _: _first("metrics"),
    "--policy": _policies,
}
#: What `show` takes, by the word before it.
_WORDS: dict[str, Callable[[str], Iterator[str]]] = {
    "show": _shown,
    "schema": _schemas,
    "prompt": lambda _: _first("prompts"),
    "card": lambda _: _first("cards"),
}
