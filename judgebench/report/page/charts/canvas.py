"""The canvas: a few shapes in the page's colours, drawn by matplotlib, given out as safe inline SVG."""

from __future__ import annotations

import io
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from judgebench.domain import JudgeName
from judgebench.report.document.text import clean, shorten
from judgebench.report.page.charts.markup import code_of, inline

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from judgebench.report.document.text import Bounded

__all__ = [
    "WIDTH",
    "Canvas",
    "Entry",
    "Panel",
    "Shape",
    "fitted",
    "open_canvas",
    "text_room",
    "ticks",
]

#: All charts are as wide as a column of text; a page may scale them down, and 11 px stay legible at this width.
WIDTH = 640
Anchor: TypeAlias = Literal["start", "middle", "end"]
Shape: TypeAlias = Literal["o", "D", "s", "^", "|"]
#: What a legend explains: a mark, a line or an area.
Mark: TypeAlias = Shape | Literal["line", "dash", "box"]
#: An entry of a legend: mark (a diamond is hollow), role, words.
Entry: TypeAlias = tuple[Mark, str, str]
_WIDTHS = (("ijlI.,:;|!'", 0.34), ('frt()[]/- "', 0.42), ("mwMW@%", 1.0))
_SIDES = {"start": "left", "middle": "center", "end": "right"}
#: matplotlib's settings belong to the whole process; two threads of a server must not set them at once.
_ALONE = threading.Lock()


def text_room(text: str, size: float = 12) -> float:
    """Estimate the width of a text in pixels, as a wide font has it: the page chooses which.

    >>> round(text_room("illicit")), round(text_room("MAXIMUM"))
    (33, 67)
    """
    return sum(_width(char) for char in text) * size


def _width(char: str) -> float:
    """Width of a character of DejaVu Sans, in ems, rounded up."""
    if not char.isascii():
        return 1.0
    for chars, width in _WIDTHS:
        if char in chars:
            return width
    return 0.74 if char.isupper() else 0.64


def fitted(text: str, room: float, size: float = 12) -> str:
    """Cut a name in its middle until it fits into so many pixels.

    >>> fitted("replay/gpt-3.5-turbo", 90), fitted("gpt-4o", 90)
    ('replay…-turbo', 'gpt-4o')
    """
    if isinstance(text, JudgeName) and text_room(clean(text), size) > room:
        left = room - text_room(clean(text.cut(lambda _: "")), size)
        return clean(text.cut(lambda bare: fitted(bare, left, size)))
    most = len(clean(text))
    while most > 1 and text_room(shorten(text, most), size) > room:
        most -= 1
    return shorten(text, most)


def _legend_places(entries: Sequence[Entry]) -> list[tuple[float, int]]:
    """Say where the entries of a legend begin: pixels from the left, and in which line."""
    found: list[tuple[float, int]] = []
    x, line = 0.0, 0
    for _, _, words in entries:
        room = 26 + text_room(words) + 12
        if x and x + room > WIDTH:
            x, line = 0.0, line + 1
        found.append((x, line))
        x += room
    return found


