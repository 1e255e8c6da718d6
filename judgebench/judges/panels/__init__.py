"""Panels: several judges that make one, each kind a class of its own in a file of its own. Members may be any judges.

Members' replies are the parts of a panel's, in shown coordinates as it is. A member that failed fails the case, and on
resume only what it lacks is asked; one that refused, or whose answer can't be read, abstains, and its part says so.
"""

from __future__ import annotations

from pkgutil import resolve_name
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from judgebench.judges.panels.panel import Panel


class Kind(NamedTuple):
    """Where a kind of panel is, and what it does, in a line."""

    made: str
    about: str


KINDS = {
    "jury": Kind("judgebench.judges.panels.jury:Jury", "members judge side by side, and their votes are counted"),
    "debate": Kind("judgebench.judges.panels.debate:Debate", "members in roles see what others said before them"),
    "cascade": Kind("judgebench.judges.panels.cascade:Cascade", "the next member is asked where one is unsure"),
}


def panel_class(kind: str) -> type[Panel]:
    """Load the class of a kind."""
    found: type[Panel] = resolve_name(KINDS[kind].made)
    return found
