"""Judges that a file describes: one, or a panel with its members."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from judgebench.errors import UsageError
from judgebench.judges.cards.judge import CardJudge
from judgebench.judges.cards.naming import named
from judgebench.judges.judge_file import JudgeFile, read_judge_file
from judgebench.judges.llm import LLMJudge
from judgebench.judges.panels import panel_class
from judgebench.judges.panels.panel import Member
from judgebench.judges.scored import ScoreJudge
from judgebench.judges.tokens import file_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.domain import Judge, Scale
    from judgebench.judges.judge_file import PanelFile


class Make(Protocol):
    """Makes a judge of its name; ``settings`` are `catalog.JudgeSettings`."""

    def __call__(self, spec: str, settings: Any, /) -> Judge:
        """Make it."""
        ...


def models_behind(spec: str, within: tuple[str, ...] = ()) -> Iterator[str]:
    """Name the judges that a card or a file asks, those of a panel's members, too."""
    carded = named(spec)
    if carded is not None:
        yield carded.model
    elif spec.endswith(".toml") and spec not in within:
        said = read_judge_file(Path(spec))
        for one in [seat.said for seat in said.panel.seats] if said.panel is not None else [said]:
            yield from models_behind(one.judge, (*within, spec))
    else:
        yield spec


class Described:
    """Makes judges of files for a scale: of one file, and of those that it names."""

    def __init__(self, scale: Scale, make: Make) -> None:
        self._scale, self._make = scale, make

    def judge(self, path: Path, settings: Any, within: tuple[Path, ...] = ()) -> Judge:
        """Make the judge of a file; ``settings`` fill in what it leaves out, ``within`` are the files that name it."""
        if path.resolve() in within:
            raise UsageError(f"judge file {path} is a member of itself")
        return self._one(read_judge_file(path), settings, (*within, path.resolve()))

    def _one(self, said: JudgeFile, settings: Any, within: tuple[Path, ...]) -> Judge:
        path = within[-1]
        if said.panel is not None:
            return self._panel(said, said.panel, settings, within)
        judge = self._make(said.judge, replace(settings, **said.settings))
        if isinstance(judge, (CardJudge, LLMJudge, ScoreJudge)):
            tokens = None if said.tokenizer is None else file_tokens(said.tokenizer)
            return cast("Judge", judge.configured(name=said.name, price=said.price, tokens=tokens, family=said.family))
        if said.name or said.price or said.tokenizer or said.family or said.settings:
            raise UsageError(f"judge file {path}: {said.judge} is not a language model and takes no key but 'judge'")
        return judge

    def _panel(self, said: JudgeFile, panel: PanelFile, settings: Any, within: tuple[Path, ...]) -> Judge:
        """Make a panel with its members; what the file says for all of them fills in what they leave out."""
        path, settings = within[-1], replace(settings, **said.settings)
        members: dict[str, Member] = {}
        alike: dict[str, Judge] = {}
        for seat in panel.seats:
            one = replace(seat.said, name=None)
            if one != JudgeFile(one.judge, {}):
                judge = self._one(one, settings, within)
            elif one.judge.endswith(".toml") and named(one.judge) is None:
                judge = self.judge(Path(one.judge), settings, within)
            else:
                judge = self._make(one.judge, settings)
            # What is asked in the same way is one client, whoever plays whom.
            judge = alike.setdefault(repr(one), judge)
            name = seat.said.name or judge.name
            if name in members:
                raise UsageError(f"judge file {path}: two members are named {name!r}; give one a name = of its own")
            members[name] = Member(judge, seat.says)
        return panel_class(panel.kind)(said.name or f"{panel.kind}/{path.stem}", members, panel.says, self._scale)
