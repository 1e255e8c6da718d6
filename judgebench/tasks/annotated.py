"""Labels in the alternative annotator test's own layout: ``{annotator: {item: label}}``, people's and models' apart.

`judgebench.tasks.readers.alttest` makes a task of such files; a folder of them is measured without one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from judgebench.domain import Ratings, Scale
from judgebench.errors import DataError, argument
from judgebench.files.content import find
from judgebench.tasks.sources import file_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import numpy as np

    from judgebench.files.records import Row

HUMANS, JUDGES = "human_annotations.json", "llm_annotations.json"
#: Words of the repository for the two sides of a pair.
_SIDES = {"model_a": "A", "model_b": "B"}


class Annotated(NamedTuple):
    """A folder of annotations as columns: one set of ratings per judge, all with the same item codes."""

    name: str
    revision: str
    judges: Mapping[str, Ratings]


def read_annotations(rows: Iterable[Row]) -> dict[str, dict[str, str]]:
    """Read annotators and their labels; a whole number becomes its text.

    There is usually one row, the whole file; further rows add annotators.
    """
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        for annotator, labels in row.data.items():
            if annotator in found:
                row.fail("this annotator appears twice", annotator)
            if not isinstance(labels, dict) or not labels:
                row.fail("expected an object of items and labels", annotator)
            found[annotator] = {item: _label(row, annotator, item, label) for item, label in labels.items()}
    return found


def _label(row: Row, annotator: str, item: str, label: object) -> str:
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    if isinstance(label, int) and not isinstance(label, bool):
        return str(label)
    if not isinstance(label, str) or not label.strip():
        row.fail(f"expected a word or a whole number, got {label!r}", f"{annotator}.{item}")
    return _SIDES.get(label.strip(), label.strip())


def folders(path: Path) -> list[Path]:
    """Return the folder itself, or those in it, that hold both files."""
    here = [path, *sorted(child for child in path.iterdir() if child.is_dir())] if path.is_dir() else []
    found = [folder for folder in here if find(folder, HUMANS) and find(folder, JUDGES)]
    if not found:
        raise DataError(
            f"there is no {HUMANS} with a {JUDGES} beside it here (.gz may follow)",
            file=str(path),
            hint=f"each is {{annotator: {{item: label}}}}; for a table use {argument('csv')}, "
            "for runs give their folders",
        )
    return found[:1] if found[0] == path else found


def read_folder(folder: Path, scale: Scale | None = None) -> Annotated:
    """Read a folder of ``human_annotations.json`` and ``llm_annotations.json``, plain or gzipped.

    By default the scale is read off the labels: numbers are a rating scale from the lowest to the highest, words are
    categories, and ``model_a``, ``model_b``, ``tie`` a pair. A human label that is not on the scale is a DataError; a
    judge's does not count as a verdict.
    """
    import numpy as np  # noqa: PLC0415 - `list` needs no arrays

    sources = [file_source(path) for name in (HUMANS, JUDGES) if (path := find(folder, name)) is not None]
    people, judges = (read_annotations(source.rows()) for source in sources)
    declared = scale or _scale(people, judges, str(folder))
    items = list(dict.fromkeys(item for labels in people.values() for item in labels))
    place = {item: i for i, item in enumerate(items)}

    def column(labels: Mapping[str, str], who: str, *, strict: bool) -> np.ndarray:
        codes = np.full(len(items), -1, dtype=np.int64)
        for item, label in labels.items():
            code = declared.code(label)
            if code is None and strict:
                raise DataError(f"label {label!r} is not on the scale {declared.spec}", file=str(folder), field=who)
            if code is not None and item in place:
                codes[place[item]] = code
        return codes

    gold = np.stack([column(labels, who, strict=True) for who, labels in people.items()], axis=1)
    every, none = np.arange(len(items)), np.zeros(len(items), dtype=np.int64)
    ratings = {
        name: Ratings(
            scale=declared,
            judge=column(labels, name, strict=False),
            gold=gold,
            annotators=tuple(people),
            item=every,
            cluster=every,
            game=none,
            swapped=none.astype(np.bool_),
            subset=none,
            subsets=("",),
            system=none,
            systems=("",),
        )
        for name, labels in judges.items()
    }
    return Annotated(folder.name, "+".join(source.revision for source in sources), ratings)


def _scale(people: Mapping[str, Mapping[str, str]], judges: Mapping[str, Mapping[str, str]], file: str) -> Scale:
    sides = (people, judges)
    labels = sorted({label for side in sides for given in side.values() for label in given.values()})
    if all(label.removeprefix("-").isdigit() for label in labels):
        numbers = [int(label) for label in labels]
        if min(numbers) == max(numbers):
            raise DataError(
                f"the only label is {labels[0]}", file=file, hint=f"declare the scale: {argument('scale')} rate:1-5"
            )
        return Scale.rate(min(numbers), max(numbers))
    return Scale.pair() if {"A", "B"} <= set(labels) <= {"A", "B", "tie"} else Scale.categories(labels)
