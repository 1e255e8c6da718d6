"""The rows of a task's split: of files, one after the other where a table has several, or of what was fetched."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from judgebench.files.content import Content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from judgebench.errors import DataError
    from judgebench.files.records import Row


@dataclass(slots=True)
class Source:
    """The rows of a split; ``load``, and ``parts`` for its further tables, read them anew at each call.

    ``revision`` is a hub commit, ``data:`` with 12 hex digits over the files read, ``url:`` with 12 hex digits, or
    ``sample``. Recorded verdicts are looked up from ``folder``, where the main file is. ``verified`` says whether the
    hashes are those of the published version; None where the card knows none. ``lacking`` names the parts whose files
    are not here; ``contents`` are the files read, by part, for readers of what is no table.
    """

    load: Callable[[], Iterator[Row]]
    revision: str
    name: str
    parts: Mapping[str, Callable[[], Iterator[Row]]] = field(default_factory=dict[str, "Callable[[], Iterator[Row]]"])
    folder: Path | None = None
    verified: bool | None = None
    lacking: tuple[str, ...] = ()
    contents: Mapping[str, Sequence[Content]] = field(default_factory=dict[str, "Sequence[Content]"])

    def rows(self, part: str = "") -> Iterator[Row]:
        """Yield the rows of the main table, or of a further one; DataError where one can't be read."""
        return (self.parts[part] if part else self.load)()


def file_source(path: Path) -> Source:
    """Return one file as a source."""
    content = Content.at(path, keep=True)
    revision = f"data:{content.sha256()[:12]}"
    return Source(rows_of(content), revision, str(path), folder=path.parent, contents={"": (content,)})


def rows_of(*contents: Content) -> Callable[[], Iterator[Row]]:
    """Read files of one table, one after the other."""

    def rows() -> Iterator[Row]:
        from judgebench.files.read import open_table  # noqa: PLC0415 - loaded on use
        from judgebench.files.trec import headless  # noqa: PLC0415 - loaded on use

        for content in contents:
            judgments = headless(content)
            yield from open_table(content).rows() if judgments is None else judgments()

    return rows


def missing(error: DataError) -> Callable[[], Iterator[Row]]:
    """Fail where rows are wanted that are not here: whoever can do without them may."""

    def rows() -> Iterator[Row]:
        raise error

    return rows


def digest_of(shas: Sequence[str]) -> str:
    """Digest several files in their order; one file's is its own.

    >>> digest_of(["ab"]), digest_of(["ab", "cd"])[:6]
    ('ab', '88d426')
    """
    return shas[0] if len(shas) == 1 else hashlib.sha256("".join(shas).encode()).hexdigest()
