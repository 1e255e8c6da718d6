"""Documents as HTML, and pages that are one file: styles and scripts inside, nothing else may run, nothing is fetched.

Templates escape whatever they are given. Should a text ever get past that, the page's Content-Security-Policy still
holds: only the styles and scripts whose hashes it names are obeyed, attributes can't hold code, strings can't become
markup in a script (trusted types), and no address is ever asked.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from judgebench.report.document.blocks import Notes, Table, texts_of
from judgebench.report.document.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jinja2 import Environment
    from markupsafe import Markup

    from judgebench.report.document.blocks import Block, Content

__all__ = ["asset", "body", "page", "part"]


def write(document: Content, *, width: int) -> str:  # noqa: ARG001 - every writer's signature
    """Write a page."""
    if (own := document.page()) is not None:
        return own
    return page("document", title=document.kind(), body=body(document.parts("html")))


def fragment(blocks: Iterable[Block], svg: str = "") -> str:
    """Write blocks as an element for a notebook's page, names escaped; a drawing ``svg`` stands below as it is."""
    from markupsafe import Markup  # noqa: PLC0415 - loaded on use

    style, drawing = Markup(asset("document.css")), Markup(svg)  # noqa: S704 - a file of this package, a chart of ours
    return str(Markup('<div class="judgebench"><style>{}</style>{}{}</div>').format(style, body(blocks), drawing))


def body(blocks: Iterable[Block]) -> str:
    """Write blocks as elements of a page, all texts escaped."""
    return part("document.body", blocks=list(map(_block, blocks)))


def _block(block: Block) -> dict[str, object]:
    found: dict[str, object] = {
        "texts": (),
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
    if isinstance(block, Notes) and block.listed:
        return found | {"notes": list(map(clean, block.texts))}
    return found | {"texts": list(map(clean, texts_of(block)))}


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    return Environment(
        # select_autoescape would decide by file name; every template here is HTML.
        autoescape=True,
        loader=FunctionLoader(lambda name: asset(f"{name}.html")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def asset(name: str) -> str:
    """Read one of the files of ``report/page/assets``."""
    return resources.files("judgebench.report.page").joinpath("assets", name).read_text("utf-8")


def page(
    template: str,
    *,
    title: str,
    styles: Sequence[str] = (),
    scripts: Sequence[str] = (),
    live: bool = False,
    **values: Any,
) -> str:
    """Make a page of a template in ``report/page/assets`` that extends ``base``, named without its ending.

    ``styles`` and ``scripts`` are files there; ``theme.css`` always comes first. ``live`` pages belong to the server of
    ``judgebench view``, and may talk to it. ``values`` are what the template names; texts are escaped there.
    """
    from markupsafe import Markup  # noqa: PLC0415 - loaded on use

    style = "\n".join(asset(name) for name in ("theme.css", *styles))
    script = "\n".join(asset(name) for name in scripts)
    own = "'self'" if live else "'none'"
    policy = [
        "default-src 'none'",
        f"script-src {_hash(script)}" if script else "script-src 'none'",
        f"style-src {_hash(style)}",
        "img-src data:",
        f"connect-src {own}",
        f"form-action {own}",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
    return (
        _environment()
        .get_template(template)
        .render(
            title=title,
            policy="; ".join(policy),
            style=Markup(style),  # noqa: S704 - a file of this package
            script=Markup(script),  # noqa: S704 - a file of this package
            **values,
        )
    )


def part(template: str, **values: Any) -> Markup:
    """Make a piece of a page of a template, as safe as the page itself."""
    from markupsafe import Markup  # noqa: PLC0415 - loaded on use

    return Markup(_environment().get_template(template).render(**values))  # noqa: S704 - templates escape


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
