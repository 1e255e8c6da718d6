"""Whether a judge was validated, and whether that still holds: what `validate-judge` found, kept beside the runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from judgebench.api.notes import tell
from judgebench.domain import JudgeName, bare, conditions_of, digest
from judgebench.errors import IncompleteError
from judgebench.redaction import public_url
from judgebench.report.validity import JudgeValidation, standing_words
from judgebench.store.lines import PACKED, VERDICTS
from judgebench.store.validations import Validation, keep, parted, read, standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from judgebench.domain import Run
    from judgebench.report.validity import Validated
    from judgebench.store.runs import StoredRun


#: Conditions that are about the items.
_SHOWN = frozenset({"reference", "orders", "repeats", "seed", "limit", "probe", "revision", "run"})


def judges_of(stored: Sequence[StoredRun]) -> list[list[StoredRun]]:
    """Put the runs of each judge together, whatever their tasks' scales: each kind of scale has a prompt of its own.

    Two prompts for one kind are two judges, and so is one that was asked again on another day.
    """
    found: dict[tuple[str, str, str], list[StoredRun]] = {}
    for one in stored:
        found.setdefault((one.run.judge, parted(one.run)[0], one.run.again), []).append(one)
    return [own for runs in found.values() for own in _by_prompt(runs)]


def _by_prompt(runs: list[StoredRun]) -> list[list[StoredRun]]:
    each = [parted(one.run)[1] for one in runs]
    if all(len({own[kind] for own in each if kind in own}) == 1 for kind in {kind for own in each for kind in own}):
        return [runs]
    apart: dict[tuple[tuple[str, str], ...], list[StoredRun]] = {}
    for one, own in zip(runs, each, strict=True):
        apart.setdefault(tuple(sorted(own.items())), []).append(one)
    return list(apart.values())


def _prompts(runs: Iterable[Run]) -> dict[str, str]:
    return {name: one for run in runs for name, one in sorted(parted(run)[1].items())}


def digest_of(runs: Sequence[Run], models: Sequence[str]) -> str:
    """Digest what a validation belongs to: the judge, its settings and prompts, and the versions that answered."""
    return digest([runs[0].judge, parted(runs[0])[0], sorted(_prompts(runs).items()), sorted(models)], 12)


def last_day(runs: Sequence[StoredRun]) -> str:
    """Give the day on which the last verdict of some runs was kept."""
    files = [file for one in runs for name in (VERDICTS, PACKED) if (file := one.path / name).exists()]
    last = max((file.stat().st_mtime for file in files), default=0.0)
    return f"{datetime.fromtimestamp(last, UTC):%Y-%m-%d}"


def keep_beside(runs: Sequence[StoredRun], found: Validated) -> None:
    """Keep what was found of a judge beside its runs, so that reports tell; where that can't be, a note says so."""
    whole: dict[str, Any] = json.loads(JudgeValidation((found,)).render("json"))
    settings, prompts = parted(runs[0].run)[0], _prompts(one.run for one in runs)
    kept = Validation(found.judge, settings, prompts, found.models, found.state, found.at, whole["judges"][0])
    for root in dict.fromkeys(one.path.parent for one in runs):
        try:
            keep(root, found.digest, kept)
        except OSError as error:
            tell(f"the validation of {found.judge} is not kept beside its runs: {error.strerror}")


def send_beside(paths: Iterable[Path]) -> None:
    """Keep validations of runs at URLs there, too; where nothing can be written a note says so."""
    from judgebench.store.remote import Mirror, url_of  # noqa: PLC0415 - loaded on use

    for url in filter(None, map(url_of, paths)):
        try:
            Mirror(url).send_validations()
        except IncompleteError:
            tell(f"the validation is not kept at {public_url(url)}: nothing can be written there")


class Standings:
    """Says of runs whether their judges were validated; each folder of validations is read once."""

    def __init__(self) -> None:
        self._known: dict[Path, list[Validation]] = {}

    def told(self, stored: StoredRun, name: str, *, always: bool) -> Iterator[str]:
        """Yield a sentence about a run's judge, as it is named beside others; ``always`` also where nobody did."""
        if stored.run.answering:
            return
        root = stored.path.parent
        if root not in self._known:
            self._known[root] = read(root)
        # How the items were shown is no matter of the judge's.
        name = JudgeName(bare(name), {one: text for one, text in conditions_of(name).items() if one not in _SHOWN})
        held = standing(stored.run, self._known[root])
        if held is not None:
            one, why = held
            yield standing_words(name, one.state, one.at, why, one.models, tuple(stored.run.models))
        elif always:
            yield standing_words(name)
