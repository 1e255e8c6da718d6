"""`judgebench view --csv`: the judges of a table of one's own, measured, reported and compared as runs are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from processes import until
from servers.viewing import ViewServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COLUMNS = ("--judge-col", "old", "--judge-col", "new", "--gold-col", "ann", "--gold-col", "bob", "--id-col", "id")
BOTH = "run=old&run=new"


def written(file: Path, wrong: int) -> None:
    """Write 40 answers; judge `new` is wrong on the first ones."""
    rows = [f"q{i},What is {i}?,It is {i},good,good,bad,{'bad' if i < wrong else 'good'}" for i in range(20)]
    rows += [f"q{i},What is {i}?,It is {i},bad,bad,bad,bad" for i in range(20, 40)]
    words = {"good": "correct", "bad": "incorrect"}
    text = "\n".join(["id,question,answer,ann,bob,old,new", *rows]) + "\n"
    for word, label in words.items():
        text = text.replace(f",{word}", f",{label}")
    file.write_text(text, "utf-8")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ViewServer]:
    folder = tmp_path_factory.mktemp("table")
    written(folder / "answers.csv", wrong=2)
    started = ViewServer(folder, "--csv", "answers.csv", *COLUMNS, "--gold", "human")
    yield started
    started.kill()


def measured(server: ViewServer) -> dict[str, Any]:
    """Wait until all is measured, and give the rows by judge."""
    rows: dict[str, Any] = {}

    def done() -> bool:
        rows.update({one["judge"]: one for one in server.ask("GET", "/api/runs").json()["runs"]})
        return not any(one["measuring"] for one in rows.values())

    until(done)
    return rows


def test_judges_are_listed_reported_and_compared_with_their_texts(server: ViewServer) -> None:
    rows = measured(server)
    assert {name: (one["status"], one["same"]) for name, one in rows.items()} == {
        "old": ("complete", "50 %"),
        "new": ("complete", "95 %"),
    }
    page = server.ask("GET", f"/report?{BOTH}")
    assert (page.status, b"What is 3?" in page.body) == (200, True)
    assert server.ask("GET", f"/compare?{BOTH}").status == 200
    items = server.ask("GET", f"/api/compare/items?{BOTH}").json()["items"]
    assert [one["kind"] for one in items] == ["better"] * 18
    item = server.ask("GET", f"/api/compare/item?{BOTH}&n=0").json()
    assert item["item"]["responses"][0]["parts"][0]["text"].startswith("It is ")
    # A table's labels are its own columns.
    assert server.ask("GET", "/api/tasks").json() == {"tasks": []}


def test_a_table_that_changes_is_read_again(server: ViewServer) -> None:
    before = measured(server)["new"]["stamp"]
    written(server.folder / "answers.csv", wrong=10)
    rows = measured(server)
    assert (rows["new"]["same"], rows["new"]["stamp"] != before) == ("75 %", True)
    (server.folder / "answers.csv").write_text("id,question\n1,What?\n", "utf-8")
    assert "old" in measured(server)["new"]["error"]


def test_a_table_without_its_columns_is_refused(judgebench, tmp_path: Path) -> None:
    (tmp_path / "answers.csv").write_text("id,question\n1,What?\n", "utf-8")
    done = judgebench("view", "--csv", tmp_path / "answers.csv", "--judge-col", "none", "--gold-col", "id")
    assert done.code in {2, 3}
    assert "none" in done.err
