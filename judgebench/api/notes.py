"""What a person should know beside the answer: said to whoever listens, as a warning where nobody does.

The command line listens; it also shows an answer before all is over.
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from judgebench.report.document.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from judgebench.report.document.model import Document

_shower: ContextVar[Callable[[Any], None] | None] = ContextVar("shower", default=None)
_listener: ContextVar[Callable[[str], None] | None] = ContextVar("listener", default=None)
_doer: ContextVar[Callable[[str], None] | None] = ContextVar("doer", default=None)


class NoteWarning(UserWarning):
    """Something beside the answer: what was left out, how words were read."""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a call that writes files: these, and the words for it."""

    text: str
    paths: tuple[Path, ...] = ()

    def __str__(self) -> str:
        return self.text


def tell(text: str) -> None:
    """Say something beside the answer."""
    listener = _listener.get()
    if listener is None:
        # A terminal shows it, too.
        warnings.warn(one_line(text), NoteWarning, stacklevel=2)
    else:
        listener(text)


def doing(text: str) -> None:
    """Say what is being done from here on, to somebody who waits; empty where it shows by itself."""
    if (doer := _doer.get()) is not None:
        doer(text)


def somebody_answers() -> bool:
    """Whether a person at a terminal can be asked."""
    return on_command_line() and sys.stdin is not None and sys.stdin.isatty()


def answered(text: str) -> str | None:
    """Ask a person at the terminal, where nothing is written over the question; None where no answer comes."""
    doing("")
    try:
        return input(f"{text} ").strip()
    except EOFError:
        return None


def kept(notes: list[str]) -> Callable[[str], None]:
    """Keep what is said in ``notes``, where the answer has them; whoever listens hears it, too."""

    def said(text: str) -> None:
        notes.append(text)
        if (listener := _listener.get()) is not None:
            listener(text)

    return said


def show(answer: Document | str) -> None:
    """Show the answer on the command line, because what is still to be done may fail."""
    if (shower := _shower.get()) is not None:
        shower(answer)


def on_command_line() -> bool:
    """Whether this process is a command, so that its main thread and its signals are ours."""
    return _shower.get() is not None


@contextlib.contextmanager
def aside() -> Generator[None]:
    """Let what a judge asks for itself be nobody's answer, and take over no process."""
    token = _shower.set(None)
    try:
        yield
    finally:
        _shower.reset(token)


@contextlib.contextmanager
def listening(
    listener: Callable[[str], None], shower: Callable[[Any], None], doer: Callable[[str], None] | None = None
) -> Generator[None]:
    """Let the command line hear what is said and what is being done, and show answers."""
    tokens = _listener.set(listener), _shower.set(shower), _doer.set(doer)
    try:
        yield
    finally:
        _listener.reset(tokens[0])
        _shower.reset(tokens[1])
        _doer.reset(tokens[2])
