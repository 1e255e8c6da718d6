"""The list of runs and their report in the browser, while runs grow."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import processes
import pytest
from servers.labellers import Labeller
from servers.viewing import ViewServer
from stored_cases import edited

from judgebench.catalog import make_task
from judgebench.labels.annotation_files import read_file
from judgebench.store.runs import find_runs
from judgebench.store.writer import RunWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> javascript:alert(1) \u202e"
)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, asked once."""
    folder = tmp_path_factory.mktemp("asked")
    judges = ("--judge", "baseline/longest", "--judge", "baseline/first")
    command = [sys.executable, "-m", "judgebench", "run", *judges, "--task", "pandalm", "--sample", "-q"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def folder(asked: Path, tmp_path: Path) -> Path:
    shutil.copytree(asked / "runs", tmp_path / "runs")
    return tmp_path


@pytest.fixture
def server(folder: Path) -> Iterator[ViewServer]:
    started = ViewServer(folder)
    yield started
    started.kill()


def entered(server: ViewServer, new_page: Any, **how: Any) -> tuple[Any, Any]:
    page, seen = new_page(**how)
    Labeller(page, []).enter(server)
    until(page, "#groups", lambda text: text.strip() and "easuring" not in text)
    return page, seen


def until(page: Any, selector: str, right: Callable[[str], Any]) -> None:
    """Wait for a text; Playwright's own waiting would evaluate strings, which the page's policy forbids."""
    processes.until(
        lambda: right(page.text_content(selector)),
        told=lambda: page.text_content(selector),
        pause=lambda _: page.wait_for_timeout(100),
    )


def test_runs_appear_grow_and_are_measured(server, folder, new_page, violations, shot) -> None:
    page, seen = entered(server, new_page, bypass_csp=True)
    assert ".230" in page.text_content("#groups")
    assert page.text_content("#title") == "2 runs on 1 task"
    page.check("#groups tbody tr:first-child input")
    assert violations(page) == []
    shot(page, "view-runs.png")
    # Another run begins elsewhere: its first half, then the rest.
    (stored, _) = find_runs(folder / "runs")
    verdicts = list(stored.verdicts())
    run = replace(stored.run, judge="server/new", settings={"model": "new"})
    with RunWriter(folder / "runs", run, share=False) as writer:
        for verdict in verdicts[:20]:
            writer.append(verdict)
        until(page, "#groups", lambda text: "Running, 20 of 48" in text)
        # What was chosen stays chosen while rows come and go.
        assert page.text_content("#chosen").startswith("1 run chosen")
        for verdict in verdicts[20:]:
            writer.append(verdict)
    until(page, "#groups", lambda text: "Running" not in text and text.count("SAMPLE") == 3 and "easuring" not in text)
    assert page.text_content("#said") == "server/new on pandalm is complete."
    seen.nothing_wrong()


def test_the_lead_is_a_sentence(server, new_page) -> None:
    page, _ = entered(server, new_page)
    runs = [{"task": task, "answer": "yes", "status": "complete"} for task in ("a", "b")]
    lead = page.evaluate("runs => { drawLead(runs); return $('lead').textContent }", runs)
    assert lead == "One judge can take a person's place on a; one judge can take a person's place on b. "


def test_a_report_says_that_its_run_has_grown(server, folder, new_page) -> None:
    page, seen = entered(server, new_page)
    page.click("#groups tbody tr:nth-child(2) th a")
    page.wait_for_selector("h1")
    assert "run=" in page.url
    page.wait_for_timeout(3500)
    assert page.text_content("#live") == ""
    for stored in find_runs(folder / "runs"):
        edited(stored.path, models={"x": 1})
    until(page, "#live", lambda text: "have grown" in text)
    page.click("#live button")
    page.wait_for_selector("#live", state="attached")
    until(page, "#live", lambda text: not text)
    seen.nothing_wrong()


def test_runs_are_filtered_and_sorted(server, new_page) -> None:
    page, seen = entered(server, new_page)
    names = "#groups tbody th a"
    assert page.locator(names).all_text_contents() == ["baseline/longest", "baseline/first"]
    page.select_option("#sort", "judge")
    assert page.locator(names).all_text_contents() == ["baseline/first", "baseline/longest"]
    page.fill("#search", "longest")
    assert page.locator(names).all_text_contents() == ["baseline/longest"]
    page.fill("#search", "nothing like that")
    assert page.is_visible("#empty")
    page.fill("#search", "")
    assert page.locator("#filters button").all_text_contents() == ["All: 2", "Samples: 2"]
    seen.nothing_wrong()


def test_two_runs_side_by_side(server, new_page, violations, shot) -> None:
    page, seen = entered(server, new_page, bypass_csp=True)
    for box in page.query_selector_all("#groups input"):
        assert page.is_hidden("#pick") or page.is_disabled("#compare")
        box.check()
    page.click("#compare")
    page.wait_for_selector("#item h3")
    assert "baseline/first" in page.text_content(".sides")
    better, worse = (
        int(page.text_content(f"#filters [data-kind={kind}]").rpartition(": ")[2]) for kind in ("better", "worse")
    )
    assert page.text_content("#filters [data-kind=all]") == f"Changed: {better + worse}"
    assert page.locator("#list a").count() == better + worse
    assert f"{better} / {worse}" in page.text_content(".parts tbody tr")
    for fold in page.query_selector_all("details.fold"):
        fold.evaluate("one => { one.open = true; }")
    assert violations(page) == []
    shot(page, "view-compare.png")
    first = page.text_content("#item h3")
    page.keyboard.press("j")
    until(page, "#item h3", lambda text: text != first)
    page.keyboard.press("k")
    until(page, "#item h3", lambda text: text == first)
    page.click("#filters [data-kind=worse]")
    assert page.locator("#list a").count() == worse
    page.fill("#search", "\0 no such words")
    assert page.locator("#list a").count() == 0
    page.click("text=Report of these two runs")
    page.wait_for_selector("#live", state="attached")
    assert page.url.count("run=") == 2
    assert "baseline/longest" in page.text_content("main")
    seen.nothing_wrong()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone(server, new_page, violations, shot, scheme) -> None:
    page, seen = entered(server, new_page, viewport={"width": 320, "height": 700}, color_scheme=scheme, bypass_csp=True)
    for box in page.query_selector_all("#groups input"):
        box.check()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    shot(page, f"view-phone-{scheme}.png")
    page.click("#compare")
    page.wait_for_selector("#item h3")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    seen.nothing_wrong()


def test_a_damaged_run_hides_no_other(server, folder, new_page) -> None:
    (one, _) = find_runs(folder / "runs")
    broken = folder / "runs" / "broken"
    shutil.copytree(one.path, broken)
    (broken / "manifest.json").write_text("{")
    page, seen = entered(server, new_page)
    assert "Unreadable" in page.text_content("#groups")
    assert "not a run manifest" in page.text_content("#groups")
    assert ".230" in page.text_content("#groups")
    seen.nothing_wrong()


def test_hostile_names_and_texts_are_text(folder, tmp_path, new_page) -> None:
    (stored, _) = find_runs(folder / "runs")
    run = replace(stored.run, judge=HOSTILE, settings={"model": "bad"})
    with RunWriter(folder / "runs", run, share=False) as writer:
        for verdict in stored.verdicts():
            writer.append(verdict)
    rows = [json.loads(line) for line in _sample().read_text("utf-8").splitlines()]
    data = tmp_path / "data"
    data.mkdir()
    for row in rows:
        row |= {
            "response1": HOSTILE,
            "response2": "=cmd|' /C calc'!A0\x1b[31m",
            "instruction": HOSTILE + str(row["idx"]),
        }
    (data / "testset-v1.json").write_text(json.dumps(rows), "utf-8")
    server = ViewServer(folder, "--data", data, "--limit", 3)
    try:
        page, seen = entered(server, new_page)
        assert page.title() == "Runs"
        assert HOSTILE[:20] in page.text_content("#groups")
        names = [stored.path.name for stored in find_runs(folder / "runs")]
        for path in ("/report", "/compare?" + "&".join(f"run={name}" for name in names[-2:]), "/label"):
            page.goto(server.address + path)
            assert page.title() != "owned"
        page.fill("#annotator", HOSTILE[:60])
        page.click("#start button")
        page.wait_for_selector("#work[data-ready='0']")
        assert "<script>" in page.text_content("#item")
        page.keyboard.press("1")
        page.wait_for_selector("#work[data-ready='1']")
        assert page.query_selector("#item img, #item script") is None
        assert page.title() == "Label items"
        seen.nothing_wrong()
    finally:
        server.kill()


def _sample() -> Path:
    return make_task("pandalm", sample=True).card.folder / "sample.jsonl"


SCALES = """
from judgebench.domain import Item, Label, Response, Scale, Turn

class Task:
    revision = "r1"

    def __init__(self, name, scale, k, gold):
        self.name, self.scale, self.k, self.gold = name, scale, k, gold

    def items(self):
        for n in range(2):
            responses = tuple(Response(f"text {n}.{i}", f"secret-{i}") for i in range(self.k))
            gold = (Label("keeper", self.gold),)
            yield Item(f"i{n}", (Turn.of("user", f"question {n}"),), responses, gold, "human",
                       attributes=(("criterion", "be exact"),))

KINDS = {
    "check": (Scale.check(), 1, 0),
    "pair2": (Scale.pair(2), 2, 0),
    "pair5": (Scale.pair(5), 2, 0),
    "pair7": (Scale.pair(7, both_bad=True), 2, 0),
    "rate": (Scale.rate(1, 5), 1, 0),
    "rate0": (Scale.rate(0, 4), 1, 0),
    "rate100": (Scale.rate(0, 100), 1, 0),
    "names": (Scale.categories(["red", "green, dark"]), 1, 0),
    "pick": (Scale.pick(4), 4, 0),
    "rank": (Scale.rank(3), 3, (0, 1, 2)),
    "steps": (Scale.steps(), 3, (1, 1, 1)),
}

def make(split, data=None, sample=False):
    scale, k, gold = KINDS[split]
    return Task(f"toy:{split}", scale, k, gold)
"""


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ViewServer]:
    """A plugin with a task of every kind of scale."""
    folder = tmp_path_factory.mktemp("toys")
    (folder / "toys.py").write_text(SCALES)
    info = folder / "toys-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toys\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[judgebench.tasks]\ntoy = toys:make\n")
    kinds = ("check", "pair2", "pair5", "pair7", "rate", "rate0", "rate100", "names", "pick", "rank", "steps")
    started = ViewServer(folder, *(f"--task=toy:{kind}" for kind in kinds))
    yield started
    started.kill()


