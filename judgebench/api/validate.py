"""``judgebench.validate``: whether a task's card says what it must, and whether what it says holds."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from judgebench.api.parameters import Option, question
from judgebench.api.tables import Data
from judgebench.errors import DataError, JudgebenchError, argument
from judgebench.report.validation import Finding, Validation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from judgebench.domain import Item
    from judgebench.tasks.base import CardTask
    from judgebench.tasks.card import Card, Part, Split

_COMMIT = re.compile(r"[0-9a-f]{40}")
#: Texts that are shorter may be alike by chance.
_LONG = 60
#: How many names a line has.
_NAMED = 3
_BASELINE = "baseline/random"


@question
def validate(
    card: Annotated[
        str,
        Option(
            "A task's name, a folder with a task.toml, or that file; all built-in cards without one.", metavar="[CARD]"
        ),
    ] = "",
    *,
    data: Data = None,
) -> Validation:
    """Check a task's card, its sample, its reader and its published figures."""
    from judgebench.files.toml import read_toml  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.card import card_names  # noqa: PLC0415 - loaded on use

    place = data or os.environ.get("JUDGEBENCH_DATA") or None
    found: list[Finding] = []
    for one in [card] if card else card_names():
        name, root = _named(one)
        if root is not None and "data" in read_toml(root / name / "task.toml")[0]:
            found += _own(name, root / name)
        else:
            found += _Checked(name, root, None if place is None else Path(place)).findings()
    return Validation(tuple(found))


def _own(name: str, folder: Path) -> Iterator[Finding]:
    """Look at a card of a table of one's own."""
    from judgebench.tasks.own import Reading  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.tables import open_own  # noqa: PLC0415 - loaded on use

    try:
        task = open_own(folder, Reading())
        items = list(task.items())
        yield Finding(name, "", "card", "ok", "every key is known")
        yield Finding(name, "", "data", "ok", f"{len(items):,} items on the scale {task.scale.spec}")
        yield Finding(name, "", "judged", "ok", _judged(task, items))
    except JudgebenchError as error:
        yield Finding(name, "", "card", "missing", str(error).replace("\n", " "))


def _named(card: str) -> tuple[str, Path | None]:
    """Give a card's name, and the folder of cards that it is in, where it isn't a built-in one."""
    from judgebench.tasks.card import card_names  # noqa: PLC0415 - loaded on use

    path = Path(card)
    if card in card_names() or not path.exists():
        return card, None
    folder = path.resolve() if path.is_dir() else path.resolve().parent
    if not (folder / "task.toml").is_file():
        raise DataError("there is no task.toml here", file=str(path), hint="name a task, or a folder with one")
    return folder.name, folder.parent


