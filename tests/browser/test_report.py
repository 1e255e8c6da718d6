"""The report of real runs in a real browser: found, filtered, opened, linked to, read by keys, and without barriers."""

from __future__ import annotations

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


def opened(tab: Any, folder: Path, hash_: str = "") -> None:
    tab.goto((folder / "report.html").as_uri() + hash_)
    tab.wait_for_selector("html[data-ready]")


def count(tab: Any) -> int:
    return int(tab.text_content("#count").partition(" of ")[0].replace(",", ""))


def choose(tab: Any, **options: str) -> None:
    """Set filters by the words of their options; `any` is everything."""
    for key, words in options.items():
        select = tab.locator(f'#choices select[data-key="{key}"]')
        values = select.evaluate(
            "s => [...s.options].map(o => [o.textContent.replace(/ \\([\\d,]+\\)$/, ''), o.value])"
        )
        select.select_option(value=dict(values)[words])


def counted(tab: Any, key: str) -> dict[str, int]:
    """Counts that a filter shows behind its options."""
    texts = tab.locator(f'#choices select[data-key="{key}"] option').all_text_contents()
    pairs = (text.rpartition(" (") for text in texts if text != "any")
    return {name: int(number.rstrip(")").replace(",", "")) for name, _, number in pairs}


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
    assert tab.locator("h1").text_content() == "LLM judges on triviaqa:v1"
    levels = tab.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5')].map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    for link in tab.locator("nav a").all():
        assert tab.locator(link.get_attribute("href")).count() == 1
    ids = tab.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
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

    assert count(tab) == of(lambda _, v: wrong(v)) > 1000
    by_judge = counted(tab, "judge")
    assert by_judge == {judge: of(lambda name, v, judge=judge: name == judge and wrong(v)) for judge in said}
    choose(tab, judge="replay/JudgeLM")
    assert count(tab) == by_judge["replay/JudgeLM"]
    choose(tab, word="incorrect", gold="correct")
    right_for_people = of(lambda judge, v: judge == "replay/JudgeLM" and v.code == 0 and v.gold[0][1] == 1)
    assert count(tab) == right_for_people > 100
    systems = counted(tab, "system")
    choose(tab, system="gpt-4t")
    assert count(tab) == systems["gpt-4t"]
    choose(tab, outcome="any", judge="any", word="any", gold="any", system="any")
    assert count(tab) == 3600
    statuses = counted(tab, "status")
    assert statuses["unparsed"] == of(lambda _, v: v.status == "unparsed") > 0
    choose(tab, status="unparsed", outcome="at odds with gold")
    # One judge has to meet all that is asked: none that gave no verdict is at odds here.
    assert count(tab) == 0
    assert tab.locator("#list").get_attribute("role") == "group"
    tab.click("#reset")
    assert count(tab) == of(lambda _, v: wrong(v))
    choose(tab, outcome="any", judges="judges agree")
    alike = sum(
        len({v.code for mine in said.values() for v in mine[item]}) == 1
        and all(v.code is not None for mine in said.values() for v in mine[item])
        for item in every
    )
    assert count(tab) == alike > 500
    seen.nothing_wrong()


def test_search_finds_what_python_finds(trivia: Path, data_dir: Path, new_page: Callable[..., Any]) -> None:
    tab, seen = new_page(viewport=WIDE)
    opened(tab, trivia)
    choose(tab, outcome="any")
    items = list(open_task("triviaqa:v1", data=data_dir).items())
    told = "[document.getElementById('count').textContent, page.list.found.length]"

    def asked(item: Item) -> list[str]:
        return [*(turn.text for turn in item.conversation), *(reference.text for reference in item.references)]

    def name(item: Item) -> list[str]:
        return [item.id]

    for query, scope, texts in (
        ("the river", "question", asked),
        ("JAMES", "question", asked),
        ("gpt-4t/0", "id", name),
        ("no-such-word-anywhere", "all", name),
    ):
        tab.select_option("#scope", scope)
        tab.fill("#search", query)
        wanted = sum(all(word in "\n".join(texts(item)).lower() for word in query.lower().split()) for item in items)
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
    assert tab.text_content("#item-title") == item.id
    assert tab.input_value("#board") == str(tab.evaluate("page.heads.findIndex(head => head.task === 'judgebench')"))
    texts = [" ".join(text.split()) for text in tab.locator("#item .text").all_text_contents()]
    for response in item.responses:
        assert " ".join(response.text.split()) in texts
    assert " ".join(item.question.split()) in texts
    for judge, mine in said.items():
        card = tab.locator("#item .card", has=tab.get_by_role("heading", name=judge, exact=True))
        assert card.count() == 1
        assert card.locator(".said").count() == len(mine[item.id])
        for verdict in mine[item.id]:
            if verdict.text:
                assert " ".join(verdict.text.split())[:500] in " ".join(card.text_content().split())
    assert "shown B, A (other order)" in tab.text_content("#item")
    flips = sum(len({v.code for v in mine[item.id]}) > 1 for mine in said.values())
    assert tab.text_content("#item").count("verdict changed with the order") == flips
    seen.nothing_wrong()


