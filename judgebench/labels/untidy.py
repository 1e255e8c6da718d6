"""What is untidy in columns of labels and ids, where, and what settles it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from judgebench.errors import argument
from judgebench.labels.names import is_id
from judgebench.labels.vocabulary import fold
from judgebench.labels.words import spans

if TYPE_CHECKING:
    from collections.abc import Iterable

    from judgebench.labels.facts import Facts

_PERCENT, _COMMA = re.compile(r"[-+]?\d+(?:[.,]\d+)?\s*%"), re.compile(r"[-+]?\d+,\d{1,2}")
_DECORATED = re.compile(r"^[*_\"'`(\[{<].*|.*[.!)\]*_`\"'>]$", re.DOTALL)
_UNSEEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"))


def untidy(facts: Facts, names: Iterable[str]) -> list[str]:
    """Say what is untidy in columns of labels and ids, where, and what settles it."""
    found: list[str] = []
    names = [name for name in dict.fromkeys(names) if name in facts.table.cells]
    for name in names:
        cells = Counter(facts.table.cells[name])
        found += _spellings(facts, name, cells)
        odd = {
            "percents": [cell for cell in cells if _PERCENT.fullmatch(cell.strip())],
            "decimal commas": [cell for cell in cells if _COMMA.fullmatch(cell.strip())],
            "JSON": [cell for cell in cells if cell.strip()[:1] in {"[", "{"} and cell.strip()[-1:] in {"]", "}"}],
            "decorated words": [
                cell for cell in cells
                if len(cell) < 200 and _DECORATED.match(cell.strip()) and cell.strip()[:1] not in {"[", "{"}
            ],
        }  # fmt: skip
        for what, told in odd.items():
            if told:
                where = facts.places(name, set(told))
                found.append(
                    f"{name}: {what} such as {told[0].strip()[:40]!r} ({where}); {argument('read_replies')} reads them"
                )
    ids = [name for name, (role, _) in facts.roles.items() if role in {"id", "cluster", "part of the id"}]
    for name in [one for one in ids if is_id(one) and one in facts.table.cells]:
        blank = [line for line, cell in zip(facts.table.lines, facts.cells(name), strict=True) if not cell]
        found += [f"{name}: empty ({spans(blank, facts.table.unit)}); a row needs its id"] if blank else []
    if not facts.table.whole:
        found = [f"{text} (in the first {facts.rows:,} rows)" for text in found]
    return found


def _spellings(facts: Facts, name: str, cells: Counter[str]) -> list[str]:
    """Words that look alike, and are written in several ways."""
    if len(cells) > 2000:
        return []
    ways: dict[str, list[str]] = {}
    for cell in cells:
        plain = unicodedata.normalize("NFKC", cell.translate(_UNSEEN)).casefold()
        ways.setdefault(" ".join(plain.split()), []).append(cell)
    found: list[str] = []
    for text, own in ways.items():
        if len(own) < 2 or not text:
            continue
        same = {fold(cell) for cell in own}
        unseen = [cell for cell in own if ascii(cell.strip()) != ascii(own[0].strip())]
        where = facts.places(name, set(own) - {max(own, key=cells.__getitem__)})
        shown = ", ".join(f"{ascii(cell) if not cell.isascii() else repr(cell)}" for cell in own[:4])
        how = "are read as one word" if len(same) == 1 else f"are two words; {argument('words')} OLD=NEW makes them one"
        if unseen or len(same) > 1:
            found.append(f"{name}: {shown} look alike ({where}) and {how}")
    return found[:6]