@pytest.mark.parametrize(
    ("kind", "keys", "shown"),
    [
        ("check", ["2"], "correct"),
        ("pair2", ["1"], {(0, 1): "A", (1, 0): "B"}),
        ("pair5", ["5"], {(0, 1): "B>>A", (1, 0): "A>>B"}),
        ("pair7", ["8"], "both bad"),
        ("pair7", ["1"], {(0, 1): "A>>>B", (1, 0): "B>>>A"}),
        ("rate", ["4"], "4"),
        ("rate0", ["4"], "4"),
        ("names", ["2"], "green, dark"),
        ("steps", ["2", "1", "2", "Save"], ("correct", "incorrect", "correct")),
    ],
)
def test_every_kind_of_scale(toys, new_page, violations, kind, keys, shown) -> None:
    page, seen = begun(toys, new_page, kind, f"{kind}-{keys[0]}")
    assert page.text_content("#criterion") == "be exact"
    assert violations(page) == []
    for key in keys:
        if key == "Save":
            page.click("#choices button.main")
        else:
            page.keyboard.press(key)
    page.wait_for_selector("#work[data-ready='1']")
    line = last(toys, kind, f"{kind}-{keys[0]}")
    assert line.label == (shown[line.shown] if isinstance(shown, dict) else shown)
    seen.nothing_wrong()