class Canvas:
    """A drawing in the making; pixels run from the upper left corner, and every id begins with ``name``.

    What is drawn begins at ``top``, below the legend.
    """

    width: float = WIDTH

    def __init__(self, name: str, height: float, top: float) -> None:
        from matplotlib.figure import Figure  # noqa: PLC0415 - loaded on use

        self.name, self.height, self.top = name, height, top
        self._figure = Figure(figsize=(self.width / 72, height / 72), dpi=72)
        self._figure.patch.set_visible(False)
        self._texts: dict[str, str] = {}
        self._hovers: dict[str, str] = {}

    def panel(
        self,
        left: float,
        top: float,
        width: float,
        height: float,
        *,
        x: tuple[float, float],
        y: tuple[float, float],
        log_x: bool = False,
        behind: bool = False,
    ) -> Panel:
        """Open a field at a place in pixels, with scales of its own: ``x`` and ``y`` are what its edges stand for.

        With ``log_x`` x grows by factors; with ``behind`` other fields are drawn over it.
        """
        place = (left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height)
        axes: Any = self._figure.add_axes(place)
        axes.set_axis_off()
        if behind:
            axes.set_zorder(-1)
        if log_x:
            axes.set_xscale("log")
        axes.set_xlim(*x)
        axes.set_ylim(*y)
        return Panel(self, axes, x, y, left)

    def rows(self, left: float, width: float, count: int, step: float, *, x: tuple[float, float]) -> Panel:
        """Open a field of so many rows below the legend, row 0 on top."""
        return self.panel(left, self.top, width, step * max(count, 1), x=x, y=(count - 0.5, -0.5))

    def told(self, words: str) -> str | None:
        """Name a group of shapes that shows words when it is pointed at; None without words."""
        if not words:
            return None
        key = f"{self.name}-point-{len(self._hovers) + 1}"
        self._hovers[key] = clean(words)
        return key

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        role: str = "ink",
        size: float = 12,
        anchor: Anchor = "start",
        bold: bool = False,
        hover: str = "",
    ) -> None:
        """Write a line whose middle is at y and whose ``anchor`` is at x, in pixels; pointing at it shows ``hover``."""
        token = f"t{len(self._texts)}"
        self._texts[token] = clean(words)
        self._figure.text(
            x / self.width,
            1 - (y + 0.35 * size) / self.height,
            token,
            color=code_of(role),
            fontsize=size,
            ha=_SIDES[anchor],
            va="baseline",
            weight="bold" if bold else "normal",
            gid=self.told(hover),
        )

    def legend(self, entries: Sequence[Entry]) -> None:
        """Explain the marks at the upper edge, in as many lines as it takes."""
        for (mark, role, words), (x, line) in zip(entries, _legend_places(entries), strict=True):
            y = 12.0 + 18 * line
            field = self.panel(x, y - 6, 20, 12, x=(0, 20), y=(0, 12))
            if mark == "box":
                field.box(2, 18, 1, 11, role=role, opacity=0.25)
            elif mark == "line":
                field.line((0, 20), (6, 6), role=role, width=2)
            elif mark == "dash":
                field.line((0, 20), (6, 6), role=role, width=2, dash=True)
            else:
                field.dot(10, 6, role=role, shape=mark, filled=mark != "D")
            self.text(x + 26, y, words, role="soft")

    def svg(self, title: str, summary: str) -> str:
        """Give out what was drawn; the title and the summary are for those who don't see it."""
        file = io.BytesIO()
        blank = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        self._figure.savefig(file, format="svg", metadata=blank)
        return inline(
            file.getvalue(),
            name=self.name,
            title=clean(title),
            summary=clean(summary),
            texts=self._texts,
            hovers=self._hovers,
        )