def test_flips_count_what_python_counts(two_tasks: Path, new_page: Callable[..., Any]) -> None:
    tab, seen = new_page(viewport=WIDE)
    opened(tab, two_tasks)
    tab.select_option("#board", label="judgebench")
    until(tab, "page.board.head.task === 'judgebench'")
    choose(tab, outcome="any", flip="changed with the order")
    said = verdicts(two_tasks, "judgebench")

    def flipped(mine: list[Verdict]) -> bool:
        return len({v.code for v in mine if v.code is not None}) > 1

    assert count(tab) == len({item for mine in said.values() for item in mine if flipped(mine[item])}) > 20
    tab.select_option("#board", label="pandalm")
    until(tab, "page.board.head.task === 'pandalm'")
    # Both judges were recorded in one order.
    assert tab.locator('#choices select[data-key="flip"]').count() == 0
    seen.nothing_wrong()


def test_a_link_leads_to_its_item(two_tasks: Path, new_page: Callable[..., Any]) -> None:
    tab, seen = new_page(viewport=WIDE)
    opened(tab, two_tasks)
    tab.select_option("#board", label="pandalm")
    until(tab, "page.board.head.task === 'pandalm'")
    tab.focus("#list")
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        tab.keyboard.press(key)
    tab.wait_for_selector("#item-title")
    name, link = tab.text_content("#item-title"), tab.evaluate("location.href")
    assert link.endswith(f"#item=pandalm/{name}")
    other, seen_there = new_page(viewport=WIDE)
    other.goto(link)
    other.wait_for_selector("#item-title")
    assert other.text_content("#item-title") == name
    # A link wins over the filters: this one's item may be one that they hide.
    right = tab.evaluate("page.board.id[[...page.board.id.keys()].find(i => !page.list.found.includes(i))]")
    other.evaluate(f"location.hash = '#item=pandalm/{right}'")
    until(other, f"document.getElementById('item-title').textContent === '{right}'")
    assert count(other) == 999
    other.evaluate("location.hash = '#item=pandalm/no-such-item'")
    other.wait_for_selector("#explorer-fault:not([hidden])")
    seen.nothing_wrong()
    seen_there.nothing_wrong()


def test_keys_are_enough(trivia: Path, new_page: Callable[..., Any]) -> None:
    tab, seen = new_page(viewport=WIDE)
    opened(tab, trivia)
    focused = "document.activeElement.id"
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
    tab.wait_for_selector("#item-title")
    assert tab.evaluate(focused) == "item-title"
    name = tab.text_content("#item-title")
    tab.keyboard.press("k")
    until(tab, f"document.getElementById('item-title').textContent !== {name!r}")
    tab.keyboard.press("j")
    until(tab, f"document.getElementById('item-title').textContent === {name!r}")
    tab.keyboard.press("Escape")
    assert tab.evaluate(focused) == "list"
    assert tab.locator("#item-title").count() == 0
    tab.keyboard.press("?")
    assert tab.locator("#keys").evaluate("d => d.open")
    tab.keyboard.press("Escape")
    assert not tab.locator("#keys").evaluate("d => d.open")
    assert tab.locator("#count").get_attribute("role") == "status"
    seen.nothing_wrong()


@pytest.mark.parametrize("how", [{}, {"color_scheme": "dark"}, {"viewport": PHONE}], ids=["light", "dark", "phone"])
def test_there_are_no_barriers(
    two_tasks: Path, how: dict[str, Any], new_page: Callable[..., Any], violations: Callable[[Any], list[str]]
) -> None:
    tab, _ = new_page(bypass_csp=True, **({"viewport": WIDE} | how))
    opened(tab, two_tasks)
    assert violations(tab) == []
    tab.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    tab.focus("#list")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#item-title")
    assert violations(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tab.keyboard.press("?")
    assert violations(tab) == []


def test_a_phone_shows_one_thing_at_a_time(trivia: Path, new_page: Callable[..., Any]) -> None:
    tab, seen = new_page(viewport=PHONE, has_touch=True)
    opened(tab, trivia)
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    assert not tab.locator("#more").evaluate("d => d.open")
    tab.locator(".row").first.tap()
    tab.wait_for_selector("#item-title")
    assert tab.locator("#list").is_hidden()
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    tab.get_by_role("button", name="Back to the list").tap()
    assert tab.locator("#list").is_visible()
    seen.nothing_wrong()


def test_without_javascript_all_but_the_list_is_there(trivia: Path, new_page: Callable[..., Any]) -> None:
    tab, _ = new_page(viewport=WIDE, java_script_enabled=False)
    tab.goto((trivia / "report.html").as_uri())
    assert tab.locator("noscript p").is_visible()
    assert tab.locator("#explorer").is_hidden()
    assert tab.locator("main section").first.is_visible()
    assert tab.locator("figure svg").count() >= 1


def test_print_leaves_out_what_is_for_screens(trivia: Path, new_page: Callable[..., Any]) -> None:
    tab, _ = new_page(viewport=WIDE)
    opened(tab, trivia)
    tab.emulate_media(media="print")
    assert tab.locator("#filters").is_hidden()
    assert tab.locator("#list").is_hidden()
    assert tab.locator("main section").first.is_visible()
