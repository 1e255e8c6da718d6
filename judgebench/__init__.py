"""judgebench: how far does an LLM judge agree with gold labels, and how sure are we.

The package is layered (see ``docs/architecture.md``): ``domain`` holds the nouns, the asking wing
(``tasks``, ``judges``, ``probes``, ``run``) and the measuring wing (``agreement``, ``report``) meet
only at ``store`` and ``domain``. Importing it creates, reads and configures nothing.

From Python (``docs/python.md``)::

    import judgebench

    scores = judgebench.run("gpt-4o", "pandalm", sample=True)   # ask and measure
    scores = judgebench.score(frame, judge="judge", gold="human")  # measure labels of one's own
    scores.kappa.low, scores.to_frame()
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import inspect

    from judgebench.api.alt_test import alt_test
    from judgebench.api.analyze import analyze
    from judgebench.api.compare import compare
    from judgebench.api.correct import correct
    from judgebench.api.doctor import doctor
    from judgebench.api.gate import gate
    from judgebench.api.humans import humans
    from judgebench.api.leaderboard import leaderboard
    from judgebench.api.power import power
    from judgebench.api.reproduce import reproduce
    from judgebench.api.running import run
    from judgebench.api.score import score, sensitivity
    from judgebench.api.systems import systems
    from judgebench.errors import JudgebenchError
    from judgebench.report.scores import Figure, Scores

__version__ = "0.1.0"

__all__ = [
    "Figure",
    "JudgebenchError",
    "Scores",
    "__version__",
    "alt_test",
    "analyze",
    "compare",
    "correct",
    "doctor",
    "gate",
    "humans",
    "leaderboard",
    "power",
    "reproduce",
    "run",
    "score",
    "sensitivity",
    "systems",
]

#: Where the names that a program uses live; each is imported when it is asked for. ``run`` and ``reproduce`` are
#: rooms that can be called, so that they are the same objects whoever imported them first.
_LAZY = {
    "Figure": "judgebench.report.scores:Figure",
    "JudgebenchError": "judgebench.errors:JudgebenchError",
    "Scores": "judgebench.report.scores:Scores",
    "alt_test": "judgebench.api.alt_test:alt_test",
    "analyze": "judgebench.api.analyze:analyze",
    "compare": "judgebench.api.compare:compare",
    "correct": "judgebench.api.correct:correct",
    "doctor": "judgebench.api.doctor:doctor",
    "gate": "judgebench.api.gate:gate",
    "humans": "judgebench.api.humans:humans",
    "leaderboard": "judgebench.api.leaderboard:leaderboard",
    "power": "judgebench.api.power:power",
    "reproduce": "judgebench.reproduce",
    "run": "judgebench.run",
    "systems": "judgebench.api.systems:systems",
    "score": "judgebench.api.score:score",
    "sensitivity": "judgebench.api.score:sensitivity",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    place, _, attribute = _LAZY[name].partition(":")
    module = importlib.import_module(place)
    found = getattr(module, attribute) if attribute else module
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class Room(ModuleType):
    """What ``judgebench.run`` is made: a room that can be called. Rooms know nothing of `api`; the package does."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Ask the question of the room's name."""
        return _question(self)(*args, **kwargs)

    @property
    def __signature__(self) -> inspect.Signature:
        import inspect  # noqa: PLC0415 - importing the package must stay free

        return inspect.signature(_question(self))


def _question(room: ModuleType) -> Any:
    name = room.__name__.rpartition(".")[2]
    return getattr(importlib.import_module(f"judgebench.api.{'running' if name == 'run' else name}"), name)
