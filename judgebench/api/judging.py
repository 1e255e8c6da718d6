"""Judge files as people read them: what a judge is made of, and a panel of whom."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from judgebench.judges.judge_file import JudgeFile, read_judge_file
from judgebench.judges.panels import KINDS
from judgebench.report.show import JudgeFacts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Said = Mapping[str, Any]


def shown_judge(path: Path) -> JudgeFacts:
    """Write what a judge file says; members that are files of their own with what these say."""
    said = read_judge_file(path)
    lines = list(_lines(said, path.stem, {}, (path.resolve(),)))
    return JudgeFacts("\n".join(f"{'  ' * depth}{text}" for depth, text in lines), _facts(said, path))


def _facts(said: JudgeFile, path: Path) -> dict[str, Any]:
    """Take what the JSON of a judge file holds."""
    panel = said.panel
    facts = {
        "judge": said.judge or str(path),
        "name": said.name,
        "family": said.family,
        "settings": said.settings,
    }
    if panel is None:
        return facts
    members = [
        {"judge": one.said.judge, "name": one.said.name, "settings": one.said.settings, "seat": one.says}
        for one in panel.seats
    ]
    return {**facts, "panel": panel.kind, "says": panel.says, "members": members}


def _lines(said: JudgeFile, stem: str, seat: Said, within: tuple[Path, ...] = ()) -> Iterator[tuple[int, str]]:
    panel = said.panel
    if panel is None:
        own = {
            "family": said.family,
            "price": said.price and "of its own",
            "tokenizer": said.tokenizer and said.tokenizer.name,
        }
        named = f"{said.name}: {said.judge}" if said.name and said.name != said.judge else said.judge
        yield 0, f"{named}{_said({**seat, **said.settings, **{name: one for name, one in own.items() if one}})}"
        return
    named = said.name or f"{panel.kind}/{stem}"
    yield 0, f"{named}, a {panel.kind}: {KINDS[panel.kind].about}{_said({**seat, **panel.says})}"
    if said.settings:
        yield 1, f"for all members{_said(said.settings)}"
    for one in panel.seats:
        file = Path(one.said.judge)
        if file.suffix != ".toml":
            found = _lines(one.said, "", one.says)
        elif file.resolve() in within:
            found = iter([(0, f"{file.name}, of which this is a member")])
        else:
            found = _lines(read_judge_file(file), file.stem, one.says, (*within, file.resolve()))
        yield from ((depth + 1, text) for depth, text in found)


def _said(values: Said) -> str:
    told = ", ".join(f"{name.replace('_', ' ')} {_text(value)}" for name, value in values.items())
    return f" ({told})" if told else ""


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
