"""What is untidy in columns of labels and ids, where, and what settles it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from judgebench.errors import argument
from judgebench.files.records import cut
from judgebench.labels.inferring import foreign_words
from judgebench.labels.names import is_id
from judgebench.labels.vocabulary import fold, number_of
from judgebench.labels.words import spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from judgebench.labels.facts import Facts

#: So much of an example is shown; a longer cell is a reply rather than a word.
_EXAMPLE, _WORD = 40, 24
_UNSEEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"))


def untidy(facts: Facts, names: Iterable[str], *, replies: bool) -> list[str]:
    """Say what is untidy in columns of labels and ids, where, and what settles it; ``replies`` may be read by rules."""
    found: list[str] = []
    names = [name for name in dict.fromkeys(names) if name in facts.table.cells]
    read = facts.replies(names) if replies else {}
    for name in names:
        cells = Counter(facts.table.cells[name])
        found += _spellings(facts, name, cells)
        found += _replies(facts, name, read)
    ids = [name for name, (role, _) in facts.roles.items() if role in {"id", "cluster", "part of the id"}]
    for name in [one for one in ids if is_id(one) and one in facts.table.cells]:
        blank = [line for line, cell in zip(facts.table.lines, facts.cells(name), strict=True) if not cell]
        found += [f"{name}: empty ({spans(blank, facts.table.unit)}); a row needs its id"] if blank else []
    if not facts.table.whole:
        found = [f"{text} (in the first {facts.rows:,} rows)" for text in found]
    return found


def _replies(facts: Facts, name: str, read: Mapping[str, str]) -> list[str]:
    """Say what rules would read in a column, and where they would read nothing."""
    cells = list(dict.fromkeys(facts.table.cells[name]))
    told = [cell for cell in cells if cell.strip() in read]
    if not told:
        return []
    shown = f"{cut(told[0].strip(), _EXAMPLE)!r}"
    meaning = read[told[0].strip()] or "no verdict"
    option = argument("read_replies")
    if sum(len(cell) > _WORD for cell in told) * 2 > len(told):
        found = f"{name} holds replies, such as {shown}: {option} reads them, this one as {meaning}"
    else:
        where = facts.places(name, set(told))
        found = f"{name}: decorated words such as {shown} ({where}); {option} reads them, this one as {meaning}"
    odd = set(foreign_words({name: [read.get(cell.strip(), cell) for cell in cells]}))
    unread = {cell for cell in cells if cell.strip() in odd and number_of(cell) is None}
    return [f"{found}{f', but not {facts.places(name, unread)}' if unread else ''}"]


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
