"""`Document`: what a command has to say, in blocks, as JSON and as a flat table; writers make the forms of it."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar

from judgebench.domain.shapes import json_schema
from judgebench.errors import UsageError, argument
from judgebench.report.document import FORMS
from judgebench.report.document.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from judgebench.domain.shapes import Record
    from judgebench.errors import JudgebenchError
    from judgebench.report.document.grid import Grid

__all__ = [
    "Block",
    "Document",
    "Notes",
    "Sentences",
    "Sheet",
    "Table",
    "sheet",
    "texts_of",
    "title_of",
]


R = TypeVar("R")
Value: TypeAlias = "str | float | None"


@dataclass(frozen=True, slots=True)
class Sentences:
    """Sentences that belong together: a line each on a terminal."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notes:
    """What has to be said below: a list, unless it isn't ``listed``."""

    texts: tuple[str, ...]
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A grid, and how it gives way on a narrow terminal.

    ``names`` are the columns whose text may wrap; each step of ``plan`` wraps them down to a width, then leaves out
    columns. A table with a ``caption`` has a heading, with ``lead`` below; ``label`` is LaTeX's.
    """

    grid: Grid
    names: Sequence[int] = (0, 1)
    plan: Sequence[tuple[int, Sequence[int]]] = ((8, ()),)
    caption: str = ""
    label: str = ""
    lead: str = ""

    @property
    def title(self) -> str:
        """Caption and lead in one text."""
        return f"{self.caption}. {self.lead}" if self.lead else self.caption


#: A plain text is a paragraph.
Block: TypeAlias = str | Sentences | Notes | Table


def texts_of(block: str | Sentences | Notes) -> tuple[str, ...]:
    """Give what a block says."""
    return (block,) if isinstance(block, str) else block.texts


@dataclass(frozen=True, slots=True)
class Sheet:
    """A flat table, as CSV has it: figures as they are."""

    header: Sequence[str]
    rows: Iterable[Sequence[Value]]


def sheet(columns: Mapping[str, Callable[[R], Any]], rows: Iterable[R]) -> Sheet:
    """Make a flat table of rows: a column a name.

    ``name*`` holds an estimate in three columns: ``name``, ``name_low``, ``name_high``. Truth is written yes or no, a
    sequence with blanks.
    """
    header: list[str] = []
    for name in columns:
        base = name.removesuffix("*")
        header += [base, f"{base}_low", f"{base}_high"] if name.endswith("*") else [base]
    return Sheet(header, [[cell for name, get in columns.items() for cell in _cells(name, get(row))] for row in rows])


def _cells(name: str, value: Any) -> list[Value]:
    if name.endswith("*"):
        return [None] * 3 if value is None else [value.value, value.low, value.high]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return [" ".join(value)] if isinstance(value, (tuple, list)) else [value]


class Document(ABC):
    """What a command has to say.

    A kind of document says its ``SCHEMA``, the ``SHAPE`` of its JSON, its blocks (the answer first) and its flat
    table; every form follows. Objects of this kind are what the functions of ``judgebench`` return.
    """

    __slots__ = ()
    #: Name and version of the JSON: ``judgebench.KIND/N``.
    SCHEMA: ClassVar[str]
    #: The JSON below ``schema``; its keys get their values from what `data` returns.
    SHAPE: ClassVar[Record]
    #: Forms that only this kind has, or has otherwise; ``junit`` and ``annotations`` bring their command an option.
    MORE: ClassVar[Mapping[str, Callable[[Any], str]]] = {}

    #: Whether the form is by default what a file's name ends in.
    BY_ENDING: ClassVar[bool] = False

    @abstractmethod
    def blocks(self) -> Iterator[Block]:
        """Say it: sentences first."""

    def parts(self, form: str) -> Iterator[Block]:  # noqa: ARG002 - for kinds that say it in another way there
        """Say it in a form."""
        return self.blocks()

    @abstractmethod
    def sheet(self) -> Sheet:
        """Give the flat table."""

    def data(self) -> Any:
        """Give what ``SHAPE`` reads."""
        return self

    def page(self) -> str | None:
        """Give an HTML page of its own, where the usual one doesn't do."""
        return None

    @property
    def failure(self) -> JudgebenchError | None:
        """What ends the command line with another exit code than 0, after the answer is printed."""
        return None

    def render(self, form: str = "table", *, width: int = 120) -> str:
        """Write it as ``--format`` does, in a terminal of ``width`` columns; UsageError where there is no such form."""
        if form in self.MORE:
            return self.MORE[form](self)
        if form not in FORMS:
            raise UsageError(
                f"{argument('form')} {form!r}: write one of {', '.join(dict.fromkeys((*FORMS, *self.MORE)))}"
            )
        writer = importlib.import_module(f"judgebench.report.document.as_{form}")
        text: str = writer.write(self, width=width)
        return text

    def to_json(self) -> dict[str, Any]:
        """Give it as plain JSON."""
        return {"schema": self.SCHEMA, **self.SHAPE.plain(self.data())}

    def to_frame(self) -> Any:
        """Give the flat table as a pandas DataFrame."""
        import pandas as pd  # noqa: PLC0415 - heavy

        flat = self.sheet()
        return pd.DataFrame([list(row) for row in flat.rows], columns=list(flat.header))

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Describe its JSON (JSON Schema, draft 2020-12)."""
        return json_schema(cls.SCHEMA, cls.SHAPE)

    def sentences(self) -> list[str]:
        """Give the answer: the sentences that come before the first table."""
        found: list[str] = []
        for block in self.blocks():
            if isinstance(block, str):
                found.append(block)
            elif isinstance(block, Sentences):
                found += block.texts
            else:
                break
        return found

    def __repr__(self) -> str:
        said = self.sentences()
        return f"<{type(self).__name__}: {clean(said[0]) if said else self.SCHEMA}>"

    def __str__(self) -> str:
        return self.render()

    def _repr_markdown_(self) -> str:
        return self.render("md")

    def _repr_html_(self) -> str:
        from judgebench.report.document.as_html import fragment  # noqa: PLC0415 - loaded on use

        return fragment(self.blocks())


def title_of(document: Document) -> str:
    """Say what a page, and a table without a caption, are called.

    >>> from judgebench.report.scores import Scores
    >>> title_of(Scores(()))
    'judgebench scores'
    """
    return document.SCHEMA.partition("/")[0].replace(".", " ")