@dataclass(slots=True)
class _Checked:
    """One card, and what is found in it."""

    name: str
    root: Path | None
    data: Path | None

    def findings(self) -> Iterator[Finding]:
        """Look at everything, in the order in which one writes a card."""
        from judgebench.tasks.card import load_card  # noqa: PLC0415 - loaded on use

        try:
            card = load_card(self.name, self.root)
        except DataError as error:
            yield self._finding("", "card", error)
            return
        yield self._finding("", "card", f"every key is known; licence: {card.licence}")
        yield from self._paper(card)
        yield Finding(self.name, "", "metric", *_metric(card))
        yield self._tried("", "published", lambda: _published(card, self.root))
        for split in card.splits.values():
            yield Finding(
                self.name, split.name, "scale", "ok", f"{(split.scale or card.scale).spec}, {_policies(card)}"
            )
            for name, part in {"": split.main, **split.parts}.items():
                yield Finding(self.name, split.name, f"source {name}".strip(), *_pinned(card, part))
            yield from self._sample(card, split)

    def _finding(self, split: str, about: str, said: str | JudgebenchError) -> Finding:
        state = "missing" if isinstance(said, JudgebenchError) else "ok"
        return Finding(self.name, split, about, state, str(said).replace("\n", " "))

    def _tried(self, split: str, about: str, look: Callable[[], str]) -> Finding:
        try:
            return self._finding(split, about, look())
        except JudgebenchError as error:
            return self._finding(split, about, error)

    def _paper(self, card: Card) -> Iterator[Finding]:
        readme = card.folder / "README.md"
        there = readme.is_file() and bool(readme.read_text(encoding="utf-8", errors="replace").strip())
        said = (
            "there" if there else "write README.md beside the card: what people were asked, quirks, the official metric"
        )
        yield Finding(self.name, "", "README", "ok" if there else "missing", said)
        wrong = [url for url in (card.homepage, card.paper) if url and not url.startswith(("https://", "http://"))]
        said = f"not an address: {wrong[0]}" if wrong else card.homepage
        yield Finding(self.name, "", "homepage", "missing" if wrong else "ok", said)
        known = {*card.subsets, *(one.name for one in card.aggregates)}
        lost = [name for one in card.aggregates for name in one.of if name not in known] if card.subsets else []
        if lost:
            yield Finding(self.name, "", "aggregates", "missing", f"{lost[0]!r} is not one of the card's subsets")

    def _sample(self, card: Card, split: Split) -> Iterator[Finding]:
        from judgebench.tasks.base import open_task  # noqa: PLC0415 - loaded on use

        spec = f"{self.name}:{split.name}"
        try:
            task = open_task(spec, sample=True, root=self.root)
            sample = list(task.items())
        except JudgebenchError as error:
            yield self._finding(split.name, "sample", error)
            return
        yield self._finding(split.name, "sample", f"{len(sample)} items, read by {card.reader}")
        # An aggregate of subsets is of the ones that the card knows.
        if card.subsets and card.aggregates and (unknown := {item.subset for item in sample} - {"", *card.subsets}):
            said = f"subsets lacks {min(unknown)!r}, which the sample has"
            yield Finding(self.name, split.name, "subsets", "missing", said)
        yield self._tried(split.name, "judged", lambda: _judged(task, sample))
        yield from self._held(card, split, sample)

    def _held(self, card: Card, split: Split, sample: list[Item]) -> Iterator[Finding]:
        """Hold the card against data: their count, that no row of the sample is theirs, the recorded verdicts."""
        from judgebench.tasks.base import CardTask  # noqa: PLC0415 - loaded on use
        from judgebench.tasks.resolve import located  # noqa: PLC0415 - loaded on use

        about, recorded = "data", [one for one in card.recorded if one.split == split.name]
        if self.data is None:
            judges = f", nor the verdicts of {len(recorded)} judges" if recorded else ""
            yield Finding(
                self.name, split.name, about, "unchecked", f"not looked at{judges}; give {argument('data')} DIR"
            )
            return
        try:
            source = located(card, split, self.data)
        except JudgebenchError as error:
            yield self._finding(split.name, about, error)
            return
        if source is None or source.lacking:
            lacks = "" if source is None else f": {', '.join(source.lacking)}"
            yield Finding(self.name, split.name, about, "unchecked", f"not in {self.data}{lacks}")
            return
        task = CardTask(card, split.name, source)
        yield self._tried(split.name, about, lambda: _counted(task, split, sample))
        for one in recorded:
            path = task.recorded_path(one)
            if path is None:
                said = f"{one.file} is not beside the data"
                yield Finding(self.name, split.name, f"recorded {one.name}", "unchecked", said)
            elif one.kind == "replies":
                yield self._tried(split.name, f"recorded {one.name}", partial(_verdicts, task, path, one.column))


def _verdicts(task: CardTask, path: Path, column: str) -> str:
    return f"{len(task.recorded(path, column or None).replies):,} verdicts in {path.name}"


def _policies(card: Card) -> str:
    policies: dict[str, Any] = card.policies.to_json()
    return ", ".join(f"{name} {value}" for name, value in policies.items())


