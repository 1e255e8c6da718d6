"""A person labels in the browser, and whatever happens on the way the file says what was clicked."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from servers.labellers import Labeller
from servers.viewing import ViewServer
from sklearn.metrics import cohen_kappa_score

from judgebench.catalog import make_task
from judgebench.labels.annotation_files import read_file
from judgebench.store.runs import find_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

JUDGE = "baseline/longest"


def command(folder: Path, *arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "judgebench", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run, asked once; tests keep their labels elsewhere."""
    folder = tmp_path_factory.mktemp("asked")
    command(folder, "run", "--judge", JUDGE, "--task", "pandalm", "--sample", "--order", "original", "-q")
    return folder


@pytest.fixture
def serving(asked: Path, tmp_path: Path) -> Iterator[Callable[..., ViewServer]]:
    started: list[ViewServer] = []

    def start(*arguments: object) -> ViewServer:
        started.append(ViewServer(asked, "--labels", tmp_path / "labels", *arguments))
        return started[-1]

    yield start
    for server in started:
        server.kill()


@pytest.fixture(scope="module")
def items() -> list[Any]:
    return list(make_task("pandalm", sample=True).items())


def said(file: Path) -> dict[str, Any]:
    return {line.said.item: line.said.label for line in read_file(file)}


def test_twenty_items_read_back_as_an_annotator(serving, new_page, violations, shot, items, asked, tmp_path) -> None:
    server = serving("--limit", 20, "--seed", 3)
    page, seen = new_page(bypass_csp=True)
    person = Labeller(page, items)
    person.enter(server)
    bodies = recorded(page)
    person.begin(server, "ann")
    codes = [0, 2, 1, 0, 0, 2, 2, 1, 0, 2, 0, 1, 2, 2, 0, 0, 2, 1, 0, 2]
    file = tmp_path / "labels" / "pandalm--ann.jsonl"
    for n, code in enumerate(codes):
        person.ready(n)
        if n == 4:
            assert violations(page) == []
            shot(page, "label.png")
        if n == 5:
            # Second thoughts about the one before: back, another label, and on to where one was.
            page.keyboard.press("ArrowLeft")
            person.ready(4)
            assert page.get_attribute(".choice[aria-pressed='true']", "data-code") == "0"
            person.press(2)
            person.ready(5)
        if n == 8:
            person.skip()
            continue
        if n == 10:
            page.reload()
            person.ready(10)
        if n == 12:
            server = killed_and_back(server, serving, page, person, code, file)
            continue
        (person.press if n % 3 else person.click)(code)
    page.wait_for_selector("#end:not([hidden])")
    assert "19 of 20 labelled, 1 skipped" in page.text_content("#end-count")
    assert page.text_content("#end-file") == str(file)
    assert violations(page) == []
    shot(page, "label-end.png")
    blind(bodies, items)

    kept(file, person)
    revealed(page, shot, violations, kappa(asked, file, person))
    # The browser itself says of each refused or broken request that it was; nothing else may be said.
    assert [text for text in seen.console if not text.startswith("Failed to load resource")] == []
    assert seen.errors == []


def recorded(page: Any) -> list[bytes]:
    """Record all that the server sends to a page from now on."""
    bodies: list[bytes] = []
    broken = pytest.importorskip("playwright.sync_api").Error

    def through(route: Any) -> None:
        try:
            response = route.fetch()
        except broken:
            route.abort()
            return
        bodies.append(response.body())
        route.fulfill(response=response)

    page.route("**/*", through)
    return bodies


def kept(file: Path, person: Labeller) -> None:
    """Hold that the file says what was clicked."""
    assert said(file) == person.words
    assert len(person.words) == 20
    assert list(person.words.values()).count(None) == 1
    assert {True, False} == set(person.orders.values())
    assert {line.said.item: line.said.shown == (1, 0) for line in read_file(file)} == person.orders
    assert all(0 <= line.said.seconds < 60 for line in read_file(file))


def kappa(asked: Path, file: Path, person: Labeller) -> float:
    """Hold that `score --labels` gives the kappa that another library computes from the clicks."""
    (stored,) = find_runs(asked / "runs")
    verdicts = {verdict.item: verdict.code for verdict in stored.judgments()}
    mine = [(["A", "tie", "B"].index(word), verdicts[item]) for item, word in person.words.items() if word]
    expected = cohen_kappa_score(*zip(*mine, strict=True), labels=[0, 1, 2])
    out = command(asked, "score", "runs", "--labels", file, "--format", "json", "--verify")
    (row,) = [row for row in json.loads(out)["rows"] if row["subset"] == "all"]
    assert row["metrics"]["cohen_kappa"]["value"] == pytest.approx(expected, abs=1e-12)
    assert (row["gold"], row["items"]) == ("human", 19)
    return expected


