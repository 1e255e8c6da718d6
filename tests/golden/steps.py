"""What a list of commands is made of: scenes in folders of their own, each with inputs and steps."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

FORMS = ("table", "json", "csv", "md")


@dataclass(frozen=True)
class Step:
    """One command line: an argument with a `*` is expanded as a shell does. Or a change to the scene's files.

    What is not `kept` only makes ready for other steps.
    """

    name: str
    argv: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    change: Callable[[Path], None] | None = None
    kept: bool = True


@dataclass(frozen=True)
class Scene:
    """Steps that share a folder. The wording of a scene that is `foreign` is click's, and no digest is kept of it."""

    name: str
    steps: tuple[Step, ...]
    inputs: Mapping[str, bytes] = field(default_factory=dict)
    foreign: bool = False


def scene(
    name: str, *steps: Step | Iterator[Step], inputs: Mapping[str, bytes] | None = None, foreign: bool = False
) -> Scene:
    """Make a scene of steps and of series of steps."""
    flat = [one for step in steps for one in ([step] if isinstance(step, Step) else step)]
    names = [one.name for one in flat]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{name} names two outputs {', '.join(twice)}")
    return Scene(name, tuple(flat), inputs or {}, foreign)


def step(name: str, line: str, **env: str) -> Step:
    """Make a step of a command line; a quoted part keeps its blanks."""
    return Step(name, tuple(shlex.split(line)), env)


def forms(name: str, line: str, kinds: tuple[str, ...] = FORMS) -> Iterator[Step]:
    """Make a step of a command line for every form that it can print."""
    for kind in kinds:
        yield step(f"{name}.{kind}", f"{line} --format {kind}")


def variants(name: str, line: str, table: Mapping[str, str], kind: str = "json") -> Iterator[Step]:
    """Make a step of a command line for every row of a table of options, in one form that holds everything."""
    for variant, options in table.items():
        yield step(f"{name}-{variant}", f"{line} {options}" + (f" --format {kind}" if kind else ""))
