"""The report of real runs in a real browser: found, filtered, opened, linked to, read by keys, and without barriers."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from report_runs import command, until

from judgebench.store.runs import find_runs
from judgebench.tasks.base import open_task

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from judgebench.domain import Item, Verdict

JUDGES = (
    "GPT-4", "Llama3-70B", "Llama3-8B", "Llama-70B", "Llama-13B", "Llama-7B", "Mistral-7B", "Gemma-2B", "JudgeLM",
)  # fmt: skip
WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
pytestmark = pytest.mark.data


@pytest.fixture(scope="session")
def trivia(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Path:
    """Nine recorded judges on 3,600 answers: the runs, and their report."""
    folder = tmp_path_factory.mktemp("trivia")
    judges = [word for judge in JUDGES for word in ("--judge", f"replay:{judge}")]
    command("run", *judges, "--task", "triviaqa:v1", "--data", data_dir, "--runs", folder / "runs", cwd=folder)
    command("report", folder / "runs", "--data", data_dir, "--output", folder / "report.html", cwd=folder)
    return folder


@pytest.fixture(scope="session")
def two_tasks(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Path:
    """Recorded judges on two tasks of pairs, one of which showed both orders, in one report."""
    folder = tmp_path_factory.mktemp("pairs")
    pandalm = ("--judge", "replay:gpt-3.5-turbo", "--judge", "replay:pandalm-7b", "--task", "pandalm")
    command("run", *pandalm, "--data", data_dir, "--runs", folder / "runs", cwd=folder)
    both = ("--judge", "replay:o1-mini-2024-09-12", "--judge", "replay:Llama-3.1-8B-Instruct-rubric")
    command("run", *both, "--task", "judgebench", "--data", data_dir, "--runs", folder / "runs", cwd=folder)
    command("report", folder / "runs", "--data", data_dir, "--output", folder / "report.html", cwd=folder)
    return folder


@pytest.fixture(scope="session")
def stars(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Path:
    """Two recorded judges beside ten annotators, of whom one moves the human line."""
    folder = tmp_path_factory.mktemp("stars")
    judges = ("--judge", "replay:gpt-4o", "--judge", "replay:gemini_flash")
    command("run", *judges, "--task", "alttest:cebab_stars", "--data", data_dir, "--runs", folder / "runs", cwd=folder)
    command("report", folder / "runs", "--data", data_dir, "--output", folder / "report.html", cwd=folder)
    return folder


def opened(tab: Any, folder: Path, hash_: str = "") -> None:
    tab.goto((folder / "report.html").as_uri() + hash_)
    tab.wait_for_selector("html[data-ready]")


def count(tab: Any) -> int:
    return int(tab.text_content("#count").partition(" of ")[0].replace(",", ""))


def choose(tab: Any, **options: str) -> None:
    """Set filters by the words of their options; `any` is everything."""
    tab.locator("#more").evaluate("d => { d.open = true }")
    for key, words in options.items():
        select = tab.locator(f'#choices select[data-key="{key}"]')
        values = select.evaluate(
            "s => [...s.options].map(o => [o.textContent.replace(/ \\([\\d,]+\\)$/, ''), o.value])"
        )
        select.select_option(value=dict(values)[words])


def kinds(tab: Any) -> dict[str, int]:
    """Kinds of items that buttons show, with their counts."""
    texts = tab.locator("#kinds button").all_text_contents()
    pairs = (text.replace("All ", "All: ").rpartition(": ") for text in texts)
    return {name: int(number.replace(",", "")) for name, _, number in pairs}


def look_at(tab: Any, judge: str) -> None:
    tab.select_option("#judge", label=judge)


def verdicts(folder: Path, task: str) -> dict[str, dict[str, list[Verdict]]]:
    """The stored verdicts of one task: by judge and item."""
    found: dict[str, dict[str, list[Verdict]]] = {}
    for stored in find_runs(folder / "runs"):
        if stored.run.task == task:
            mine = found.setdefault(stored.run.judge, {})
            for verdict in stored.verdicts():
                mine.setdefault(verdict.item, []).append(verdict)
    return found


def test_the_report_opens_whole_and_alone(trivia: Path, new_page: Callable[..., Any]) -> None:
    tab, seen = new_page(viewport=WIDE)
    opened(tab, trivia)
    assert "these data can't say which is best" in tab.locator("h1").text_content()
    levels = tab.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5')].map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))
    for link in tab.locator("nav a").all():
        assert tab.locator(link.get_attribute("href")).count() == 1
    ids = tab.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    # The figures are on the first screen, whole.
    box = tab.locator("table.forest").bounding_box()
    assert box["y"] + box["height"] < WIDE["height"]
    assert box["x"] + box["width"] <= WIDE["width"]
    seen.nothing_wrong()
    assert seen.left() == []
    assert len(seen.requests) == 1


def test_filters_count_what_python_counts(trivia: Path, new_page: Callable[..., Any]) -> None:
    tab, seen = new_page(viewport=WIDE)
    opened(tab, trivia)
    said = verdicts(trivia, "triviaqa:v1")
    every = {item for mine in said.values() for item in mine}
    assert len(every) == 3600

    def wrong(verdict: Verdict) -> bool:
        # The task's policies: what gave no verdict is dropped.
        return verdict.code is not None and verdict.code != verdict.gold[0][1]

    def of(keep: Callable[[str, Verdict], bool]) -> int:
        return len({item for judge, mine in said.items() for item in mine for v in mine[item] if keep(judge, v)})

    for judge in ("JudgeLM", "GPT-4"):
        look_at(tab, judge)
        shown = kinds(tab)
        assert shown["All"] == count(tab) == 3600
        assert shown["Differs"] == of(lambda name, v, judge=judge: name == f"replay/{judge}" and wrong(v))
        assert shown.get("Not usable", 0) == of(
            lambda name, v, judge=judge: name == f"replay/{judge}" and v.code is None
        )
    look_at(tab, "JudgeLM")
    tab.click('#kinds button[data-kind="off"]')
    choose(tab, word="incorrect", gold="correct")
    right_for_people = of(lambda judge, v: judge == "replay/JudgeLM" and v.code == 0 and v.gold[0][1] == 1)
    assert count(tab) == right_for_people > 100
    tab.click("#reset")
    look_at(tab, "every judge")
    assert kinds(tab)["A judge differs"] == of(lambda _, v: wrong(v)) > 1000
    codes = [{v.code for mine in said.values() for v in mine[item]} for item in every]
    split = sum(len(some) > 1 or None in some for some in codes)
    assert kinds(tab)["Judges split"] == split
    seen.nothing_wrong()


def test_search_finds_what_python_finds(trivia: Path, data_dir: Path, new_page: Callable[..., Any]) -> None:
    tab, seen = new_page(viewport=WIDE)
    opened(tab, trivia)
    said = verdicts(trivia, "triviaqa:v1")
    told = "[document.getElementById('count').textContent, page.list.found.length]"

    def texts(item: Item) -> list[str]:
        judges = [verdict.text for mine in said.values() for verdict in mine[item.id]]
        references = [reference.text for reference in item.references]
        return [item.id, *(turn.text for turn in item.conversation), *references, item.responses[0].text, *judges]

    words = {item.id: "\n".join(texts(item)).lower() for item in open_task("triviaqa:v1", data=data_dir).items()}
    for query in ("the river", "JAMES", "gpt-4t/0", "no-such-word-anywhere"):
        tab.fill("#search", query)
        wanted = sum(all(word in text for word in query.lower().split()) for text in words.values())
        shown = f'["{wanted:,} of 3,600 items",{wanted}]'
        until(tab, f"JSON.stringify({told}) === '{shown}'")
    assert wanted == 0
    tab.press("#search", "Escape")
    until(tab, f"{told}[1] === 3600")
    seen.nothing_wrong()


def test_an_item_shows_all_that_is_stored(two_tasks: Path, data_dir: Path, new_page: Callable[..., Any]) -> None:
    tab, seen = new_page(viewport=WIDE)
    said = verdicts(two_tasks, "judgebench")
    item = next(item for item in open_task("judgebench", data=data_dir).items())
    opened(tab, two_tasks, f"#item=judgebench/{item.id}")
    tab.wait_for_selector("#item-title")
    assert tab.text_content("#item-title .id") == item.id
    assert tab.input_value("#board") == str(tab.evaluate("page.heads.findIndex(head => head.task === 'judgebench')"))
    texts = [" ".join(text.split()) for text in tab.locator("#item .text").all_text_contents()]
    for response in item.responses:
        assert " ".join(response.text.split()) in texts
    assert " ".join(item.question.split()) in texts
    rows = tab.locator("#item .verd tbody tr")
    assert rows.count() == sum(len(mine[item.id]) for mine in said.values())
    for judge, mine in said.items():
        name = judge.removeprefix("replay/")
        own = rows.filter(has=tab.locator("th", has_text=name))
        shown = " ".join(" ".join(own.all_text_contents()).split())
        for verdict in mine[item.id]:
            assert " ".join(verdict.text.split())[:500] in shown
    assert "shown B, A (other order)" in tab.text_content("#item")
    flips = sum(len(mine[item.id]) for mine in said.values() if len({v.code for v in mine[item.id]}) > 1)
    assert tab.text_content("#item").count("flips with the order") == flips
    seen.nothing_wrong()


def test_flips_count_what_python_counts(two_tasks: Path, new_page: Callable[..., Any]) -> None:
    tab, seen = new_page(viewport=WIDE)
    opened(tab, two_tasks)
    tab.select_option("#board", label="judgebench")
    until(tab, "page.board.head.task === 'judgebench'")
    look_at(tab, "every judge")
    said = verdicts(two_tasks, "judgebench")

    def flipped(mine: list[Verdict]) -> bool:
        return len({v.code for v in mine if v.code is not None}) > 1

    flips = len({item for mine in said.values() for item in mine if flipped(mine[item])})
    assert kinds(tab)["Flips with the order"] == flips > 20
    tab.click('#kinds button[data-kind="flips"]')
    assert count(tab) == flips
    tab.select_option("#board", label="pandalm")
    until(tab, "page.board.head.task === 'pandalm'")
    # Both judges were recorded in one order.
    assert "Flips with the order" not in kinds(tab)
    seen.nothing_wrong()


def test_a_link_leads_to_its_item(two_tasks: Path, new_page: Callable[..., Any]) -> None:
    tab, seen = new_page(viewport=WIDE)
    opened(tab, two_tasks)
    tab.select_option("#board", label="pandalm")
    until(tab, "page.board.head.task === 'pandalm'")
    tab.focus("#list")
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        tab.keyboard.press(key)
    until(tab, "location.hash !== ''")
    name, link = tab.text_content("#item-title .id"), tab.evaluate("location.href")
    assert link.endswith(f"#item=pandalm/{name}")
    other, seen_there = new_page(viewport=WIDE)
    other.goto(link)
    other.wait_for_selector("#item-title")
    assert other.text_content("#item-title .id") == name
    # A link wins over the filters and the search: this one's item may be one that they hide.
    other.wait_for_selector("html[data-ready]")
    other.fill("#search", "no-such-word-anywhere")
    until(other, "page.hits !== null && page.list.found.length === 0")
    other.click('#kinds button[data-kind="off"]')
    right = other.evaluate("page.board.id[[...page.board.id.keys()].find(i => !page.list.found.includes(i))]")
    other.evaluate(f"location.hash = '#item=pandalm/{right}'")
    until(other, f"document.querySelector('#item-title .id').textContent === '{right}'")
    assert (count(other), other.input_value("#search")) == (999, "")
    other.evaluate("location.hash = '#item=pandalm/no-such-item'")
    other.wait_for_selector("#explorer-fault:not([hidden])")
    seen.nothing_wrong()
    seen_there.nothing_wrong()


def test_keys_are_enough(trivia: Path, new_page: Callable[..., Any]) -> None:
    tab, seen = new_page(viewport=WIDE)
    opened(tab, trivia)
    focused, title = "document.activeElement.id", "document.querySelector('#item-title .id').textContent"
    # The item with the largest difference is open, and nothing moved the reader there.
    assert tab.evaluate(title) == tab.evaluate("page.board.id[page.list.found[0]]")
    assert tab.evaluate("scrollY") == 0
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    tab.keyboard.press("/")
    assert tab.evaluate(focused) == "search"
    tab.keyboard.type("the")
    tab.keyboard.press("Enter")
    assert tab.evaluate(focused) == "list"
    until(tab, "!document.getElementById('count').textContent.includes('searching') && page.hits !== null")
    tab.keyboard.press("Home")
    assert tab.locator("#list").get_attribute("aria-activedescendant") == "row-0"
    tab.keyboard.press("End")
    last = count(tab) - 1
    assert tab.locator("#list").get_attribute("aria-activedescendant") == f"row-{last}"
    assert tab.locator(f"#row-{last}").get_attribute("aria-posinset") == str(last + 1)
    tab.keyboard.press("Enter")
    until(tab, f"{focused} === 'item-title'")
    name = tab.evaluate(title)
    tab.keyboard.press("k")
    until(tab, f"{title} !== {name!r}")
    tab.keyboard.press("j")
    until(tab, f"{title} === {name!r}")
    tab.focus("#item-title")
    tab.keyboard.press("Escape")
    assert tab.evaluate(focused) == "list"
    assert tab.locator("#count").get_attribute("role") == "status"
    seen.nothing_wrong()


@pytest.mark.parametrize("how", [{}, {"color_scheme": "dark"}, {"viewport": PHONE}], ids=["light", "dark", "phone"])
def test_there_are_no_barriers(
    two_tasks: Path,
    stars: Path,
    how: dict[str, Any],
    new_page: Callable[..., Any],
    violations: Callable[[Any], list[str]],
) -> None:
    for folder in (two_tasks, stars):
        tab, _ = new_page(bypass_csp=True, **({"viewport": WIDE} | how))
        opened(tab, folder)
        tab.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert violations(tab) == []
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [1366, 390, 320])
def test_the_first_table_is_never_cut(stars: Path, width: int, new_page: Callable[..., Any]) -> None:
    tab, seen = new_page(viewport={"width": width, "height": 900})
    opened(tab, stars)
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    for row in tab.locator("table.forest.v1 tbody tr").all():
        for cell in row.locator("th, td").all():
            box = cell.bounding_box()
            if box is not None:
                assert -1 <= box["x"] <= box["x"] + box["width"] <= width + 1
    seen.nothing_wrong()


def test_one_annotator_is_set_aside_without_a_script(stars: Path, new_page: Callable[..., Any]) -> None:
    tab, _ = new_page(viewport=WIDE, java_script_enabled=False)
    tab.goto((stars / "report.html").as_uri())
    lines = tab.locator("table.forest .people .n b")
    assert [line.is_visible() for line in lines.all()] == [True, False]
    tab.get_by_text("Without w40", exact=True).click()
    assert [line.is_visible() for line in lines.all()] == [False, True]
    before, after = (float(text) for text in lines.all_text_contents())
    assert before < after


def test_on_a_phone_the_list_scrolls_above_the_item(trivia: Path, new_page: Callable[..., Any]) -> None:
    tab, seen = new_page(viewport=PHONE, has_touch=True)
    opened(tab, trivia)
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    boxes = [tab.locator(name).bounding_box() for name in ("#list", "#item")]
    assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"] + 1
    assert boxes[0]["height"] < 300
    name = tab.text_content("#item-title .id")
    tab.locator(".row").nth(2).tap()
    until(tab, f"document.querySelector('#item-title .id').textContent !== {name!r}")
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    seen.nothing_wrong()


def test_without_javascript_every_item_is_there(stars: Path, new_page: Callable[..., Any]) -> None:
    tab, _ = new_page(viewport=WIDE, java_script_enabled=False)
    tab.goto((stars / "report.html").as_uri())
    assert tab.locator("#explorer").is_hidden()
    items = tab.locator(".plain-item")
    assert items.count() == 711
    assert items.first.locator(".people-row li").count() >= 2
    assert items.first.get_by_text("gpt-4o", exact=True).is_visible()
    assert tab.locator("table.forest svg").count() >= 7


def test_print_unfolds_everything(trivia: Path, new_page: Callable[..., Any]) -> None:
    tab, _ = new_page(viewport=WIDE)
    opened(tab, trivia)
    tab.emulate_media(media="print")
    assert tab.locator("#filters").is_hidden()
    assert tab.locator("#list").is_hidden()
    assert tab.locator("#item").is_visible()
    assert all(
        fold.is_visible() for fold in tab.locator("details.fold table").all() if "choices" not in fold.inner_html()
    )
