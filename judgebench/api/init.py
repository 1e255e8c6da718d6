"""``judgebench init``: files to begin with, for a table of one's own, and for the gate in CI."""

from __future__ import annotations

import itertools
import os
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Unpack

from judgebench.api import showing
from judgebench.api.first_files import (
    SCHEMA,
    SERVER,
    SETTINGS,
    asks,
    judge_file,
    prompt_file,
    task_file,
    toml,
    workflow,
)
from judgebench.api.items import Items, reading_of
from judgebench.api.notes import Done, answered, somebody_answers, tell
from judgebench.api.parameters import Option, question
from judgebench.errors import JudgebenchError, UnknownNameError, UsageError, argument
from judgebench.report.document.text import many
from judgebench.report.said import listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.labels.profile import Profile
    from judgebench.tasks.own import Reading
    from judgebench.tasks.tables import OwnTask

WORKFLOW = Path(".github/workflows/judge.yml")
#: Characters that are shown of a text.
_CHARACTERS = 34


@question
def init(
    file: Annotated[str | Path | None, Option("A table of items.", metavar="[FILE]", read=Path)] = None,
    *,
    judge: Annotated[str, Option("The judge to begin with.", "--judge", "J")] = "gpt-4o",
    folder: Annotated[str | Path, Option("Where the files are written.", metavar="DIR", read=Path)] = Path(),
    yes: Annotated[bool, Option("Ask nothing: take what the names and the cells say.", "--yes -y")] = False,
    force: Annotated[bool, Option("Write over files that are there.", "--force")] = False,
    ci: Annotated[bool, Option("Write a GitHub workflow that runs the gate.", "--ci")] = False,
    **items: Unpack[Items],
) -> Done:
    """Write task, prompt, judge and settings for a table; with --ci, a gate's workflow.

    What was understood of the table is shown, and nothing is overwritten.
    """
    home = Path(folder)
    if file is None and not ci:
        raise UsageError(f"name a table of items, or give {argument('ci')}")
    written: dict[Path, str] = {}
    tables: Sequence[Path] | None = None
    task: OwnTask | None = None
    if file is not None:
        task, reading = _understood(Path(file), reading_of(items), asking=not yes and somebody_answers())
        tables = task.files
        prompted = _is_prompted(judge, task)
        for text in task.doubts:
            tell(text)
        texts = {"task.toml": task_file(task, reading, home)} | ({"prompt.toml": prompt_file(task)} if prompted else {})
        texts |= {"judge.toml": judge_file(judge, task, prompted=prompted), "judgebench.toml": SETTINGS}
        if not yes and somebody_answers():
            for text in _shown(task):
                tell(text)
            if not _answer(f"Write {listed([*texts], len(texts))}?"):
                return Done("nothing was written")
        written = {home / name: text for name, text in texts.items()} | {home / SCHEMA: showing.schema("config")}
    if ci:
        judge, tables = (judge, tables) if tables is not None else _there(home, judge)
        written |= _gated(home, judge, tables)
    _write(written, force=force)
    names = [_from(one, home) for one in written if one != home / SCHEMA]
    said = [f"Wrote {listed(names, len(names))}{'' if home.resolve() == Path.cwd() else f' in {home}'}."]
    if task is not None:
        gold = task.roles.gold
        labels = f"Labels of {', '.join(gold)}." if gold else "No labels yet."
        said += [f"{many(sum(1 for _ in task.items()), 'item')}: {asks(task)} {labels}", "", *_shown(task), ""]
    served = [("say in judge.toml where the server is", "")] if task is not None and judge.startswith(SERVER) else []
    said += _next([*served, *(_ci_steps(home, tables or ()) if ci else _STEPS)], home)
    return Done("\n".join(said), tuple(written))


def _gated(home: Path, judge: str, tables: Sequence[Path]) -> dict[Path, str]:
    """Write the workflow of a gate, at the root of the repository."""
    root = _repository(home)
    if away := [str(one) for one in tables if not one.resolve().is_relative_to(root)]:
        tell(f"{', '.join(away)}: outside {root}, where a workflow can't read it; put it there, and init again")
    return {root / WORKFLOW: workflow(judge, tables, home.resolve().relative_to(root).as_posix())}


