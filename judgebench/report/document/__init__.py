"""What a command has to say, and its forms: a document is declared once, and every writer (`as_...`) can write it."""

from typing import Literal, TypeAlias, get_args

__all__ = ["FORMS", "Form"]

#: The forms, as ``--format`` names them; the writer of ``x`` is ``write`` in ``as_x``.
Form: TypeAlias = Literal["table", "json", "csv", "md", "html", "tex"]
FORMS: tuple[str, ...] = get_args(Form)
