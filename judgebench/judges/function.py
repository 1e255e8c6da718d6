"""One's own function as a judge: ``module:function``.

The function takes the item as it is shown, or the case and the scale, and may be ``async``::

    def longer(item):
        a, b = item.responses
        return "A" if len(a.text) > len(b.text) else "B"

    async def ask(case, scale):
        return await my_model(case.item.question, [r.text for r in case.responses])

Gold labels, authors and subsets are taken out before it sees anything. It returns one of

- a label of the scale, or a word that means one: ``"A"``, ``"tie"``, ``"correct"``, ``"pass"``, ``"4"``;
- a whole number: the label itself where the labels are numbers (``rate:1-5``, ``pick:4``), else the code,
  a position in the scale's labels, counted from 0; True and False on a check are correct and incorrect;
- a list: of a set's labels, of the numbers of all responses, best first, or of a check for each step;
- a pair of one of these and the judge's words;
- a `judgebench.domain.Reply`.

Anything else, None included, is an ``unparsed`` verdict. An exception fails that item, not the run.

A class whose objects can be called is a judge that holds something, a model for example: one object is made
at the first call and serves all of the process. A function or a class that has an attribute ``gpus`` gets
so many GPUs for each process on a cluster::

    class Scorer:
        gpus = 1

        def __init__(self):
            self.model = load()

        def __call__(self, item):
            return "A" if self.model(item) > 0 else "B"
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import hashlib
import importlib
import inspect
import json
import re
import sys
import threading
import time
import traceback
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from judgebench.domain import Item, Judge, Needs, Reply, Status
from judgebench.errors import BrokenPluginError, JudgebenchError, RejectedError, UsageError, a_type
from judgebench.files.records import shown
from judgebench.judges.own import Own, as_judge
from judgebench.judges.words import Words
from judgebench.labels.words import code_of, vocabulary
from judgebench.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from judgebench.domain import Case, Code, Scale


class FunctionJudge(Own):
    """Ask a function for verdicts; ``source`` digests its source, so that an edited function is asked again."""

    def __init__(self, name: str, function: Callable[..., Any], source: str = "") -> None:
        self.name = name
        self.settings = {"backend": "function", "function": name, "source": source}
        # The attribute is the user's word for what their function needs.
        self.needs = Needs(gpus=int(getattr(function, "gpus", 0)))
        call = _call_of(function) if isinstance(function, type) else None
        self._function = function if call is None else _Object(function, call)
        self._takes_item = _positional(name, self._function) == 1

    async def reply(self, case: Case, scale: Scale) -> Reply:
        """Call the function, a plain one in a thread; RejectedError says what it raised."""
        blind = replace(case, item=_blinded(case.item))
        arguments = (_as_shown(blind),) if self._takes_item else (blind, scale)
        started = time.monotonic()
        try:
            if inspect.iscoroutinefunction(self._function):
                answer: Any = await self._function(*arguments)
            else:
                answer = await beside_the_loop(self._function, arguments)
                if inspect.isawaitable(answer):
                    answer = await answer
        except JudgebenchError:
            # A function may speak the engine's language: retry this, end the run.
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a user's code raises, one item failed
            message = redact(str(error)) or "no message"
            if isinstance(error, AttributeError) and isinstance(error.obj, Item):
                message += "; it has question, responses (each with its text), references, context and attribute(NAME)"
            raise RejectedError(f"{self.name} raised {type(error).__name__}{_line_of(error)}: {message}") from None
        return _reply(answer, scale, time.monotonic() - started)


def _line_of(error: BaseException) -> str:
    """Say on which line of the user's own code it was raised, the last one that lies here; empty where none does."""
    here = Path.cwd()
    files = [(Path(at.filename), at.lineno) for at in traceback.extract_tb(error.__traceback__)]
    own = [(file, line) for file, line in files if file.is_relative_to(here) and "site-packages" not in file.parts]
    return f" ({own[-1][0].relative_to(here)}:{own[-1][1]})" if own else ""


class _Object:
    """The one object of a class in this process, made when it is first called."""

    _made: ClassVar[dict[type, Callable[..., Any]]] = {}
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, made_of: Callable[..., Any], call: Callable[..., Any]) -> None:
        self._class: Any = made_of
        # inspect looks here: the object that will be called has no `self` to give.
        parameters = list(inspect.signature(call).parameters.values())
        self.__signature__ = inspect.Signature(parameters[1:])

    def __call__(self, *arguments: Any) -> Any:
        with self._lock:
            # Several tasks have a judge each; what the class holds is loaded once for all of them.
            found = self._made.get(self._class)
            if found is None:
                found = self._made[self._class] = self._class()
        return found(*arguments)


def _call_of(made_of: type) -> Callable[..., Any] | None:
    """Find what makes a class's objects callable; asked for by name, the class would give what makes itself so."""
    return next((vars(base)["__call__"] for base in made_of.__mro__ if "__call__" in vars(base)), None)