def _next(steps: Sequence[tuple[str, str]], home: Path) -> list[str]:
    """Say what to do next, a line each."""
    head = "Next:" if home.resolve() == Path.cwd() else f"Next, in {home}:"
    width = max(len(command) for command, why in steps if why)
    return [
        f"{' ' * len(head) if i else head}  {command:<{width}}   {why}".rstrip()
        for i, (command, why) in enumerate(steps)
    ]


def _is_prompted(judge: str, task: OwnTask) -> bool:
    """Whether a judge is told what to do by a prompt of ours; what keeps it from being asked is said.

    UnknownNameError where no judge has that name.
    """
    from judgebench.catalog import JudgeSettings, make_judge, model_label  # noqa: PLC0415 - loaded on use
    from judgebench.judges.llm import LLMJudge  # noqa: PLC0415 - loaded on use

    if judge.startswith(SERVER):
        # Its address is in the file to come.
        return True
    try:
        return isinstance(make_judge(judge, task, JudgeSettings()), LLMJudge)
    except UnknownNameError:
        raise
    except JudgebenchError as error:
        tell(str(error))
        return bool(model_label(judge))


def _write(files: Mapping[Path, str], *, force: bool) -> None:
    if not force and (there := [file for file in files if file.exists()]):
        raise UsageError(
            f"{', '.join(map(str, there))} {'is' if len(there) == 1 else 'are'} there already; {argument('force')} "
            "writes over"
        )
    for file, text in files.items():
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise UsageError(f"can't write {file}: {error.strerror}") from None


# --- what the table is ---------------------------------------------------------------------------------------


def _heard(text: str) -> str:
    if (said := answered(text)) is None:
        raise UsageError(f"no answer came; {argument('yes')} asks nothing")
    return said


def _answer(text: str) -> bool:
    return _heard(f"{text} [Y/n]").casefold() in {"", "y", "yes"}


def _understood(file: Path, reading: Reading, *, asking: bool) -> tuple[OwnTask, Reading]:
    """Read a table as `run` would, with guesses where no name says what a column is; a person may say otherwise."""
    from judgebench.files.read import open_table  # noqa: PLC0415 - loaded on use
    from judgebench.files.rows import RowTable  # noqa: PLC0415 - loaded on use
    from judgebench.labels.item_roles import find_roles  # noqa: PLC0415 - loaded on use
    from judgebench.labels.profile import profile  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.own_rows import kept  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.places import find  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.tables import make  # noqa: PLC0415 - loaded on use

    found = find(file, hint="check FILE, the table of items")
    reading = reading.over(found.reading)
    table = RowTable.of_files([open_table(one, reading.file) for one in found.files])
    looks = profile(kept(table, reading.where))
    columns = dict(reading.columns)
    named = find_roles(looks, columns)
    free = [one for one in looks if one.name in named.aside]
    for role, guess in _guesses(free, named.roles.named(), set(columns)).items():
        columns[role] = tuple(_chosen(role, guess, table.columns)) if asking else guess
        if role == "gold" and len(guess) > 1 and not asking:
            tell(f"taken for people's labels, as no name says more: {', '.join(guess)}; {argument('gold')} corrects it")
    reading = replace(reading, columns=columns)
    if not reading.scale and not (named.roles.gold or columns.get("gold")):
        scale = _heard("Scale (check, pair, rate:1-5, or labels, worst first):") if asking else ""
        if not scale and len(columns.get("answers") or named.roles.answers) == 1:
            # What a person will look at and correct may be a guess.
            scale = "check"
        reading = replace(reading, scale=scale)
    return make(found, table, reading), reading


