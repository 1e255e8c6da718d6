"""Banks of attacks: texts of one kind, each beside a placebo of its form, and banks in files of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from judgebench.errors import DataError
from judgebench.probes.nonsense import nonsense
from judgebench.probes.operator import Operator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from judgebench.domain import Item
    from judgebench.probes.operator import Shown

#: What an attack's text, or its placebo's, makes of an item.
Put: TypeAlias = "Callable[[Shown, str], Item | None]"
#: Names of the column that holds the attacks, where nobody names it.
_COLUMNS = ("text", "attack", "suffix", "preamble", "phrase")


class Bank(dict[str, Operator]):
    """Attacks by variant: ``texts`` gives each its text and its placebo's, ``put`` puts either into an item.

    Of a text that is the ``whole`` answer it is known that it is to be rejected.
    """

    def __init__(self, name: str, texts: Mapping[str, tuple[str, str]], put: Put, *, whole: bool = False) -> None:
        self.name, self.put, self.whole = name, put, whole
        super().__init__({variant: self._operator(*both) for variant, both in texts.items()})

    def of_file(self, place: str) -> dict[str, Operator]:
        """Read a bank of one's own: a text a line, or ``FILE#COLUMN`` of a table; placebos are letters at random."""
        return {str(number): self._operator(text) for number, text in enumerate(read_texts(place), 1)}

    def _operator(self, attack: str, placebo: str | None = None) -> Operator:
        return Operator(
            self.name,
            lambda shown: self.put(shown, attack),
            lambda shown: self.put(shown, nonsense(attack, shown.draw) if placebo is None else placebo),
            owed="reject" if self.whole else "",
        )


def read_texts(place: str) -> list[str]:
    """Read the texts of a file, each once: the lines of a text file, or a column of a table.

    UsageError where the column can't be told, DataError where there is no text.
    """
    from judgebench.files.content import small_file  # noqa: PLC0415 - loaded on use
    from judgebench.probes.own_table import OwnTable, said_in  # noqa: PLC0415 - loaded on use

    name, _, column = place.partition("#")
    if Path(name).suffix in {".txt", ""} and not column:
        try:
            lines = small_file(Path(name)).decode("utf-8-sig").splitlines()
        except OSError as error:
            raise DataError(f"it can't be read: {error.strerror}", file=name) from None
        except UnicodeDecodeError as error:
            raise DataError(f"it is not UTF-8: byte {error.start + 1}", file=name) from None
        found = [line.strip() for line in lines]
    else:
        table = OwnTable(place)
        named = table.column(_COLUMNS, "attacks")
        found = [said_in(row, named) for row in table.rows()]
    texts = list(dict.fromkeys(filter(None, found)))
    if not texts:
        raise DataError("there is no attack in it", file=name, hint="one a line, or a table: FILE#COLUMN")
    return texts


def before(shown: Shown, text: str) -> Item:
    """Put a text before the answer."""
    return shown.answered(f"{text}\n\n{shown.text}".rstrip())


def after(shown: Shown, text: str) -> Item:
    """Put a text after the answer."""
    return shown.answered(f"{shown.text}\n\n{text}".lstrip())


def instead(shown: Shown, text: str) -> Item:
    """Put a text in the answer's place."""
    return shown.replaced(text)
