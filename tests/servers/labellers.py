"""A person at the label page, as a browser test plays one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from judgebench.domain import Item


class Labeller:
    """Looks at the page, chooses, and remembers in the item's own order what was chosen."""

    def __init__(self, page: Any, items: list[Item]) -> None:
        self.page = page
        self.items = items
        self.words: dict[str, str | None] = {}
        self.orders: dict[str, bool] = {}

    def enter(self, server: Any) -> None:
        """Open the printed address; it leads on to the one without the token."""
        self.page.goto(server.link)
        self.page.wait_for_url(f"{server.address}/")

    def begin(self, server: Any, name: str) -> None:
        self.page.goto(f"{server.address}/label")
        self.page.fill("#annotator", name)
        self.page.click("#start button")

    def ready(self, n: int) -> None:
        self.page.wait_for_selector(f"#work[data-ready='{n}']", timeout=15_000)

    def texts(self) -> list[str]:
        """Texts of the responses as they are shown."""
        blocks = self.page.query_selector_all(".responses .block")
        return ["\n".join(part.text_content() for part in one.query_selector_all(".text")) for one in blocks]

    def item(self) -> tuple[Item, bool]:
        """Find out by its texts which item is shown, and whether it is the other way round."""
        question = self.page.query_selector("#item > .block .text").text_content()
        shown = self.texts()
        for item in self.items:
            own = [response.text for response in item.responses]
            if item.question == question and sorted(own) == sorted(shown):
                return item, own != shown
        raise AssertionError(f"no item has {shown!r}")

    def note(self, code: int | None) -> None:
        """Remember a choice on a pair with ties."""
        item, swapped = self.item()
        words = ["A", "tie", "B"]
        self.words[item.id] = None if code is None else words[2 - code if swapped else code]
        self.orders[item.id] = swapped

    def click(self, code: int) -> None:
        self.note(code)
        self.page.click(f".choice[data-code='{code}']")

    def press(self, code: int) -> None:
        self.note(code)
        self.page.keyboard.press(str(code + 1))

    def skip(self) -> None:
        self.note(None)
        self.page.keyboard.press("s")
