"""The leaderboard's page in a real browser: it sorts, it fits, and no name in it does anything."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from report.report_rows import one_row

from judgebench.domain import Agreement, Estimate, Policies, Usage
from judgebench.report.leaderboard.board import Leaderboard
from judgebench.report.leaderboard.entries import Pace
from judgebench.report.leaderboard.ranks import rank

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_HOSTILE = (
    "<script>document.title='owned'</script>",
    "\"><img src=x onerror=\"document.title='owned'\">",
    "javascript:document.title='owned'",
    '=HYPERLINK("http://127.0.0.1:9/")',
    "\x1b[31mred\u202e",
    "</script><svg onload=alert(1)>",
)  # fmt: skip


def judged(judge: str, value: float | None, task: str = "pandalm", **changes: Any) -> Agreement:
    kappa = Estimate.missing("no_variation", 99) if value is None else Estimate(value, value - 0.05, value + 0.05, 99)
    row = replace(one_row(), judge=judge, task=task, metrics={**one_row().metrics, "cohen_kappa": kappa})
    return replace(row, **changes)


def three() -> str:
    rows = [
        judged("b", 0.5, usage=Usage(1000, 10, 2.5), statuses={"ok": 100}),
        judged("a", 0.9, usage=Usage(1000, 10, 12.0), statuses={"ok": 100}),
        judged("c", None),
        judged("d", -0.3),
        judged("a", 0.4, subset="math"),
        judged("a", 0.2, task="judgebench"),
        judged("d", 0.1, task="judgebench"),
    ]
    return Leaderboard(tuple(rank(rows, paces={("pandalm", "a", rows[0].revision): Pace(1.5, 12.25)}))).render("html")


@pytest.fixture
def opened(tmp_path: Path, new_page: Callable[..., Any]) -> Callable[..., tuple[Any, Any]]:
    def tab(text: str, **how: Any) -> tuple[Any, Any]:
        file = tmp_path / "board.html"
        file.write_text(text, "utf-8")
        page, seen = new_page(**how)
        page.goto(file.as_uri())
        return page, seen

    return tab


def column(page: Any, table: str, title: str) -> list[str]:
    """Texts of a column of a table."""
    return page.evaluate(
        """([name, title]) => {
          const table = document.querySelector(name);
          const at = Array.from(table.tHead.rows[0].cells).findIndex((one) => one.textContent.startsWith(title));
          return Array.from(table.tBodies[0].rows, (row) => row.cells[at].innerText.trim());
        }""",
        [table, title],
    )


def head(page: Any, table: str, title: str) -> Any:
    return page.locator(table).first.get_by_role("columnheader", name=title)


FOREST, ALL = "#task-pandalm table.forest", "#task-pandalm details table"


def test_a_click_sorts_and_a_second_one_turns_it_round(opened) -> None:
    page, seen = opened(three())
    assert column(page, FOREST, "Judge") == ["a", "b", "d"]
    kappa = head(page, FOREST, "Kappa 95")
    assert kappa.get_attribute("aria-sort") is None
    kappa.get_by_role("button").click()
    assert (column(page, FOREST, "Judge"), kappa.get_attribute("aria-sort")) == (["a", "b", "d"], "descending")
    kappa.get_by_role("button").click()
    assert (column(page, FOREST, "Judge"), kappa.get_attribute("aria-sort")) == (["d", "b", "a"], "ascending")
    page.locator("#task-pandalm summary").click()
    kappa = head(page, ALL, "kappa [")
    for _ in range(2):
        kappa.get_by_role("button").click()
    # What has no figure stays last.
    assert (column(page, ALL, "judge"), kappa.get_attribute("aria-sort")) == (["d", "b", "a", "c"], "ascending")
    head(page, ALL, "USD").get_by_role("button").click()
    assert column(page, ALL, "USD")[:2] == ["25.00", "120.00"]
    assert kappa.get_attribute("aria-sort") is None
    assert page.locator("#task-pandalm tfoot").last.inner_text().strip().startswith("(always the commonest label)")
    seen.nothing_wrong()
    assert seen.left() == []


def test_the_keyboard_sorts_too(opened) -> None:
    page, seen = opened(three())
    button = head(page, FOREST, "Judge").get_by_role("button")
    button.focus()
    page.keyboard.press("Enter")
    assert column(page, FOREST, "Judge") == ["a", "b", "d"]
    page.keyboard.press("Space")
    assert column(page, FOREST, "Judge") == ["d", "b", "a"]
    assert button.evaluate("(one) => one === document.activeElement")
    # Tab leads from heading to heading.
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "BUTTON"
    seen.nothing_wrong()


def test_the_matrix_has_every_judge_and_task(opened) -> None:
    page, _ = opened(three())
    assert page.text_content("h1") == "a may be best on every task"
    assert column(page, "#matrix table", "Judge") == ["a", "d", "b"]
    assert column(page, "#matrix table", "pandalm")[0].split() == [".900", ".850", "to", ".950", "place", "1"]
    assert column(page, "#matrix table", "judgebench")[2] == "not measured"
    head(page, "#matrix table", "pandalm").get_by_role("button").click()
    assert column(page, "#matrix table", "Judge") == ["a", "b", "d"]


def test_people_stay_first_and_signs_say_where_they_stand(opened) -> None:
    def beside(judge: str, ratio: float, task: str) -> Agreement:
        figures = {"cohen_kappa": 0.8, "judge_vs_each_cohen_kappa": 0.8 * ratio, "ratio_cohen_kappa": ratio}
        ceiling = {name: Estimate(value, value - 0.05, value + 0.05, 99) for name, value in figures.items()}
        return judged(judge, 0.7 * ratio, task=task, ceiling=ceiling, gold="human")

    rows = [
        beside(name, ratio, task) for task in ("one", "two") for name, ratio in (("a", 1.1), ("b", 1.0), ("c", 0.6))
    ]
    page, _ = opened(Leaderboard(tuple(rank(rows))).render("html"))
    signs = [text.split()[1] for text in column(page, "#matrix table", "one")[1:]]
    assert [sign[0] for sign in signs] == ["▲", "=", "▼"]
    for _ in range(2):
        head(page, "#matrix table", "one").get_by_role("button").click()
        assert column(page, "#matrix table", "Judge")[0] == "People with each other"
    assert "a falls short of people on none of 2 tasks" in page.inner_text(".lead")


def test_who_has_no_place_is_told_apart(opened) -> None:
    page, _ = opened(three())
    assert "c" not in column(page, FOREST, "Judge")
    assert page.locator("#unranked tr", has_text="c").inner_text().endswith("pandalm: it has no kappa")


def test_samples_are_marked_and_have_no_place(opened) -> None:
    rows = [judged(name, value, revision="sample") for name, value in (("a", 0.9), ("b", 0.2))]
    page, _ = opened(Leaderboard(tuple(rank(rows))).render("html"))
    assert page.text_content("h1") == "Sample rows rank nobody"
    assert page.locator("#task-pandalm h2 .sample").inner_text() == "SAMPLE"
    assert page.locator(f"{FOREST} .sample").count() == 2
    assert column(page, FOREST, "Place") == ["", ""]


def test_without_scripts_it_is_a_plain_table(opened) -> None:
    page, seen = opened(three(), java_script_enabled=False)
    assert page.get_by_role("button").count() == 0
    assert page.get_by_role("columnheader", name="Place").count() == 2
    assert page.get_by_role("rowheader", name="a", exact=True).count() >= 3
    seen.nothing_wrong()


def test_all_figures_are_folded_up_and_time_is_shown(opened) -> None:
    page, _ = opened(three())
    math = page.get_by_role("cell", name="math")
    assert not math.is_visible()
    page.locator("#task-pandalm summary").click()
    assert math.is_visible()
    assert "1.50 (12.2)" in page.locator("#task-pandalm").inner_text()


def test_hostile_names_are_text(opened) -> None:
    rows = [judged(name, 0.1 * i, task=task) for i, name in enumerate(_HOSTILE) for task in ("pandalm", _HOSTILE[0])]
    rows += [judged("a", 0.1, subset=name) for name in _HOSTILE]
    page, seen = opened(Leaderboard(tuple(rank(rows))).render("html"))
    page.wait_for_timeout(100)
    assert page.title() == "Leaderboard of judges"
    names = column(page, FOREST, "Judge")
    assert _HOSTILE[0] in names
    assert "\\x1b[31mred\\u202e" in names
    assert page.locator("img, svg:not([role=img], [aria-hidden])").count() == 0
    page.get_by_role("button").first.click()
    seen.nothing_wrong()
    assert seen.left() == []


@pytest.mark.parametrize("how", [
    {}, {"color_scheme": "dark"}, {"viewport": {"width": 390, "height": 800}, "is_mobile": True, "has_touch": True},
], ids=["light", "dark", "phone"])  # fmt: skip
def test_it_is_accessible(opened, violations, shot, how) -> None:
    page, _ = opened(three(), bypass_csp=True, **how)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    page.locator("details .sorts").first.click()
    assert violations(page) == []
    shot(page, f"board-{how.get('color_scheme', 'phone' if how else 'light')}.png")


def test_on_a_phone_only_tables_scroll_sideways(opened) -> None:
    page, _ = opened(three(), viewport={"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    boxes = [cell.bounding_box() for cell in page.locator(f"{FOREST} tbody tr > *").all()]
    assert all(box is None or box["x"] + box["width"] <= 361 for box in boxes)


def test_a_hundred_judges_on_twenty_tasks(opened) -> None:
    draw = random.Random(8)
    policies = Policies("single", "class", "tie", "majority")
    rows = [
        judged(f"provider/model-{judge:03d}", draw.uniform(-0.1, 0.9), task=f"task-{task:02d}", policies=policies)
        for judge in range(100)
        for task in range(20)
    ]
    text = Leaderboard(tuple(rank(rows))).render("html")
    assert len(text.encode()) < 8_000_000
    page, seen = opened(text)
    page.set_default_timeout(10_000)
    head(page, "#matrix table", "task-19").get_by_role("button").click()
    values = [
        float(cell.split()[0].replace("\N{MINUS SIGN}", "-")) for cell in column(page, "#matrix table", "task-19")
    ]
    assert values == sorted(values, reverse=True)
    assert len(values) == 100
    seen.nothing_wrong()
