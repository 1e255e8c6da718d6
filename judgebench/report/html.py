"""Pages that are one file: styles and scripts inside, nothing else may run, and nothing is fetched.

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

import orjson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment
    from markupsafe import Markup

__all__ = ["asset", "data_block", "page", "part"]


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # noqa: PLC0415 - loaded on use

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


def data_block(name: str, value: Any) -> Markup:
    r"""Write data for the page's script: an element that no browser runs, and that no text inside can end.

    >>> print(data_block("rows", ["</script>"]))
    <script type="application/json" id="rows">["\u003c/script\u003e"]</script>
    """
    from markupsafe import Markup, escape  # noqa: PLC0415 - loaded on use

    text = orjson.dumps(value, default=list).decode()
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup('<script type="application/json" id="{}">{}</script>').format(escape(name), Markup(text))  # noqa: S704 - escaped above


def page(
    template: str,
    *,
    title: str,
    styles: Sequence[str] = (),
    scripts: Sequence[str] = (),
    live: bool = False,
    **values: Any,
) -> str:
    """Make a page of a template that extends ``base``; it, styles and scripts are names in ``report/page/assets``.

    ``theme.css`` always comes first. A ``live`` page belongs to the server of ``judgebench view``, and may talk to it.
    ``values`` are what the template names; texts are escaped there.
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
