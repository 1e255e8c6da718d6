"""judgebench: how far does an LLM judge agree with gold labels, and how sure are we.

The package is layered (see ``docs/contribute/architecture.md``): ``domain`` holds the nouns, the asking wing
(``tasks``, ``judges``, ``probes``, ``run``) and the measuring wing (``agreement``, ``report``) meet
only at ``store`` and ``domain``. Importing it creates, reads and configures nothing.

From Python (``docs/reference/python.md``)::

    import judgebench

    scores = judgebench.run("gpt-4o", "pandalm", sample=True)   # ask and measure
    scores = judgebench.score(frame, judge="judge", gold="human")  # measure labels of one's own
    scores.kappa.low, scores.to_frame()
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import inspect

    from judgebench.api.alt_test import alt_test
    from judgebench.api.analyze import analyze
    from judgebench.api.attacks import transfer
    from judgebench.api.calibrate import calibrate
    from judgebench.api.cascade import cascade
    from judgebench.api.compare import compare
    from judgebench.api.correct import correct
    from judgebench.api.demo import demo
    from judgebench.api.detecting import detect
    from judgebench.api.doctor import doctor
    from judgebench.api.gate import gate
    from judgebench.api.humans import humans
    from judgebench.api.init import init
    from judgebench.api.jury import jury
    from judgebench.api.leaderboard import leaderboard
    from judgebench.api.listing import listing
    from judgebench.api.power import power
    from judgebench.api.preferences import export
    from judgebench.api.probing import probe
    from judgebench.api.publish import publish
    from judgebench.api.report import report
    from judgebench.api.reproduce import reproduce
    from judgebench.api.running import estimate, run
    from judgebench.api.score import bounds, consistency, score, sensitivity
    from judgebench.api.showing import show
    from judgebench.api.similarity import similarity
    from judgebench.api.storing import pack, verify
    from judgebench.api.systems import systems
    from judgebench.api.validate import validate
    from judgebench.api.validity import validate_judge
    from judgebench.domain import Item
    from judgebench.errors import JudgebenchError
    from judgebench.report.scores import Figure, Scores
    from judgebench.view import view

__version__ = "0.1.0"

__all__ = [
    "Figure",
    "Item",
    "JudgebenchError",
    "Scores",
    "__version__",
    "alt_test",
    "analyze",
    "bounds",
    "calibrate",
    "cascade",
    "compare",
    "consistency",
    "correct",
    "demo",
    "detect",
    "doctor",
    "estimate",
    "export",
    "gate",
    "humans",
    "init",
    "jury",
    "leaderboard",
    "listing",
    "pack",
    "power",
    "probe",
    "publish",
    "report",
    "reproduce",
    "run",
    "score",
    "sensitivity",
    "show",
    "similarity",
    "systems",
    "transfer",
    "validate",
    "validate_judge",
    "verify",
    "view",
]

#: Where the names that a program uses live; each is imported when it is asked for.
_LAZY = {
    "Figure": "judgebench.report.scores:Figure",
    "Item": "judgebench.domain:Item",
    "JudgebenchError": "judgebench.errors:JudgebenchError",
    "Scores": "judgebench.report.scores:Scores",
    "alt_test": "judgebench.api.alt_test:alt_test",
    "analyze": "judgebench.api.analyze:analyze",
    "bounds": "judgebench.api.score:bounds",
    "consistency": "judgebench.api.score:consistency",
    "calibrate": "judgebench.api.calibrate:calibrate",
    "cascade": "judgebench.api.cascade:cascade",
    "compare": "judgebench.api.compare:compare",
    "correct": "judgebench.api.correct:correct",
    "demo": "judgebench.api.demo:demo",
    "doctor": "judgebench.api.doctor:doctor",
    "detect": "judgebench.api.detecting:detect",
    "estimate": "judgebench.api.running:estimate",
    "export": "judgebench.api.preferences:export",
    "gate": "judgebench.api.gate:gate",
    "humans": "judgebench.api.humans:humans",
    "init": "judgebench.api.init:init",
    "jury": "judgebench.api.jury:jury",
    "leaderboard": "judgebench.api.leaderboard:leaderboard",
    "listing": "judgebench.api.listing:listing",
    "pack": "judgebench.api.storing:pack",
    "power": "judgebench.api.power:power",
    "probe": "judgebench.api.probing:probe",
    "publish": "judgebench.api.publish:publish",
    "report": "judgebench.api.report:report",
    "reproduce": "judgebench.api.reproduce:reproduce",
    "run": "judgebench.api.running:run",
    "score": "judgebench.api.score:score",
    "sensitivity": "judgebench.api.score:sensitivity",
    "show": "judgebench.api.showing:show",
    "similarity": "judgebench.api.similarity:similarity",
    "systems": "judgebench.api.systems:systems",
    "validate": "judgebench.api.validate:validate",
    "validate_judge": "judgebench.api.validity:validate_judge",
    "verify": "judgebench.api.storing:verify",
    "transfer": "judgebench.api.attacks:transfer",
    "view": "judgebench.view:view",
}
#: Rooms of the name of a question: each is the question, too, so that it is one object whoever imported it first.
_BOTH = frozenset({"report", "reproduce", "run", "view"})


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = importlib.import_module(f"{__name__}.{name}") if name in _BOTH else _load(name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _load(name: str) -> Any:
    module, _, attribute = _LAZY[name].partition(":")
    return getattr(importlib.import_module(module), attribute)


class _Package(ModuleType):
    """A package whose rooms can be called where a question has their name; they know nothing of `api`, it does."""

    def __setattr__(self, name: str, value: Any) -> None:
        # The import system hangs a room here before anybody else sees it.
        if name in _BOTH and type(value) is ModuleType:
            value.__class__ = _Question
        super().__setattr__(name, value)


class _Question(ModuleType):
    """A room that can be asked."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Ask the question of the room's name."""
        return _load(self.__name__.rpartition(".")[2])(*args, **kwargs)

    @property
    def __signature__(self) -> inspect.Signature:
        import inspect  # noqa: PLC0415 - importing the package must stay free

        return inspect.signature(_load(self.__name__.rpartition(".")[2]))


sys.modules[__name__].__class__ = _Package
