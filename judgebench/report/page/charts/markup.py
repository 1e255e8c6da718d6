"""From matplotlib's SVG to one that a page may hold: known elements and attributes only, colours by role, text escaped.

The drawing's own texts never pass through matplotlib (see `Canvas`), so that nothing of a run can reach its layout,
its mathematics or its file; they are put in here, by an XML writer that escapes them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element

__all__ = ["ROLES", "code_of", "inline"]

#: Colour roles of ``theme.css``, each with its light colour for pages that have no such style sheet.
ROLES: dict[str, str] = {
    "ground": "#ffffff",
    "panel": "#f5f6f8",
    "ink": "#1b1f24",
    "soft": "#565e68",
    "line": "#d3d7dd",
    "accent": "#1f5fbf",
    "good": "#1a6b3c",
    "bad": "#b3261e",
    "warn": "#7a5200",
    "series-1": "#1f5fbf",
    "series-2": "#b04a00",
    "series-3": "#1a7a5e",
    "series-4": "#8a3fa0",
    "series-5": "#6b6b00",
}
#: What matplotlib is told to paint with, by role: colours that stand for roles and are never seen.
_CODES = {role: f"#fe01{i:02x}" for i, role in enumerate(ROLES)}
_PAINTS = {code: f"var(--{role}, {ROLES[role]})" for role, code in _CODES.items()} | {"none": "none"}
_COLOURS = ("fill", "stroke")
_KEPT = (
    "opacity",
    "fill-opacity",
    "stroke-opacity",
    "stroke-width",
    "stroke-dasharray",
    "font-size",
    "font-weight",
    "text-anchor",
)
_NUMBER = re.compile(r"-?\d+\.\d+")
_SVG = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"


def code_of(role: str) -> str:
    """Give the colour that stands for a role while matplotlib draws; KeyError where the style sheet lacks the role."""
    return _CODES[role]


def inline(
    drawn: bytes,
    *,
    name: str,
    title: str,
    summary: str,
    texts: Mapping[str, str],
    hovers: Mapping[str, str],
) -> str:
    """Turn a file of matplotlib's into an element for a page, whose ids begin with ``name``.

    ``texts`` take the place of tokens; ``hovers`` are told of each group, by its id.
    """
    from xml.etree.ElementTree import Element, SubElement, fromstring, tostring  # noqa: PLC0415 - loaded on use

    root = fromstring(drawn)  # noqa: S314 - matplotlib's own output, in which no text of a run stands
    shapes = {
        part.get("id", ""): part for part in root.iter(f"{{{_SVG}}}path") if part.get("id") and part.get("id") != name
    }
    svg = Element(
        "svg",
        {
            "xmlns": _SVG,
            "class": "chart",
            "viewBox": root.get("viewBox", "0 0 640 400"),
            "role": "img",
            "aria-labelledby": f"{name}-title {name}-desc",
            "font-size": "12",
            "stroke-linejoin": "round",
        },
    )
    SubElement(svg, "title", {"id": f"{name}-title"}).text = title
    SubElement(svg, "desc", {"id": f"{name}-desc"}).text = summary
    _copy(root, svg, texts, hovers, shapes)
    return tostring(svg, encoding="unicode")


def _copy(
    source: Element, target: Element, texts: Mapping[str, str], hovers: Mapping[str, str], shapes: Mapping[str, Element]
) -> None:
    """Copy what is known, and nothing else; groups go, but for those that something is told of."""
    from xml.etree.ElementTree import SubElement  # noqa: PLC0415 - loaded on use

    for part in source:
        kind = part.tag.rpartition("}")[2]
        if kind == "g":
            told = hovers.get(part.get("id", ""))
            inner = target
            if told is not None:
                inner = SubElement(target, "g")
                SubElement(inner, "title").text = told
            _copy(part, inner, texts, hovers, shapes)
        elif kind == "path":
            SubElement(target, "path", {"d": _path(part.get("d", "")), **_look(part)})
        elif kind == "use":
            shape = shapes[part.get(_LINK, "").removeprefix("#")]
            place = f"translate({_short(part.get('x', '0'))} {_short(part.get('y', '0'))})"
            # The marker's own look holds where the place gives none.
            look = _look(shape) | _look(part)
            SubElement(target, "path", {"d": _path(shape.get("d", "")), "transform": place, **look})
        elif kind == "text":
            corner = {axis: _short(part.get(axis, "0")) for axis in ("x", "y")}
            SubElement(target, "text", corner | _look(part)).text = texts[part.text or ""]


def _look(part: Element) -> dict[str, str]:
    """Read a style as attributes: colours by role, fonts those of the page."""
    found: dict[str, str] = {}
    for line in part.get("style", "").split(";"):
        name, _, value = (piece.strip() for piece in line.partition(":"))
        if name in _COLOURS:
            found[name] = _PAINTS[value]
        elif name in _KEPT:
            found[name] = value.removesuffix("px")
    return found


def _path(text: str) -> str:
    return _NUMBER.sub(lambda found: _short(found[0]), " ".join(text.split()))


def _short(number: str) -> str:
    """Two decimals are a hundredth of a pixel."""
    text = f"{float(number):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
