"""What the judge says for each gold label: counts, and shares of the label's rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.measure import MOST_CLASSES
from judgebench.agreement.policies import apply
from judgebench.report.document.text import clean
from judgebench.report.page.charts.canvas import WIDTH, fitted, open_canvas
from judgebench.report.page.charts.words import percent, whom
from judgebench.report.page.parts import Chart

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.domain import Policies, Ratings
    from judgebench.report.page.charts.canvas import Canvas

__all__ = ["confusion"]

_TOP, _LEFT = 46.0, 150.0
#: Beyond this a cell has no room for two lines.
_ROOMY = 7
_DARKEST = 0.5


def confusion(
    ratings: Ratings, policies: Policies, *, judge: str = "the judge", gold: str = "", name: str = "confusion"
) -> Chart | None:
    """Draw the table of gold labels and verdicts; None where gold is not a single label, or there are too many."""
    if ratings.sequence is not None or len(ratings.scale.labels) > MOST_CLASSES:
        return None
    scored = apply(ratings, policies)
    if not scored.size or scored.gold_values is not None:
        return None
    counts = np.bincount(scored.cells(), minlength=int(np.prod(scored.shape))).reshape(scored.shape)
    names = [*scored.scale.labels, "undecided", "no verdict"]
    labels = len(scored.scale.labels)
    tall = [i for i in range(labels) if counts[i].any() or counts[:, i].any()]
    wide = [*tall, *(i for i in range(labels, labels + 2) if counts[:, i].any())]
    who = whom(gold)
    title = f"{clean(judge)}: what it says, by what {who} {'say' if who == 'people' else 'says'}"
    summary = _summary(counts, names, tall, judge)
    with open_canvas(name, _TOP + len(tall) * _cell(wide)[1] + 8) as canvas:
        _draw(canvas, counts, names, tall, wide, who)
        svg = canvas.svg(title, summary)
    header = (f"{who} \\ judge", *(clean(names[j]) for j in wide), "all")
    rows = tuple(
        (
            clean(names[i]),
            *(f"{counts[i, j]:,} ({_share(counts, i, j)})" for j in wide),
            f"{counts[i].sum():,}",
        )
        for i in tall
    )
    return Chart(name, title, svg, summary, header, rows)


def _cell(wide: list[int]) -> tuple[float, float]:
    return min(92.0, (WIDTH - _LEFT - 60) / len(wide)), 46.0 if len(wide) <= _ROOMY else 26.0


def _share(counts: npt.NDArray[np.intp], i: int, j: int) -> str:
    total = int(counts[i].sum())
    return percent(counts[i, j] / total, 0) if total else "no row"


def _draw(
    canvas: Canvas, counts: npt.NDArray[np.intp], names: list[str], tall: list[int], wide: list[int], who: str
) -> None:
    width, height = _cell(wide)
    left = _LEFT
    canvas.text(left + width * len(wide) / 2, 12, "the judge says", role="soft", anchor="middle")
    canvas.text(left - 10, 34, f"{who} {'say' if who == 'people' else 'says'}", role="soft", anchor="end")
    canvas.text(left + width * len(wide) + 52, 34, "all", role="soft", anchor="end")
    panel = canvas.panel(
        left, _TOP, width * len(wide), height * len(tall), x=(0.0, float(len(wide))), y=(float(len(tall)), 0.0)
    )
    panel.box(0.0, float(len(wide)), 0.0, float(len(tall)), role="panel")
    # Names of many labels don't fit above their columns: their rows have them, with numbers.
    numbered = len(wide) > _ROOMY
    for x, j in enumerate(wide):
        label = str(x + 1) if numbered else fitted(names[j], width - 4, 11)
        canvas.text(left + width * (x + 0.5), 34, label, size=11, anchor="middle", hover=names[j])
    for y, i in enumerate(tall):
        total = int(counts[i].sum())
        label = f"{fitted(names[i], left - 32)} {y + 1}" if numbered else fitted(names[i], left - 12)
        panel.text(0, y + 0.5, label, dx=-10, anchor="end", hover=names[i])
        panel.text(len(wide), y + 0.5, f"{total:,}", dx=52, anchor="end", role="soft")
        for x, j in enumerate(wide):
            number = int(counts[i, j])
            share = number / total if total else 0.0
            words = f"gold {names[i]}, judge {names[j]}: {number:,} of {total:,} ({_share(counts, i, j)})"
            right = i == j
            if number:
                role = "series-1" if right else "series-2"
                panel.box(x + 0.02, x + 0.98, y + 0.03, y + 0.97, role=role, opacity=_DARKEST * share, hover=words)
            if not numbered:
                ink = "ink" if number else "soft"
                panel.text(x + 0.5, y + 0.5, f"{number:,}", dy=-8, anchor="middle", bold=right, role=ink)
                panel.text(x + 0.5, y + 0.5, _share(counts, i, j), dy=9, anchor="middle", size=11, role=ink)
            elif number:
                panel.text(x + 0.5, y + 0.5, f"{number}", anchor="middle", size=11, bold=right)


def _summary(counts: npt.NDArray[np.intp], names: list[str], tall: list[int], judge: str) -> str:
    parts: list[str] = []
    for i in tall:
        total = int(counts[i].sum())
        if total:
            wrong = counts[i].copy()
            wrong[i] = 0
            most = int(wrong.argmax())
            text = f"of {total:,} with gold {clean(names[i])}, {_share(counts, i, i)} are called so"
            parts.append(text + (f" and {_share(counts, i, most)} {clean(names[most])}" if wrong[most] else ""))
    more = " The table has all labels." if len(parts) > 6 else ""
    return f"{clean(judge)}: {'; '.join(parts[:6])}.{more}"
