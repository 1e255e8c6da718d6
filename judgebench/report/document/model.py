"""`Document`: what a command has to say, written in every form."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, ClassVar

from judgebench.domain.shapes import json_schema
from judgebench.errors import UsageError, argument
from judgebench.report.document import FORMS
from judgebench.report.document.blocks import Content, Sentences
from judgebench.report.document.brief import WIDEST, Brief
from judgebench.report.document.text import clean, listing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from judgebench.errors import JudgebenchError

__all__ = ["Document"]


class Document(Content):
    """What a command has to say.

    A kind of document says its ``SCHEMA``, the ``SHAPE`` of its JSON, its blocks (the answer first) and its flat
    table; every form follows. Objects of this kind are what the functions of ``judgebench`` return.
    """

    __slots__ = ()
    #: Forms that only this kind has, or has otherwise; ``junit`` and ``annotations`` bring their command an option.
    MORE: ClassVar[Mapping[str, Callable[[Any], str]]] = {}

    #: Whether its brief answer says what `failure` would, so that a terminal isn't told twice.
    SAYS_FAILURE: ClassVar[bool] = False

    @property
    def failure(self) -> JudgebenchError | None:
        """What ends the command line with another exit code than 0, after the answer is printed."""
        return None

    def brief(self) -> Brief | None:
        """Say in brief what a terminal shows without ``--explain``; None where its blocks are brief enough."""
        return None

    def unwrapped(self, *, explain: bool) -> Iterable[str] | None:  # noqa: ARG002 - for kinds that have some
        """Give the lines that a terminal shows instead and wraps nowhere, so that they can be copied; None without."""
        return None

    def render(self, form: str = "table", *, width: int = 120, explain: bool = False, colour: bool = False) -> str:
        """Write it as ``--format`` does, in a terminal of ``width`` columns; UsageError where there is no such form.

        A table is brief unless ``explain`` asks for all that there is to say.
        """
        if form in self.MORE:
            return self.MORE[form](self)
        if form not in FORMS:
            raise UsageError(
                f"{argument('form')} {form!r}: write one of {', '.join(dict.fromkeys((*FORMS, *self.MORE)))}"
            )
        if form == "table" and (lines := self.unwrapped(explain=explain)) is not None:
            return listing(lines)
        if form == "table" and not explain and (brief := self.brief()) is not None:
            from judgebench.report.document import as_brief  # noqa: PLC0415 - loaded on use

            return as_brief.write(brief, width=min(width, WIDEST), colour=colour)
        writer = importlib.import_module(f"judgebench.report.document.as_{form}")
        text: str = writer.write(self, width=width)
        return text

    def to_frame(self) -> Any:
        """Give the flat table as a pandas DataFrame."""
        import pandas as pd

        flat = self.sheet()
        return pd.DataFrame([list(row) for row in flat.rows], columns=list(flat.header))

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Describe its JSON (JSON Schema, draft 2020-12)."""
        return json_schema(cls.SCHEMA, cls.SHAPE)

    def sentences(self) -> list[str]:
        """Give the answer: the sentences that come before the first table."""
        if (brief := self.brief()) is not None:
            return list(brief.answer)
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