def revealed(page, shot, violations, expected: float) -> None:
    assert JUDGE not in page.content()
    page.click("#reveal")
    page.wait_for_selector("#revealed:not([hidden])")
    shown = page.text_content("#revealed tbody tr")
    assert shown.startswith(f"{JUDGE}19kappa {expected:.3f}".replace("0.", ".")), shown
    assert " to " in shown
    assert violations(page) == []
    shot(page, "label-revealed.png")


def killed_and_back(server, serving, page, person, code, file) -> ViewServer:
    """Kill the server under the page, choose, start it again: the label arrives."""
    server.kill()
    before = file.read_bytes()
    person.press(code)
    page.wait_for_selector("#trouble:not([hidden])")
    assert "Not saved yet." in page.text_content("#trouble")
    again = serving("--limit", 20, "--port", server.port)
    assert file.read_bytes() == before
    page.click("#trouble-again")
    page.wait_for_function("document.getElementById('trouble-text').textContent.includes('started again')")
    beside = Labeller(page.context.new_page(), [])
    beside.enter(again)
    beside.page.close()
    page.click("#trouble-again")
    person.ready(13)
    assert page.is_hidden("#trouble")
    return again


def blind(bodies: list[bytes], items: list[Any]) -> None:
    """Hold that nothing the server sent names a judge, a verdict, a system or gold."""
    assert len(bodies) > 45
    sent = b"\n".join(bodies)
    names = {response.model for item in items for response in item.responses}
    names |= {label.annotator for item in items for label in item.gold} | {JUDGE, '"gold', '"verdict', '"systems'}
    assert len(names) > 8
    assert [name for name in names if name.encode() in sent] == []


def test_a_double_click_answers_one_item(serving, new_page, items, tmp_path) -> None:
    server = serving()
    page, seen = new_page()
    person = Labeller(page, items)
    person.enter(server)
    person.begin(server, "ann")
    person.ready(0)
    person.note(0)
    page.dblclick(".choice[data-code='0']")
    person.ready(1)
    page.keyboard.down("2")
    page.keyboard.down("2")
    page.keyboard.down("2")
    page.keyboard.up("2")
    person.ready(2)
    page.wait_for_timeout(500)
    assert len(said(tmp_path / "labels" / "pandalm--ann.jsonl")) == 2
    seen.nothing_wrong()


def test_two_people_and_two_tabs(serving, new_page, items, tmp_path) -> None:
    server = serving("--limit", 6)
    people = {}
    for name in ("ann", "bob"):
        page, seen = new_page()
        people[name] = Labeller(page, items)
        people[name].enter(server)
        people[name].begin(server, name)
    for n in range(3):
        for person, code in zip(people.values(), (0, 2), strict=True):
            person.ready(n)
            person.press(code)
    ann = people["ann"]
    ann.ready(3)
    # A second tab of the same person goes on where the first one is; the first then finds it labelled.
    tab = ann.page.context.new_page()
    second = Labeller(tab, items)
    tab.goto(ann.page.url)
    second.ready(3)
    second.press(1)
    second.ready(4)
    ann.press(2)
    ann.ready(4)
    ann.press(0)
    ann.ready(5)
    second.press(1)
    second.ready(5)
    files = {name: said(tmp_path / "labels" / f"pandalm--{name}.jsonl") for name in people}
    assert files["bob"] == people["bob"].words
    assert (
        files["ann"]
        == ann.words
        | {item: word for item, word in second.words.items() if word == "tie"}
        | {item: word for item, word in ann.words.items() if item not in second.words}
        or files["ann"].keys() == (ann.words | second.words).keys()
    )
    assert len(files["ann"]) == 5
    seen.nothing_wrong()


