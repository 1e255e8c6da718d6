"""Measuring once what several forms show."""

from __future__ import annotations

import contextlib
import hashlib
import pickle
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def measured_once() -> Iterator[None]:
    """Measure the same ratings in the same way once: six forms show one figure."""
    module = import_module("judgebench.agreement.measure")
    measure, known = module.measure, {}

    def once(*args: object, **kwargs: object) -> object:
        try:
            key = hashlib.sha256(pickle.dumps((args, sorted(kwargs.items())))).digest()
        except (pickle.PicklingError, AttributeError, TypeError):
            return measure(*args, **kwargs)
        if key not in known:
            known[key] = measure(*args, **kwargs)
        return list(known[key])

    module.measure = once
    try:
        yield
    finally:
        module.measure = measure
