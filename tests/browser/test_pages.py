"""The page frame itself: what it shows, and what it never lets happen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judgebench.report.document.as_html import page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


def _written(tmp_path: Path, text: str) -> str:
    file = tmp_path / "page.html"
    file.write_text(text, "utf-8")
    return file.as_uri()


def test_a_hostile_title_is_text(tmp_path: Path, new_page: Callable[..., Any]) -> None:
    tab, seen = new_page()
    tab.goto(_written(tmp_path, page("base", title=_HOSTILE)))
    assert tab.title() == _HOSTILE
    seen.nothing_wrong()
    assert seen.left() == []


def test_the_policy_holds_where_escaping_would_fail(tmp_path: Path, new_page: Callable[..., Any]) -> None:
    tab, seen = new_page()
    text = page("base", title="plain").replace("</body>", f"{_HOSTILE}<img src='http://127.0.0.1:9/x.png'></body>")
    tab.goto(_written(tmp_path, text))
    tab.wait_for_timeout(200)
    assert tab.title() == "plain"
    refused = [text for text in seen.console if "Content Security Policy" in text]
    assert len(refused) >= 3, seen.console
    # The browser tells of a refused image as of a request that never left.
    assert [url for url in seen.left() if "127.0.0.1" not in url] == []


def test_strings_never_become_markup(tmp_path: Path, new_page: Callable[..., Any]) -> None:
    tab, _ = new_page()
    tab.goto(_written(tmp_path, page("base", title="plain")))
    said = tab.evaluate(
        "() => { try { document.body.innerHTML = '<b>x</b>'; return 'taken' } catch (e) { return e.name } }"
    )
    assert said == "TypeError"
