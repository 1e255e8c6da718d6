"""Documents as HTML: a page of one file, and a fragment for notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.report.document.model import Heading, Notes, Sentences, Table
from judgebench.report.document.text import clean
from judgebench.report.html import asset, page, part

if TYPE_CHECKING:
    from collections.abc import Iterable

    from judgebench.report.document.model import Block, Document


def write(document: Document, *, width: int) -> str:  # noqa: ARG001 - every writer's signature
    """Write a page."""
    if (own := document.page()) is not None:
        return own
    title = document.SCHEMA.removeprefix("judgebench.").partition("/")[0]
    return page("document", title=f"judgebench {title}", styles=("document.css",), body=_body(document.parts("html")))


def fragment(blocks: Iterable[Block], svg: str = "") -> str:
    """Write blocks as an element for a notebook's page, names escaped; a drawing ``svg`` stands below as it is."""
    from markupsafe import Markup  # noqa: PLC0415 - loaded on use

    style, drawing = Markup(asset("document.css")), Markup(svg)  # noqa: S704 - a file of this package, a chart of ours
    return str(Markup('<div class="judgebench"><style>{}</style>{}{}</div>').format(style, _body(blocks), drawing))


def _body(blocks: Iterable[Block]) -> str:
    return part("document.body", blocks=list(map(_block, blocks)))


def _block(block: Block) -> dict[str, object]:
    found: dict[str, object] = {
        "texts": (),
        "heading": "",
        "level": 0,
        "columns": (),
        "rows": (),
        "notes": (),
        "caption": "",
    }
    if isinstance(block, Table):
        cells, footnotes = block.grid.resolve(range(len(block.grid.columns)))
        notes = [*footnotes, *map(clean, block.grid.remarks)]
        lead = (clean(block.lead),) if block.lead else ()
        caption = clean(block.caption)
        return found | {"columns": block.grid.columns, "rows": cells, "notes": notes, "caption": caption, "texts": lead}
    if isinstance(block, Heading):
        return found | {"heading": clean(block.text), "level": block.level}
    if isinstance(block, Notes) and block.listed:
        return found | {"notes": list(map(clean, block.texts))}
    return found | {"texts": list(map(clean, block.texts if isinstance(block, (Sentences, Notes)) else (block,)))}
