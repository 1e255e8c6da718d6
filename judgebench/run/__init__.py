"""Asking: cases to a judge, replies to a store.

The name is that of a room and of what one does there: ``judgebench.run("gpt-4o", "pandalm", sample=True)`` asks and
measures (`judgebench.api.running.run`), ``judgebench.run.engine`` is a module.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from types import ModuleType
from typing import Any


class _Room(ModuleType):
    """A module that can be called; who answers lives upstairs and is fetched by name, when it is called."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Ask judges about tasks and measure how far they agree with gold."""
        return _upstairs()(*args, **kwargs)

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(_upstairs())


def _upstairs() -> Any:
    return importlib.import_module("judgebench.api.running").run


sys.modules[__name__].__class__ = _Room
