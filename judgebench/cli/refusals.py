"""What is said of an error: what, where, what to do next; two lines at most, never a traceback."""

from __future__ import annotations

import difflib
import os
import re
import shutil
import sys
from typing import TYPE_CHECKING, Any, cast

from judgebench.report.document.text import one_line, text_width

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["of_usage", "written"]

_NAME = "judgebench: "
#: Columns of a line.
_WIDE = 100
#: What to do next begins behind one of these.
_NEXT = re.compile(r"; |\. (?=[A-Z`])| +(?=\([^()]*\)$)")
#: A quote that was opened and not closed; an apostrophe follows a letter.
_QUOTED = re.compile(r"""(?:^|[\s(\[])(["'])(?:(?!\1).)*$""")
#: Whom to ask, and about what.
_LISTED = {"--judge": "`judgebench list judges` shows whom you can ask", "--task": "`judgebench list tasks` shows some"}
#: Words of the libraries that read values, and ours.
_EXTRA = re.compile(r"Got unexpected extra arguments? \((.+)\)\.?|Got unexpected extra argument\(s\) \((.+)\)")
_WORDS = (
    (_EXTRA, r"there is no use for \1\2"),
    (re.compile(r"Input should be greater than or equal to (\S+)"), r"write a number from \1 up"),
    (re.compile(r"Input should be less than or equal to (\S+)"), r"write a number up to \1"),
    (re.compile(r"Input should be a valid integer.*"), "write a whole number"),
    (re.compile(r"Input should be a finite number.*"), "write a finite number"),
    (re.compile(r"Input should be a valid number.*"), "write a number without a unit, such as .05"),
    (re.compile(r"(?:Value error, )?(.+) is not one of (.+?)\.?"), r"write one of \2, not \1"),
)


def written(text: str) -> str:
    """Write a message: what to do on a line of its own where both don't fit one, a line that is too long broken.

    In a pipe no line is broken, so that whoever searches finds.

    >>> print(written("no column is named 'judgment' (the columns are id, question, said, verdict); name one of them"))
    judgebench: no column is named 'judgment' (the columns are id, question, said, verdict)
                Name one of them.
    """
    lines = [_ended(one_line(one)) for one in _parted(text)]
    wide = min(_WIDE, shutil.get_terminal_size((_WIDE, 24)).columns) if _on_terminal() else 0
    if wide:
        from judgebench.report.document.as_table import fill  # noqa: PLC0415 - an error's alone

        lines = [piece for line in lines for piece in fill(line, max(40, wide - len(_NAME)), indent="")]
    return "\n".join(f"{' ' * len(_NAME) if i else _NAME}{line}" for i, line in enumerate(lines))


def _on_terminal() -> bool:
    return cast("object", sys.stderr) is not None and sys.stderr.isatty()


def _parted(text: str) -> list[str]:
    """Part what to do next from what is wrong, where both don't fit one line."""
    if text_width(text) + len(_NAME) <= _WIDE or "\n" in text:
        return [text]
    cuts = [
        cut
        for cut in _NEXT.finditer(text)
        if _outside(text[: cut.start()])
        and text_width(text[cut.end() :]) > 8
        and not text[cut.end() :].startswith("and ")
    ]
    if not cuts:
        return [text]
    # Of several places that which leaves no line too long, the last of them.
    fitting = [cut for cut in cuts if max(cut.start(), len(text) - cut.end()) + len(_NAME) <= _WIDE]
    cut = (fitting or [one for one in cuts if one[0] != " "] or cuts)[-1]
    rest = text[cut.end() :]
    if rest[0] == "(" and not rest.startswith("(judgebench"):
        rest = rest[1:-1]
    first = rest if rest.startswith("judgebench ") else rest[:1].upper() + rest[1:]
    return [text[: cut.start()], first]


def _outside(text: str) -> bool:
    """Whether a text ends outside of brackets and quotes."""
    if _QUOTED.search(text):
        return False
    return text.count("(") == text.count(")") and text.count("`") % 2 == 0 and text.count("“") == text.count("”")


def _ended(line: str) -> str:
    """End a sentence, unless its last word is to be copied as it is."""
    return f"{line}." if re.search(r"(?:^|\s)[\w',-]*\w$", line) else line


def of_usage(error: Any) -> str:
    """Say in our words what the library that parses the command line found wrong."""
    context = cast("Any", getattr(error, "ctx", None))
    kind = type(error).__name__
    path = "judgebench" if context is None else context.command_path
    command = path.removeprefix("judgebench").strip()
    helped = f"({path} --help)"
    if kind == "NoSuchOption" and context is not None:
        known = {name for one in context.command.params for name in one.opts if name.startswith("--")}
        return f"{command or path} has no option {error.option_name}{_near(error.option_name, known)}  {helped}"
    parameter = getattr(error, "param", None)
    name = "" if parameter is None else _name(parameter)
    if kind == "MissingParameter":
        return f"{command} needs {name}; {_LISTED.get(name, f'`{path} --help` says what it takes')}"
    if kind == "BadOptionUsage":
        return f"{command} {error.option_name} needs a value  {helped}".strip()
    said = error.message or error.format_message()
    if several := _several(context, said):
        return f"{command} {several}"
    for pattern, words in _WORDS:
        if found := pattern.fullmatch(said):
            said = found.expand(words).replace("'", "")
            break
    return f"{command} {name}: {said}".strip() if name else f"{said.rstrip('.')}  {helped}"


def _several(context: Any, said: str) -> str:
    """Say what to do with a further folder of runs where a command takes one."""
    found = _EXTRA.fullmatch(said)
    taken = [] if context is None or found is None else [one for one in context.command.params if one.nargs == 1]
    places = [one for one in taken if one.param_type_name == "argument"]
    if found is None or len(places) != 1 or not all(map(os.path.isdir, (found[1] or found[2]).split())):
        return ""
    return f"takes one folder of runs, without {found[1] or found[2]}; give one, or copy all runs into one"


def _name(parameter: Any) -> str:
    """Name an option, or what is given without one."""
    long = [one for one in parameter.opts if one.startswith("--")]
    return long[0] if long else str(parameter.metavar or parameter.name).strip("[].")


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.7)
    return f". Did you mean {' or '.join(near)}?" if near else ""
