"""What a command has to say, and its forms: a document is declared once, and every writer (`as_...`) can write it."""

from contextvars import ContextVar
from typing import Literal, TypeAlias, get_args

__all__ = ["FORMS", "TYPED", "Form"]

#: The forms, as ``--format`` names them; the writer of ``x`` is ``write`` in ``as_x``.
Form: TypeAlias = Literal["table", "json", "csv", "md", "html", "tex"]
FORMS: tuple[str, ...] = get_args(Form)
#: The command line that is answered; empty in a program.
TYPED: ContextVar[tuple[str, ...]] = ContextVar("typed", default=())