def test_two_people_settle_what_they_differ_on(serving, new_page, violations, shot, asked, items, tmp_path) -> None:
    rubric = tmp_path / "rubric.md"
    rubric.write_text("# What counts\n\n- Right before <b>short</b>.\n", "utf-8")
    server = serving("--limit", 6, "--rubric", rubric)
    people = {}
    for name, codes in (("Zoë Ünal", [0, 0, 0, 0, 0, 0]), ("Sam O'Koye", [0, 0, 0, 0, 0, 2])):
        page, seen = new_page(bypass_csp=True)
        person = people[name] = Labeller(page, items)
        person.enter(server)
        person.begin(server, name)
        for n, code in enumerate(codes):
            person.ready(n)
            assert "Right before <b>short</b>." in page.text_content("#guide li")
            if n == 2:
                page.fill("#comment", f"{name} was here \u202e")
                page.keyboard.press("Tab")
            _, swapped = person.item()
            # The same words for both, whatever order each was shown.
            person.press(2 - code if swapped else code)
        page.wait_for_selector("#end:not([hidden])")
    words = [person.words for person in people.values()]
    apart = [item for item in words[0] if words[0][item] != words[1][item]]
    assert (len(words[0]), words[0].keys()) == (6, words[1].keys())
    page.click("#end-agree")
    page.wait_for_selector("#agree-work:not([hidden])")
    assert page.text_content("#agree-title") == f"You and Zoë Ünal agree on {6 - len(apart)} of 6 items"
    assert page.text_content("#tab-agree") == f"Agree: {len(apart)} open"
    assert violations(page) == []
    shot(page, "label-agree.png")
    for n in range(len(apart)):
        page.keyboard.press("2")
        page.fill("#why", f"reason {n}")
        page.click("#settle")
        page.wait_for_selector(f"#settled-list li:nth-child({n + 1})")
    assert page.text_content("#tab-agree") == "Agree: settled"
    assert page.is_hidden("#agree-work")
    lines = [line.said for line in read_file(tmp_path / "labels" / "pandalm--adjudicated.jsonl")]
    assert {line.item: line.label for line in lines} == dict.fromkeys(apart, "tie")
    assert {(line.by, line.comment[:6], len(line.settles)) for line in lines} == {("Sam O'Koye", "reason", 2)}
    # Their own labels and comments are as they were.
    for name, person in people.items():
        (file,) = (tmp_path / "labels").glob(f"pandalm--{name[:2]}*")
        assert said(file) == person.words
        assert [line.said.comment for line in read_file(file) if line.said.comment] == [f"{name} was here \u202e"]
    out = command(
        asked, "score", "runs", "--labels", tmp_path / "labels", "--labels-mode", "settled", "--format", "json"
    )
    (row,) = [row for row in json.loads(out)["rows"] if row["subset"] == "all"]
    assert row["items"] == 6
    seen.nothing_wrong()


def test_both_orders(serving, new_page, items, tmp_path) -> None:
    server = serving("--limit", 3, "--both-orders")
    page, seen = new_page()
    person = Labeller(page, items)
    person.enter(server)
    person.begin(server, "ann")
    first = {}
    for n in range(6):
        person.ready(n)
        item, swapped = person.item()
        assert page.is_visible("#again") == (n >= 3)
        if n < 3:
            first[item.id] = swapped
        else:
            assert swapped != first[item.id]
        # Always the left one: a person who is wholly inconsistent.
        page.keyboard.press("1")
    page.wait_for_selector("#end:not([hidden])")
    page.click("#reveal")
    page.wait_for_selector("#revealed:not([hidden])")
    assert "You said the same in both orders on 0 of 3 items" in page.text_content("#revealed")
    lines = [line.said for line in read_file(tmp_path / "labels" / "pandalm--ann.jsonl")]
    assert [line.showing for line in lines] == [1, 1, 1, 2, 2, 2]
    assert {line.label for line in lines if line.shown == (0, 1)} == {"A"}
    assert {line.label for line in lines if line.shown == (1, 0)} == {"B"}
    seen.nothing_wrong()


def test_skipped_items_once_more(serving, new_page, items) -> None:
    server = serving("--limit", 3)
    page, _ = new_page()
    person = Labeller(page, items)
    person.enter(server)
    person.begin(server, "ann")
    for n, key in enumerate("s1s"):
        person.ready(n)
        page.keyboard.press(key)
    page.wait_for_selector("#end:not([hidden])")
    page.click("#end-skipped")
    person.ready(0)
    page.keyboard.press("3")
    person.ready(2)
    page.keyboard.press("3")
    page.wait_for_selector("#end:not([hidden])")
    assert "3 of 3 labelled." in page.text_content("#end-count")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone(serving, new_page, violations, shot, items, scheme) -> None:
    server = serving()
    page, _ = new_page(viewport={"width": 360, "height": 640}, color_scheme=scheme, bypass_csp=True, has_touch=True)
    person = Labeller(page, items)
    person.enter(server)
    person.begin(server, "ann")
    person.ready(0)
    shot(page, f"label-phone-{scheme}.png")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert violations(page) == []
    page.tap(".choice[data-code='0']")
    person.ready(1)