def test_a_long_scale_is_a_list(toys, new_page, violations) -> None:
    page, seen = begun(toys, new_page, "rate100", "long")
    assert violations(page) == []
    page.select_option("#choices-field", label="73")
    page.click("#choices button.main")
    page.wait_for_selector("#work[data-ready='1']")
    assert last(toys, "rate100", "long").label == "73"
    seen.nothing_wrong()


def test_picks_and_ranks_are_undone(toys, new_page, violations) -> None:
    page, seen = begun(toys, new_page, "pick", "picker")
    wanted = page.locator(".responses .block").nth(2).locator(".text").text_content()
    page.keyboard.press("3")
    page.wait_for_selector("#work[data-ready='1']")
    assert last(toys, "pick", "picker").label == str(int(wanted.rpartition(".")[2]) + 1)

    page, seen = begun(toys, new_page, "rank", "ranker")
    assert violations(page) == []
    texts = [one.text_content().rpartition(".")[2] for one in page.query_selector_all(".responses .text")]
    # The last one to the top, by keys; then the second below the third, by a button.
    page.focus(".ranking li:nth-child(3) button")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.click(".ranking li:nth-child(2) button[data-by='1']")
    page.click("#choices button.main")
    page.wait_for_selector("#work[data-ready='1']")
    assert last(toys, "rank", "ranker").label == tuple(str(int(texts[i]) + 1) for i in (2, 1, 0))
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("#work[data-ready='0']")
    assert [one.text_content() for one in page.query_selector_all(".ranking .name")] == [
        f"Answer {n}" for n in (3, 2, 1)
    ]
    seen.nothing_wrong()


def begun(server: ViewServer, new_page: Any, kind: str, name: str) -> tuple[Any, Any]:
    page, seen = new_page(bypass_csp=True)
    person = Labeller(page, [])
    person.enter(server)
    page.goto(f"{server.address}/label?task=toy:{kind}&annotator={name}")
    person.ready(0)
    return page, seen


def last(server: ViewServer, kind: str, name: str) -> Any:
    return list(read_file(server.folder / "labels" / f"toy-{kind}--{name}.jsonl"))[-1].said