def _guesses(
    free: Sequence[Profile], named: Mapping[str, Sequence[str]], given: set[str]
) -> dict[str, tuple[str, ...]]:
    """Guess by what cells hold: texts are question and answer, in the order of the columns; like labels are gold."""
    from judgebench.labels.item_roles import guessed_gold  # noqa: PLC0415 - loaded on use

    guesses: dict[str, tuple[str, ...]] = {}
    texts = [one.name for one in free if one.kind == "" and one.filled]
    open_roles = [role for role in ("question", "answers") if role not in named and role not in given]
    if "turns" in named:
        open_roles = []
    for role, name in zip(open_roles, texts, strict=False):
        guesses[role] = (name,)
    numbers = [one.name for one in free if one.kind in {"rate", "numbers"} and not (one.repeats or one.missing)]
    if numbers and "id" not in named and "id" not in given:
        guesses["id"] = (numbers[0],)
    if "gold" not in named and "gold" not in given and (golds := guessed_gold(free)):
        guesses["gold"] = golds
    return guesses


def _chosen(role: str, guess: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Ask which columns a role has; an empty answer takes the guess, a dash none."""
    while True:
        said = _heard(f"Columns of {role} (several with commas, - for none) [{', '.join(guess)}]:")
        names = [one.strip() for one in said.split(",")] if said and said != "-" else [] if said == "-" else [*guess]
        if not (wrong := [one for one in names if one not in columns]):
            return names
        tell(f"no column is named {', '.join(wrong)}; the columns are {', '.join(columns)}")


def _shown(task: OwnTask) -> list[str]:
    """Say what was understood, a line a column's role, and its first row."""
    said = {role: toml(names[0] if len(names) == 1 else names) for role, names in task.roles.named().items()}
    said["scale"] = f"{toml(task.scale.spec)}    # {asks(task)}"
    width = max(map(len, said))
    lines = [f"    {role:<{width}} = {text}" for role, text in said.items()]
    for item in itertools.islice(task.items(), 1):
        answers = " | ".join(_cut(one.text) for one in item.responses)
        gold = ", ".join(
            f"{label.annotator} {task.scale.labels[label.code]}" for label in item.gold if isinstance(label.code, int)
        )
        lines.append(f"    # first: {_cut(item.question)} -> {answers}{f' ({gold})' if gold else ' (no label)'}")
    return lines


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _CHARACTERS else f"{line[:_CHARACTERS]}…"


def _there(home: Path, judge: str) -> tuple[str, Sequence[Path]]:
    """Find the judge and the tables of files that were written before."""
    from judgebench.judges.judge_file import read_judge_file  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.places import CARD, find  # noqa: PLC0415 - loaded on use

    if not (home / "judgebench.toml").is_file():
        tell(f"{home} has no judgebench.toml, which says what to run: `judgebench init FILE` writes one")
    card, own = home / CARD, home / "judge.toml"
    return read_judge_file(own).judge if own.is_file() else judge, find(card).files if card.is_file() else ()


#: What to do next, and why; `RUN` stands for a folder.
_STEPS = (
    ("judgebench run --dry-run", "what it costs; nothing is asked"),
    ("judgebench run", "ask, and measure"),
    ("judgebench view --task task.toml --labels labels", "label items yourself"),
)


def _ci_steps(home: Path, tables: Sequence[Path]) -> list[tuple[str, str]]:
    own = [name for name in ("task.toml", "prompt.toml", "judge.toml") if (home / name).is_file()]
    others = [_from(one, home) for one in (*tables, _repository(home) / WORKFLOW)]
    kept = [*own, "judgebench.toml", "baseline.json", *others]
    return [
        (f"say in {WORKFLOW.name} where judgebench comes from", ""),
        ("judgebench run", "it prints the folder of its RUN"),
        ("judgebench gate RUN --against baseline.json --update", "what later runs are held against"),
        (f"git add {shlex.join(kept)}", ""),
    ]


def _repository(home: Path) -> Path:
    """Find the root of the repository that a folder is in: else the current folder, or the folder itself beside it."""
    at, here = home.resolve(), Path.cwd().resolve()
    # As git does, which looks no higher than these.
    ceilings = os.environ.get("GIT_CEILING_DIRECTORIES", "").split(os.pathsep)
    inside = itertools.takewhile(lambda one: str(one) not in ceilings, (at, *at.parents))
    root = next((one for one in inside if (one / ".git").exists()), None)
    return root or (here if at.is_relative_to(here) else at)


def _from(file: Path, home: Path) -> str:
    """Write a path as it is seen from the folder where the next commands are run."""
    return os.path.relpath(file.resolve(), home.resolve()).replace(os.sep, "/")
