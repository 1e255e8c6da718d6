"""Protocols: how a model is brought to a verdict, each a generator of its own in a file of its own.

A *shape* says what is asked about: all that is shown at once (where nothing else is said), or each response by itself;
an item's attribute ``protocol`` may name it, too. A *layer* leads the chat about each verdict (`question`). Several
layers go around each other in the order of `LAYERS`; ``own-answer + second-attempt:2`` names two.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

from judgebench.domain import digest
from judgebench.errors import UnknownNameError, UsageError, argument
from judgebench.judges.forms import DEFAULT, notation
from judgebench.judges.protocols.comparing import compared, rating

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from judgebench.domain import Case, Scale, Steps
    from judgebench.judges.forms import Form
    from judgebench.judges.notation import Notation
    from judgebench.judges.protocols.question import Ask
    from judgebench.judges.protocols.rubric import Samples


class Asking(Protocol):
    """What a protocol knows of the judge: whom its requests are for, how, how often, and the form for a scale."""

    @property
    def backend(self) -> str:
        """Name of the backend."""
        ...

    @property
    def options(self) -> tuple[tuple[str, Any], ...]:
        """Options of every request, as `Request` has them."""
        ...

    @property
    def samples(self) -> Samples:
        """How often it is asked the same."""
        ...

    @property
    def layers(self) -> tuple[Layer, ...]:
        """What goes around each question, the outermost first."""
        ...

    def form(self, scale: Scale) -> Form:
        """Find the form in which verdicts on a scale are asked for; UsageError where there is none."""
        ...


class Row(NamedTuple):
    """Where a protocol is, what it does, in a line, and what may stand behind a colon: ``N`` is how often."""

    made: str
    about: str
    argument: str = ""


_HERE = "judgebench.judges.protocols"
SHAPES = {
    "": Row(f"{_HERE}.one_shot:one_shot", "one verdict on all that is shown"),
    "rate-each": Row(
        f"{_HERE}.rate_each:rate_each", "each response is rated in a request of its own; the highest wins", "LOW-HIGH"
    ),
}
#: Shapes that ask about all at once, and make the verdict of more than it says: notations in place of a form.
ANSWERS = {
    "rate-together": Row(
        f"{_HERE}.comparing:Ratings",
        "all responses are rated in one answer; the highest wins",
        "LOW-HIGH[:na-lowest|na-none]",
    ),
    "rank": Row(f"{_HERE}.comparing:Order", "all responses are put in order; the first wins"),
}
#: In the order in which they go around each other.
LAYERS = {
    "anonymous": Row(f"{_HERE}.anonymous:anonymous", "systems that are named in what is shown are numbered instead"),
    "guard": Row(f"{_HERE}.guard:guard", "the system's message warns of what a verdict must not rest on"),
    "bias-examples": Row(
        f"{_HERE}.bias_examples:bias_examples", "examples of judgments that were not led stand above what is shown"
    ),
    "own-answer": Row(f"{_HERE}.own_answer:own_answer_first", "the judge answers first, then judges beside its answer"),
    "confidence": Row(f"{_HERE}.confidence:confidence", "then it says how sure it is: probabilities of the labels"),
    "reflection": Row(f"{_HERE}.reflection:reflection", "it looks at its judgment again; the last verdict counts", "N"),
    "step-by-step": Row(f"{_HERE}.step_by_step:step_by_step", "reasons first, the verdict in a request of its own"),
    "commit-first": Row(f"{_HERE}.commit_first:commit_first", "the verdict first, its reasons after"),
    "second-attempt": Row(
        f"{_HERE}.second_attempt:second_attempt", "what can't be read is asked for again in the same chat", "N"
    ),
}
#: How often; more is a slip.
_TIMES = tuple("123456789")


class Layer(Protocol):
    """A protocol around the one that ``ask`` is."""

    def __call__(self, ask: Ask, /) -> Ask:
        """Lead the chat."""
        ...


@dataclass(frozen=True, slots=True)
class Chosen:
    """A protocol as somebody chose it: a shape, and layers with how often each."""

    shape: str = ""
    argument: str = ""
    layers: tuple[tuple[str, int], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``NAME[:ARGUMENT] + NAME ...`` in any order; UsageError where that is no protocol.

        >>> str(Chosen.parse("second-attempt:2 + reflection:1+own-answer"))
        'own-answer + reflection + second-attempt:2'
        """
        shape, said, layers = "", "", dict[str, int]()
        shapes = SHAPES.keys() | ANSWERS.keys()
        for part in filter(None, (one.strip() for one in text.split("+"))):
            name, colon, rest = (one.strip() for one in part.partition(":"))
            if name not in LAYERS and name not in shapes:
                known = [one for one in (*SHAPES, *ANSWERS, *LAYERS) if one]
                raise UnknownNameError("protocol", name, known, f"({', '.join(known)}; several: A + B)")
            if name in layers or (name in shapes and shape):
                twice = f"{name} twice" if name in layers else f"both {shape} and {name}"
                raise UsageError(f"{argument('protocol')} {text!r} says {twice}; say one")
            if name in shapes:
                shape, said = name, rest
            elif colon and not (LAYERS[name].argument and rest in _TIMES):
                takes = f"takes a number from 1 to {_TIMES[-1]}" if LAYERS[name].argument else "takes nothing"
                raise UsageError(f"{argument('protocol')} {part!r}: {name} {takes} behind a colon")
            else:
                layers[name] = int(rest or 1)
        if {"step-by-step", "commit-first"} <= layers.keys():
            raise UsageError(
                f"{argument('protocol')} {text!r}: step-by-step asks for the reasons before the verdict, commit-first "
                "for the verdict before the reasons; say one"
            )
        if shape == "rate-each":
            rating(said, shape)
        return cls(shape, said, tuple((name, layers[name]) for name in LAYERS if name in layers))

    def __str__(self) -> str:
        """Write it as it is read, layers in their order."""
        said = [f"{name}:{times}" if times > 1 else name for name, times in self.layers]
        shape = f"{self.shape}:{self.argument}" if self.argument else self.shape
        return " + ".join([shape, *said] if shape else said)

    def notation(self, form: str) -> Notation:
        """Make the notation of verdicts: the form's, unless the shape brings its own."""
        if self.shape not in ANSWERS:
            return notation(form)
        if form != DEFAULT:
            raise UsageError(
                f"{argument('protocol')} {self.shape} says itself how verdicts are written: no {argument('form')} out"
            )
        made: Notation = _loaded(ANSWERS[self.shape].made)(self.argument)
        return made

    def asked(self, scale: Scale) -> Scale:
        """Find the scale on which a model is asked for the verdicts of which one on ``scale`` is made."""
        if self.shape != "rate-each":
            return scale
        compared(scale, self.shape)
        return rating(self.argument, self.shape)

    def shaped(self, named: str) -> Callable[[Asking, Case, Scale], Steps]:
        """Load the shape; where none is chosen the one that an item has ``named``, if it is one."""
        if self.shape == "rate-each" and self.argument:
            return partial(_loaded(SHAPES[self.shape].made), rating=rating(self.argument, self.shape))
        found: Callable[[Asking, Case, Scale], Steps] = _loaded(SHAPES.get(self.shape or named, SHAPES[""]).made)
        return found

    @property
    def around(self) -> tuple[Layer, ...]:
        """The layers, to be put around each other."""
        made: list[Layer] = []
        for name, times in self.layers:
            more = {"times": times} if LAYERS[name].argument else {}
            made.append(partial(around, _loaded(LAYERS[name].made), more))
        return tuple(made)

    @property
    def digest(self) -> str:
        """Digest of what the layers say to a model, empty without any."""
        said: list[list[str]] = []
        for layer, _ in self.layers:
            module = vars(resolve_name(LAYERS[layer].made.partition(":")[0]))
            said.append([text for name, text in sorted(module.items()) if name.isupper() and type(text) is str])
        return digest(said) if said else ""


def around(layer: Callable[..., Any], more: Mapping[str, Any], ask: Ask) -> Ask:
    """Put a layer, with its own arguments, around what asks."""
    return partial(layer, ask=ask, **more)


#: It is asked for every case.
_loaded = cache(resolve_name)
