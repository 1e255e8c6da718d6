"""Whatever stands in items, responses, names and verdicts is text, and nothing but text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from report_runs import HOSTILE, command, hostile_pairs, until, write_judges, write_pairs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Elements that the page itself never makes; `img` only of data: addresses.
_NEVER = (
    "iframe, object, embed, base, plaintext, textarea, foreignObject, img, a[href^='javascript'], [onload], [onerror]"
)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hostile items, judged by a hostile judge."""
    folder = tmp_path_factory.mktemp("hostile")
    write_judges(folder)
    write_pairs(folder / "hostile.jsonl", hostile_pairs())
    asked = ("--judge", "judging:hostile", "--judge", "judging:longer", "--task", "pandalm", "--data", "hostile.jsonl")
    # One of the judges breaks on some of its cases.
    command("run", *asked, "--runs", "runs", cwd=folder, code=5)
    title = "<script>document.title='owned'</script>{{ 7 * 7 }}"
    command("report", "runs", "--data", "hostile.jsonl", "--output", "report.html", "--title", title, cwd=folder)
    return folder


def test_nothing_of_a_hostile_run_is_obeyed(hostile: Path, new_page: Callable[..., Any]) -> None:
    tab, seen = new_page(viewport={"width": 1280, "height": 900})
    tab.goto((hostile / "report.html").as_uri())
    tab.wait_for_selector("html[data-ready]")
    title = "<script>document.title='owned'</script>{{ 7 * 7 }}"
    assert tab.title() == title
    assert tab.text_content(".meta") == title
    scripts = tab.evaluate("document.scripts.length")
    styles = tab.evaluate("document.querySelectorAll('style').length")
    assert tab.text_content("#count") == f"{len(HOSTILE)} of {len(HOSTILE)} items"
    seen_words: set[str] = set()
    for place in range(len(HOSTILE)):
        tab.evaluate(f"openItem({place}, {{ focus: true }})")
        until(tab, f"page.open === {place} && document.getElementById('item-title') !== null")
        more = tab.locator("#item .text + button")
        while more.count():
            more.first.click()
        seen_words.update(tab.locator("#item .text").all_text_contents())
        assert tab.locator(_NEVER).count() == 0
        assert tab.locator("#owned").count() == 0
        # Markup would have become elements; what is shown is made of these only.
        tags = set(tab.evaluate("[...document.querySelectorAll('#explorer *')].map(e => e.localName)"))
        assert tags <= {
            "article", "b", "button", "dd", "details", "div", "dl", "dt", "form", "h3", "h4", "input", "kbd", "label",
            "li", "option", "p", "pre", "section", "select", "small", "span", "summary", "table", "tbody", "td", "th",
            "thead", "tr", "ul",
        }, tags  # fmt: skip
    assert tab.evaluate("document.scripts.length") == scripts
    assert tab.evaluate("document.querySelectorAll('style').length") == styles
    assert tab.title() == title
    assert any("<script>document.title='owned'</script>" in text for text in seen_words)
    assert any(text.count("<b>") == 9000 for text in seen_words)
    shown = "\n".join(seen_words)
    # What can't be seen is named: an order of letters turned round, a NUL, half a character.
    for name in ("U+202E", "U+0000", "U+001B", "U+D800", "U+2066", "U+200B"):
        assert name in shown
    assert not set(shown) & set("\u202e\u2066\x00\x1b")
    assert "👩‍👩‍👧" in shown
    seen.nothing_wrong()
    assert seen.left() == []
    assert len(seen.requests) == 1


def test_the_file_itself_holds_no_text_that_a_browser_could_obey(hostile: Path) -> None:
    raw = (hostile / "report.html").read_bytes()
    text = raw.decode("utf-8")
    assert "owned'</script>" not in text
    assert not any(
        start in text for start in ("<img", "<svg onload", "<base", "<plaintext", '<a href="java', "<b><b>", "<!-- <")
    )
    assert text.count("<script>") == 1
    assert " style=" not in text
    assert not any(ord(char) < 32 and char != "\n" for char in text)


def test_hostile_words_are_found_as_they_are(hostile: Path, new_page: Callable[..., Any]) -> None:
    tab, seen = new_page(viewport={"width": 1280, "height": 900})
    tab.goto((hostile / "report.html").as_uri())
    tab.wait_for_selector("html[data-ready]")
    for words, some in (
        ("[link](javascript:alert('owned'))", True),
        ("%_%", False),
        ("</script><script>", True),
        ("${alert(", True),
    ):
        tab.fill("#search", words)
        less = f"page.hits !== null && page.list.found.length < {len(HOSTILE)}"
        until(tab, f"{less} && (page.list.found.length > 0) === {str(some).lower()}")
    seen.nothing_wrong()


def test_images_are_shown_only_where_the_file_holds_them(hostile: Path, new_page: Callable[..., Any]) -> None:
    tab, seen = new_page(viewport={"width": 1280, "height": 900})
    tab.goto((hostile / "report.html").as_uri())
    tab.wait_for_selector("html[data-ready]")
    dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
    addresses = [
        f"data:image/png;base64,{dot}",
        "http://127.0.0.1:9/x.png",
        "javascript:alert('owned')",
        "pictures/a.png",
    ]
    addresses += ["data:text/html,<script>alert('owned')</script>", "//127.0.0.1:9/x.png", "file:///etc/hostname"]
    shown = tab.evaluate(
        "(all) => { $('item').replaceChildren(...all.map(imageBlock));"
        " return [...$('item').children].map((one) => [one.localName, one.textContent]) }",
        addresses,
    )
    assert [name for name, _ in shown] == ["img", "p", "p", "p", "p", "p", "p"]
    assert all(address[:30] in text for address, (_, text) in zip(addresses[1:], shown[1:], strict=True))
    until(tab, "document.querySelector('#item img').complete")
    assert tab.evaluate("document.querySelector('#item img').naturalWidth") == 1
    seen.nothing_wrong()
    assert seen.left() == []
    assert len([url for url in seen.requests if not url.startswith("data:")]) == 1
