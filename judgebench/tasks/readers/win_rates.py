"""What AlpacaEval's leaderboards say of a model, from the preferences of one judge between it and a baseline.

A preference is 1 for the baseline, 2 for the model, 1.5 (0 in old files) for a draw, anything between for a judge that
was less sure, and nothing where its reply could not be read.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from judgebench.errors import DataError
from judgebench.files.read import open_table
from judgebench.labels.vocabulary import number_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_DRAW, _LOST, _WON = 1.5, 1.0, 2.0
#: A table with a column for each judge and model, and the repository's own files.
_TABLE, _ANNOTATIONS = "preferences.csv", "results/{model}/{board}/annotations.json"


def figure(find: Callable[[str], Path], names: Mapping[str, str]) -> float:
    """Compute one column, ``metric``, of a model's row on a judge's leaderboard: ``judge`` is ``board|model``."""
    board, _, model = names["judge"].partition("|")
    try:
        said = _columns(find(_TABLE)).get(names["judge"])
    except LookupError:
        said = None
    if said is None:
        said = _column(find(_ANNOTATIONS.format(board=board, model=model)), "preference")
    found = row(said)
    if names["metric"] not in found:
        raise DataError(f"{names['metric']!r} is not a column of it; there are {', '.join(found)}")
    return found[names["metric"]]


def row(preferences: Sequence[float | None]) -> dict[str, float]:
    """Give the row of a model; shares and the standard error are fractions, as everywhere.

    ``win_rate`` is the mean preference less 1, ``discrete_win_rate`` the same with every preference a win, a draw or a
    loss. Source: `alpaca_eval.metrics` of tatsu-lab/alpaca_eval.

    >>> found = row([2, 2, 1, 0, 1.2, None])
    >>> found["win_rate"], found["discrete_win_rate"], found["n_wins"], found["n_draws"], found["n_total"]
    (0.54, 0.5, 2, 1, 5)
    """
    said = [_DRAW if one == 0 else one for one in preferences if one is not None]
    if wrong := [one for one in said if not _LOST <= one <= _WON]:
        raise DataError(f"a preference is a number from 1 to 2, got {wrong[0]:g}")
    if not said:
        raise DataError("there are no preferences")
    n, wins, lost = len(said), sum(one > _DRAW for one in said), sum(one < _DRAW for one in said)
    rate = math.fsum(said) / n - 1
    spread = math.fsum((one - 1 - rate) ** 2 for one in said)
    return {
        "win_rate": rate,
        "standard_error": math.sqrt(spread / (n - 1) / n) if n > 1 else 0.0,
        "n_wins": wins,
        "n_wins_base": lost,
        "n_draws": n - wins - lost,
        "n_total": n,
        "discrete_win_rate": (wins + (n - wins - lost) / 2) / n,
    }


@lru_cache(maxsize=4)
def _columns(path: Path) -> dict[str, list[float | None]]:
    """Read the columns of a table that are named ``judge|model``."""
    table = open_table(path)
    names = [name for name in table.columns if "|" in name]
    found: dict[str, list[float | None]] = {name: [] for name in names}
    for block in table.blocks(names):
        for name, cells in zip(names, block.columns, strict=True):
            found[name] += [number_of(cell) for cell in cells]
    return found


def _column(path: Path, name: str) -> list[float | None]:
    cells = [one.require(name) for one in open_table(path).rows()]
    return [None if cell is None else number_of(str(cell)) for cell in cells]