class Panel:
    """A field of a canvas in the units of its data."""

    def __init__(self, canvas: Canvas, axes: Any, x: tuple[float, float], y: tuple[float, float], left: float) -> None:
        self._canvas, self._axes, self.x, self.y, self._left = canvas, axes, x, y, left

    def line(
        self,
        xs: Sequence[float],
        ys: Sequence[float],
        *,
        role: str = "ink",
        width: float = 1.5,
        dash: bool = False,
        hover: str = "",
    ) -> None:
        """Draw a line through points."""
        self._axes.plot(
            xs,
            ys,
            color=code_of(role),
            linewidth=width,
            linestyle=(0, (4, 3)) if dash else "-",
            clip_on=False,
            solid_capstyle="butt",
            scalex=False,
            scaley=False,
            gid=self._canvas.told(hover),
        )

    def box(
        self, x0: float, x1: float, y0: float, y1: float, *, role: str, opacity: float = 1.0, hover: str = ""
    ) -> None:
        """Fill a rectangle."""
        self._axes.fill(
            (x0, x1, x1, x0),
            (y0, y0, y1, y1),
            facecolor=code_of(role),
            alpha=opacity,
            linewidth=0,
            clip_on=False,
            gid=self._canvas.told(hover),
        )

    def dot(
        self,
        x: float,
        y: float,
        *,
        role: str,
        shape: Shape = "o",
        filled: bool = True,
        size: float = 8,
        hover: str = "",
    ) -> None:
        """Draw a mark."""
        self._axes.plot(
            [x],
            [y],
            linestyle="none",
            marker=shape,
            markersize=size,
            markerfacecolor=code_of(role if filled else "ground"),
            markeredgecolor=code_of(role),
            markeredgewidth=1.5,
            clip_on=False,
            scalex=False,
            scaley=False,
            gid=self._canvas.told(hover),
        )

    def estimate(
        self,
        one: Bounded,
        at: float,
        *,
        role: str,
        upright: bool = False,
        width: float = 2,
        hover: str = "",
        **mark: Any,
    ) -> None:
        """Draw a value with its interval, across or ``upright``; what `dot` takes is taken."""
        if one.value is None:
            return
        if one.low is not None and one.high is not None:
            ends, level = (one.low, one.high), (at, at)
            xs, ys = (level, ends) if upright else (ends, level)
            self.line(xs, ys, role=role, width=width, hover=hover)
        x, y = (at, one.value) if upright else (one.value, at)
        self.dot(x, y, role=role, hover=hover, **mark)

    def name_row(self, y: float, words: str, *, gap: float = 12, bold: bool = False) -> None:
        """Write what a row is of left of the field, cut to the room there."""
        text = fitted(words, self._left - gap - 2, 13 if bold else 12)
        self.text(self.x[0], y, text, dx=-gap, anchor="end", bold=bold, hover=words)

    def lacking(self, y: float, why: str, room: float, *, dx: float = 6) -> None:
        """Say in a row without a mark why it has none."""
        self.text(self.x[0], y, fitted(why, room, 11), dx=dx, role="warn", size=11)

    def text(self, x: float, y: float, words: str, *, dx: float = 0, dy: float = 0, **look: Any) -> None:
        """Write at a point of the data, moved by pixels; what `Canvas.text` takes is taken."""
        px, py = self.pixel(x, y)
        self._canvas.text(px + dx, py + dy, words, **look)

    def pixel(self, x: float, y: float) -> tuple[float, float]:
        """Say where a point of the data lies."""
        left, low = self._axes.transData.transform((x, y))
        return float(left), self._canvas.height - float(low)

    def scale_x(self, ticks: Sequence[tuple[float, str]], label: str = "", *, grid: bool = True) -> None:
        """Write values below the field, with a line for each."""
        for value, words in ticks:
            if grid:
                self.line((value, value), self.y, role="line", width=1)
            self.text(value, self.y[0], words, dy=12, role="soft", size=11, anchor="middle")
        if label:
            (left, bottom), (right, _) = self.pixel(self.x[0], self.y[0]), self.pixel(self.x[1], self.y[0])
            self._canvas.text((left + right) / 2, bottom + 30, label, role="soft", anchor="middle")

    def scale_y(self, ticks: Sequence[tuple[float, str]], label: str = "") -> None:
        """Write values left of the field, with a line for each, and the label above them."""
        for value, words in ticks:
            self.line(self.x, (value, value), role="line", width=1)
            self.text(self.x[0], value, words, dx=-6, role="soft", size=11, anchor="end")
        if label:
            self.text(self.x[0], self.y[1], label, dx=-34, dy=-16, role="soft")


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Choose round values within a range."""
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - loaded on use

    found = MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    room = 1e-9 * (high - low)
    return [round(float(value), 10) for value in found if low - room <= value <= high + room]


@contextmanager
def open_canvas(name: str, height: float, legend: Sequence[Entry] = ()) -> Generator[Canvas]:
    """Open a canvas of a height beside its legend's.

    matplotlib has its own defaults meanwhile, whatever a program or a user's file set.
    """
    import matplotlib as mpl  # noqa: PLC0415 - loaded on use

    top = 18.0 * (1 + max(line for _, line in _legend_places(legend))) + 16 if legend else 0.0
    with _ALONE, mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "judgebench", "font.family": ["DejaVu Sans"]})
        canvas = Canvas(name, top + height, top)
        canvas.legend(legend)
        yield canvas
