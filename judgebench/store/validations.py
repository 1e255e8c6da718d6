"""What `validate-judge` found, kept beside the runs: ``validations/DIGEST.json``, sealed.

A validation holds for one judge: its settings, its prompts and the model versions that answered. Of a run of the same
judge it says whether these are still the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from judgebench.errors import DataError
from judgebench.files.seals import read_object, unsealed, write_sealed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from judgebench.domain import Run

FOLDER = "validations"
#: Why a validation does not hold for a run: another model version, or another prompt, form or setting.
Stale: TypeAlias = Literal["", "version", "settings"]
_TODO = "delete it; `judgebench validate-judge` writes it again and asks no judge again"


class Validation(NamedTuple):
    """Whom a validation is about, when it was made (a day), and its ``state``; ``found`` is all of it, as JSON.

    ``settings`` digests the judge's settings without its prompts, which are there by the place where each is used, and
    without what is read off the task, which is there by its name.
    """

    judge: str
    settings: str
    prompts: Mapping[str, str]
    models: tuple[str, ...]
    state: str
    at: str
    found: Mapping[str, Any]

    def stale(self, run: Run) -> Stale:
        """Say why it does not hold for a run of this judge; empty where it does."""
        settings, prompts = parted(run)
        if settings != self.settings or any(self.prompts.get(name) != one for name, one in prompts.items()):
            return "settings"
        return "" if set(run.models) <= set(self.models) else "version"


def parted(run: Run) -> tuple[str, dict[str, str]]:
    """Give a digest of a judge's settings without those that each task has of its own, and these by their place.

    Each kind of scale has its prompts, each task a majority and a recording.
    """
    from judgebench.domain import digest  # noqa: PLC0415 - loaded on use

    prompts: dict[str, str] = {}

    def without(node: Any, place: str) -> Any:
        if isinstance(node, dict):
            if isinstance(own := node.get("prompts"), dict):
                prompts.update({f"{place}{kind}": str(one) for kind, one in own.items()})
            prompts.update({f"{place}{name} of {run.task}": str(node[name]) for name in _OF_TASK if name in node})
            return {name: without(one, f"{place}{name}/") for name, one in node.items() if name not in _LEFT_OUT}
        return [without(one, f"{place}{i}/") for i, one in enumerate(node)] if isinstance(node, list | tuple) else node

    return digest(without(dict(run.settings), ""), 12), prompts


#: Settings that are read off a task: the label that `baseline/majority` gives, and the digest of a recording.
_OF_TASK = ("code", "recording")
_LEFT_OUT = frozenset({"prompts", "protocol_texts", *_OF_TASK})


def keep(root: Path, name: str, validation: Validation) -> None:
    """Keep a validation, in the place of an earlier one of the same judge."""
    folder = root / FOLDER
    folder.mkdir(exist_ok=True)
    write_sealed(folder / f"{name}.json", validation._asdict())


def read(root: Path) -> list[Validation]:
    """Read those beside some runs, the latest last; DataError where one is not what was written."""
    found: list[Validation] = []
    for file in sorted((root / FOLDER).glob("*.json")):
        try:
            data = unsealed(read_object(file, "a validation", _TODO)).data
            fields: dict[str, Any] = {**data, "models": tuple(data["models"])}
            found.append(Validation(**fields))
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"not a validation ({error})", file=str(file), hint=_TODO) from None
    return sorted(found, key=lambda one: (one.at, one.judge))


def standing(run: Run, known: list[Validation]) -> tuple[Validation, Stale] | None:
    """Find what holds of a run's judge: a validation that is not stale, else the latest; None where there is none."""
    own: list[tuple[Validation, Stale]] = [(one, one.stale(run)) for one in known if one.judge == run.judge]
    holds = [one for one in own if not one[1]]
    return next(reversed(holds or own), None)
