"""What a person should know beside the answer: said to whoever listens, as a warning where nobody does."""

from __future__ import annotations

import contextlib
import warnings
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_listener: ContextVar[Callable[[str], None] | None] = ContextVar("listener", default=None)


class NoteWarning(UserWarning):
    """Something beside the answer: what was left out, how words were read."""


def tell(text: str) -> None:
    """Say something beside the answer."""
    listener = _listener.get()
    if listener is None:
        warnings.warn(text, NoteWarning, stacklevel=2)
    else:
        listener(text)


def kept(notes: list[str]) -> Callable[[str], None]:
    """Keep what is said in ``notes``, where the answer has them; whoever listens hears it, too."""

    def said(text: str) -> None:
        notes.append(text)
        if (listener := _listener.get()) is not None:
            listener(text)

    return said


@contextlib.contextmanager
def listening(listener: Callable[[str], None]) -> Generator[None]:
    """Let a function hear what is said."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