async def beside_the_loop(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Call a plain function in a thread of its own.

    A daemon thread, and not the loop's pool: a function that never comes back must not keep Ctrl-C from ending the
    process, and how many run at once is for --max-concurrency to say.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()
    context = contextvars.copy_context()

    def settle(outcome: tuple[Any, BaseException | None]) -> None:
        if not done.done():
            done.set_result(outcome)

    def call() -> None:
        outcome: tuple[Any, BaseException | None]
        try:
            outcome = context.run(function, *arguments), None
        except StopIteration:
            # Python lets none of these leave a coroutine.
            outcome = None, RuntimeError("StopIteration")
        except BaseException as error:  # noqa: BLE001 - raised again by the one who waits
            outcome = None, error
        # The loop is closed where the run ended without waiting for us.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, outcome)

    threading.Thread(target=call, name="judgebench-function", daemon=True).start()
    answer, error = await done
    if error is not None:
        raise error
    return answer


def _blinded(item: Item) -> Item:
    """Take out what no judge may see: a stored answer serves other runs in which all of this is different."""
    responses = tuple(replace(response, model=None) for response in item.responses)
    return replace(item, gold=(), gold_source="human", cluster="", subset="", responses=responses)


def _as_shown(case: Case) -> Any:
    """Give the item as it is shown: responses in order, only the references of the condition."""
    return replace(case.item, responses=case.responses, references=case.references)


def _positional(name: str, function: Callable[..., Any]) -> int:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 1
    kinds = [p.kind for p in parameters]
    plain = [p for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}]
    required = sum(p.default is p.empty for p in plain)
    if required <= 2 and (inspect.Parameter.VAR_POSITIONAL in kinds or len(plain) >= 2):
        # A second parameter with a default is an option of the user's own, not the scale.
        return 1 if required == 1 else 2
    if required <= 1 == len(plain):
        return 1
    raise UsageError(f"{name} must take (item) or (case, scale), its signature is {inspect.signature(function)}")


def _reply(answer: Any, scale: Scale, seconds: float) -> Reply:
    if isinstance(answer, Reply):
        return answer if answer.seconds else replace(answer, seconds=seconds)
    text = ""
    if isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[1], str):
        answer, text = answer
    code = (_sequence if scale.sequential else _code)(answer, scale)
    said = text or ("" if answer is None else str(answer))
    if code is None:
        wrong = f"returned {shown(answer)}, which is not on the scale {scale.spec}; return one of {vocabulary(scale)}"
        return Reply(Status.UNPARSED, text=said, error=wrong, seconds=seconds)
    return Reply.ok(code, text=said, seconds=seconds)


def _code(answer: Any, scale: Scale) -> int | None:
    if isinstance(answer, str):
        code = code_of(answer, scale)
        return code if code >= 0 else None
    if scale.kind == "set":
        many = isinstance(answer, (list, tuple, set, frozenset))
        return scale.code(json.dumps([str(one) for one in answer])) if many else None
    if isinstance(answer, bool):
        return int(answer) if scale.kind == "check" else None
    # numpy's integers are not int, but have the index method that says they are whole.
    if not isinstance(answer, float) and hasattr(answer, "__index__"):
        answer = answer.__index__()
    if isinstance(answer, float) and answer.is_integer():
        answer = int(answer)
    if not isinstance(answer, (int, float) if scale.kind == "number" else int):
        return None
    if scale.kind == "number" or all(re.fullmatch(r"-?\d+", label) for label in scale.labels):
        return scale.code(str(answer))
    return int(answer) if 0 <= answer < len(scale.labels) else None


def _sequence(answer: Any, scale: Scale) -> Code | None:
    """Read an order, the numbers of all responses, best first; or steps, a word, 1 or 0, or true or false for each."""
    words = Words(scale)
    if isinstance(answer, str):
        return words.code(answer)
    if not isinstance(answer, (list, tuple)):
        return None
    checks = scale.kind == "steps"
    said = [
        one if isinstance(one, str) else scale.labels[int(one)] if checks and one in {0, 1} else str(one)
        for one in cast("Sequence[Any]", answer)
    ]
    return words.together(said)


def create(spec: str) -> Judge:
    """Build the judge of ``module:function``, or take one that stands there; the current directory is importable."""
    module_name, _, attribute = spec.partition(":")
    if not module_name or not attribute:
        raise UsageError(f"{spec!r} is not a judge function; write module:function")
    module = _import(module_name, spec)
    function: Any = module
    for part in attribute.split("."):
        function = getattr(function, part, None)
        if function is None:
            where = getattr(module, "__file__", None) or "built in"
            raise UsageError(f"{spec}: module {module_name!r} ({where}) has no {attribute!r}")
    if not isinstance(function, type) and isinstance(judge := as_judge(function), Judge):
        return judge
    if not callable(function):
        raise UsageError(f"{spec} is {a_type(function)}, not a function")
    return FunctionJudge(spec, function, _source_digest(module))


def _import(module_name: str, spec: str) -> ModuleType:
    here = str(Path.cwd())
    if here not in sys.path:
        # At the end: a file of the user's may share a name with a module that libraries need.
        sys.path.append(here)
    importlib.invalidate_caches()
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and (module_name == error.name or module_name.startswith(f"{error.name}.")):
            raise UsageError(
                f"{spec}: no module {error.name!r} here or installed; run from its folder or set PYTHONPATH"
            ) from None
        raise BrokenPluginError(f"{spec}: importing {module_name} failed: {redact(str(error))}") from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - importing runs any code
        what = f"{type(error).__name__}: {redact(str(error))}"
        raise BrokenPluginError(f"{spec}: importing {module_name} failed: {what}") from None


def _source_digest(module: ModuleType) -> str:
    try:
        return hashlib.sha256(Path(getattr(module, "__file__", None) or "").read_bytes()).hexdigest()[:24]
    except OSError:
        return ""