def _metric(card: Card) -> tuple[str, str]:
    """Say whether the headline metric is one of ours; words of the benchmark's own are only shown."""
    from judgebench.agreement.figures import panel  # noqa: PLC0415 - loaded on use
    from judgebench.catalog import metrics  # noqa: PLC0415 - loaded on use

    ours = panel(card.scale).headline
    if card.metric in metrics():
        return "ok", card.metric
    return "unchecked", f"in the benchmark's words, which are shown as they are; ours on this scale is {ours}"


def _published(card: Card, root: Path | None) -> str:
    from judgebench.reproduce.published import load_published  # noqa: PLC0415 - loaded on use

    found = load_published(card.name, root)
    said = {
        "figures": len(found.figures), "tables of figures": len(found.printed), "rules": len(found.rules),
        "that can't be recomputed": len(found.unmatched), "recorded judges": len({one.name for one in card.recorded}),
    }  # fmt: skip
    return ", ".join(f"{count} {what}" for what, count in said.items() if count) or "none"


def _pinned(card: Card, part: Part) -> tuple[str, str]:
    """Say where a table comes from, and what of it was held against the live source."""
    fields = f"; its fields were not: {', '.join(card.unchecked_fields)}" if card.unchecked_fields else ""
    if part.url:
        return "ok", f"pinned by address and sha256: {part.url}"
    hashes = f"the sha256 of {', '.join(part.sha256)} is known" if part.sha256 else ""
    if part.hub:
        where = f"{part.hub} {part.config}".strip() + f" split {part.hub_split}"
        if not _COMMIT.fullmatch(part.revision):
            pinned = "its revision is not pinned: main is loaded, and its commit recorded"
        else:
            pinned = f"pinned at {part.revision[:12]}"
        said = f"{where}: {pinned}{f'; {hashes}' if hashes else ''}"
        return (
            ("ok", said)
            if part.sha256 or (_COMMIT.fullmatch(part.revision) and not fields)
            else ("unchecked", f"{said}{fields}")
        )
    if hashes:
        return "ok", f"files of one's own; {hashes}"
    if part.files:
        return "unchecked", f"files of one's own, without a sha256: {' or '.join(part.files[:_NAMED])}"
    return "missing", "say where it is: hub and hub_split, url with its sha256, or files"


def _judged(task: CardTask, sample: list[Item]) -> str:
    """Let a baseline judge the sample."""
    from judgebench import catalog  # noqa: PLC0415 - loaded on use
    from judgebench.domain import Case, Status  # noqa: PLC0415 - loaded on use

    judge = catalog.make_judge(_BASELINE, task, catalog.JudgeSettings())
    for item in sample:
        steps = judge.steps(Case(item, tuple(range(len(item.responses)))), task.scale)
        try:
            next(steps)
        except StopIteration as end:
            if end.value.status is Status.OK:
                continue
        raise DataError(f"{_BASELINE} gives no verdict on item {item.id!r}", file=task.source.name)
    return f"by {_BASELINE}"


def _counted(task: CardTask, split: Split, sample: list[Item]) -> str:
    """Count the items of the data; DataError where there are more or fewer than published, or the sample has theirs."""
    texts = {
        text: item
        for item in sample
        for text in (item.question, *(one.text for one in item.responses))
        if len(text) >= _LONG
    }
    count = 0
    for item in task.items():
        count += 1
        for text in (item.question, *(one.text for one in item.responses)):
            if text in texts:
                raise DataError(
                    f"item {texts[text].id!r} of the sample has a text of {item.id!r} in {task.source.name}",
                    hint="write rows of your own: nothing of a benchmark is copied",
                )
    # Files that are known to be others may well have another number of items.
    if split.count is not None and count != split.count and task.source.verified is not False:
        unknown = task.source.verified is None
        raise DataError(
            f"{count:,} items, and the card says {split.count:,}",
            file=task.source.name,
            field="count",
            hint="mend it; or, where these aren't the published files, give theirs a sha256" if unknown else "",
        )
    known = {True: "; the published files by their sha256", False: "; other files than the published ones", None: ""}
    short = "" if split.count in {None, count} else f", where {split.count:,} are published"
    return f"{count:,} items{short}{known[task.source.verified]}; no text of the sample is theirs"
